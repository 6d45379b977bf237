"""Draining: when the engine is told to stop, and what happens to streams until then."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import pytest

from asgi_bridge import bounded
from mcp_echo_core.drain import Drain
from mcp_echo_core.settings import Settings


def drain(in_flight: Callable[[], int] = lambda: 0, **variables: str) -> Drain:
    return Drain(Settings.from_env(variables, "stateful"), in_flight)


async def forever() -> None:
    await asyncio.Event().wait()


async def test_the_engine_is_stopped_at_once_while_requests_are_in_flight() -> None:
    stopped = asyncio.Event()
    draining = drain(lambda: 1, MCP_DRAIN_TIMEOUT="600")
    draining.begin(stopped.set)
    assert draining.draining
    await bounded(stopped.wait(), "the stop")


async def test_waits_for_slow_clients_end_with_the_drain_timeout_and_not_before() -> None:
    stopped, over = asyncio.Event(), asyncio.Event()
    draining = drain(lambda: 1, MCP_DRAIN_TIMEOUT="0.1")
    draining.at_deadline(over.set)
    draining.begin(stopped.set)
    await bounded(stopped.wait(), "the stop")
    assert not over.is_set()
    await bounded(over.wait(), "the end of the waits")


async def test_a_second_signal_stops_the_engine_at_once() -> None:
    stopped: list[str] = []
    draining = drain(lambda: 1, MCP_DRAIN_DELAY="600")
    draining.begin(lambda: stopped.append("first"))
    draining.begin(lambda: stopped.append("second"))
    assert stopped == ["second"]


async def test_a_stream_ends_when_the_process_drains_and_its_client_is_still_there() -> None:
    draining = drain()
    pump, disconnected = asyncio.create_task(forever()), asyncio.create_task(forever())
    stream = asyncio.create_task(draining.run_stream(pump, disconnected))
    await asyncio.wait({stream}, timeout=0)
    draining.begin(lambda: None)
    assert await bounded(stream, "the end of the stream") is True
    assert pump.cancelled()
    assert disconnected.cancelled()


async def test_a_stream_that_is_opened_while_draining_ends_at_once() -> None:
    draining = drain()
    draining.begin(lambda: None)
    tasks = asyncio.create_task(forever()), asyncio.create_task(forever())
    assert await bounded(draining.run_stream(*tasks), "the end of the stream") is True


async def test_a_stream_whose_client_leaves_is_over() -> None:
    pump, disconnected = asyncio.create_task(forever()), asyncio.create_task(asyncio.sleep(0))
    assert await bounded(drain().run_stream(pump, disconnected), "the end of the stream") is False
    assert pump.cancelled()


async def test_only_handlers_that_an_engine_has_set_are_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    called = asyncio.Event()
    handlers: dict[int, Any] = {
        signal.SIGTERM: lambda *_: called.set(),
        signal.SIGINT: signal.default_int_handler,
    }
    monkeypatch.setattr(signal, "getsignal", handlers.get)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    before = dict(handlers)
    drain().install(asyncio.get_running_loop())
    assert handlers[signal.SIGINT] is before[signal.SIGINT]
    assert handlers[signal.SIGTERM] is not before[signal.SIGTERM]
    handlers[signal.SIGTERM](signal.SIGTERM, None)
    await bounded(called.wait(), "the engine's own handler")
