"""Clients that begin a session in the wrong way."""

from typing import Any

import pytest
from questioned import initialized
from scripted import Client
from synthetic import exchange, findings

from asgi_bridge import Request
from harness import POST_HEADERS, FakeClock, Server, encoded, header_list, introduction, note, rpc, tool_call
from mcp_echo_core.client_report.report import report_on

LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
INITIALIZED = note("notifications/initialized")


async def begun(server: Server, revision: str = "2025-11-25") -> Client:
    """A client with a session that it has not confirmed."""
    client = Client(server)
    answer = await client.post(rpc("initialize", introduction(revision), client.next_id()))
    client.session, client.version = answer.header("mcp-session-id"), revision
    return client


@pytest.mark.parametrize("message", [rpc("tools/list"), tool_call("echo", {"message": "x"})])
async def test_a_request_before_any_handshake_is_convicted(stateful: Server, message: Any) -> None:
    client = Client(stateful)
    await client.post(message)
    [finding] = await client.findings("initialize-first")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", "2025-03-26")
    assert finding.evidence == (1,)


async def test_a_notification_before_any_handshake_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.post(INITIALIZED, mcp_protocol_version="2025-11-25")
    assert await client.findings("initialize-first") == []  # nothing shows that there are sessions
    await client.initialize()
    [finding] = await client.findings("initialize-first")
    assert (finding.revision, finding.evidence) == ("2025-11-25", (1,))


async def test_in_the_record_of_one_session_a_missing_handshake_is_only_suspected(stateful: Server) -> None:
    client = Client(stateful)
    session = (await client.post(rpc("tools/list"))).header("mcp-session-id")
    assert session is not None
    journal = stateful.app.runtime.journal
    assert journal is not None
    record = await journal.read(session)
    assert record is not None
    [finding] = [each for each in report_on(record).findings if each.rule == "initialize-first"]
    assert (finding.certainty, finding.evidence) == ("heuristic", (1,))


async def test_another_client_without_a_handshake_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("tools/list", mcp_session_id=None, user_agent="another")
    [finding] = await client.findings("initialize-first")
    assert finding.evidence == (3,)


@pytest.mark.parametrize("message", [rpc("ping"), rpc("server/discover"), rpc("initialize", introduction())])
async def test_some_methods_may_come_first(stateful: Server, message: Any) -> None:
    client = Client(stateful)
    await client.post(message)
    await client.initialize()
    assert await client.findings("initialize-first") == []


async def test_who_has_shaken_hands_or_names_a_session_is_no_case(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("tools/list")
    await client.request("tools/list", mcp_session_id=None)
    await client.request("tools/list", mcp_session_id="0" * 36, user_agent="another")
    await client.modern("tools/list", user_agent="another")
    assert await client.findings("initialize-first") == []


def test_without_sessions_or_without_the_beginning_nobody_is_accused() -> None:
    listing = exchange(rpc("tools/list"), answer={"jsonrpc": "2.0", "id": 1, "result": {}})
    assigned = exchange(rpc("tools/list"), at=1, answer_fields=(("mcp-session-id", "a"),), session="a")
    unread = exchange(b"", at=-1, status=406)
    assert findings("initialize-first", listing) == []
    assert findings("initialize-first", assigned, dropped=1) == []
    assert findings("initialize-first", unread, assigned) == []
    assert len(findings("initialize-first", assigned)) == 1


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"protocolVersion": None}, "protocolVersion"),
        ({"protocolVersion": ""}, "protocolVersion"),
        ({"protocolVersion": 20251125}, "protocolVersion"),
        ({"capabilities": None}, "capabilities"),
        ({"capabilities": []}, "capabilities"),
        ({"clientInfo": None}, "clientInfo.name, clientInfo.version"),
        ({"clientInfo": "tester"}, "clientInfo.name, clientInfo.version"),
        ({"clientInfo": {"name": "tester"}}, "clientInfo.version"),
        ({"clientInfo": {"name": 1, "version": "1"}}, "clientInfo.name"),
    ],
)
async def test_an_incomplete_introduction_is_convicted(stateful: Server, changes: Any, missing: str) -> None:
    client = Client(stateful)
    await client.post(rpc("initialize", {**introduction(), **changes}))
    [finding] = await client.findings("initialize-params-complete")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert finding.evidence == (1,)
    assert finding.says == (f"The params of initialize have no valid {missing}.",)


@pytest.mark.parametrize("revision", LEGACY)
async def test_a_complete_introduction_is_fine(stateful: Server, revision: str) -> None:
    client = Client(stateful)
    await client.initialize(revision, capabilities={"roots": {}}, clientInfo={"name": "", "version": "", "title": "x"})
    assert await client.findings("initialize-params-complete") == []
    assert await client.findings("initialize-version-value") == []


@pytest.mark.parametrize(
    ("offered", "says"),
    [
        ("2026-07-28", 'which has no handshake; the server answered with "2025-11-25".'),
        ("2099-01-01", 'which is no published revision; the server answered with "2025-11-25".'),
        ("1.0", "which is no published revision; the server refused it."),
    ],
)
async def test_an_offer_that_nobody_can_accept_is_noted(stateful: Server, offered: str, says: str) -> None:
    client = Client(stateful)
    await client.post(rpc("initialize", introduction(offered)))
    [finding] = await client.findings("initialize-version-value")
    assert (finding.level, finding.revision, finding.evidence) == ("note", "2025-11-25", (1,))
    assert finding.says == (f'initialize offers "{offered}", {says}',)


