"""protocol rules 8: resources in every revision, and how each says that one does not exist."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from both_eras import EVERY_REVISION, Speaker
from modern_requests import MODERN, modern, request_of

from asgi_bridge import Exchange
from harness import REVISIONS, Server, call, initialize, rpc
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import TABLE

HEALTH, CONFIGURATION, SESSION = "echo://server/health", "echo://server/configuration", "echo://session/current"
REPORT = "echo://session/report"
UNKNOWN_URIS = [
    "echo://nope",
    "",
    "echo://server/health/",
    "ECHO://server/health",
    "file:///etc/passwd",
    "../x",
    "echo://server/%68ealth",
]


@pytest.fixture(params=EVERY_REVISION)
def speaker(request: pytest.FixtureRequest, server: Server) -> Speaker:
    """A client of each server in each revision."""
    return Speaker(server, request.param)


def has_session(speaker: Speaker) -> bool:
    return speaker.server.variant == "stateful" and not speaker.modern


async def read(speaker: Speaker, uri: str) -> Any:
    """The JSON of a resource."""
    (content,) = (await speaker.result("resources/read", {"uri": uri}))["contents"]
    assert (content["uri"], content["mimeType"]) == (uri, "application/json")
    return json.loads(content["text"])


async def test_the_list_names_what_can_be_read(speaker: Speaker) -> None:
    entries = (await speaker.result("resources/list"))["resources"]
    expected = [HEALTH, CONFIGURATION, SESSION, REPORT] if has_session(speaker) else [HEALTH, CONFIGURATION]
    assert [entry["uri"] for entry in entries] == expected
    for entry in entries:
        assert entry["name"]
        assert entry["description"]
        assert ("title" in entry) == (speaker.revision not in REVISIONS[2:])
        assert await read(speaker, entry["uri"])


async def test_there_are_no_templates(speaker: Speaker) -> None:
    assert (await speaker.result("resources/templates/list"))["resourceTemplates"] == []


async def test_health_tells_who_answers_and_since_when(speaker: Speaker) -> None:
    found = await read(speaker, HEALTH)
    assert (found["status"], found["variant"]) == ("healthy", speaker.server.variant)
    assert found["uptimeSeconds"] >= 0
    assert (found["sessions"] is None) == (speaker.server.variant == "stateless")


async def test_the_configuration_has_every_setting(speaker: Speaker) -> None:
    found = await read(speaker, CONFIGURATION)
    assert found.keys() == {setting.variables[0] for setting in TABLE}
    assert found["MCP_PROTOCOL_VERSIONS_SUPPORTED"] == list(EVERY_REVISION)


@pytest.mark.parametrize("uri", [*UNKNOWN_URIS, SESSION, REPORT])
async def test_an_unknown_resource_has_the_code_of_its_era_and_names_the_uri(uri: str, speaker: Speaker) -> None:
    if uri in {SESSION, REPORT} and has_session(speaker):
        return  # it exists here
    error = await speaker.error("resources/read", {"uri": uri})
    assert error["code"] == (-32602 if speaker.modern else -32002)
    assert error["data"]["uri"] == uri


@pytest.mark.parametrize("params", [{}, {"uri": None}, {"uri": 1}, {"uri": []}])
async def test_a_uri_that_is_no_text_is_invalid_params(params: Any, speaker: Speaker) -> None:
    assert (await speaker.error("resources/read", params))["code"] == -32602


async def test_the_refusal_of_an_unknown_resource_offers_only_what_exists_for_this_client(speaker: Speaker) -> None:
    fix = (await speaker.error("resources/read", {"uri": "x"}))["data"]["fix"]
    assert HEALTH in fix
    assert SESSION not in fix or has_session(speaker)


async def test_the_session_resource_shows_the_session_of_the_request(stateful: Server) -> None:
    mine, other = Speaker(stateful, "2025-11-25"), Speaker(stateful, "2025-06-18")
    for speaker in (mine, other):
        await speaker.result("ping")
    await call(stateful, "echo", {"message": "seen"}, mine.session)
    found = await read(mine, SESSION)
    assert found["id"] == mine.session
    assert "seen" in json.dumps(found)
    assert (await read(other, SESSION))["id"] == other.session


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_model_can_read_what_its_own_client_does_wrong(revision: str, stateful: Server) -> None:
    speaker, other = Speaker(stateful, revision), Speaker(stateful, revision)
    await other.result("ping")
    await speaker.result("ping")
    await stateful.post(rpc("ping"), speaker.session, accept="application/json", mcp_protocol_version=revision)
    found = await read(speaker, REPORT)
    assert found["subject"] == speaker.session
    assert "accept-both-types" in [finding["rule"] for finding in found["findings"]] or revision == REVISIONS[-1]
    assert found["gateway"] == []
    assert "accept-both-types" not in [finding["rule"] for finding in (await read(other, REPORT))["findings"]]


async def test_in_a_bin_the_report_is_there_for_modern_clients_too(stateful: Server) -> None:
    request = request_of(modern("resources/read", {"uri": REPORT}))
    request.path = "/b/my-bin/mcp"
    assert (await stateful.send(request)).status == 400, "nothing was recorded yet"
    answer = await stateful.send(request)
    (content,) = answer.final["result"]["contents"]
    assert json.loads(content["text"])["exchanges"] == 1


@pytest.mark.parametrize("variables", [{"MCP_JOURNAL_MAX_BYTES": "0"}, {"MCP_ECHO_DASHBOARD": "off"}])
async def test_the_report_needs_a_record_and_no_dashboard(
    make_app: Callable[..., Server], variables: dict[str, str]
) -> None:
    speaker = Speaker(make_app("stateful", **variables), REVISIONS[0])
    uris = [entry["uri"] for entry in (await speaker.result("resources/list"))["resources"]]
    assert (REPORT in uris) == ("MCP_ECHO_DASHBOARD" in variables)


TEXTS = {
    "MCP_ECHO_STATE_SECRET": "canary-state-secret-0123456789",
    "MCP_SESSION_STORE": "memory://user:canary-store-password@host/0?password=canary-store-query",
    "MCP_ALLOWED_HOSTS": "localhost,https://user:canary-host-password@evil.example",  # refused, and not repeated
    "MCP_ALLOWED_ORIGINS": "https://user:canary-origin-password@app.example",
    "MCP_CORS_ORIGINS": "https://user:canary-cors-password@app.example",
    "LOG_FILE": "/nowhere/x?token=canary-log-token",
}
"""A secret in every setting that is a text."""


def starts(variant: str, name: str, value: str) -> bool:
    """Whether a server starts with a setting; a refusal does not repeat the secret."""
    try:
        Server(variant, **{name: value})
    except ConfigurationError as refusal:
        if "canary" in str(refusal):
            pytest.fail(f"repeated: {refusal}")
        if name in {"MCP_ECHO_STATE_SECRET", "MCP_SESSION_STORE"}:
            pytest.fail(f"refused: {refusal}")
        return False
    return True


async def test_no_secret_of_any_setting_is_shown(variant: str, make_app: Callable[..., Server]) -> None:
    texts = {name: value for name, value in TEXTS.items() if starts(variant, name, value)}
    assert len(texts) >= 3
    server = make_app(variant, **texts)
    for revision in EVERY_REVISION:
        speaker = Speaker(server, revision)
        for uri in (CONFIGURATION, HEALTH):
            answer = await speaker.send("resources/read", {"uri": uri})
            assert answer.status == 200
            assert b"canary" not in answer.body
        dump = await speaker.send("tools/call", {"name": "environmentDump", "arguments": {"show_secrets": True}})
        assert b"canary" not in dump.body


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_subscribed_session_is_reported_after_every_echo(revision: str, stateful: Server) -> None:
    speaker = Speaker(stateful, revision)
    assert await speaker.result("resources/subscribe", {"uri": SESSION}) == {}
    assert await speaker.result("resources/subscribe", {"uri": SESSION}) == {}
    for text in "ab":
        await call(stateful, "echo", {"message": text}, speaker.session)
    stream = stateful.stream(speaker.session)
    updates = [await update(stream) for _ in range(2)]
    assert updates == [{"uri": SESSION}] * 2
    assert await speaker.result("resources/unsubscribe", {"uri": SESSION}) == {}
    await call(stateful, "echo", {"message": "c"}, speaker.session)
    await stateful.delete(speaker.session)
    rest = [event.message["method"] for event in (await stream.answer()).events if event.event == "message"]
    assert rest == ["notifications/message"] * 2, "the log messages of the last two echoes"


async def update(stream: Exchange) -> Any:
    """The params of the next ``notifications/resources/updated``."""
    while (event := await stream.event()) is not None:
        if event.event == "message" and event.message["method"] == "notifications/resources/updated":
            return event.message["params"]
    raise AssertionError("the stream has ended")


async def test_an_echo_of_another_session_is_not_reported(stateful: Server) -> None:
    mine, other = Speaker(stateful, "2025-06-18"), Speaker(stateful, "2025-06-18")
    await mine.result("resources/subscribe", {"uri": SESSION})
    await other.result("ping")
    await call(stateful, "echo", {"message": "x"}, other.session)
    assert (await stateful.session(mine.session or "")).queued == 0


async def test_what_never_changes_may_be_subscribed_to_in_vain(stateful: Server) -> None:
    assert await Speaker(stateful, "2025-11-25").result("resources/subscribe", {"uri": HEALTH}) == {}


@pytest.mark.parametrize("uri", ["echo://nope", "", "x"])
async def test_what_does_not_exist_cannot_be_subscribed_to(uri: str, stateful: Server) -> None:
    speaker = Speaker(stateful, "2025-11-25")
    error = await speaker.error("resources/subscribe", {"uri": uri})
    assert (error["code"], error["data"]["uri"]) == (-32002, uri)


@pytest.mark.parametrize("method", ["resources/subscribe", "resources/unsubscribe"])
@pytest.mark.parametrize("params", [{}, {"uri": 1}])
async def test_a_subscription_without_uri_is_invalid_params(method: str, params: Any, stateful: Server) -> None:
    assert (await Speaker(stateful, "2025-11-25").error(method, params))["code"] == -32602


async def test_ending_a_subscription_that_never_began_is_no_error(stateful: Server) -> None:
    assert await Speaker(stateful, "2025-11-25").result("resources/unsubscribe", {"uri": "x"}) == {}


async def test_a_read_without_session_shows_no_other_ones_session(stateful: Server) -> None:
    other = await initialize(stateful)
    answer = await stateful.post(rpc("resources/read", {"uri": SESSION}))
    assert other not in json.dumps(answer.message)


def test_the_newest_revision_is_among_those_tested() -> None:
    assert EVERY_REVISION[0] == MODERN
