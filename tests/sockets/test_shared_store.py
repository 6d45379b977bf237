"""The stateful server on Redis as a process: several workers, and what it says when it cannot start."""

import subprocess
import sys
from pathlib import Path

from harness import introduction, rpc, tool_call
from live import BIN, Live, environment, finished, free_port, serving, until
from redis_process import shared_redis

SERVE = [str(BIN / "mcp-echo"), "serve", "--variant", "stateful"]


def redis_url() -> str:
    """An empty database."""
    server = shared_redis()
    server.ask("FLUSHDB")
    return server.url


def instances(server: Live) -> set[str]:
    """Names of the workers that answer."""
    return {server.get("/health").json["instance"] for _ in range(20)}


def test_several_workers_share_their_sessions_in_redis(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, "--workers", "2", MCP_SESSION_STORE=redis_url()) as server:
        until(lambda: len(instances(server)) == 2, "answers of both workers", 20)
        begun = server.post(rpc("initialize", introduction()))
        headers = {"mcp-session-id": begun.headers["mcp-session-id"]}
        answered_by = set()
        for number in range(1, 41):
            answer = server.post(tool_call("echo", {"message": f"text {number}"}), **headers)
            assert answer.status == 200
            answered_by.add(answer.headers["mcp-echo-instance"])
        assert len(answered_by) == 2
        replay = server.post(tool_call("replayLastEcho", {}), **headers)
        assert "text 40" in replay.json["result"]["content"][0]["text"]
        assert server.get("/health").json["sessions"]["active"] == 1
        assert server.stop() == 0
        assert not [line for line in server.lines if "Traceback" in line]


def test_sessions_outlive_the_process(tmp_path: Path) -> None:
    url = redis_url()
    with serving("stateful", tmp_path, MCP_SESSION_STORE=url) as server:
        session = server.post(rpc("initialize", introduction())).headers["mcp-session-id"]
        assert server.post(tool_call("echo", {"message": "before"}), **{"mcp-session-id": session}).status == 200
        assert server.stop() == 0
    with serving("stateful", tmp_path, MCP_SESSION_STORE=url) as server:
        replay = server.post(tool_call("replayLastEcho", {}), **{"mcp-session-id": session})
        assert "before" in replay.json["result"]["content"][0]["text"]


def test_more_workers_are_refused_where_sessions_stay_in_one_process() -> None:
    ended = finished([*SERVE, "--workers", "2"])
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("configuration error: --workers='2' cannot be used: 1, as memory://")


def test_a_redis_that_cannot_be_reached_is_one_line_and_exit_code_1() -> None:
    port = free_port()
    for flags in ([], ["--workers", "2"]):
        ended = finished([*SERVE, *flags], MCP_SESSION_STORE=f"redis://user:top-secret@127.0.0.1:{port}/0")
        assert (ended.returncode, ended.stdout) == (1, "")
        (line,) = ended.stderr.splitlines()
        assert line.startswith("MCP_SESSION_STORE cannot be used now: redis://")
        assert f"127.0.0.1:{port}" in line
        assert "top-secret" not in line


def test_a_url_that_is_none_is_refused_without_its_password() -> None:
    for url in ("redis://user:top-secret@host/sessions", "redis://user:top-secret@host:port/0"):
        ended = finished(SERVE, MCP_SESSION_STORE=url)
        assert ended.returncode == 2
        assert "configuration error: MCP_SESSION_STORE=" in ended.stderr
        assert "cannot be used: a URL such as redis://" in ended.stderr
        assert "top-secret" not in ended.stderr


def test_without_the_extra_the_refusal_names_it() -> None:
    program = (
        "import sys; sys.modules['redis'] = None\n"
        "from mcp_echo_core.cli import main\n"
        "sys.exit(main(['serve', '--variant', 'stateful']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment({"MCP_SESSION_STORE": "redis://127.0.0.1/0"}),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "pip install 'mcp-echo-streamablehttp-server[redis]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_redis_is_not_imported_unless_it_is_asked_for() -> None:
    program = (
        "import os, sys\nfrom mcp_echo_streamablehttp_server_stateful import app\nsys.exit(int('redis' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], env=environment({}), timeout=20, check=False).returncode == 0
