"""What a call shows: the content, or why there is none."""

import json
from pathlib import Path
from typing import Any

import pytest
from client_runs import content, ran
from odd_servers import ECHO, Answering, AsksBack, Curious, LateMirror, LegacyOnly, Paged, Torn

from extra_tools import ASKING, MIRRORED, with_tools
from harness import FakeClock, Server
from in_loop import Serve
from mcp_echo_core.app import App, create_app
from mcp_echo_core.client.peer import Peer
from mcp_echo_core.settings import Settings
from mcp_echo_core.tools.base import Tool
from mcp_echo_core.variants import STATELESS


def result(*content: Any, **more: Any) -> dict[str, Any]:
    return {"content": list(content), **more}


def app_with(tool: Tool[Any, Any], clock: FakeClock) -> App:
    settings = Settings.from_env({}, "stateless")
    return create_app(with_tools(STATELESS, tool), settings, environ={}, clock=clock.as_clock())


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (result(text("a\tb\r\nc")), "a       b\nc\n"),
        (result(text("\x1b[31mred\x9b1m \u202edeer")), "\\x1b[31mred\\x9b1m \\u202edeer\n"),
        (result(text("[bold]no markup[/bold] :smile:")), "[bold]no markup[/bold] :smile:\n"),
        (result({"type": "image", "mimeType": "image/png", "data": "AAAA"}), "[image image/png, 3B]\n"),
        (result({"type": "audio", "data": None}), "[audio of no stated type, without data]\n"),
        (result({"type": "resource_link", "uri": "file:///a", "name": "A"}), "[resource file:///a A]\n"),
        (result({"type": "resource", "resource": {"uri": "u", "mimeType": "text/x", "text": "in"}}),
         "[resource u text/x]\nin\n"),
        (result({"type": "resource", "resource": {"uri": "u", "blob": "AAA="}}), "[resource u, 2B]\n"),
        (result({"type": "new"}), '{\n  "type": "new"\n}\n'),
        (result(text("for people"), structuredContent={"for": "programs"}), "for people\n"),
        (result(structuredContent={"for": "programs"}), '{\n  "for": "programs"\n}\n'),
        ({}, ""),
    ],
)  # fmt: skip
async def test_content_is_shown_as_what_it_is(serve: Serve, given: dict[str, Any], shown: str) -> None:
    done = await ran("call", await serve(Answering(given)), "echo")
    assert (done.code, done.out) == (0, shown)


async def test_json_is_the_whole_result_with_era_and_session(serve: Serve) -> None:
    server = Answering(result(text("ünï\x1b"), structuredContent={"a": 1}, _meta={"b": 2}))
    done = await ran("call", await serve(server), "echo", "message=hi", "--json")
    (session,) = server.sessions
    assert done.json == {"era": "legacy", "version": "2025-11-25", "session": session, "result": server.result}
    assert done.out.isascii()
    assert done.err == ""


async def test_arguments_are_sent_with_the_types_of_the_schema(serve: Serve) -> None:
    schema = {"properties": {"count": {"type": "integer"}, "name": {"type": "string"}}, "required": ["count"]}
    server = Answering(result(text("")), [{"name": "t", "inputSchema": schema}])
    await ran("call", await serve(server), "t", "--timeout", "5", "count=3", "name=3", "more:=[3]")
    assert server.called[0]["arguments"] == {"count": 3, "name": "3", "more": [3]}


async def test_a_tool_that_fails_is_shown_and_fails_the_command(serve: Serve) -> None:
    done = await ran("call", await serve(Answering(result(text("no such city"), isError=True))), "echo")
    assert (done.code, done.out) == (1, "no such city\n")
    assert "echo failed (isError)." in done.err


async def test_a_refusal_is_laid_out_with_its_explanation(serve: Serve, stateful: Server) -> None:
    done = await ran("call", await serve(stateful.app), "nope")
    assert done.code == 1
    assert "tools/list does not name nope, only echo, replayLastEcho" in done.err
    lines = done.err.splitlines()
    at = lines.index("tools/call was refused: -32602 Invalid params (HTTP 400)")
    assert [line.split()[0] for line in lines[at + 1 : at + 6]] == ["problem", "seen", "rule", "spec", "fix"]


async def test_a_refusal_is_json_too(serve: Serve, stateful: Server) -> None:
    done = await ran("call", await serve(stateful.app), "nope", "--json")
    assert done.code == 1
    assert done.json["error"]["code"] == -32602
    assert done.json["error"]["data"]["problem"] == "There is no such tool"


