"""The client speaks to every server in the era that it speaks, and remembers which."""

from pathlib import Path
from typing import Any

import pytest
from client_runs import CREATED, content, ran, remember, remembered
from odd_servers import (
    ErrorOfItsOwn,
    FromTheFuture,
    Guarded,
    LegacyOnly,
    ModernOnly,
    Moved,
    OtherRevisions,
    Page,
    Refusing,
    Sessionless,
    Silent,
)
from starlette.requests import Request
from starlette.responses import Response

from harness import Server
from in_loop import Serve
from model_server import ModelServer, success


async def test_a_modern_server_is_spoken_to_without_a_handshake(serve: Serve, state: Path) -> None:
    url = await serve(ModernOnly())
    done = await ran("tools", url)
    assert done.code == 0
    assert "no session · 2026-07-28 (modern)" in done.err
    kept = remembered(state, url)
    assert kept is not None
    assert (kept.era, kept.version, kept.session) == ("modern", "2026-07-28", None)


async def test_a_server_without_the_modern_era_gets_a_handshake(serve: Serve) -> None:
    server = LegacyOnly()
    done = await ran("call", await serve(server), "echo", "message=hi")
    assert (done.code, done.out) == (0, "hi\n")
    assert server.methods == ["server/discover", "initialize", "notifications/initialized", "tools/list", "tools/call"]


async def test_an_error_that_only_looks_modern_leads_to_a_handshake(serve: Serve) -> None:
    done = await ran("call", await serve(ErrorOfItsOwn()), "echo", "message=hi")
    assert (done.code, done.out) == (0, "hi\n")


async def test_the_handshake_proposes_a_revision_that_the_modern_error_named(serve: Serve) -> None:
    server = OtherRevisions()
    server.supported = ("2099-01-01", "2025-06-18")
    done = await ran("tools", await serve(server))
    assert done.code == 0
    assert "2025-06-18 (legacy)" in done.err


async def test_without_a_common_revision_nothing_is_tried(serve: Serve) -> None:
    server = OtherRevisions()
    done = await ran("tools", await serve(server))
    assert done.code == 2
    assert "no revision is common: the server names 2099-01-01" in done.err
    assert server.methods == ["server/discover"]


async def test_the_era_that_was_found_is_not_asked_for_again(serve: Serve) -> None:
    server = LegacyOnly()
    url = await serve(server)
    await ran("tools", url)
    server.methods.clear()
    await ran("tools", url)
    assert server.methods == ["tools/list"]


async def test_a_remembered_modern_era_that_is_over_is_found_out(serve: Serve, state: Path) -> None:
    url = await serve(LegacyOnly())
    remember(state, url, era="modern", version="2026-07-28")
    done = await ran("call", url, "echo", "message=hi")
    assert (done.code, done.out) == (0, "hi\n")
    assert "to what worked before (modern era): asked it anew" in done.err
    assert "2025-11-25 (legacy)" in done.err


@pytest.mark.parametrize("session", ["an-old-one", None])
async def test_a_remembered_legacy_era_that_is_over_is_found_out(
    serve: Serve, state: Path, session: str | None
) -> None:
    url = await serve(ModernOnly())
    remember(state, url, era="legacy", version="2025-11-25", session=session)
    done = await ran("tools", url)
    assert done.code == 0
    assert "2026-07-28 (modern)" in done.err
    assert "asked" in done.err


async def test_the_era_can_be_chosen(serve: Serve) -> None:
    url = await serve(ModelServer())
    legacy = await ran("tools", url, "--era", "legacy")
    modern = await ran("tools", url, "--era", "modern")
    assert "2025-11-25 (legacy)" in legacy.err
    assert "2026-07-28 (modern)" in modern.err


async def test_a_chosen_era_is_not_left(serve: Serve) -> None:
    server = LegacyOnly()
    done = await ran("tools", await serve(server), "--era", "modern")
    assert done.code == 2
    assert "does not speak 2026-07-28" in done.err
    assert server.methods == ["server/discover"]


async def test_a_server_without_session_ids_gets_a_handshake_each_time(serve: Serve, state: Path) -> None:
    server = Sessionless()
    url = await serve(server)
    await ran("tools", url)
    server.methods.clear()
    done = await ran("tools", url)
    assert done.code == 0
    assert server.methods == ["initialize", "notifications/initialized", "tools/list"]
    assert "no session · 2025-11-25 (legacy)" in done.err


async def test_a_server_that_has_given_up_sessions_is_asked_anew(serve: Serve, state: Path) -> None:
    url = await serve(Sessionless())
    remember(state, url, era="legacy", version="2025-11-25", session="an-old-one")
    done = await ran("tools", url)
    assert done.code == 0
    assert "no session" in done.err