def opening(seconds: float = 2.0, **changes: Any) -> Any:
    answer = initialized("2025-11-25")
    return exchange(rpc("initialize", introduction(), "init"), seconds=seconds, answer=answer, session="a", **changes)


def test_a_request_before_the_answer_to_initialize_is_convicted() -> None:
    early = exchange(rpc("tools/list"), at=1, headers={"mcp-protocol-version": "2025-11-25"})
    [finding] = findings("no-requests-before-init-result", opening(), early)
    assert (finding.level, finding.certainty, finding.revision) == ("should", "certain", "2025-11-25")
    assert finding.evidence == (1, 2)


async def test_a_request_during_a_slow_handshake_is_convicted(stateful: Server, clock: FakeClock) -> None:
    client = Client(stateful)
    fields = header_list(POST_HEADERS, {})
    request = Request(path="/b/client/mcp", headers=fields, body=encoded(rpc("initialize", introduction(), 1)))
    slow = stateful.open(request, held="http.response.start")
    await slow.waiting.wait()
    clock.jump(1)
    await client.post(rpc("tools/list", None, 2))
    clock.jump(1)
    slow.release()
    await slow.answer()
    [finding] = await client.findings("no-requests-before-init-result")
    assert (finding.level, finding.revision, finding.evidence) == ("should", "2025-03-26", (1, 2))


@pytest.mark.parametrize(
    "event",
    [
        exchange(rpc("ping"), at=1),
        exchange(rpc("server/discover"), at=1),
        exchange(rpc("tools/list"), at=2.5),
        exchange(rpc("tools/list"), at=1, headers={"mcp-session-id": "b"}, session="b"),
        exchange(rpc("tools/list"), at=1, headers={"user-agent": "another"}),
        exchange(rpc("initialize", introduction(), 2), at=1),
    ],
)
def test_pings_others_and_what_comes_later_are_no_case(event: Any) -> None:
    assert findings("no-requests-before-init-result", opening(), event) == []


def test_a_request_without_a_session_may_belong_to_an_earlier_one() -> None:
    earlier, request = opening(at=-9, seconds=1), exchange(rpc("tools/list"), at=1)
    assert findings("no-requests-before-init-result", earlier, opening(), request) == []


@pytest.mark.parametrize("revision", LEGACY)
async def test_a_client_that_never_confirms_is_convicted(stateful: Server, clock: FakeClock, revision: str) -> None:
    client = await begun(stateful, revision)
    await client.request("tools/list")
    clock.jump(2)
    await client.request("ping")
    [finding] = await client.findings("initialized-sent")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", revision)
    assert (finding.evidence, finding.count) == ((1, 2), 1)


async def test_a_client_that_confirms_late_is_convicted(stateful: Server, clock: FakeClock) -> None:
    client = await begun(stateful)
    await client.request("tools/list")
    clock.jump(2)
    await client.post(INITIALIZED)
    [finding] = await client.findings("initialized-sent")
    assert finding.evidence == (1, 2)


async def test_a_session_that_is_ended_unconfirmed_is_convicted(stateful: Server) -> None:
    client = await begun(stateful)
    await client.send("DELETE")
    [finding] = await client.findings("initialized-sent")
    assert finding.says == ("The session was ended without notifications/initialized.",)
    assert finding.evidence == (1, 2)


def test_a_confirmation_of_what_was_not_answered_is_convicted() -> None:
    [finding] = findings("initialized-sent", opening(), exchange(INITIALIZED, at=1, status=202))
    assert (finding.level, finding.evidence) == ("must", (1, 2))


@pytest.mark.parametrize("wait", [0, 0.5])
async def test_what_was_sent_at_the_same_time_may_be_overtaken(stateful: Server, clock: FakeClock, wait: float) -> None:
    client = await begun(stateful)
    await client.request("tools/list")
    clock.jump(wait)
    await client.post(INITIALIZED)
    clock.jump(5)
    await client.request("ping")
    assert await client.findings("initialized-sent") == []


async def test_pings_need_no_confirmation_and_a_young_session_may_still_confirm(
    stateful: Server, clock: FakeClock
) -> None:
    client = await begun(stateful)
    await client.request("ping")
    clock.jump(60)
    await client.request("ping")
    await client.request("tools/list")
    assert await client.findings("initialized-sent") == []


@pytest.mark.parametrize("headers", [{"accept": "text/html"}, {"mcp_session_id": None}])
async def test_a_confirmation_that_went_astray_was_sent(
    stateful: Server, clock: FakeClock, headers: dict[str, str | None]
) -> None:
    client = await begun(stateful)
    await client.post(INITIALIZED, **headers)
    await client.request("tools/list")
    clock.jump(2)
    await client.request("tools/list")
    assert await client.findings("initialized-sent") == []


def test_a_confirmation_may_be_missing_from_a_record_without_its_beginning() -> None:
    later = [exchange(rpc("tools/list", None, at), at=at, session="a") for at in (5, 9)]
    assert len(findings("initialized-sent", opening(), *later)) == 1
    assert findings("initialized-sent", opening(), *later, dropped=1) == []
    assert findings("initialized-sent", *later) == []
