"""View keys: what those see with whom a record is shared, and that no id is in it."""

import json
import re
from typing import Any

import pytest
from dashboards import DATA, Onlooker, Socket, in_bin, session_in_bin

from asgi_bridge import Request
from harness import POST_HEADERS, Server, call, encoded, header_list, initialize, rpc, tool_call
from mcp_echo_core.dashboard import shares

MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def modern_call(tool: str, **arguments: Any) -> Any:
    meta = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}}
    return rpc("tools/call", {"name": tool, "arguments": arguments, "_meta": meta})


async def everything(onlooker: Onlooker, subject: str) -> str:
    """All that the routes and the feed of a record show."""
    shown = ""
    for name in DATA:
        if name != "events":
            answer = await onlooker.get(f"/dashboard/{subject}/{name}")
            assert answer.status == 200, name
            shown += answer.body.decode() + repr(answer.headers)
    count = len((await onlooker.record(subject))["exchanges"])
    told = await onlooker.watch(subject, "?after=0")
    socket = Socket(onlooker.server, f"/dashboard/{subject}/ws?after=0")
    for _ in range(count + 1):
        shown += repr(await told.next("exchange", "state")) + repr(await socket.message())
    await told.exchange.leave()
    await socket.leave()
    return shown


async def test_a_view_shows_the_record_without_any_session_id(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    await call(stateful, "echo", {"message": f"my session is {session} and {session.upper()}"}, session)
    await call(stateful, "sessionInfo", {}, session)
    await stateful.post(rpc("resources/read", {"uri": "echo://session/current"}), session)
    await stateful.post(rpc("resources/read", {"uri": f"echo://{session}"}), session, referer=f"http://h/{session}")
    await stateful.send(
        Request(
            path=f"/mcp?session={session}",
            headers=header_list(POST_HEADERS, {"mcp-session-id": session}),
            body=encoded(tool_call("echo", {"message": "x" * 16_200 + session + "y" * 2000})),
        )
    )
    cut = encoded(tool_call("echo", {"message": "x" * 16_273 + session}))
    await stateful.post(cut, session)
    stream = stateful.stream(session)
    await stream.event()
    await stream.leave()
    shown = await everything(onlooker, f"view/{await onlooker.share(session)}")
    assert session not in shown
    assert session.upper() not in shown
    assert session[:8] not in shown
    assert "session-1" in shown


async def test_an_id_that_was_cut_with_its_body_is_not_shown_either(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    for length in range(16_250, 16_300, 5):
        await stateful.post(tool_call("echo", {"message": "x" * length + session}), session)
    key = await onlooker.share(session)
    for number in range(4, 14):
        detail = await onlooker.json(f"/dashboard/view/{key}/exchanges/{number}")
        assert session[:8] not in json.dumps(detail)


async def test_a_view_of_a_bin_shows_neither_its_name_nor_sessions_and_handles(
    onlooker: Onlooker, stateful: Server
) -> None:
    name = (await onlooker.send("POST", "/b")).message["bin"]
    first = await session_in_bin(stateful, name)
    second = await session_in_bin(stateful, name)
    headers = {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "echo"}
    answer = await in_bin(stateful, name, modern_call("echo", message=f"/b/{name}/mcp"), **headers)
    handle = answer.final["result"]["structuredContent"]["session"]
    await in_bin(stateful, name, modern_call("echo", message="again", session=handle), **headers)
    await in_bin(stateful, name, rpc("ping"), mcp_session_id="made-up-by-the-client", referer=f"http://h/b/{name}/mcp")
    key = await onlooker.share(name)
    shown = await everything(onlooker, f"view/{key}")
    for secret in (name, first, second, handle, "made-up-by-the-client", first[:8], second[:8], handle[:8]):
        assert secret not in shown, secret
    assert not UUID.search(shown)
    record = await onlooker.record(f"view/{key}")
    assert record["subject"] == {"kind": "bin", "id": "bin-1", "endpoint": "/b/bin-1/mcp", "shared": True}
    sessions = [each["session"] for each in record["exchanges"] if each["era"] == "legacy"]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
    assert all(each in {"session-1", "session-2", None} for each in sessions)


async def test_a_short_name_of_a_bin_is_replaced_in_paths_and_breaks_nothing(
    onlooker: Onlooker, stateful: Server
) -> None:
    await in_bin(stateful, "id", rpc("ping", {}, "id"), referer="http://h/b/id/mcp")
    view = f"view/{await onlooker.share('id')}"
    detail = await onlooker.json(f"/dashboard/{view}/exchanges/1")
    assert json.loads(detail["request_body"])["id"] == "id"
    assert detail["path"] == "/b/bin-1/mcp"
    assert {each["name"]: each["value"] for each in detail["request_headers"]}["referer"] == "http://h/b/bin-1/mcp"


async def test_the_record_of_a_session_in_a_bin_does_not_tell_the_bin(onlooker: Onlooker, stateful: Server) -> None:
    session = await session_in_bin(stateful, "bin-of-mine")
    shown = await everything(onlooker, f"view/{await onlooker.share(session)}")
    assert "bin-of-mine" not in shown
    assert session not in shown


async def test_claims_of_a_token_do_not_tell_a_session(onlooker: Onlooker, stateful: Server, session: str) -> None:
    from test_record import token

    await stateful.post(rpc("ping"), session, authorization=f"Bearer {token(at=session, of=[session])}")
    view = f"view/{await onlooker.share(session)}"
    [credential] = (await onlooker.json(f"/dashboard/{view}/exchanges/4"))["credentials"]
    assert credential["claims"] == {"at": "session-1", "of": ["session-1"]}


async def test_a_view_and_its_owner_are_told_the_same_findings(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    await stateful.post(rpc("ping"), session, accept="application/json")
    key = await onlooker.share(session)
    mine, theirs = await onlooker.record(session), await onlooker.record(f"view/{key}")
    assert theirs["report"]["findings"] == mine["report"]["findings"] != []
    assert theirs["report"]["subject"] == "session-1"


async def test_a_view_grows_live(onlooker: Onlooker, stateful: Server, session: str) -> None:
    told = await onlooker.watch(f"view/{await onlooker.share(session)}")
    await call(stateful, "echo", {"message": "live"}, session)
    assert (await told.exchange_told())["session"] == "session-1"
    await told.exchange.leave()


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "share"), ("DELETE", "share/x"), ("POST", ""), ("PUT", "events")]
)
async def test_a_view_changes_nothing(onlooker: Onlooker, session: str, method: str, path: str) -> None:
    key = await onlooker.share(session)
    assert (await onlooker.send(method, f"/dashboard/view/{key}/{path}")).status in {404, 405}