async def test_remarks_about_arguments_come_with_the_servers_verdict(serve: Serve, stateful: Server) -> None:
    done = await ran("call", await serve(stateful.app), "echo", "mesage=hi", "uppercase=maybe")
    assert done.code == 1
    assert "echo names no argument mesage" in done.err
    assert "echo requires the argument message" in done.err
    assert "argument uppercase wants boolean, and 'maybe' is none" in done.err
    assert "Invalid arguments for echo" in done.out


async def test_a_server_without_a_list_of_tools_can_be_called_nevertheless(serve: Serve) -> None:
    class Unlisted(Answering):
        def request(self, message: dict[str, Any], session: str | None) -> Any:
            return LegacyOnly.request(self, {**message, "method": "no/such"}, session) if (
                message["method"] == "tools/list"
            ) else super().request(message, session)  # fmt: skip

    server = Unlisted(result(text("done")))
    done = await ran("call", await serve(server), "echo", "count=3")
    assert (done.code, done.out) == (0, "done\n")
    assert "typed by what they look like" in done.err
    assert server.called[0]["arguments"] == {"count": 3}


async def test_what_the_server_asks_back_is_answered_or_refused(serve: Serve) -> None:
    server = AsksBack()
    done = await ran("call", await serve(server), "echo", "message=hi")
    assert (done.code, done.out) == (0, "asked\n")
    assert server.replies["ping"]["result"] == {}
    assert server.replies["sampling/createMessage"]["error"]["code"] == -32601


async def test_an_answer_that_breaks_off_is_no_result(serve: Serve) -> None:
    done = await ran("call", await serve(Torn()), "echo", "message=hi")
    assert done.code == 2
    assert "tools/call was answered 200, event stream without a JSON-RPC result" in done.err


async def test_an_interrupted_call_has_the_exit_code_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Peer, "ask", interrupt)
    assert (await ran("call", "http://127.0.0.1:1/mcp", "echo")).code == 130


async def test_progress_is_shown_on_a_terminal_only(
    serve: Serve, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await serve(stateful.app)
    words = ("call", url, "echo", "message=hi", "progressSteps=2", "progressInterval=0.01")
    quiet = await ran(*words)
    monkeypatch.setenv("FORCE_COLOR", "1")
    watched = await ran(*words)
    assert (quiet.code, watched.code) == (0, 0)
    assert "step 1 of 2" not in quiet.err
    assert "… 1/2 step 1 of 2" in watched.err


@pytest.mark.parametrize("value", ["eu-west", "ünï", " padded "])
async def test_arguments_are_repeated_in_headers_as_the_schema_asks(serve: Serve, clock: FakeClock, value: str) -> None:
    app = app_with(MIRRORED, clock)
    words = (f"region={value}", "count=-7", "dry=true", "query=x")
    done = await ran("call", await serve(app), "mirrored", *words)
    assert (done.code, done.out) == (0, "done\n")


async def test_a_mirror_that_the_list_did_not_name_is_looked_up_again(serve: Serve) -> None:
    server = LateMirror()
    done = await ran("call", await serve(server), "echo", "message=hi")
    assert (done.code, done.out, server.lists) == (0, "hi\n", 2)
    assert "asked again by a fresh tools/list" in done.err


async def test_a_server_that_would_ask_is_told_that_nobody_answers(serve: Serve, clock: FakeClock) -> None:
    done = await ran("call", await serve(app_with(ASKING, clock)), "asking")
    assert done.code == 1
    assert "tools/call was refused: -32021" in done.err


async def test_input_that_is_asked_for_is_shown_and_not_given(serve: Serve) -> None:
    url = await serve(Curious())
    done, as_json = await ran("call", url, "book"), await ran("call", url, "book", "--json")
    assert (done.code, as_json.code) == (1, 1)
    assert "The server asks for input before it answers, and this command has none to give:" in done.err
    assert "  when: elicitation/create: Which day? (day)" in done.err
    assert list(as_json.json["error"]["inputRequests"]) == ["when", "odd"]


async def test_tools_are_listed_with_their_arguments(serve: Serve) -> None:
    schema = {"properties": {"a": {"type": "string", "description": "The \x1b[1mfirst"}, "bb": True}, "required": ["a"]}
    server = Answering({}, [{"name": "t\x1b", "description": "Does\nit", "inputSchema": schema}, {"name": "u"}, 5])
    done = await ran("tools", await serve(server))
    assert done.code == 0
    assert done.out == "t\\x1b\n  Does\n  it\n    a   string, required  The \\x1b[1mfirst\n    bb  any\nu\n"
    assert "Tool number 3 is left out: it has no name." in done.err
    assert "2 tools" in done.err


async def test_all_pages_of_a_list_are_read(serve: Serve) -> None:
    tools = [{"name": name} for name in "abc"]
    done = await ran("tools", await serve(Paged({}, tools)), "--json")
    assert done.json["tools"] == tools


async def test_a_cursor_that_comes_again_ends_the_list(serve: Serve) -> None:
    class Endless(Answering):
        def request(self, message: dict[str, Any], session: str | None) -> Any:
            from model_server import success

            return success(message, {"tools": [ECHO], "nextCursor": "same"})

    done = await ran("tools", await serve(Endless({})), "--json")
    assert len(done.json["tools"]) == 2


async def test_verbose_shows_every_exchange_without_credentials(serve: Serve) -> None:
    words = ("--verbose", "--bearer", "a-secret-token-of-some-length")
    done = await ran("call", await serve(LegacyOnly()), "echo", "message=hi", *words)
    assert "#1 does it speak 2026-07-28?" in done.err
    assert "> POST http://127.0.0.1:" in done.err
    assert "< HTTP 200" in done.err
    assert "a-secret-token-of-some-length" not in done.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["not a url", "echo"], "is not a URL"),
        (["http://h:99999/", "echo"], "is not a URL"),
        (["http://h/", "echo", "word"], "neither key=value nor key:=json"),
        (["http://h/", "echo", "message:={bad"], "message:= wants JSON, which '{bad' is not"),
        (["http://h/", "echo", "--header", "no colon"], "there is no colon"),
        (["http://h/", "echo", "--header", "a b: c"], "is not a header's name"),
        (["http://h/", "echo", "--header", "a: b\nc: d"], "characters that no header can carry"),
        (["http://h/", "echo", "--header", "a: \u20ac"], "characters that no header can carry"),
        (["http://h/", "echo", "--bearer", "two words"], "characters that no token has"),
        (["http://h/", "echo", "--bearer", "t", "--header", "authorization: x"], "exclude each other"),
        (["http://h/", "echo", "--timeout", "0"], "not a number of seconds"),
        (["http://h/", "echo", "--timeout", "nan"], "not a number of seconds"),
    ],
)
async def test_a_line_that_cannot_be_run_is_refused_in_one_line(words: list[str], problem: str, state: Path) -> None:
    done = await ran("call", *words)
    assert done.code == 2
    assert problem in done.err
    assert len(done.err.splitlines()) == 1
    assert content(state) is None


