"""protocol rules 5.2 and 5.3: a response stream that was cut is continued by GET, by its own client only."""

from typing import Any

import pytest
from session_helpers import MANY, echo, heard, listening, opened, rest, texts

from asgi_bridge import Event, Exchange, bounded
from harness import REVISIONS, Server, tool_call

BODY = "http.response.body"


def watched(request_id: Any = 7) -> dict[str, Any]:
    """An echo that reports progress, so that its answer is an event stream."""
    return tool_call("echo", {"message": "hi"}, request_id, _meta={"progressToken": "t"})


async def cut(server: Server, session: str, request_id: Any = 7) -> Event:
    """A request whose client loses the connection after the first event that has an id; that event."""
    exchange = server.open(server.posting(watched(request_id), session), held=BODY)
    await bounded(exchange.waiting.wait(), "the first event")
    exchange.release()
    event = await exchange.event()
    assert event is not None
    exchange.disconnect()
    await bounded(exchange.task, "the request's end")
    return event


async def messages(stream: Exchange) -> list[Any]:
    """All messages until the stream ends."""
    return [event.message for event in await rest(stream) if event.data and event.event != "keep-alive"]


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_response_stream_is_primed_only_where_the_revision_knows_it(revision: str, stateful: Server) -> None:
    session = await opened(stateful, revision)
    events = (await stateful.post(watched(), session)).events
    assert [event for event in events if not event.data] == events[: int(revision == "2025-11-25")]
    assert events[-1].message["id"] == 7


async def test_the_ids_of_all_streams_of_a_session_differ(stateful: Server) -> None:
    session = await opened(stateful, "2025-11-25")
    events = [event for number in range(3) for event in (await stateful.post(watched(number), session)).events]
    stream = await listening(stateful, session)
    events += await heard(stream, 3)
    await stream.leave()
    ids = [event.id for event in events]
    assert None not in ids
    assert len(set(ids)) == len(ids) < MANY


@pytest.mark.parametrize("revision", ["2025-11-25", "2025-06-18"])
async def test_the_rest_of_a_cut_response_is_fetched_by_get_and_the_stream_ends(
    revision: str, stateful: Server
) -> None:
    session = await opened(stateful, revision)
    seen = await cut(stateful, session)
    stream = await listening(stateful, session, last_event_id=seen.id or "")
    *progress, final = await messages(stream)
    assert final["id"] == 7
    assert final["result"]["isError"] is False
    assert all(message["method"] == "notifications/progress" for message in progress)


async def test_a_response_can_be_fetched_more_than_once_from_the_same_place(stateful: Server) -> None:
    session = await opened(stateful, "2025-11-25")
    seen = await cut(stateful, session)
    fetched = [await messages(await listening(stateful, session, last_event_id=seen.id or "")) for _ in range(2)]
    assert fetched[0] == fetched[1]
    assert fetched[0][-1]["id"] == 7


async def test_a_response_never_comes_on_a_stream_that_does_not_resume_it(stateful: Server) -> None:
    session = await opened(stateful, "2025-11-25")
    await cut(stateful, session)
    stream = await listening(stateful, session)
    assert texts(await heard(stream, 1)) == ["hi"]
    await stateful.delete(session)
    assert [message for message in await messages(stream) if "result" in message] == []


async def test_a_resumed_response_does_not_carry_what_waits_for_the_session(stateful: Server) -> None:
    session = await opened(stateful, "2025-11-25")
    seen = await cut(stateful, session)
    await echo(stateful, session, "other")
    resumed = await messages(await listening(stateful, session, last_event_id=seen.id or ""))
    assert [message for message in resumed if message.get("method") == "notifications/message"] == []
    stream = await listening(stateful, session)
    assert texts(await heard(stream, 2)) == ["hi", "other"]
    await stream.leave()


async def test_the_response_of_one_session_is_not_shown_to_another(stateful: Server) -> None:
    session, other = await opened(stateful, "2025-11-25"), await opened(stateful, "2025-06-18")
    seen = await cut(stateful, session)
    stream = await listening(stateful, other, last_event_id=seen.id or "")
    await echo(stateful, other, "own")
    assert texts(await heard(stream, 1)) == ["own"]
    await stateful.delete(other)
    assert await messages(stream) == []


async def test_the_response_of_an_ended_session_cannot_be_fetched(stateful: Server) -> None:
    session = await opened(stateful, "2025-11-25")
    seen = await cut(stateful, session)
    await stateful.delete(session)
    assert (await stateful.stream(session, last_event_id=seen.id).answer()).status == 404
