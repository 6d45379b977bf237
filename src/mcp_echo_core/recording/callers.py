"""Those who wait until everything that was appended is written."""

import asyncio

from mcp_echo_core.stores.base import StoreUnavailable


class Callers:
    """They are told together, once a round of work is done."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def join(self) -> "asyncio.Future[None]":
        """What the next round brings: nothing, or the reason why it failed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        return done

    def leave(self) -> "Callers":
        """Those who wait now, apart from those who come later."""
        going = Callers()
        going._waiting, self._waiting = self._waiting, []
        return going

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def tell(self, problem: StoreUnavailable | None) -> None:
        """The round is done, or has failed."""
        for done in self._waiting:
            if done.done():
                continue
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(StoreUnavailable(*problem.args))
