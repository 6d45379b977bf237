"""What writing to a connection to Redis raises that has just died: an outage, whatever the event loop calls it."""

from collections.abc import AsyncIterator
from typing import Any, NoReturn

import pytest
from redis_instances import instance
from store_fixtures import NOW, kept

from asgi_bridge import bounded
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.stores.redis import RedisStore
from redis_process import shared_redis

FAILURES = [
    RuntimeError("unable to perform operation on <TCPTransport closed=True reading=False 0x7f>; the handler is closed"),
    ConnectionResetError("Connection lost"),
]
"""uvloop's and asyncio's."""


@pytest.fixture
async def store() -> AsyncIterator[RedisStore]:
    """An instance with one session."""
    server = shared_redis()
    server.ask("FLUSHDB")
    made = await instance(server)
    await kept(made, "a")
    yield made
    await made.close()


def broken(error: Exception) -> Any:
    async def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize("error", FAILURES)
async def test_a_command_on_a_connection_that_has_died_is_an_outage_and_the_next_one_works(
    error: Exception, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = store._link._wire
    assert wire is not None
    monkeypatch.setattr(wire._connection, "send_packed_command", broken(error))
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1"):
        await bounded(store.apply("a", Effect(requests=1), NOW), "the refusal")
    found = await bounded(store.apply("a", Effect(requests=1), NOW), "the next request")
    assert found is not None
    assert found.requests == 1


@pytest.mark.parametrize("error", FAILURES)
async def test_a_subscription_on_a_connection_that_has_died_is_an_outage(
    error: Exception, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await store.take("a", "stream", None, NOW, 0.01) == []
    connection = store._listener._connection
    assert connection is not None
    await kept(store, "b")
    monkeypatch.setattr(connection, "send_packed_command", broken(error))
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1"):
        await bounded(store.take("b", "stream", None, NOW, 0.01), "the refusal")
