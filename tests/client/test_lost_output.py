"""Where the output cannot go, a command says so in one line, or nothing where nobody reads it any more."""

import asyncio
import os
import shlex
import sys
from collections.abc import Sequence

import httpx
import pytest
from client_runs import ran
from odd_servers import LegacyOnly

from in_loop import Serve
from mcp_echo_core.client.incoming import explained

PROGRAM = "import sys; from mcp_echo_core.cli import main; sys.exit(main())"
FULL, CLOSED = ">/dev/full", ">&-"
NEEDS_SERVER = (["tools", "URL"], ["call", "URL", "echo", "message=hi", "--json"], ["diff", "URL"],
                ["stream", "URL", "--tool", "echo", "--json"])  # fmt: skip
COMMANDS = (*NEEDS_SERVER, ["session", "list", "--json"], ["probe", "URL", "--only", "era", "--quiet"])


async def shell(serve: Serve, words: Sequence[str], redirection: str) -> tuple[int, str]:
    """Exit code and standard error of a command whose output a shell sends somewhere."""
    url = await serve(LegacyOnly())
    command = shlex.join([sys.executable, "-c", PROGRAM, *(url if word == "URL" else word for word in words)])
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", f"set -o pipefail; {command} {redirection}",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )  # fmt: skip
    _, told = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, told.decode()


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("redirection", "reason"), [(FULL, "No space left on device"), (CLOSED, "Bad file descriptor")]
)
async def test_an_output_that_cannot_be_written_is_one_line_and_exit_code_2(
    serve: Serve, words: list[str], redirection: str, reason: str
) -> None:
    code, told = await shell(serve, words, redirection)
    assert code == 2
    assert told.splitlines()[-1] == f"mcp-echo: standard output cannot be written: {reason}"
    assert "Traceback" not in told
    assert "Exception ignored" not in told


@pytest.mark.parametrize("words", [*COMMANDS, ["probe", "--list"]], ids=lambda words: words[0])
async def test_a_reader_that_has_gone_ends_a_command_in_silence(serve: Serve, words: list[str]) -> None:
    code, told = await shell(serve, words, "| :")
    assert code == 141
    assert "Traceback" not in told
    assert "rror" not in told


@pytest.mark.parametrize("words", [["--help"], ["probe", "--list"], ["tools", "--help"]])
async def test_what_is_only_printed_fails_in_one_line_too(serve: Serve, words: list[str]) -> None:
    assert await shell(serve, words, FULL) == (
        2,
        "mcp-echo: standard output cannot be written: No space left on device\n",
    )


async def test_without_standard_error_a_command_says_nothing_elsewhere(serve: Serve) -> None:
    code, told = await shell(serve, ["call", "URL", "echo", "message=hi"], "2>&- | grep -c session")
    assert (code, told) == (1, "")  # grep found none


def test_a_certificate_that_cannot_be_checked_is_told_with_the_way_around_it() -> None:
    told = explained(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"))
    assert told.endswith("certificate verify failed; --insecure does without that check")
    assert "insecure" not in explained(httpx.ConnectError("All connection attempts failed"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:1/mcp", "no connection: Connection refused"), ("http://no.invalid/mcp", "no connection: ")],
)
async def test_why_there_is_no_connection_is_told(url: str, reason: str) -> None:
    done = await ran("tools", url)
    assert (done.code, done.out) == (2, "")
    assert f"No result: {reason}" in done.err
    assert "attempts failed" not in done.err
