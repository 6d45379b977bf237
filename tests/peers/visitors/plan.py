"""What every visitor does, as far as its client can; standard library only.

A visitor is a script with two arguments: the URL, and the mode of its client.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

MODERN = "2026-07-28"
MESSAGE = "a visitor: ünïcödé 🐐"
HEALTH, SESSION = "echo://server/health", "echo://session/current"
PROMPT = ("diagnose-connection", {"symptom": "slow"})
COMPLETION = {"name": "symptom", "value": "s"}
TICKS = {"message": "ticks", "progressSteps": 3, "progressInterval": 0.02}
"""Arguments of a call that reports progress."""

LONG = {"message": "nobody waits for this", "progressSteps": 50, "progressInterval": 0.1}
"""Arguments of a call that is given up."""

AT_ONCE = 3
"""Calls that are made at the same time."""

PATIENCE = 0.5
"""Seconds after which that call is given up."""

WAIT = 5.0
"""Seconds that anything the server sends by itself may take."""


def run(visit: Callable[[str, str], Coroutine[Any, Any, None]]) -> None:
    """Do what the command line asks for."""
    url, mode = sys.argv[1:3]
    asyncio.run(visit(url, mode))


async def happened(event: asyncio.Event) -> None:
    """Wait for something that the server sends by itself."""
    async with asyncio.timeout(WAIT):
        await event.wait()
