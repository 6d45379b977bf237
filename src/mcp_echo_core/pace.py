"""Heavy work beside the answering of requests: in threads, a few at a time, and of one kind never most of the time."""

import asyncio
import sys
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

REST = 9.0
"""How much longer than the last piece of work the pause before the next one is."""

BUSY_SWITCH = 0.0005
"""Seconds after which a thread that works lets requests have the interpreter, while there is one."""

AT_A_TIME = 3
"""Pieces of work that go on at the same time: a long one keeps no short one waiting."""

_SWITCH = sys.getswitchinterval()

P = ParamSpec("P")
R = TypeVar("R")


class _Work:
    """What goes on in one event loop."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(AT_A_TIME)
        self.running = 0


_work: WeakKeyDictionary[asyncio.AbstractEventLoop, _Work] = WeakKeyDictionary()


async def beside(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What a function returns that takes longer than requests should wait: it runs in a thread when it is its turn."""
    loop = asyncio.get_running_loop()
    going_on = _work.setdefault(loop, _Work())
    async with going_on.turns:
        going_on.running += 1
        sys.setswitchinterval(BUSY_SWITCH)
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        finally:
            going_on.running -= 1
            if not going_on.running:
                sys.setswitchinterval(_SWITCH)


class Pace:
    """Whatever work takes, a multiple of that time is left to requests before the next piece: ``async with pace``."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._began = 0.0
        self._rested = 0.0

    @property
    def rests(self) -> float:
        """Seconds until more can be done."""
        return max(0.0, self._rested - asyncio.get_running_loop().time())

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            await asyncio.sleep(self.rests)
        except BaseException:
            self._lock.release()
            raise
        self._began = asyncio.get_running_loop().time()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        now = asyncio.get_running_loop().time()
        self._rested = now + REST * (now - self._began)
        self._lock.release()
