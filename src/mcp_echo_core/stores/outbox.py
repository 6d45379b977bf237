"""Messages of one session in memory: those for any stream, and those that belong to one request's response stream."""

import asyncio
from collections import deque
from itertools import takewhile

from mcp_echo_core.stores.records import Delivery


class Account:
    """Counts what waits in all outboxes of a store, so that nobody has to look at every one.

    Attributes:
        messages: How many messages.
        size: Their bytes.
    """

    __slots__ = ("messages", "size")

    def __init__(self) -> None:
        self.messages = 0
        self.size = 0

    def remove(self, message: bytes) -> None:
        """A message waits no more."""
        self.messages -= 1
        self.size -= len(message)


class Wakeup:
    """Lets several tasks wait for something to happen, and wakes one, or all when it is over for good."""

    __slots__ = ("closed", "waiters")

    def __init__(self) -> None:
        self.closed = False
        self.waiters: deque[asyncio.Future[None]] = deque()

    def wake_one(self) -> None:
        """Wake whoever has waited longest."""
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def close(self) -> None:
        """Wake everybody; from now on nobody has to wait."""
        self.closed = True
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, timeout: float) -> None:
        """Return when woken, closed, or the time in seconds is over."""
        if self.closed:
            return
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            if not waiter.cancelled() and not self.closed:
                self.wake_one()  # this task was woken, but will not come: somebody else shall
            raise
        finally:
            if waiter in self.waiters:
                self.waiters.remove(waiter)


class Outbox(Wakeup):
    """The messages of one session that any of its streams may carry.

    Args:
        size: Messages that may wait; the oldest makes room. As many delivered ones are kept for resumption.
        account: Where what waits is counted.
    """

    __slots__ = ("_account", "dropped", "sent", "sequence", "waiting")

    def __init__(self, size: int, account: Account) -> None:
        super().__init__()
        self._account = account
        self.waiting: deque[Delivery] = deque(maxlen=size)
        self.sent: deque[tuple[str, Delivery]] = deque(maxlen=size)
        self.sequence = 0
        self.dropped = 0

    def push(self, message: bytes) -> None:
        """Queue a message and wake one waiting stream."""
        self.sequence += 1
        waiting, account = self.waiting, self._account
        if len(waiting) == waiting.maxlen:
            self.dropped += 1
            account.remove(waiting[0].message)
        waiting.append(Delivery(self.sequence, message))
        account.messages += 1
        account.size += len(message)
        if self.waiters:
            self.wake_one()

    def close(self) -> None:
        """The session has ended: nothing waits any more."""
        self._forget_waiting()
        super().close()

    def _forget_waiting(self) -> None:
        for delivery in self.waiting:
            self._account.remove(delivery.message)
        self.waiting.clear()

    async def take(self, stream: str, after: int | None, timeout: float) -> list[Delivery] | None:
        """Hand everything that waits to one stream, preceded by what it missed; ``None`` when the session ended."""
        messages = self._hand_over(stream, after)
        if not messages:
            await self.wait(timeout)
            messages = self._hand_over(stream, None)
        return None if self.closed else messages

    def _hand_over(self, stream: str, after: int | None) -> list[Delivery]:
        missed = [] if after is None else self._sent_since(after, stream)
        fresh = list(self.waiting)
        self._forget_waiting()
        self.sent.extend((stream, delivery) for delivery in fresh)
        return missed + fresh

    def _sent_since(self, after: int, stream: str) -> list[Delivery]:
        # From the end, where a stream that has missed nothing need not look far.
        since = list(takewhile(lambda sent: sent[1].sequence > after, reversed(self.sent)))
        return [delivery for name, delivery in reversed(since) if name == stream]


class ResponseLog(Wakeup):
    """What was sent on the response stream of one request, so that a client can continue it after a cut.

    Args:
        size: Messages that are kept; the oldest makes room.
    """

    __slots__ = ("complete", "messages", "resumed", "size")

    def __init__(self, size: int) -> None:
        super().__init__()
        self.messages: deque[Delivery] = deque(maxlen=size)
        self.size = 0
        self.complete = False
        self.resumed = False

    def append(self, delivery: Delivery | None, *, last: bool) -> bool:
        """Keep a message, or only the end; whether another connection has continued the stream."""
        if delivery is not None:
            if len(self.messages) == self.messages.maxlen:
                self.size -= len(self.messages[0].message)
            self.messages.append(delivery)
            self.size += len(delivery.message)
        self.complete = last
        self.wake_one()
        return self.resumed

    async def take(self, after: int, timeout: float) -> list[Delivery] | None:
        """What follows a sequence number; ``None`` when nothing more will come."""
        self.resumed = True
        if not self.complete and not self._following(after):
            await self.wait(timeout)
        messages = self._following(after)
        return None if self.closed or (self.complete and not messages) else messages

    def _following(self, after: int) -> list[Delivery]:
        return [delivery for delivery in self.messages if delivery.sequence > after]
