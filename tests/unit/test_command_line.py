"""The command line's own words: what is refused before anything is started."""

import importlib
from collections.abc import Sequence

import pytest

from live import free_port
from mcp_echo_core import __version__
from mcp_echo_core.cli import COMMANDS, main
from mcp_echo_core.commands.serve import serve_variant


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["serve"],
        ["serve", "--variant", "both"],
        ["serve", "--variant", "stateful", "--nonsense"],
        ["healthcheck", "http://127.0.0.1:3000", "and more"],
    ],
)
def test_a_wrong_command_line_exits_with_2_and_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: mcp-echo")


@pytest.mark.parametrize(
    "url",
    [
        "nope",
        "127.0.0.1:3000",
        "ftp://127.0.0.1",
        "http://",
        "http://[::1",
        "http://a b",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
    ],
)
def test_a_health_check_of_what_is_no_url_gives_2_and_shows_one_that_is(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["healthcheck", url]) == 2
    told = capsys.readouterr().err
    assert "http://127.0.0.1:3000" in told
    assert len(told.splitlines()) == 1


def test_a_health_check_of_a_port_variable_that_is_no_port_gives_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_ECHO_PORT", "abc")
    assert main(["healthcheck"]) == 2


@pytest.mark.parametrize("name", ["x" * 64, "ä" * 70, "a..b"])
def test_a_health_check_of_a_name_that_cannot_be_found_gives_1(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["healthcheck", f"http://{name}.invalid"]) == 1
    assert capsys.readouterr().err.startswith("unhealthy: ")


def test_every_command_tells_its_version(variant: str, capsys: pytest.CaptureFixture[str]) -> None:
    for run in (main, lambda words: serve_variant(variant, words)):
        with pytest.raises(SystemExit) as ended:
            run(["--version"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.split()[-1] == __version__


def test_a_bad_flag_gives_2_and_one_line(variant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve_variant(variant, ["--port", "abc"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("configuration error: --port='abc' cannot be used: ")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["healthcheck", "htp://me:hunter2@127.0.0.1"],
        ["healthcheck", "http://me:hunter2@127.0.0.1:99999"],
        ["healthcheck", "me:hunter2@127.0.0.1:3000"],
        ["probe", "me:hunter2@127.0.0.1:3000/mcp"],
        ["call", "htp://127.0.0.1/mcp?token=hunter2", "echo"],
        ["diff", "http://me:hunter2@[::1/mcp"],
        ["stream", "http://me:hunter2@a b/mcp"],
        ["session", "show", "me:hunter2@127.0.0.1"],
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_its_credentials(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr().err
    assert (code, len(told.splitlines())) == (2, 1)
    assert "is not a URL such as" in told
    assert "hunter2" not in told


def test_an_unhealthy_server_is_told_without_its_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["healthcheck", f"http://me:hunter2@127.0.0.1:{free_port()}"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("unhealthy: http://")
    assert "hunter2" not in told


@pytest.mark.parametrize("command", COMMANDS)
def test_an_interrupt_gives_130_and_one_line(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: Sequence[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module(f"mcp_echo_core.commands.{command}"), "main", interrupted)
    assert main([command]) == 130
    assert capsys.readouterr().err == f"mcp-echo {command}: interrupted\n"
