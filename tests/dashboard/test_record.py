"""A record at a glance and its exchanges in full."""

import base64
import json
import subprocess
from typing import Any

import pytest
from dashboards import Onlooker, in_bin, session_in_bin

from asgi_bridge import Request
from harness import POST_HEADERS, STREAM_HEADERS, Server, call, encoded, header_list, initialize, rpc, tool_call
from mcp_echo_core.http import WRITTEN_NAMES

SUMMARY = {
    "sequence", "key", "at", "seconds", "http", "path", "kind", "name", "id", "status", "code", "tool_error", "era",
    "revision", "session", "instance", "connection", "request_bytes", "answer_bytes", "stream", "open", "ended_by",
    "pieces", "hops", "client", "rules", "level", "unread", "declared",
}  # fmt: skip
DETAIL = SUMMARY | {
    "http_version", "request_headers", "request_body", "request_truncated", "answer_headers", "answer_body",
    "answer_truncated", "credentials", "curl", "httpx", "findings",
}  # fmt: skip


def token(**claims: Any) -> str:
    parts = [{"alg": "HS256"}, claims]
    encoded_parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded_parts, "c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0"])


def as_a_shell_reads(command: str, **variables: str) -> list[str]:
    """The words of a command for curl."""
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{command}"
    done = subprocess.run(["sh", "-c", script], env=variables, capture_output=True, text=True, timeout=10, check=True)
    assert not done.stderr
    return done.stdout.split("\0")[:-1]


async def last(onlooker: Onlooker, session: str) -> Any:
    """The newest exchange in full."""
    number = (await onlooker.record(session))["exchanges"][-1]["sequence"]
    return await onlooker.json(f"/dashboard/{session}/exchanges/{number}")


async def test_the_overview_tells_who_talks_to_whom(onlooker: Onlooker, session: str) -> None:
    record = await onlooker.record(session)
    assert record["subject"] == {"kind": "session", "id": session, "endpoint": "/mcp", "shared": False}
    assert record["server"]["variant"] == "stateful"
    assert record["server"]["now"] == onlooker.server.clock.wall
    told = record["session"]
    assert (told["alive"], told["version"], told["client"]) == (
        True, "2025-11-25", {"name": "tester", "version": "1.0"},
    )  # fmt: skip
    assert told["expires"] == onlooker.server.clock.wall + 3600
    assert (told["initialized"], told["echoes"], told["ended"]) == (True, 1, None)
    assert [each["kind"] for each in record["exchanges"]] == ["initialize", "notifications/initialized", "tools/call"]
    assert all(each.keys() == SUMMARY for each in record["exchanges"])
    assert (record["dropped"], record["gateway"]) == (0, [])
    assert record["report"]["subject"] == session


