"""docs : a store that fails while streams are open costs nobody an answer, and breaks no stream."""

from typing import Any

import pytest
from stream_helpers import begin, events, rest, started, told

from asgi_bridge import bounded
from extra_tools import Pace
from harness import Server, initialize
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.memory import MemoryStore


async def fail(*_: Any, **__: Any) -> Any:
    """What every operation does while the back end is away."""
    raise StoreUnavailable("the back end is away")


async def test_a_stream_of_messages_ends_cleanly_so_that_its_client_comes_back(
    unsteady: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await initialize(unsteady)
    stream = unsteady.stream(session)
    priming = await bounded(stream.event(), "the beginning")
    assert priming is not None
    monkeypatch.setattr(MemoryStore, "take", fail)
    assert await rest(stream) == []
    assert stream.ended
    monkeypatch.undo()
    resumed = unsteady.stream(session, last_event_id=priming.id)
    assert await bounded(resumed.event(), "the stream again") is not None
    await resumed.leave()


@pytest.mark.parametrize("revision", ["2025-11-25", "2025-06-18"])
async def test_a_running_request_gives_its_answer_on_the_connection_it_has(
    revision: str, paced: Server, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await initialize(paced, revision) or ""
    stream, seen = await started(paced, session, pace, "a")
    monkeypatch.setattr(MemoryStore, "append", fail)
    pace.step("b")
    seen += await events(stream, 1)
    pace.finish()
    assert told(seen + await rest(stream)) == ["a", "b", "result 1"]


async def test_a_stream_that_begins_in_an_outage_carries_its_answer(
    paced: Server, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await initialize(paced) or ""
    monkeypatch.setattr(MemoryStore, "append", fail)
    stream = begin(paced, session)
    pace.step("a")
    pace.finish()
    assert told(await rest(stream)) == ["a", "result 1"]