async def test_a_view_key_is_no_id_and_an_id_no_view_key(onlooker: Onlooker, session: str) -> None:
    key = await onlooker.share(session)
    assert (await onlooker.record(key.strip("-_")))["exchanges"] == []
    assert (await onlooker.get(f"/dashboard/view/{session}")).status == 404


async def test_a_revoked_key_shows_nothing_any_more(onlooker: Onlooker, session: str) -> None:
    key, other = await onlooker.share(session), await onlooker.share(session)
    told, kept = await onlooker.watch(f"view/{key}"), await onlooker.watch(f"view/{other}")
    assert (await onlooker.send("DELETE", f"/dashboard/{session}/share/{key}")).status == 204
    assert await told.next("gone")
    assert await told.exchange.event() is None
    for name in ("", *(f"/{name}" for name in DATA)):
        assert (await onlooker.get(f"/dashboard/view/{key}{name}")).status == 404
        assert (await onlooker.get(f"/dashboard/view/{other}{name}")).status == 200
    assert (await onlooker.send("DELETE", f"/dashboard/{session}/share/{key}")).status == 404
    await kept.exchange.leave()


async def test_nothing_is_shared_before_there_is_something(onlooker: Onlooker) -> None:
    assert (await onlooker.send("POST", "/dashboard/unused-bin/share")).status == 409


async def test_view_keys_are_bounded_and_revoking_makes_room(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "MAX_KEYS", 2)
    first, _ = await onlooker.share(session), await onlooker.share(session)
    assert (await onlooker.send("POST", f"/dashboard/{session}/share")).status == 429
    assert (await onlooker.send("DELETE", f"/dashboard/{session}/share/{first}")).status == 204
    assert await onlooker.share(session)
    other = await initialize(stateful)
    assert await onlooker.share(other)