async def test_a_summary_says_what_was_called_and_what_became_of_it(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    await stateful.post(tool_call("nope", {}, "seven"), session)
    await call(stateful, "bearerDecode", {"token": "nothing"}, session)
    wrong, failed = (await onlooker.record(session))["exchanges"][-2:]
    assert (wrong["name"], wrong["id"], wrong["code"], wrong["status"]) == ("nope", "seven", -32602, 200)
    assert (wrong["session"], wrong["era"], wrong["connection"]) == (session[:8], "legacy", "127.0.0.1:50000")
    assert (failed["code"], failed["name"]) == (None, "bearerDecode")


async def test_what_is_no_message_is_summarised_too(onlooker: Onlooker, stateful: Server, session: str) -> None:
    for body in (b"{", b"[]", b'[{"jsonrpc":"2.0","method":"a"},{}]', b'{"jsonrpc":"2.0","id":"\\ud800","result":{}}'):
        await stateful.post(body, session)
    kinds = [each["kind"] for each in (await onlooker.record(session))["exchanges"][3:]]
    assert kinds == ["invalid", "invalid", "batch", "response"]


async def test_the_parameters_that_name_something_are_shown_without_credentials(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    uri = "https://user:canary-password@host/x?token=canary"
    await stateful.post(rpc("resources/read", {"uri": uri}), session)
    summary = (await onlooker.record(session))["exchanges"][-1]
    assert summary["name"].startswith("https://")
    assert "canary" not in summary["name"]


async def test_hops_are_listed_in_the_order_of_the_request(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await stateful.post(rpc("ping"), session, x_forwarded_for="203.0.113.7, 10.0.0.1", via="1.1 traefik")
    await stateful.post(rpc("ping"), session, forwarded='for="[2001:db8::1]";proto=https, for=10.0.0.2')
    first, second = (each["hops"] for each in (await onlooker.record(session))["exchanges"][-2:])
    assert first == ["203.0.113.7", "10.0.0.1", "1.1 traefik"]
    assert second == ["[2001:db8::1]", "10.0.0.2"]


async def test_a_stream_is_listed_once_with_its_pieces(onlooker: Onlooker, stateful: Server, session: str) -> None:
    stream = stateful.stream(session, mcp_protocol_version="2025-11-25")
    while (event := await stream.event()) is not None and event.event != "message":
        pass
    opened = (await onlooker.record(session))["exchanges"][-1]
    assert (opened["open"], opened["stream"], opened["seconds"], opened["kind"]) == (True, True, None, "GET")
    await stream.leave()
    ended = (await onlooker.record(session))["exchanges"][-1]
    assert (ended["key"], ended["open"], ended["ended_by"]) == (opened["key"], False, "client")
    assert ended["sequence"] > opened["sequence"]
    assert "notifications/message" in [piece["what"] for piece in ended["pieces"]]


async def test_an_exchange_is_shown_in_full(onlooker: Onlooker, session: str) -> None:
    detail = await onlooker.json(f"/dashboard/{session}/exchanges/3")
    assert detail.keys() == DETAIL
    assert json.loads(detail["request_body"])["params"]["arguments"] == {"message": "first words"}
    assert "first words" in detail["answer_body"]
    assert (detail["request_truncated"], detail["answer_truncated"]) == (False, False)
    assert ["content-type", "application/json"] in detail["answer_headers"]


@pytest.mark.parametrize("number", ["0", "999", "-1", "x", "1" * 400, "١"])
async def test_an_exchange_that_is_not_there_is_not_found(onlooker: Onlooker, session: str, number: str) -> None:
    assert (await onlooker.get(f"/dashboard/{session}/exchanges/{number}")).status == 404


async def test_what_is_odd_about_a_header_is_said(onlooker: Onlooker, stateful: Server, session: str) -> None:
    odd = [
        (b"user-agent", b""), (b"x_odd", b"1"), (b"x-twice", b"a"), (b"x-twice", b"b"), (b"origin", b"http://localhost"),
        (b"mcp-protocol-version", b"2025-11-25, 2025-11-25"), (b"x-name", "Jürgen".encode("latin-1")),
        (b"mcp-session-id", session.encode()),
    ]  # fmt: skip
    headers = [*header_list(POST_HEADERS, {}), *odd]
    written = [b"HoSt", b"Content-Type", b"accept", b"User-Agent", b"X_ODD", b"X-Twice", b"X-Twice", b"Origin",
               b"MCP-Protocol-Version", b"X-Name", b"Mcp-Session-Id"]  # fmt: skip
    await stateful.send(Request(headers=headers, body=encoded(rpc("ping")), scope={WRITTEN_NAMES: written}))
    found = {each["name"]: each for each in (await last(onlooker, session))["request_headers"]}
    remarks = {name: each["odd"] for name, each in found.items()}
    assert remarks["user-agent"] == ["empty value"]
    assert "underscore in the name: many gateways drop such fields" in remarks["x_odd"]
    assert remarks["x-twice"] == ["sent twice"]
    assert remarks["mcp-protocol-version"] == ["several values joined by a comma"]
    assert remarks["x-name"] == ["not ASCII"]
    assert remarks["host"] == ["unusual spelling"]
    assert remarks["content-type"] == remarks["accept"] == remarks["origin"] == []
    assert (found["mcp-session-id"]["category"], found["host"]["written"]) == ("mcp", "HoSt")


async def test_a_token_s_dates_are_told_from_the_exchange_s_time(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    now = stateful.clock.wall
    bearer = token(exp=now - 180, nbf=now + 7200, iat=now, auth_time="yesterday")
    await stateful.post(rpc("ping"), session, authorization=f"Bearer {bearer}")
    stateful.clock.jump(86400 / 48)
    await stateful.post(rpc("ping"), session, authorization=f"Bearer {bearer}")
    [credential] = (await last(onlooker, session))["credentials"]
    assert (credential["header"], credential["scheme"], credential["same_as"]) == ("authorization", "Bearer", [4])
    [earlier] = (await onlooker.json(f"/dashboard/{session}/exchanges/4"))["credentials"]
    assert earlier["fingerprint"] == credential["fingerprint"]
    assert earlier["claims"]["exp"] == now - 180
    assert {each["claim"]: each["says"] for each in earlier["times"]} == {
        "exp": "expired 3 minutes ago",
        "nbf": "not valid yet: valid in 2 hours",
        "iat": "issued at this moment",
        "auth_time": "not a number but a string",
    }


async def test_code_that_repeats_an_exchange_is_quoted_and_has_placeholders(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    hostile = "it's $(touch /tmp/x) `id` @file"
    await stateful.post(
        tool_call("echo", {"message": hostile}), session,
        authorization="Bearer canary-0123456789-0123456789", x_api_key="canary-9876543210", x_note=hostile,
    )  # fmt: skip
    detail = await last(onlooker, session)
    words = as_a_shell_reads(detail["curl"], TOKEN="filled-in", X_API_KEY="$(id)")
    assert words[words.index("-X") + 1] == "POST"
    assert json.loads(words[words.index("--data-raw") + 1])["params"]["arguments"]["message"] == hostile
    headers = [words[place + 1] for place, word in enumerate(words) if word == "-H"]
    assert "authorization: Bearer filled-in" in headers
    assert "x-api-key: $(id)" in headers
    assert f"x-note: {hostile}" in headers
    assert headers.count("Mcp-Echo-Replay: 1") == 1
    assert detail["httpx"].count("('Mcp-Echo-Replay', '1')") == 1
    compile(detail["httpx"], "httpx", "exec")
    assert "'Bearer ' + os.environ['TOKEN']" in detail["httpx"]
    assert "canary" not in detail["curl"] + detail["httpx"]


async def test_whoever_runs_copied_code_does_not_convict_the_client(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    await call(stateful, "echo", {"message": "x"}, session)
    detail = await last(onlooker, session)
    words = as_a_shell_reads(detail["curl"])
    headers = [words[place + 1].partition(": ") for place, word in enumerate(words) if word == "-H"]
    body = words[words.index("--data-raw") + 1].encode()
    before = (await onlooker.record(session))["report"]
    await stateful.post(body, **{name.replace("-", "_").lower(): value for name, _, value in headers})
    after = (await onlooker.record(session))["report"]
    assert (after["findings"], after["replayed"]) == (before["findings"], 1)
    again = await last(onlooker, session)
    assert again["curl"].count("Mcp-Echo-Replay") == 1


async def test_long_bodies_are_said_to_be_cut(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await call(stateful, "echo", {"message": "x" * 50_000}, session)
    detail = await last(onlooker, session)
    assert (detail["request_truncated"], detail["answer_truncated"]) == (True, True)
    assert detail["curl"].startswith("# The body was too long")


async def test_findings_point_at_their_exchange_and_back(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await stateful.post(rpc("ping"), session, accept="application/json", mcp_protocol_version="2025-11-25")
    record = await onlooker.record(session)
    finding = next(each for each in record["report"]["findings"] if each["rule"] == "accept-both-types")
    assert finding["evidence"] == [4]
    assert "accept-both-types" in record["exchanges"][-1]["rules"]
    detail = await onlooker.json(f"/dashboard/{session}/exchanges/4")
    assert "accept-both-types" in [each["rule"] for each in detail["findings"]]


async def test_a_session_that_ended_is_still_shown_and_says_so(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    await onlooker.record(session)
    await stateful.delete(session)
    told = (await onlooker.record(session))["session"]
    assert (told["alive"], told["client"]["name"], told["version"]) == (False, "tester", "2025-11-25")
    assert told["ended"] == {"at": stateful.clock.wall, "reason": "delete"}


async def test_an_expired_session_is_shown_without_a_reason(onlooker: Onlooker, stateful: Server, session: str) -> None:
    stateful.clock.jump(4000)
    told = (await onlooker.record(session))["session"]
    assert (told["alive"], told["ended"]) == (False, None)


async def test_a_living_session_without_a_record_has_a_dashboard(stateful: Server) -> None:
    minted = await stateful.app.runtime.sessions.mint(stateful.clock.wall)
    assert minted is not None
    record = await Onlooker(stateful).record(minted.id)
    assert (record["session"]["alive"], record["exchanges"]) == (True, [])


async def test_a_bin_shows_all_sessions_and_both_eras(onlooker: Onlooker, stateful: Server) -> None:
    first, second = await session_in_bin(stateful, "my-client"), await session_in_bin(stateful, "my-client")
    record = await onlooker.record("my-client")
    assert record["subject"] == {"kind": "bin", "id": "my-client", "endpoint": "/b/my-client/mcp", "shared": False}
    assert record["session"] is None
    assert [each["session"] for each in record["exchanges"]] == [first[:8]] * 2 + [second[:8]] * 2


async def test_a_bin_has_a_dashboard_before_it_is_used(onlooker: Onlooker) -> None:
    answer = await onlooker.send("POST", "/b")
    assert answer.status == 201
    name = answer.message["bin"]
    assert answer.message == {"bin": name, "endpoint": f"/b/{name}/mcp", "dashboard": f"/dashboard/{name}"}
    assert (await onlooker.record(name))["exchanges"] == []
    await in_bin(onlooker.server, name, rpc("ping"))
    assert len((await onlooker.record(name))["exchanges"]) == 1


async def test_names_of_bins_cannot_be_guessed(onlooker: Onlooker) -> None:
    names = {(await onlooker.send("POST", "/b")).message["bin"] for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) >= 24 for name in names)


async def test_exchanges_of_instances_and_streams_have_keys(onlooker: Onlooker, stateful: Server) -> None:
    session = await initialize(stateful)
    fields = header_list(STREAM_HEADERS, {"mcp-session-id": session})
    await stateful.send(Request(method="PUT", headers=fields))
    keys = [each["key"] for each in (await onlooker.record(session))["exchanges"]]
    assert len(set(keys)) == len(keys)
