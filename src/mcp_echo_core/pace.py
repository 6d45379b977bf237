"""Heavy work beside the answering of requests: one piece at a time, and never most of the time."""

import asyncio
import sys
from types import TracebackType

REST = 9.0
"""How much longer than the last piece of work the pause before the next one is."""

BUSY_SWITCH = 0.0005
"""Seconds after which a thread that works lets requests have the interpreter, while there is one."""

_SWITCH = sys.getswitchinterval()


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
        sys.setswitchinterval(BUSY_SWITCH)
        self._began = asyncio.get_running_loop().time()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.setswitchinterval(_SWITCH)
        now = asyncio.get_running_loop().time()
        self._rested = now + REST * (now - self._began)
        self._lock.release()
