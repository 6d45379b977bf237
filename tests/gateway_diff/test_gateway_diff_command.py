"""The command: exit codes, the report as lines, as a table and for programs."""

import asyncio
import io
import json

import pytest
from faulty_gateways import Gateway, replacing, report_through, without
from rich.console import Console

from harness import Server
from in_loop import served
from live import free_port
from mcp_echo_core.cli import main
from mcp_echo_core.gateway_diff.report import as_json, as_text, show


async def run(app: Gateway, *words: str) -> int:
    async with served(app) as url:
        return await asyncio.to_thread(main, ["diff", url, *words])


async def test_a_clean_way_is_one_line_below_the_url(capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(Gateway(Server("stateful").app)) == 0
    url, *lines = capsys.readouterr().out.splitlines()
    assert url.endswith("/mcp")
    assert lines == ["clean: the request arrived as it was sent"]


async def test_what_is_lost_is_told_with_what_that_breaks_and_a_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(Gateway(Server("stateful").app, request=without("authorization"))) == 1
    out = capsys.readouterr().out
    assert "\n1 difference that matters: 1 removed; and 5 notes\n\nremoved  Authorization\n  sent     Bearer " in out
    for label in ("breaks", "fix", "see"):
        assert f"\n  {label:8} " in out
    assert "\nnotes\n  passed on  X-Forwarded-For [203.0.113.7]: " in out


async def test_for_programs_everything_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway(Server("stateful").app, request=without("mcp-session-id", "x-mcp-echo-01"))
    assert await run(gateway, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["exitCode"] == 1
    assert [line["name"] for line in told["differences"]] == ["X-Mcp-Echo-01", "Mcp-Session-Id"]
    assert {"direction", "change", "sent", "arrived", "meaning", "fix", "reference"} <= told["differences"][0].keys()
    modern, legacy = told["requests"]
    assert {"name": "X-mCp-EcHo-CaSe", "key": "x-mcp-echo-case", "value": "1", "length": 1} in modern["sent"]
    assert "x-mcp-echo-01" not in {field["key"] for field in modern["arrived"]}
    assert "mcp-session-id" in {field["key"] for field in legacy["sent"]}
    assert [exchange["number"] for exchange in told["evidence"]] == list(range(1, len(told["evidence"]) + 1))


def test_a_server_that_is_not_there_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", f"http://127.0.0.1:{free_port()}/mcp"]) == 2
    assert "could not run: no answer: no connection" in capsys.readouterr().out


async def test_what_a_server_says_cannot_act_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = [(b"server", b"E\x9b31mvil"), (b"x-evil", "\u202ede\u0085".encode())]
    gateway = Gateway(Server("stateful").app, answer=lambda fields: [*fields, *evil])
    await run(gateway)
    told = capsys.readouterr().out
    assert "Server [E\\x9b31mvil]" in told
    await run(gateway, "--json")
    for printed in (told, capsys.readouterr().out):
        assert [each for each in printed if each != "\n" and not each.isprintable()] == []
    report = await report_through(answer=lambda fields: [*fields, *evil])
    screen = io.StringIO()
    show(report, Console(file=screen, width=240))
    assert "X-Evil" in screen.getvalue()
    assert not {"\x9b", "\x85", "\u202e"} & set(screen.getvalue())


async def test_credentials_in_the_url_are_never_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--json"]):
        async with served(Gateway(Server("stateful").app, request=without("authorization"))) as url:
            secret = url.replace("http://", "http://usr:pass-word-0123@") + "?token=query-0123456789&x=1"
            assert await asyncio.to_thread(main, ["diff", secret, *words]) == 1
        printed = "".join(capsys.readouterr())
        assert "pass-word-0123" not in printed
        assert "query-0123456789" not in printed
        assert "/mcp?token=*******&x=1" in printed
        assert "Basic ******* (hidden)" in printed


async def test_a_header_of_the_users_own_is_compared_and_shown_in_part(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway(Server("stateful").app, request=replacing(x_tenant="green"))
    assert await run(gateway, "--header", "X-Tenant: blue") == 1
    told = capsys.readouterr().out
    assert "changed  X-Tenant\n  sent     ******* (hidden)\n  arrived  ******* (hidden)\n" in told


def test_an_option_that_cannot_be_used_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["diff", "not a url"])
    assert ended.value.code == 2
    assert "not a URL" in capsys.readouterr().err


async def test_on_a_terminal_it_is_a_table() -> None:
    report = await report_through(request=without("authorization"), answer=without("mcp-session-id"))
    screen = io.StringIO()
    show(report, Console(file=screen, width=240))
    told = screen.getvalue()
    for words in (report.verdict, "what that breaks", "Authorization", "X-Forwarded-For", "not looked at: Mcp-Session"):
        assert words in told
    assert "│" in told


async def test_no_session_id_and_no_canary_is_shown_whole() -> None:
    report = await report_through(request=without("authorization", "mcp-session-id", "cookie"))
    assert report.seen.session is not None
    canary = dict(report.seen.whole[0].sent)["Authorization"].removeprefix("Bearer ")
    assert canary not in json.dumps(as_json(report))
    assert report.seen.session not in as_text(report)


async def test_a_value_that_is_long_and_values_that_are_many_are_cut() -> None:
    report = await report_through(request=lambda fields: [*without("x-mcp-echo-large")(fields)][::-1])
    told = as_text(report)
    assert f"{'0123456789' * 6}…\n" in told
    assert "in all" in told
