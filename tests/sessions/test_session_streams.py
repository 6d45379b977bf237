"""docs protocol rules 5.3: what a session's stream carries, to whom, and from where it resumes."""

from collections.abc import Callable

import pytest
from session_helpers import echo, heard, listening, opened, rest, texts

from harness import REVISIONS, Server

QUICK = {"MCP_SSE_KEEPALIVE_INTERVAL": "0.05"}


async def test_a_stream_delivers_what_waits_and_then_what_comes(stateful: Server) -> None:
    session = await opened(stateful)
    await echo(stateful, session, "before", "too")
    stream = await listening(stateful, session)
    assert texts(await heard(stream, 2)) == ["before", "too"]
    await echo(stateful, session, "after")
    assert texts(await heard(stream, 1)) == ["after"]
    await stream.leave()


async def test_a_stream_has_the_headers_that_keep_proxies_from_holding_it_back(stateful: Server) -> None:
    stream = await listening(stateful, await opened(stateful))
    head = await stream.head()
    assert head.header("content-type") == "text/event-stream"
    assert "no-cache" in (head.header("cache-control") or "")
    assert head.header("x-accel-buffering") == "no"
    assert head.header("content-length") is None
    await stream.leave()


async def test_every_message_is_an_event_with_an_id_that_no_other_has(stateful: Server) -> None:
    session = await opened(stateful)
    streams = [await listening(stateful, session) for _ in range(2)]
    ids = []
    for number in range(6):
        await echo(stateful, session, str(number))
    for stream in streams:
        await stateful.delete(session)
        ids += [event.id for event in await rest(stream) if event.event == "message"]
    assert len(set(ids)) == len(ids) == 6
    assert all(ids)


async def test_silence_is_broken_by_keep_alive_events(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **QUICK)
    stream = await listening(server, await opened(server))
    for _ in range(3):
        event = await stream.event()
        assert event is not None
        assert (event.event, event.message, event.id) == ("keep-alive", {"type": "ping"}, None)
    await stream.leave()


@pytest.mark.parametrize("revision", REVISIONS)
async def test_only_the_revision_that_knows_it_gets_a_priming_event(revision: str, stateful: Server) -> None:
    session = await opened(stateful, revision)
    await echo(stateful, session, "x")
    stream = await listening(stateful, session)
    first = await stream.event()
    assert first is not None
    if revision == "2025-11-25":
        assert first.data == ""
        assert first.id
        assert int(first.retry or 0) > 0
        assert texts(await heard(stream, 1)) == ["x"]
    else:
        assert texts([first]) == ["x"]
    await stream.leave()


async def test_a_client_that_resumes_gets_the_later_messages_of_that_stream_only(stateful: Server) -> None:
    session = await opened(stateful)
    first = await listening(stateful, session)
    await echo(stateful, session, "a", "b", "c")
    seen = await heard(first, 3)
    await first.leave()
    second = await listening(stateful, session)
    await echo(stateful, session, "d")
    other = await heard(second, 1)
    await second.leave()
    await echo(stateful, session, "e")
    again = await listening(stateful, session, last_event_id=seen[0].id or "")
    events = await heard(again, 3)
    assert texts(events) == ["b", "c", "e"]
    assert [event.id for event in events[:2]] == [event.id for event in seen[1:]]
    assert other[0].id not in {event.id for event in events}
    await again.leave()


async def test_a_resumed_stream_can_be_resumed_again(stateful: Server) -> None:
    session = await opened(stateful)
    stream = await listening(stateful, session)
    await echo(stateful, session, "a", "b")
    seen = await heard(stream, 2)
    for _ in range(3):
        await stream.leave()
        stream = await listening(stateful, session, last_event_id=seen[0].id or "")
        assert texts(await heard(stream, 1)) == ["b"]
    await echo(stateful, session, "c")
    (new,) = await heard(stream, 1)
    await stream.leave()
    stream = await listening(stateful, session, last_event_id=new.id or "")
    await echo(stateful, session, "d")
    assert texts(await heard(stream, 1)) == ["d"]
    await stream.leave()


async def test_a_primed_stream_is_resumed_from_its_first_event(stateful: Server) -> None:
    session = await opened(stateful, "2025-11-25")
    stream = await listening(stateful, session)
    priming = await stream.event()
    assert priming is not None
    await echo(stateful, session, "a")
    await heard(stream, 1)
    await stream.leave()
    again = await listening(stateful, session, last_event_id=priming.id or "")
    assert texts(await heard(again, 1)) == ["a"]
    await again.leave()


@pytest.mark.parametrize(
    "event_id", ["", "nope", "-", "nope-1", "x-999999999999999999999999", "a-b-c", "1", "é-1", "g0-0", "-1"]
)
async def test_an_unknown_event_id_repeats_nothing_and_loses_nothing(event_id: str, stateful: Server) -> None:
    session = await opened(stateful)
    first = await listening(stateful, session)
    await echo(stateful, session, "delivered")
    await heard(first, 1)
    await first.leave()
    await echo(stateful, session, "waiting")
    stream = await listening(stateful, session, last_event_id=event_id)
    assert texts(await heard(stream, 1)) == ["waiting"]
    await stream.leave()


async def test_an_event_id_of_another_session_shows_nothing_of_it(stateful: Server) -> None:
    mine, other = await opened(stateful), await opened(stateful)
    stream = await listening(stateful, other)
    await echo(stateful, other, "secret", "secrets")
    seen = await heard(stream, 2)
    await stream.leave()
    await echo(stateful, mine, "own")
    again = await listening(stateful, mine, last_event_id=seen[0].id or "")
    assert texts(await heard(again, 1)) == ["own"]
    await stateful.delete(mine)
    assert await rest(again) == []


async def test_two_streams_never_get_the_same_message_and_lose_none(stateful: Server) -> None:
    session = await opened(stateful)
    streams = [await listening(stateful, session) for _ in range(3)]
    sent = [str(number) for number in range(60)]
    await echo(stateful, session, *sent)
    await stateful.delete(session)
    received = [text for stream in streams for text in texts([e for e in await rest(stream) if e.event == "message"])]
    assert sorted(received, key=int) == sent


async def test_when_one_of_two_streams_leaves_the_other_gets_what_comes(stateful: Server) -> None:
    session = await opened(stateful)
    first, second = await listening(stateful, session), await listening(stateful, session)
    await first.leave()
    await echo(stateful, session, "x")
    assert texts(await heard(second, 1)) == ["x"]
    await second.leave()


async def test_the_streams_of_two_sessions_do_not_mix(stateful: Server) -> None:
    sessions = [await opened(stateful) for _ in range(2)]
    streams = [await listening(stateful, session) for session in sessions]
    for session, text in zip(sessions, "ab", strict=True):
        await echo(stateful, session, text * 3, text)
    for stream, text in zip(streams, "ab", strict=True):
        assert texts(await heard(stream, 2)) == [text * 3, text]
        await stream.leave()


async def test_a_stream_carries_text_that_looks_like_framing(stateful: Server) -> None:
    session = await opened(stateful)
    stream = await listening(stateful, session)
    tricky = ["a\n\nevent: x\ndata: y", "\r\n\r", "id: 1", "\u2028\x00é😀", ""]
    await echo(stateful, session, *tricky)
    assert texts(await heard(stream, len(tricky))) == tricky
    await stream.leave()
