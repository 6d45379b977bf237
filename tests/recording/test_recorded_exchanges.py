"""What is recorded of exchanges, and of which."""

import pytest

from asgi_bridge import Request
from harness import POST_HEADERS, Server, call, encoded, header_list, initialize, rpc, tool_call
from mcp_echo_core.recording.events import Record
from mcp_echo_core.recording.recorder import bin_subject
from mcp_echo_core.recording.taken import MAX_BODY_BYTES

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0"


async def record_of(server: Server, subject: str | None) -> Record:
    journal = server.app.runtime.journal
    assert journal is not None
    record = await journal.read(subject or "")
    assert record is not None
    return record


async def test_a_session_has_its_own_exchanges_from_initialize_on(stateful: Server) -> None:
    first, second = await initialize(stateful), await initialize(stateful)
    await call(stateful, "echo", {"message": "mine"}, first)
    kinds = [entry.event.kind for entry in (await record_of(stateful, first)).entries]
    assert kinds == ["initialize", "notification", "tools/call"]
    assert len((await record_of(stateful, second)).entries) == 2


async def test_an_exchange_is_recorded_with_head_body_answer_and_time(stateful: Server) -> None:
    session = await initialize(stateful)
    await call(stateful, "echo", {"message": "hello"}, session, x_custom="value")
    event = (await record_of(stateful, session)).entries[-1].event
    assert (event.method, event.path, event.status, event.session) == ("POST", "/mcp", 200, session)
    assert ("x-custom", "value") in event.head.fields
    assert b'"hello"' in event.body
    assert b"hello" in event.answer
    assert event.at == stateful.clock.wall
    assert event.seconds == 0


async def test_what_a_dead_session_is_still_sent_is_on_its_record(stateful: Server) -> None:
    session = await initialize(stateful)
    await stateful.delete(session)
    await stateful.post(rpc("tools/list"), session)
    record = await record_of(stateful, session)
    assert [entry.event.status for entry in record.entries] == [200, 202, 204, 404]
    assert record.ended == (stateful.clock.wall, "delete")


async def test_an_id_that_was_never_given_leaves_no_record(stateful: Server) -> None:
    await stateful.post(rpc("tools/list"), "made-up")
    journal = stateful.app.runtime.journal
    assert journal is not None
    assert await journal.read("made-up") is None


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "cookie"])
async def test_no_credential_is_recorded(stateful: Server, header: str) -> None:
    session = await initialize(stateful)
    value = {"authorization": f"Bearer {TOKEN}", "x-api-key": TOKEN, "cookie": f"sid={TOKEN}"}[header]
    for _ in range(2):
        await stateful.post(
            tool_call("echo", {"message": f"my token is Bearer {TOKEN}", "password": "hunter2"}), session,
            **{header: value},
        )  # fmt: skip
    record = await record_of(stateful, session)
    shown = repr(record)
    assert TOKEN not in shown
    assert "c2lnbmF0dXJlLXRoYXQ" not in shown
    assert "hunter2" not in shown
    first, second = (entry.event.head.credentials[0] for entry in record.entries[-2:])
    assert first.fingerprint == second.fingerprint


async def test_a_token_s_claims_are_recorded_without_its_signature(stateful: Server) -> None:
    session = await initialize(stateful)
    await stateful.post(rpc("ping"), session, authorization=f"Bearer {TOKEN}")
    [credential] = (await record_of(stateful, session)).entries[-1].event.head.credentials
    assert (credential.scheme, credential.token_header, credential.claims) == (
        "Bearer", {"alg": "HS256"}, {"sub": "jane"},
    )  # fmt: skip


async def test_long_bodies_are_cut_and_their_length_told(stateful: Server) -> None:
    session = await initialize(stateful)
    await call(stateful, "echo", {"message": "x" * 50_000}, session)
    event = (await record_of(stateful, session)).entries[-1].event
    assert len(event.body) == MAX_BODY_BYTES
    assert event.body_bytes > 50_000
    assert event.answer_bytes > 50_000


async def test_an_open_stream_is_on_the_record_and_so_is_its_end(stateful: Server) -> None:
    session = await initialize(stateful)
    await call(stateful, "echo", {"message": "queued"}, session)
    stream = stateful.stream(session)
    event = await stream.event()
    while event is not None and "queued" not in (event.data or ""):
        event = await stream.event()
    opened = (await record_of(stateful, session)).entries[-1].event
    assert (opened.method, opened.seconds) == ("GET", None)
    await stream.leave()
    ended = (await record_of(stateful, session)).entries[-1].event
    assert (ended.key, ended.ended_by) == (opened.key, "client")
    assert b"queued" in b"".join(piece.data for piece in ended.pieces)


async def test_a_request_that_its_client_cancels_by_leaving_was_ended_by_the_client(stateful: Server) -> None:
    meta = {f"io.modelcontextprotocol/{name}": {} for name in ("clientInfo", "clientCapabilities")}
    meta |= {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "progressToken": 1}
    params = {"name": "echo", "arguments": {"message": "m", "progressSteps": 6, "progressInterval": 10}, "_meta": meta}
    routing = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo"}
    headers = header_list(POST_HEADERS, routing)
    exchange = stateful.open(Request(path="/b/b/mcp", headers=headers, body=encoded(rpc("tools/call", params))))
    assert await exchange.event() is not None
    await exchange.leave()
    assert (await record_of(stateful, bin_subject("b"))).entries[-1].event.ended_by == "client"


async def test_a_bin_is_the_whole_endpoint_with_a_record_across_sessions(stateful: Server) -> None:
    headers = header_list(POST_HEADERS, {})
    for _ in range(2):
        body = rpc("initialize", {"protocolVersion": "2025-11-25"})
        answer = await stateful.send(Request(path="/b/my-client/mcp", headers=headers, body=encoded(body)))
        assert answer.status == 200
    entries = (await record_of(stateful, bin_subject("my-client"))).entries
    assert [entry.event.bin for entry in entries] == ["my-client", "my-client"]
    assert entries[0].event.session != entries[1].event.session


@pytest.mark.parametrize("path", ["/b//mcp", "/b/a%2Fb/mcp", "/b/-x/mcp", f"/b/{'x' * 65}/mcp", "/b/x/mcp/y"])
async def test_a_bin_s_name_is_a_short_word(stateful: Server, path: str) -> None:
    answer = await stateful.send(Request(path=path, headers=header_list(POST_HEADERS, {}), body=encoded(rpc("ping"))))
    assert answer.status == 404


async def test_the_stateless_server_records_nothing_and_has_no_bins() -> None:
    stateless = Server("stateless")
    assert stateless.app.runtime.journal is None
    request = Request(path="/b/x/mcp", headers=header_list(POST_HEADERS, {}), body=encoded(rpc("ping")))
    assert (await stateless.send(request)).status == 404


async def test_recording_can_be_turned_off() -> None:
    server = Server("stateful", MCP_JOURNAL_MAX_BYTES="0")
    assert await initialize(server)
    assert server.app.runtime.journal is None
