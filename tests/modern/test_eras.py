"""protocol rules 2, rows E1 to E16: how each kind of opening is answered by both servers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from modern_requests import CAPABILITIES, ECHO, MODERN, VERSION, ask, modern

from asgi_bridge import Request
from harness import (
    NEWEST,
    POST_HEADERS,
    REVISIONS,
    STREAM_HEADERS,
    Server,
    encoded,
    header_list,
    initialize,
    introduction,
    note,
    rpc,
)

UNKNOWN = "2031-01-01"
OTHER = "2032-02-02"
HANDSHAKE = rpc("initialize", introduction(NEWEST))


@dataclass(frozen=True)
class Row:
    """An opening and its answer; ``code`` is ``None`` for a result, ``data`` holds members of ``error.data``."""

    name: str
    header: str | None
    body: Any
    status: int
    code: int | None = None
    data: Mapping[str, Any] | None = None


def versions(requested: str) -> dict[str, Any]:
    return {"supported": [MODERN], "requested": requested}


LIST = modern("tools/list")
UNSERVED = modern("tools/list", protocolVersion=UNKNOWN)

ROWS = [
    Row("E1", None, HANDSHAKE, 200),
    *(Row(f"E1 with {revision}", revision, HANDSHAKE, 200) for revision in REVISIONS),
    Row("E2", MODERN, modern("initialize", introduction()), 404, -32601),
    Row("E3", MODERN, HANDSHAKE, 400, -32602, {"supported": [MODERN]}),
    Row("E4", MODERN, LIST, 200),
    Row("E5", MODERN, rpc("tools/list"), 400, -32602, {"supported": [MODERN]}),
    Row(
        "E5 bare _meta",
        MODERN,
        rpc("tools/list", {"_meta": {"progressToken": 1}}),
        400,
        -32602,
        {"supported": [MODERN]},
    ),
    Row("E6", None, LIST, 400, -32020),
    Row("E6 initialize", None, modern("initialize", introduction()), 400, -32020),
    *(Row(f"E7 {revision}", revision, LIST, 400, -32020) for revision in REVISIONS),
    Row("E7 initialize", NEWEST, modern("initialize", introduction()), 400, -32020),
    Row("E8", UNKNOWN, UNSERVED, 400, -32022, versions(UNKNOWN)),
    Row("E8 initialize", UNKNOWN, modern("initialize", protocolVersion=UNKNOWN), 400, -32022, versions(UNKNOWN)),
    Row(
        "E8 legacy revision twice", NEWEST, modern("tools/list", protocolVersion=NEWEST), 400, -32022, versions(NEWEST)
    ),
    Row("E9 unknown header", UNKNOWN, LIST, 400, -32020),
    Row("E9 unknown body", MODERN, UNSERVED, 400, -32020),
    Row("E9 both unknown", OTHER, UNSERVED, 400, -32020),
    Row("E10", UNKNOWN, rpc("tools/list"), 400, -32600, {"requested": UNKNOWN, "seen": UNKNOWN}),
    Row("E10 initialize", UNKNOWN, HANDSHAKE, 400, -32600, {"requested": UNKNOWN, "seen": UNKNOWN}),
    Row("E11", None, rpc("tools/list"), 200),
    Row("half an envelope", None, rpc("tools/list", {"_meta": {VERSION: MODERN}}), 400, -32602),
    Row("no version in it", None, rpc("tools/list", {"_meta": {VERSION: None, CAPABILITIES: {}}}), 400, -32602),
]


async def posted(server: Server, header: str | None, body: Any) -> Any:
    headers = {"mcp-protocol-version": header}
    if header is not None and body.get("params", {}).get("_meta"):
        headers["mcp-method"] = body["method"]
    return await server.send(Request(headers=header_list(POST_HEADERS, headers), body=encoded(body)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_an_opening_is_answered_by_the_rules_of_its_era(row: Row, server: Server) -> None:
    answer = await posted(server, row.header, row.body)
    assert answer.status == row.status, answer
    assert answer.message["id"] == 1
    if row.code is None:
        assert ("resultType" in answer.message["result"]) == (row.header == MODERN)
        return
    error = answer.message["error"]
    assert error["code"] == row.code, error
    for name, value in (row.data or {}).items():
        assert error["data"][name] == value
    assert answer.header("mcp-session-id") is None
    assert await server.created() == 0


@pytest.mark.parametrize("header", [MODERN, UNKNOWN])
async def test_the_refusals_of_e3_e5_and_e10_say_which_versions_would_do(header: str, server: Server) -> None:
    for body in (HANDSHAKE, rpc("tools/list")):
        data = (await posted(server, header, body)).message["error"]["data"]
        assert MODERN in data["supported"]
        assert data["supported"][-1] in data["fix"]


async def test_a_refused_legacy_message_never_gets_a_code_of_the_modern_era(server: Server) -> None:
    bodies = [rpc("nope"), rpc("tools/call", {"name": "x"}), HANDSHAKE, rpc("tools/list", {"cursor": "x"})]
    for header in (None, UNKNOWN, *REVISIONS):
        for body in bodies:
            error = (await posted(server, header, body)).message.get("error", {"code": 0})
            assert error["code"] not in {-32020, -32021, -32022}


@pytest.mark.parametrize("params", [None, {}, {"_meta": {VERSION: MODERN, CAPABILITIES: {}}}, {"requestId": 1}])
@pytest.mark.parametrize("method", ["notifications/cancelled", "notifications/initialized", "notifications/x"])
async def test_e12_a_modern_notification_is_accepted_and_dropped(method: str, params: Any, server: Server) -> None:
    answer = await server.post(note(method, params), mcp_protocol_version=MODERN)
    assert (answer.status, answer.body) == (202, b"")
    assert answer.header("mcp-session-id") is None
    assert await server.created() == 0


async def test_e12_a_notification_of_an_unknown_revision_is_refused_with_the_served_ones(server: Server) -> None:
    answer = await server.post(note("notifications/x"), mcp_protocol_version=UNKNOWN)
    assert answer.status == 400
    assert "id" not in answer.message
    assert answer.message["error"]["code"] == -32022
    assert versions(UNKNOWN).items() <= answer.message["error"]["data"].items()


async def test_e12_the_session_of_a_modern_notification_is_not_touched(stateful: Server) -> None:
    session = (await stateful.post(rpc("ping"))).header("mcp-session-id") or ""
    for name in (session, "no-such-session"):
        answer = await stateful.post(note("notifications/initialized"), name, mcp_protocol_version=MODERN)
        assert answer.status == 202
    assert (await stateful.session(session)).initialized is False


@pytest.mark.parametrize("header", [None, *REVISIONS])
async def test_e13_a_notification_without_a_modern_header_follows_the_session_rules(
    header: str | None, stateful: Server
) -> None:
    answer = await stateful.post(note("notifications/initialized"), "no-such-session", mcp_protocol_version=header)
    assert answer.status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_e14_there_is_no_get_and_no_delete_in_the_modern_era(method: str, server: Server) -> None:
    session = await initialize(server)
    headers = {"mcp-protocol-version": MODERN, "mcp-session-id": session, "last-event-id": "a-1"}
    answer = await server.send(Request(method, headers=header_list(STREAM_HEADERS, headers)))
    assert (answer.status, answer.header("allow")) == (405, "POST")
    assert answer.header("mcp-session-id") is None
    assert await server.alive() == (1 if session else 0), "the session of the other era has been ended"


@pytest.mark.parametrize("header", [None, NEWEST])
async def test_e15_without_a_modern_header_get_and_delete_follow_the_legacy_rules(
    header: str | None, server: Server
) -> None:
    answer = await server.delete(await initialize(server), mcp_protocol_version=header)
    assert answer.status == (204 if server.variant == "stateful" else 405)


@pytest.mark.parametrize("session", ["live", "no-such-session", ""])
async def test_e16_a_session_id_is_ignored_and_never_repeated(session: str, server: Server) -> None:
    value = (await initialize(server) or "stale") if session == "live" else session
    for message in (LIST, modern("server/discover"), modern("tools/call", ECHO), modern("nope")):
        answer = await ask(server, message, mcp_session_id=value)
        assert answer.status == (404 if message["method"] == "nope" else 200)
        assert answer.header("mcp-session-id") is None


async def test_e16_an_echo_does_not_reach_the_session_of_the_header(stateful: Server) -> None:
    session = await initialize(stateful) or ""
    answer = await ask(stateful, modern("tools/call", ECHO), mcp_session_id=session)
    assert answer.message["result"]["structuredContent"]["session"] != session
    assert (await stateful.session(session)).echo_count == 0


async def test_a_server_that_serves_only_older_revisions_answers_a_modern_request_as_one_of_them(
    variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_PROTOCOL_VERSIONS_SUPPORTED="2025-11-25,2025-06-18")
    answer = await ask(server, LIST)
    assert (answer.status, answer.message["error"]["code"]) == (400, -32600)
    assert MODERN not in answer.message["error"]["data"]["supported"]
    assert (await posted(server, None, HANDSHAKE)).status == 200