async def test_a_tool_whose_name_is_no_text_is_refused() -> None:
    done = await ran("call", "http://h/", "\udcff")
    assert (done.code, done.err) == (2, "mcp-echo call: TOOL: '\\udcff' is not UTF-8\n")


async def test_a_line_without_a_tool_names_what_is_missing_and_nothing_else() -> None:
    done = await ran("call", "http://h/")
    assert done.code == 2
    assert done.err.endswith("the following arguments are required: TOOL\n")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (result(isError="yes"), 'isError is "yes", which is neither true nor false'),
        ({"content": "notalist"}, 'content is "notalist", which is no array of content blocks'),
        ({"content": None}, "content is null, which is no array"),
        (result("text"), "a block of content is no object with a type"),
        (result({"text": "no type"}), "a block of content is no object with a type"),
    ],
)
async def test_a_result_that_clients_cannot_read_fails_the_command(
    serve: Serve, given: dict[str, Any], problem: str
) -> None:
    url = await serve(Answering(given))
    done, as_json = await ran("call", url, "echo"), await ran("call", url, "echo", "--json")
    assert (done.code, as_json.code) == (1, 1)
    assert f"The result of echo is none: {problem}" in done.err
    assert problem in as_json.err
    assert as_json.json["result"] == given


async def test_the_limit_of_an_answer_is_told(serve: Serve) -> None:
    done = await ran("call", await serve(Answering(result(text("x" * (4 << 20))))), "echo")
    assert done.code == 2
    assert "the answer has more than 4 MiB, as much as this client reads" in done.err


async def test_an_answer_that_is_nested_too_deeply_to_be_read_is_no_result_and_that_is_said(serve: Serve) -> None:
    nested: Any = []
    for _ in range(300):
        nested = [nested]
    done = await ran("call", await serve(Answering(result(deep=nested))), "echo")
    assert done.code == 2
    assert "cannot be read: The JSON is nested too deeply (A message is nested at most 256 levels deep)" in done.err


async def test_sessions_are_json_that_others_can_read(serve: Serve, state: Path) -> None:
    url = await serve(LegacyOnly())
    await ran("tools", url)
    assert set(json.loads(content(state) or "{}")["servers"][url][0]) == {"era", "version", "created", "session"}
