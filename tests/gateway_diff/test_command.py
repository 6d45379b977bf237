"""The command: exit codes, the report as lines, as a table and for programs."""

import asyncio
import io
import json

import pytest
from gateways import Gateway, report_through, without
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
    assert canary not in as_json(report).decode()
    assert report.seen.session not in as_text(report)


async def test_a_value_that_is_long_and_values_that_are_many_are_cut() -> None:
    report = await report_through(request=lambda fields: [*without("x-mcp-echo-large")(fields)][::-1])
    told = as_text(report)
    assert f"{'0123456789' * 6}…\n" in told
    assert "in all" in told
