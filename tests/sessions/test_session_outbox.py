"""docs : what waits in a session's outbox, and what does not."""

from collections.abc import Callable

import pytest
from session_helpers import echo, heard, listening, opened, set_level, texts

from harness import Server, call, note, rpc, tool_call
from mcp_echo_core.stores.records import LOG_LEVELS


async def test_each_echo_puts_one_log_message_into_the_outbox(stateful: Server) -> None:
    session = await opened(stateful)
    await call(stateful, "echo", {"message": "hi", "uppercase": True}, session)
    stream = await listening(stateful, session)
    (event,) = await heard(stream, 1)
    assert event.message == {
        "jsonrpc": "2.0",
        "method": "notifications/message",
        "params": {"level": "info", "logger": "echo", "data": "HI"},
    }
    await stream.leave()


async def test_answers_are_never_copied_into_the_outbox(stateful: Server) -> None:
    session = await opened(stateful)
    for message in (
        rpc("ping"),
        rpc("tools/list"),
        rpc("nope"),
        tool_call("nope", {}),
        note("x"),
        tool_call("echo", {}),
    ):
        await stateful.post(message, session)
    assert (await stateful.session(session)).queued == 0
    await echo(stateful, session, "only")
    assert (await stateful.session(session)).queued == 1


async def test_an_outbox_keeps_the_newest_hundred_and_counts_the_rest(stateful: Server) -> None:
    session = await opened(stateful)
    await echo(stateful, session, *map(str, range(150)))
    record = await stateful.session(session)
    assert (record.queued, record.dropped, record.echo_count) == (100, 50, 150)
    stream = await listening(stateful, session)
    assert texts(await heard(stream, 100)) == [str(number) for number in range(50, 150)]
    await stream.leave()
    record = await stateful.session(session)
    assert (record.queued, record.dropped) == (0, 50)


async def test_the_size_of_the_outbox_can_be_configured(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_SESSION_QUEUE_SIZE="3")
    session = await opened(server)
    await echo(server, session, *"abcde")
    record = await server.session(session)
    assert (record.queued, record.dropped) == (3, 2)
    stream = await listening(server, session)
    assert texts(await heard(stream, 3)) == ["c", "d", "e"]
    await stream.leave()


@pytest.mark.parametrize("level", LOG_LEVELS)
async def test_only_messages_of_the_wanted_level_are_queued(level: str, stateful: Server) -> None:
    session = await opened(stateful)
    await set_level(stateful, session, level)
    await echo(stateful, session, "x")
    assert (await stateful.session(session)).queued == (level in {"debug", "info"})


async def test_the_level_can_be_changed_back_and_belongs_to_one_session(stateful: Server) -> None:
    session, other = await opened(stateful), await opened(stateful)
    await set_level(stateful, session, "error")
    await echo(stateful, session, "lost")
    await echo(stateful, other, "kept")
    await set_level(stateful, session, "info")
    await echo(stateful, session, "found")
    stream = await listening(stateful, session)
    assert texts(await heard(stream, 1)) == ["found"]
    await stream.leave()
    assert (await stateful.session(other)).queued == 1


async def test_a_refused_level_changes_nothing(stateful: Server) -> None:
    session = await opened(stateful)
    await set_level(stateful, session, "error")
    await stateful.post(rpc("logging/setLevel", {"level": "loud"}), session)
    await echo(stateful, session, "x")
    assert (await stateful.session(session)).queued == 0


async def test_an_echo_that_was_refused_leaves_nothing(stateful: Server) -> None:
    session = await opened(stateful)
    await stateful.post(tool_call("echo", {"message": 5}), session)
    record = await stateful.session(session)
    assert (record.queued, record.echo_count, record.last_echo) == (0, 0, None)


async def test_the_figures_of_all_outboxes_add_up(stateful: Server) -> None:
    for texts_of_one in ("a", "bc"):
        await echo(stateful, await opened(stateful), *texts_of_one)
    statistics = await stateful.app.runtime.sessions.statistics(stateful.clock.wall)
    assert statistics is not None
    assert (statistics.queued, statistics.active, statistics.created, statistics.ended) == (3, 2, 2, 0)
    assert (statistics.queue_bytes or 0) > 3 * len('{"jsonrpc":"2.0"}')
