"""What sessions cost: bytes per idle session, the longest gap a sweep leaves in the event loop, operations per second.

.venv/bin/python benchmarks/sessions.py [--sessions 100000] [--stores memory,sqlite]
"""

import argparse
import asyncio
import gc
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import psutil

from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.memory import MemoryStore
from mcp_echo_core.stores.records import ClientInfo, Effect, Session
from mcp_echo_core.stores.sqlite import SqliteStore

NOW = 1_800_000_000.0
TIMEOUT = 3600.0
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
    """Bytes of this process's memory."""
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


async def measure(name: str, make: Callable[[], SessionStore], count: int) -> None:
    """Print the figures of one store."""
    store = make()
    await store.open()
    before = resident()
    started = time.perf_counter()
    ids = await fill(store, count)
    print(f"{name}: {count} idle sessions in {time.perf_counter() - started:.1f} s")
    print(f"  bytes per session (process)   {(resident() - before) / count:8.0f}")
    gap, took = await longest_gap(store.statistics(NOW))
    print(f"  statistics                    {took * 1000:8.1f} ms, longest gap in the loop {gap * 1000:.1f} ms")
    gap, took = await longest_gap(store.sweep(NOW + TIMEOUT))
    alive = (await store.statistics(NOW + TIMEOUT)).active
    print(
        f"  sweep of {count - alive:6d} expired       {took * 1000:8.1f} ms, "
        f"longest gap in the loop {gap * 1000:.1f} ms"
    )
    living = ids[count // 2 :]
    for concurrent in (1, CONCURRENT):
        print(f"  requests/s, {concurrent:2d} at once        {await per_second(store, living, concurrent):8.0f}")
    await store.close()


def makers(folder: Path, count: int) -> dict[str, Callable[[], SessionStore]]:
    """The stores that can be measured, by name."""
    return {
        "memory": lambda: MemoryStore(TIMEOUT, count, 100),
        "sqlite": lambda: SqliteStore(folder / "sessions.db", TIMEOUT, count, 100),
    }


async def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--stores", default="memory,sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        known = makers(Path(folder), options.sessions)
        for name in options.stores.split(","):
            await measure(name, known[name], options.sessions)


if __name__ == "__main__":
    asyncio.run(main())
