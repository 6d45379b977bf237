"""``mcp-echo probe``: what it asks, what it refuses, how it ends."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_runs import ran
from sample_checks import MIXED, crashing, good, sample
from starlette.requests import Request
from starlette.responses import Response

from in_loop import Serve
from mcp_echo_core.commands import probe
from mcp_echo_core.probe.checks import CHECKS
from model_server import ModelServer

NOWHERE = "http://127.0.0.1:9/mcp"
BOUND = 30.0
"""Seconds that a process may take to start and to end."""


@pytest.fixture
def mixed(use: Callable[..., None]) -> None:
    use(*MIXED)


class Remembers(ModelServer):
    """Keeps the header fields of every request."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[dict[str, str]] = []

    async def answer(self, request: Request) -> Response:
        self.seen.append(dict(request.headers))
        return await super().answer(request)


class Refuses(ModelServer):
    """Wants a token that nobody has."""

    def guard(self, request: Request) -> Response | None:
        return Response("who are you?", 401)


class Hangs(ModelServer):
    """Never answers, and tells when it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")


async def test_broken_rules_give_1(serve: Serve, mixed: None) -> None:
    assert (await ran(await serve(ModelServer()))).code == 1


async def test_only_what_was_asked_for_is_asked_in_the_order_of_the_checks(serve: Serve, mixed: None) -> None:
    done = await ran(await serve(ModelServer()), "--only", "remarkable,session-store", "--only", "session-minted")
    assert done.code == 0
    assert done.err.splitlines() == ["1/3 session-minted", "2/3 session-store", "3/3 remarkable"]
    assert "2. Server rejects invalid session ID: ➖ not asked\n" in done.out


async def test_quiet_shows_no_progress(serve: Serve, mixed: None) -> None:
    assert (await ran(await serve(ModelServer()), "--quiet")).err == ""


async def test_the_list_has_every_check_and_wants_no_url() -> None:
    done = await ran("--list")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [[check.id, check.level] for check in CHECKS]


async def test_the_token_of_the_environment_is_sent(serve: Serve, mixed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_ECHO_BEARER", "from-the-environment")
    server = Remembers()
    await ran(await serve(server), "--header", "X-Tenant: acme")
    assert {seen.get("authorization") for seen in server.seen} == {"Bearer from-the-environment"}
    assert {seen.get("x-tenant") for seen in server.seen} == {"acme"}


def test_another_caller_sends_the_same_headers_but_for_its_own() -> None:
    words = ["http://a/mcp", "--bearer", "one", "--header", "X-Tenant: acme", "--other-bearer", "two"]
    options = probe._options(probe.parser().parse_args(words), {})
    assert options.other_headers == (("X-Tenant", "acme"), ("Authorization", "Bearer two"))
    only_one = probe._options(probe.parser().parse_args(words[:-2]), {})
    assert only_one.other_headers == ()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["127.0.0.1:3000"], "'127.0.0.1:3000' is not a URL such as http://127.0.0.1:3000/mcp"),
        (["ftp://127.0.0.1/mcp"], "is not a URL such as"),
        (["http://"], "is not a URL such as"),
        ([NOWHERE], "no answer from http://127.0.0.1:9/mcp: no connection"),
        ([NOWHERE, "--only", "nonsense"], "--only names 'nonsense', which is no check; there are: session-minted, "),
        ([NOWHERE, "--only", ","], "--only names 'nothing'"),
        ([NOWHERE, "--idle", "-1"], "--idle: '-1' is not a number of seconds from 0 to 86400"),
        ([NOWHERE, "--idle", "soon"], "--idle: 'soon'"),
        ([NOWHERE, "--timeout", "0"], "--timeout: '0'"),
        ([NOWHERE, "--header", "X-A: b\nX-C: d"], "the value of X-A has characters that no header can carry"),
        ([NOWHERE, "--header", "X-A: \u20ac"], "the value of X-A has characters that no header can carry"),
        ([NOWHERE, "--header", "Origin: http://a"], "--header Origin cannot be given: the checks vary it themselves"),
        ([NOWHERE, "--bearer", "a", "--other-bearer", "a"], "the other caller: it has the credentials of the first"),
        ([NOWHERE, "--other-header", "nonsense"], "the other caller: --header wants 'Name: value'"),
    ],
)
async def test_what_cannot_be_asked_gives_2_and_one_line(mixed: None, words: list[str], told: str) -> None:
    done = await ran(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("mcp-echo probe: ")
    assert told in done.err
    assert len(done.err.splitlines()) == 1


async def test_a_file_that_cannot_be_written_gives_2_before_anything_is_asked(serve: Serve, tmp_path: Path) -> None:
    server = Remembers()
    url = await serve(server)
    for file, told in ((tmp_path, "is a folder"), (tmp_path / "none" / "report.md", "there is no folder")):
        done = await ran(url, "--output", str(file))
        assert (done.code, done.out) == (2, "")
        assert told in done.err
    assert server.seen == []


async def test_a_report_for_a_file_is_written_there_and_not_printed(serve: Serve, mixed: None, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = await ran(await serve(ModelServer()), "--format", "json", "--output", str(file))
    assert (done.code, done.out) == (1, "")
    assert (await asyncio.to_thread(file.read_text)).startswith("{")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
async def test_a_full_disk_gives_2_and_says_so(serve: Serve, mixed: None) -> None:
    done = await ran(await serve(ModelServer()), "--quiet", "--output", "/dev/full")
    assert done.code == 2
    assert done.err.startswith("mcp-echo probe: --output '/dev/full' cannot be written: No space left on device; ")


async def test_a_check_that_fails_itself_leaves_the_others_and_gives_2(serve: Serve, use: Callable[..., None]) -> None:
    use(sample("crashing", crashing), sample("fine", good))
    done = await ran(await serve(ModelServer()))
    assert done.code == 2
    assert re.search(r"^crashing +must +untested +the check itself failed: KeyError$", done.out, re.MULTILINE)
    assert re.search(r"^fine +must +passed +YES$", done.out, re.MULTILINE)
    assert "because of a bug of mcp-echo in: crashing." in done.out
    assert "Traceback" not in done.out + done.err


async def test_a_server_that_answers_in_neither_era_gives_2(serve: Serve) -> None:
    done = await ran(await serve(Refuses()), "--only", "session-minted")
    assert done.code == 2
    assert "1. Server generates new session ID: ➖ initialize was answered 401" in done.out
    assert "No MCP server answers at this URL: initialize was answered 401" in done.out


async def test_an_interrupt_gives_130_without_a_traceback(serve: Serve) -> None:
    server = Hangs()
    code = "import sys; from mcp_echo_core.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "probe", await serve(server), "--timeout", "60",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(BOUND):
        await server.asked.wait()
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, out) == (130, b"")
    assert err == b"mcp-echo probe: interrupted\n"


async def test_an_interrupt_while_libraries_are_loaded_gives_130_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mcp_echo_core.cli.importlib.import_module", interrupted)
    assert await ran(NOWHERE) == (130, "", "mcp-echo probe: interrupted\n")


async def test_no_value_of_a_header_is_in_the_command_line_of_the_report(serve: Serve, mixed: None) -> None:
    words = ("--header", "X-Custom: canary-4711", "--header", "User-Agent: pipeline", "--format", "json")
    done = await ran(await serve(ModelServer()), *words)
    assert json.loads(done.out)["command"].endswith("--header 'X-Custom: ...' --header 'User-Agent: pipeline'")
    assert "canary-4711" not in done.out


async def test_a_reader_that_goes_away_ends_it_in_silence(serve: Serve) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code = "import sys; from mcp_echo_core.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "probe", await serve(ModelServer()), "--only", "session-minted", "--quiet",
        stdout=writing, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    os.close(writing)
    async with asyncio.timeout(BOUND):
        _, err = await process.communicate()
    assert (process.returncode, err) == (141, b"")


async def test_a_terminal_of_another_encoding_gets_escapes(serve: Serve) -> None:
    code = "import sys; from mcp_echo_core.cli import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "probe", await serve(ModelServer()), "--only", "session-minted",
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    async with asyncio.timeout(BOUND):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.startswith(rb"1. Server generates new session ID: \u2705 YES")
