"""The words of ``mcp-echo stream``."""

import asyncio
import json
import threading
from collections.abc import Iterator

import pytest
from ticking_server import TickingServer, listening

from mcp_echo_core.cli import main


@pytest.fixture
def url() -> Iterator[str]:
    """A server that streams, in a thread of its own, since the command has its own event loop."""
    ready = threading.Event()
    found: list[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        async with listening(TickingServer()) as address:
            over = asyncio.Event()
            found.append((address, asyncio.get_running_loop(), over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(10)
    address, loop, over = found[0]
    yield address
    loop.call_soon_threadsafe(over.set)
    thread.join(10)


def test_a_server_that_streams_gives_exit_code_0(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stream", url, "--steps", "3", "--interval", "0.03"]) == 0
    assert capsys.readouterr().out.startswith("streaming: 3 ticks, ")


def test_json_is_json(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stream", url, "--steps", "3", "--interval", "0.03", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["era"], facts["exitCode"], len(facts["variants"])) == ("modern", 0, 2)


def test_a_tool_that_is_not_there_gives_exit_code_2(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stream", url, "--tool", "nothing"]) == 2
    assert "does not name nothing, only echo, slow" in capsys.readouterr().err


def test_nobody_there_gives_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stream", "http://127.0.0.1:1/mcp"]) == 2
    assert "cannot be asked: no connection" in capsys.readouterr().err


def test_a_failure_is_json_too(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for where, words, why in (
        ("http://127.0.0.1:1/mcp", [], "no connection"),
        (url, ["--tool", "nothing"], "tools/list does not name nothing"),
    ):
        assert main(["stream", where, *words, "--json"]) == 2
        facts = json.loads(capsys.readouterr().out)
        assert (facts["exitCode"], facts["url"]) == (2, where)
        assert why in facts["error"]["message"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--steps", "2"], "--steps: '2' is not an integer from 3 to 100"),
        (["--steps", "4.5"], "--steps: '4.5' is not an integer"),
        (["--interval", "nan"], "--interval: 'nan' is not a number from 0.01 to 10"),
        (["--steps", "100", "--interval", "1"], "is 100 s: at most 60 s are possible"),
        (["--idle", "-1"], "--idle: '-1' is not a number from 0 to 3600"),
        (["--argument", "a=b"], "--argument needs --tool"),
        (["--tool", "x", "--argument", "a"], "--argument: 'a' is neither"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["stream", "http://127.0.0.1:1/mcp", *words])
    assert stop.value.code == 2
    assert told in capsys.readouterr().err
