"""2026-07-28 basic/patterns/subscriptions, Graceful Closure: a process that ends says so on every subscription."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from modern_requests import SERVER, SUBSCRIPTION, begin, modern

from asgi_bridge import Exchange, bounded, lifespan
from harness import Server


@pytest.fixture
def stopped() -> Iterator[asyncio.Event]:
    """Set when the engine's own signal handler is called, as uvicorn's would be."""
    event = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: event.set())
    yield event
    signal.signal(signal.SIGTERM, before)


def listen(server: Server, request_id: Any) -> Exchange:
    return begin(server, modern("subscriptions/listen", {"notifications": {}}, request_id))


def is_clean_end(message: Any, request_id: Any) -> bool:
    """Whether a message is the result that ends a subscription."""
    result = message["result"]
    assert result["_meta"][SUBSCRIPTION] == request_id
    assert SERVER in result["_meta"]
    assert result.keys() == {"resultType", "_meta"}
    return message["id"] == request_id and result["resultType"] == "complete"


async def test_a_drain_ends_every_subscription_with_a_result(
    stopped: asyncio.Event, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_DRAIN_TIMEOUT="5")
    async with lifespan(server.app):
        streams = {request_id: listen(server, request_id) for request_id in (1, "1", "x")}
        for stream in streams.values():
            assert await stream.event() is not None
        signal.raise_signal(signal.SIGTERM)
        for request_id, stream in streams.items():
            end = await stream.event()
            assert end is not None
            assert is_clean_end(end.message, request_id)
            assert await stream.event() is None
            assert (await stream.answer()).status == 200
        await bounded(stopped.wait(), "the engine's stop")
    assert server.app.runtime.changes._listeners == set()


async def test_a_subscription_that_is_opened_while_the_process_drains_is_acknowledged_before_it_ends(
    stopped: asyncio.Event, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_DRAIN_TIMEOUT="5", MCP_DRAIN_DELAY="0.2")
    async with lifespan(server.app):
        before = listen(server, "before")
        await before.event()
        signal.raise_signal(signal.SIGTERM)
        await before.answer()
        answer = await listen(server, "late").answer()
        messages = [event.message for event in answer.events]
        assert messages[0].get("method") == "notifications/subscriptions/acknowledged"
        assert is_clean_end(messages[-1], "late")
        await bounded(stopped.wait(), "the engine's stop")


async def test_a_client_that_has_left_holds_no_drain_up(
    stopped: asyncio.Event, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_DRAIN_TIMEOUT="5")
    async with lifespan(server.app):
        stream = listen(server, 1)
        await stream.event()
        await stream.leave()
        signal.raise_signal(signal.SIGTERM)
        await bounded(stopped.wait(), "the engine's stop")
    assert await stream.event() is None
