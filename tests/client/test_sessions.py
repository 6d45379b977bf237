"""A session, or a state handle, outlives the run that began it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from client_runs import content, ran, remember, remembered
from odd_servers import Booking, LegacyOnly, Refusing

from harness import Server
from in_loop import Serve
from model_server import ModelServer


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_second_run_finds_what_the_first_has_echoed(serve: Serve, stateful: Server, era: str) -> None:
    url = await serve(stateful.app)
    first = await ran("call", url, "echo", "message=remember me", "--era", era)
    second = await ran("call", url, "replayLastEcho")
    assert (first.code, second.code) == (0, 0)
    assert "remember me" in second.out
    assert "new, kept" in first.err
    assert "kept since" in second.err
    assert f"({era})" in second.err


async def test_a_handle_of_the_users_own_goes_before_the_kept_one(serve: Serve, stateful: Server) -> None:
    url = await serve(stateful.app)
    first = (await ran("call", url, "echo", "message=one", "--json")).json["session"]
    assert (await ran("call", url, "echo", "message=two", "--no-session")).code == 0
    third = await ran("call", url, "echo", "message=three", f"session={first}", "--json")
    assert third.json["result"]["structuredContent"]["echoCount"] == 2


async def test_a_handle_that_is_not_known_any_more_is_replaced_where_that_does_no_harm(
    serve: Serve, stateful: Server, state: Path
) -> None:
    url = await serve(stateful.app)
    remember(state, url, era="modern", version="2026-07-28", handle="00000000-0000-4000-8000-000000000000")
    done = await ran("call", url, "echo", "message=hi")
    assert done.code == 0
    assert (
        "The call failed with the kept state handle 00000000... and worked without: the handle is dropped." in done.err
    )
    kept = remembered(state, url)
    assert kept is not None
    assert kept.handle is not None
    assert not kept.handle.startswith("00000000")


async def test_a_call_that_fails_with_and_without_the_handle_shows_the_first_failure(
    serve: Serve, stateful: Server, state: Path
) -> None:
    url = await serve(stateful.app)
    remember(state, url, era="modern", version="2026-07-28", handle="00000000-0000-4000-8000-000000000000")
    done = await ran("call", url, "replayLastEcho")
    assert done.code == 1
    assert "unknown, expired or ended" in done.out
    assert "replayLastEcho failed (isError)." in done.err


async def test_a_call_that_may_have_done_something_is_not_repeated_without_the_handle(
    serve: Serve, state: Path
) -> None:
    server = Booking()
    url = await serve(server)
    remember(state, url, era="modern", version="2026-07-28", handle="a-handle")
    done = await ran("call", url, "book")
    assert done.code == 1
    assert server.handles == ["a-handle"]
    assert "made with the kept state handle a-handle...; --no-session leaves it out." in done.err


async def test_a_session_that_the_server_forgot_is_begun_anew_once_and_that_is_said(serve: Serve, state: Path) -> None:
    server = LegacyOnly()
    url = await serve(server)
    await ran("call", url, "echo", "message=one")
    old = remembered(state, url)
    assert old is not None
    assert old.session is not None
    server.sessions.clear()
    server.methods.clear()
    done = await ran("call", url, "echo", "message=two")
    assert (done.code, done.out) == (0, "two\n")
    assert f"Session {old.session[:8]}... is not known there any more (404): began a new one." in done.err
    assert server.methods == ["tools/list", "initialize", "notifications/initialized", "tools/list", "tools/call"]
    new = remembered(state, url)
    assert new is not None
    assert new.session in server.sessions


async def test_a_server_that_forgets_every_session_at_once_is_not_asked_for_ever(serve: Serve) -> None:
    class Forgetful(LegacyOnly):
        def mint(self) -> str:
            self.sessions.clear()
            return super().mint()

        def session_fault(self, session: str | None) -> None:
            fault = super().session_fault(session)
            if session is not None and self.methods[-1] == "tools/list":
                return ModelServer().session_fault(session)
            return fault

    server = Forgetful()
    done = await ran("tools", await serve(server))
    assert done.code == 1
    assert "tools/list was refused: -32600 Session not found (HTTP 404)" in done.err
    assert server.methods.count("initialize") == 2


async def test_without_the_file_nothing_is_read_or_written(serve: Serve, state: Path) -> None:
    server = LegacyOnly()
    url = await serve(server)
    remember(state, url, era="legacy", version="2025-11-25", session="an-old-one")
    before = content(state)
    done = await ran("call", url, "echo", "message=hi", "--no-session")
    assert done.code == 0
    assert "(not kept: it has ended the session)" in done.err
    assert content(state) == before
    assert server.sessions == {}


async def test_a_session_that_is_not_kept_is_ended_after_a_failure_too(serve: Serve) -> None:
    server = Refusing("tools/call", 400, -32602)
    done = await ran("call", await serve(server), "echo", "--no-session")
    assert done.code == 1
    assert (server.methods.count("initialize"), server.sessions) == (1, {})


async def test_each_era_keeps_what_is_its_own_and_the_last_one_is_spoken(serve: Serve, stateful: Server) -> None:
    url = await serve(stateful.app)
    for era in ("legacy", "modern"):
        assert (await ran("call", url, "echo", f"message={era}", "--era", era)).code == 0
    listed = (await ran("session", "show", url, "--json")).json["sessions"]
    assert [each["era"] for each in listed] == ["modern", "legacy"]
    for words, heard in ((["--era", "legacy"], "legacy"), (["--era", "modern"], "modern"), ([], "modern")):
        done = await ran("call", url, "replayLastEcho", *words)
        assert f"Replaying last echo:\n{heard}" in done.out
        assert "kept since" in done.err
    assert len((await ran("session", "list")).out.splitlines()) == 2
    forgotten = await ran("session", "forget", url)
    assert "it lapses there by itself" in forgotten.out
    assert "it has ended the session" in forgotten.out
    assert (await ran("session", "list")).out == ""


async def test_a_disk_that_takes_nothing_does_not_stop_a_call(serve: Serve, state: Path) -> None:
    state.parent.parent.mkdir()
    state.parent.touch()
    done = await ran("call", await serve(LegacyOnly()), "echo", "message=hi")
    assert (done.code, done.out) == (0, "hi\n")
    assert done.err.count("cannot be") == 2  # read, and changed


async def test_no_header_and_no_token_is_kept(serve: Serve, state: Path) -> None:
    url = await serve(ModelServer())
    await ran("tools", f"{url}?api_key=sesame-sesame", "--bearer", "hunter2", "--header", "X-Tenant: acme-corp")
    kept = content(state) or ""
    assert remembered(state, f"{url}?api_key=other-sesame") is not None
    assert not [word for word in ("sesame", "hunter2", "acme") if word in kept]


async def test_kept_sessions_are_listed_and_shown(serve: Serve, state: Path) -> None:
    url = await serve(LegacyOnly())
    await ran("tools", url)
    kept = remembered(state, url)
    assert kept is not None
    listed, listed_json = await ran("session", "list"), await ran("session", "list", "--json")
    shown, shown_json = await ran("session", "show", url), await ran("session", "show", url, "--json")
    assert listed.out == f"{url}  session {(kept.session or '')[:8]}...  2025-11-25 (legacy)  {kept.created}\n"
    assert f"session: {kept.session}\n" in shown.out
    assert shown_json.json == listed_json.json["servers"][0]
    assert [each["session"] for each in shown_json.json["sessions"]] == [kept.session]


async def test_nothing_kept_is_said(state: Path) -> None:
    empty = await ran("session", "list")
    assert (empty.code, empty.out) == (0, "")
    assert f"No session is kept in {state}." in empty.err
    for action in ("show", "forget"):
        done = await ran("session", action, "http://127.0.0.1:1/mcp")
        assert done.code == 1
        assert "No session is kept of http://127.0.0.1:1/mcp." in done.err


async def test_forgetting_ends_the_session_at_the_server_too(serve: Serve, state: Path) -> None:
    server = LegacyOnly()
    url = await serve(server)
    await ran("tools", url)
    done = await ran("session", "forget", url)
    assert done.code == 0
    assert "The server: it has ended the session." in done.out
    assert server.sessions == {}
    assert remembered(state, url) is None


async def test_forgetting_here_only_leaves_the_server_alone(serve: Serve, state: Path) -> None:
    server = LegacyOnly()
    url = await serve(server)
    await ran("tools", url)
    done = await ran("session", "forget", url, "--local", "--json")
    assert done.json == {"url": url, "forgotten": True, "server": {"legacy": "not asked to end anything"}}
    assert len(server.sessions) == 1
    assert remembered(state, url) is None


async def test_forgetting_a_handle_says_that_no_client_can_end_it(
    serve: Serve, make_app: Callable[..., Server], state: Path
) -> None:
    url = await serve(make_app("stateful").app)
    await ran("call", url, "echo", "message=hi")
    done = await ran("session", "forget", url)
    assert "a client cannot end what a state handle names" in done.out
    assert remembered(state, url) is None


@pytest.mark.parametrize(
    ("status", "told"),
    [(404, "it did not know the session any more (404)"), (405, "does not let clients end sessions (405)"),
     (500, "it answered DELETE with 500")],
)  # fmt: skip
async def test_a_server_that_ends_nothing_is_forgotten_all_the_same(
    serve: Serve, state: Path, status: int, told: str
) -> None:
    class Keeping(LegacyOnly):
        async def delete(self, request: object) -> object:
            from starlette.responses import Response

            return Response(status_code=status)

    url = await serve(Keeping())
    await ran("tools", url)
    done = await ran("session", "forget", url)
    assert done.code == 0
    assert told in done.out
    assert remembered(state, url) is None


async def test_a_server_that_is_gone_is_forgotten_all_the_same(state: Path) -> None:
    url = "http://127.0.0.1:1/mcp"
    remember(state, url, era="legacy", version="2025-11-25", session="abc")
    done = await ran("session", "forget", url)
    assert done.code == 0
    assert "not reached (no connection" in done.out


async def test_a_url_that_is_none_is_refused() -> None:
    assert (await ran("session", "show", "ftp://x")).code == 2


async def test_without_a_home_calls_work_and_nothing_is_kept(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    done = await ran("call", await serve(LegacyOnly()), "echo", "message=hi")
    assert (done.code, done.out) == (0, "hi\n")
    assert "There is no home folder to keep sessions in; set XDG_STATE_HOME." in done.err
    assert (await ran("session", "list")).code == 2
