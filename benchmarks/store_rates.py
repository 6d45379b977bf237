"""What a session store does in a process of its own, without HTTP: ``store_rates.py URL SESSIONS``.

Sessions per second that are made and swept away, operations per second, bytes per session, the longest gap that
sweeping leaves in the event loop. Prints one JSON line.
"""

import asyncio
import gc
import json
import sys
import time
import uuid
from collections.abc import Awaitable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import psutil
import uvloop

from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.records import ClientInfo, Effect, Session
from mcp_echo_core.stores.registry import open_store

NOW = 1_800_000_000.0
TIMEOUT = 3600
TICK = 0.001
OPERATIONS = 20_000
CONCURRENT = 64
CAPABILITIES = b'{"roots":{"listChanged":true},"sampling":{},"elicitation":{}}'


def idle(seconds: float = 0.0) -> Session:
    """A session as ``initialize`` leaves it: every text its own object, as if it had come over the wire."""
    return Session(
        id=str(uuid.uuid4()),
        created_at=NOW + seconds,
        last_activity=NOW + seconds,
        initialized=True,
        protocol_version=b"2025-11-25".decode(),
        client=msgspec.json.decode(b'{"name":"inspector-of-the-world","version":"0.17.1"}', type=ClientInfo),
        capabilities=msgspec.json.decode(CAPABILITIES),
        minted_by="0123abcd",
    )


def resident() -> int:
    """Bytes of this process."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


async def longest_gap(work: Awaitable[object]) -> tuple[float, float]:
    """Seconds of the longest time in which nothing else got a turn, and of the whole work."""
    longest = 0.0
    running = True

    async def tick() -> None:
        nonlocal longest
        last = time.perf_counter()
        while running:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest = max(longest, now - last)
            last = now

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(TICK)
    longest = 0.0
    before = time.perf_counter()
    await work
    took = time.perf_counter() - before
    running = False
    await ticker
    return longest, took


async def fill(store: SessionStore, count: int) -> list[str]:
    """Create sessions, many at a time; the first half will expire before the second."""
    ids: list[str] = []
    for begin in range(0, count, 1000):
        batch = [idle(0.0 if begin < count // 2 else 1000.0) for _ in range(min(1000, count - begin))]
        await asyncio.gather(*(store.create(session, NOW) for session in batch))
        ids += [session.id for session in batch]
    return ids


async def per_second(store: SessionStore, ids: list[str], concurrent: int) -> float:
    """Requests with an echo and a message that so many clients make at once."""
    effect = Effect(requests=1, echo="hello", message=b'{"jsonrpc":"2.0","method":"notifications/message"}')
    todo = iter(range(OPERATIONS))

    async def client() -> None:
        for number in todo:
            await store.apply(ids[number % len(ids)], effect, NOW)

    before = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(concurrent)))
    return OPERATIONS / (time.perf_counter() - before)


async def measured(url: str, count: int) -> dict[str, float]:
    """The figures of one store: rates per second, times in seconds."""
    limits = {"MCP_SESSION_TIMEOUT": str(TIMEOUT), "MCP_MAX_SESSIONS": str(count)}
    store = open_store(Settings.from_env({"MCP_SESSION_STORE": url, **limits}, "stateful"))
    await store.open()
    kept = await kept_bytes(url)
    before = time.perf_counter()
    ids = await fill(store, count)
    created = count / (time.perf_counter() - before)
    kept = await kept_bytes(url) - kept
    gap, took = await longest_gap(store.statistics(NOW))
    figures = {"create": created, "bytes": kept / count, "statistics": took, "statistics_gap": gap}
    # Half of them have been idle for long enough, the other half go on living.
    gap, took = await longest_gap(store.sweep(NOW + TIMEOUT))
    swept = count - (await store.statistics(NOW + TIMEOUT)).active
    figures |= {"swept": swept, "sweep": swept / took, "sweep_gap": gap}
    living = ids[count // 2 :]
    for concurrent in (1, CONCURRENT):
        figures[f"apply_{concurrent}"] = await per_second(store, living, concurrent)
    await store.close()
    return figures


async def kept_bytes(url: str) -> int:
    """What the sessions of a store take: of this process, of its file or of Redis."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        file = Path(url.removeprefix("sqlite://"))
        return sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))
    if parts.scheme == "redis":
        from redis.asyncio import Redis

        async with Redis.from_url(url) as redis:
            return int((await redis.info("memory"))["used_memory"])
    return resident()


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measured(sys.argv[1], int(sys.argv[2])))))