async def test_both_of_our_servers_are_modern(serve: Serve, server: Server) -> None:
    done = await ran("call", await serve(server.app), "echo", "message=hi", "uppercase=true", "--json")
    assert done.code == 0
    assert done.json["era"] == "modern"
    assert done.json["result"]["structuredContent"]["message"] == "HI"


async def test_a_modern_server_that_refuses_the_first_request_gets_no_handshake(serve: Serve) -> None:
    server = Refusing("server/discover", 400, -32020)
    done = await ran("tools", await serve(server))
    assert done.code == 1
    assert "server/discover was refused: -32020 not here (HTTP 400)" in done.err
    assert server.methods == []


async def test_a_revision_that_nobody_knows_is_not_spoken(serve: Serve) -> None:
    server = FromTheFuture()
    done = await ran("tools", await serve(server))
    assert done.code == 2
    assert "initialize was answered with revision '2099-01-01'" in done.err
    assert "tools/list" not in server.methods


async def test_a_refused_handshake_is_laid_out(serve: Serve) -> None:
    done = await ran("tools", await serve(Refusing("initialize", 400, -32602)))
    assert done.code == 1
    assert "initialize was refused: -32602 not here (HTTP 400)" in done.err


async def test_a_server_that_refuses_the_end_of_the_handshake_is_used_and_that_is_said(serve: Serve) -> None:
    done = await ran("tools", await serve(Refusing("notifications/initialized", 400, -32600)))
    assert done.code == 0
    assert "notifications/initialized was answered 400, -32600 not here." in done.err


async def test_a_server_that_wants_a_token_is_no_question_of_eras(serve: Serve, state: Path) -> None:
    url = await serve(Guarded())
    done = await ran("tools", url)
    assert done.code == 2
    assert 'No access: server/discover was answered 401; WWW-Authenticate: Bearer realm="model".' in done.err
    assert "--bearer TOKEN" in done.err
    assert remembered(state, url) is None
    done = await ran("tools", url, "--bearer", "wrong-token")
    assert "The Authorization that was given is not accepted" in done.err
    assert "--bearer TOKEN" not in done.err


async def test_a_token_is_sent_from_option_or_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    url = await serve(Guarded())
    assert (await ran("tools", url, "--bearer", "right-token")).code == 0
    monkeypatch.setenv("MCP_ECHO_BEARER", "right-token")
    assert (await ran("tools", url)).code == 0


async def test_what_is_no_endpoint_is_said_without_its_escape_sequences(serve: Serve) -> None:
    done = await ran("tools", await serve(Page()))
    assert done.code == 2
    assert "Is this an MCP endpoint?" in done.err
    assert "\x1b" not in done.err


async def test_a_redirect_is_told_and_not_followed(serve: Serve) -> None:
    done = await ran("tools", await serve(Moved()))
    assert done.code == 2
    assert "a redirect that is not followed, to https://elsewhere.example/mcp" in done.err


async def test_a_server_that_does_not_answer_is_waited_for_as_long_as_asked(serve: Serve) -> None:
    server = Silent()
    done = await ran("tools", await serve(server), "--timeout", "0.2")
    server.over.set()
    assert done.code == 2
    assert "no answer within 0.2 s" in done.err


async def test_nobody_there_is_no_result(state: Path) -> None:
    done = await ran("call", "http://127.0.0.1:1/mcp", "echo", "--json")
    assert done.code == 2
    assert done.json["era"] is None
    assert "no connection" in done.json["error"]["message"]
    assert content(state) is None


async def test_created_is_when_a_session_began_and_not_when_it_was_used(serve: Serve, state: Path) -> None:
    server = ModelServer()
    server.sessions["known"] = None
    url = await serve(server)
    remember(state, url, era="legacy", version="2025-11-25", session="known")
    done = await ran("tools", url)
    assert f"session known... (kept since {CREATED})" in done.err


@pytest.mark.parametrize("wanted", [{"supportedVersions": ["2026-07-28"]}, {"resultType": "complete"}])
async def test_a_discovery_is_known_by_what_only_modern_servers_say(serve: Serve, wanted: dict[str, Any]) -> None:
    class Terse(ModernOnly):
        def modern(self, request: Request, message: dict[str, Any]) -> Response:
            if message["method"] == "server/discover":
                return success(message, wanted)
            return super().modern(request, message)

    done = await ran("tools", await serve(Terse()))
    assert done.code == 0
    assert "2026-07-28 (modern)" in done.err
