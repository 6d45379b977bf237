"""Every documented way to start a server, and every documented way in which it refuses to."""

import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import introduction, rpc
from live import BIN, finished, free_port, running, serving, until

PACKAGE = "mcp_echo_streamablehttp_server_"
COMMANDS = {
    "python -m": [sys.executable, "-m", PACKAGE + "{variant}"],
    "its console script": [str(BIN / "mcp-echo-streamablehttp-server-{variant}")],
    "mcp-echo serve": [str(BIN / "mcp-echo"), "serve", "--variant", "{variant}"],
    "uvicorn": [str(BIN / "uvicorn"), PACKAGE + "{variant}:app", "--port", "{port}"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_server_can_be_started_by(command: list[str], variant: str, tmp_path: Path) -> None:
    with running([word.replace("{variant}", variant) for word in command], tmp_path) as server:
        assert server.get("/health").json["variant"] == variant
        answer = server.post(rpc("initialize", introduction()))
        assert answer.json["result"]["serverInfo"]["name"] == f"mcp-echo-streamablehttp-server-{variant}"
        assert ("mcp-session-id" in answer.headers) == (variant == "stateful")
        assert not [line for line in server.lines if "Traceback" in line or "Warning" in line]


def test_flags_reach_the_application_and_beat_the_environment(tmp_path: Path) -> None:
    flags = ("--instance", "flagged", "--protocol-versions", "2025-06-18", "--cors-origins", "none")
    with serving("stateful", tmp_path, *flags, MCP_ECHO_INSTANCE="variable") as server:
        assert server.get("/health").json["instance"] == "flagged"
        answer = server.post(rpc("initialize", introduction("2024-11-05")), origin="http://localhost:1")
        assert answer.json["result"]["protocolVersion"] == "2025-06-18"
        assert "access-control-allow-origin" not in answer.headers


def test_switches_need_no_value(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, "--debug") as server:
        server.post(rpc("ping"))
        until(lambda: [line for line in server.lines if " DEBUG " in line and "answered" in line], "a line at DEBUG")


@pytest.mark.parametrize("module", [PACKAGE + "stateful", PACKAGE + "stateless"])
def test_importing_a_package_builds_nothing_and_loads_nothing_optional(module: str, tmp_path: Path) -> None:
    script = (
        f"import sys, {module} as package; "
        "print('app' in vars(package), *sorted({name.partition('.')[0] for name in sys.modules}), "
        "*(name for name in sys.modules if 'mcp_echo_core.app' in name or 'mcp_echo_core.probe' in name))"
    )
    done = finished([sys.executable, "-c", script], MCP_ECHO_PORT="not read", LOG_FILE=str(tmp_path / "no" / "file"))
    assert done.returncode == 0, done.stderr
    built, *modules = done.stdout.split()
    assert built == "False"
    assert not set(modules) & {"httpx", "redis", "uvicorn", "starlette", "mcp_echo_core.app", "rich"}
    assert not [name for name in modules if "probe" in name]


def test_the_running_server_loads_neither_a_client_nor_an_optional_store() -> None:
    script = (
        "import sys, mcp_echo_core.cli, mcp_echo_core.server; from mcp_echo_streamablehttp_server_stateful import app; "
        "print(*{'httpx', 'requests', 'redis', 'rich', 'mcp_echo_core.probe'} & set(sys.modules))"
    )
    done = finished([sys.executable, "-c", script])
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("MCP_ECHO_PORT", "abc", "an integer from 0 to 65535"),
        ("MCP_PROTOCOL_VERSIONS_SUPPORTED", "2025-06-18,1.0", "1.0 is not a known revision"),
        ("MCP_SESSION_STORE", "nope://host/0", "memory://"),
        ("LOG_FILE", "/nonexistent/folder/file", "cannot be opened"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ],
)
def test_a_bad_value_stops_the_start_with_exit_code_2_and_one_line(variable: str, value: str, allowed: str) -> None:
    done = finished([str(BIN / "mcp-echo"), "serve", "--variant", "stateful"], **{variable: value})
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert variable in done.stderr
    assert value in done.stderr
    assert allowed in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_bad_value_stops_several_workers_just_the_same(workers: str) -> None:
    command = [str(BIN / "mcp-echo"), "serve", "--variant", "stateless", "--workers", workers]
    done = finished(command, MCP_SESSION_STORE="nope://", MCP_ECHO_PORT=str(free_port()))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr


def test_the_stateful_server_refuses_several_workers() -> None:
    done = finished([str(BIN / "mcp-echo"), "serve", "--variant", "stateful", "--workers", "2"])
    assert done.returncode == 2
    assert "--workers='2'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_exits_with_1_and_names_it(taken_port: int, workers: str) -> None:
    command = [str(BIN / "mcp-echo"), "serve", "--variant", "stateless", "--workers", workers]
    done = finished(command, MCP_ECHO_PORT=str(taken_port))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"127.0.0.1 port {taken_port}" in done.stderr
    assert "MCP_ECHO_PORT" in done.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "x" * 64])
def test_a_host_that_is_not_this_machine_exits_with_1_and_names_it(host: str) -> None:
    done = finished([str(BIN / "mcp-echo"), "serve", "--variant", "stateless", "--host", host])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert host in done.stderr
    assert "MCP_ECHO_HOST" in done.stderr


def test_binding_beyond_loopback_warns_in_one_line(variant: str, tmp_path: Path) -> None:
    with serving(variant, tmp_path, MCP_ECHO_HOST="0.0.0.0") as server:
        warnings = [line for line in server.lines if " WARNING " in line]
        assert len(warnings) == 1
        assert "no authentication" in warnings[0]
        assert "gateway" in warnings[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_binding_to_loopback_does_not_warn(host: str, tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_ECHO_HOST=host) as server:
        (line,) = server.lines
        assert re.search(rf" INFO \S+ listening variant=stateful url=http://{host}:{server.port}/mcp workers=1 ", line)


def test_log_lines_go_to_the_log_file_and_nothing_to_the_console(variant: str, tmp_path: Path) -> None:
    file = tmp_path / "echo.log"
    with serving(variant, tmp_path, LOG_FILE=str(file), LOG_FORMAT="json") as server:
        server.post({}, x_request_id="abc-123")
        written = file.read_text(encoding="utf-8")
        assert '"event": "listening"' in written
        assert '"event": "refused"' in written
        assert server.lines == []
