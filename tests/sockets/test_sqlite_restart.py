"""``sqlite://`` in real processes: what a restart, a crash and a second process leave of sessions."""

import signal
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from harness import introduction, rpc, tool_call
from live import BIN, START, Live, Reply, finished, serving, until

SESSIONS = 5


def url(folder: Path) -> str:
    return f"sqlite://{folder}/sessions.db"


def opened(server: Live) -> str:
    """A new session."""
    return server.post(rpc("initialize", introduction("2025-06-18"))).headers["mcp-session-id"]


def use(server: Live, session: str, tool: str, arguments: dict[str, str] | None = None) -> str:
    """The text of a tool's answer in a session."""
    reply = server.post(tool_call(tool, arguments or {}), **{"mcp-session-id": session})
    assert reply.status == 200, reply
    lines = reply.body.decode().splitlines()
    return "\n".join(lines) if reply.headers["content-type"] != "application/json" else str(reply.json)


def ping(server: Live, session: str) -> Reply:
    """The simplest request in a session."""
    return server.post(rpc("ping"), **{"mcp-session-id": session})


def metric(server: Live, name: str) -> float:
    """A figure from ``/metrics``."""
    text = server.get("/metrics").body.decode()
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(f"mcp_echo_{name} ")))


def waiting_messages(server: Live, session: str, count: int) -> list[str]:
    """The lines of data with which a new stream begins."""
    with server.connection() as connection:
        connection.request("GET", "/mcp", headers={"accept": "text/event-stream", "mcp-session-id": session})
        response = connection.getresponse()
        found: list[str] = []
        while len(found) < count:
            line = response.readline().decode()
            if line.startswith('data: {"jsonrpc"'):
                found.append(line)
        return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_sessions_queues_and_counters_survive_a_restart(number: int, tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_SESSION_STORE=url(tmp_path), MCP_ECHO_INSTANCE="first") as server:
        sessions = [opened(server) for _ in range(SESSIONS)]
        for index, session in enumerate(sessions):
            for text in ("one", "two"):
                use(server, session, "echo", {"message": f"{text} {index}"})
        ended = opened(server)
        assert server.send("DELETE", "/mcp", headers={"mcp-session-id": ended}).status == 204
        assert server.stop(number) == (0 if number == signal.SIGTERM else -number)
    with serving("stateful", tmp_path, MCP_SESSION_STORE=url(tmp_path), MCP_ECHO_INSTANCE="second") as server:
        assert server.get("/health").json["sessions"] == {
            "active": SESSIONS, "total_created": SESSIONS + 1, "expired": 0,
        }  # fmt: skip
        assert metric(server, 'sessions_ended_total{reason="delete"}') == 1
        assert metric(server, "session_queue_messages") == 2 * SESSIONS
        assert ping(server, ended).status == 404
        for index, session in enumerate(sessions):
            shown = use(server, session, "sessionInfo")
            assert "- Echo Count: 2" in shown
            assert "- Minted By: first" in shown
            assert "- Answered By: second" in shown
            assert "- Client: tester v1.0" in shown
            assert f"two {index}" in use(server, session, "replayLastEcho")
        assert [f"{text} 0" in line for text, line in zip(
            ("one", "two"), waiting_messages(server, sessions[0], 2), strict=True
        )] == [True, True]  # fmt: skip


def test_two_servers_on_one_file_serve_the_same_session(tmp_path: Path) -> None:
    with (
        serving("stateful", tmp_path, MCP_SESSION_STORE=url(tmp_path)) as one,
        serving("stateful", tmp_path, MCP_SESSION_STORE=url(tmp_path)) as two,
    ):
        session = opened(one)
        use(one, session, "echo", {"message": "from one"})
        assert "from one" in use(two, session, "replayLastEcho")
        assert len(waiting_messages(two, session, 1)) == 1
        assert two.send("DELETE", "/mcp", headers={"mcp-session-id": session}).status == 204
        assert ping(one, session).status == 404


def test_several_workers_share_the_file(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, "--workers", "2", MCP_SESSION_STORE=url(tmp_path)) as server:
        session = opened(server)
        replies: list[Reply] = []

        def both_have_answered() -> bool:
            with ThreadPoolExecutor(8) as clients:
                replies.extend(clients.map(lambda _: ping(server, session), range(16)))
            return len({reply.headers["mcp-echo-instance"] for reply in replies}) > 1

        until(both_have_answered, "an answer of each worker", START)
        assert {reply.status for reply in replies} == {200}
        assert f"- Total Requests: {len(replies) + 1}" in use(server, session, "sessionInfo")
        assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_the_file_is_private_and_whole_after_the_end(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_SESSION_STORE=url(tmp_path)) as server:
        opened(server)
        assert server.stop() == 0
        assert "session store closed" in server.log.read_text()
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("sessions.db*")}
    assert files == {"sessions.db": 0o600, "sessions.db.journal": 0o600}
    with closing(sqlite3.connect(tmp_path / "sessions.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("path", ["missing/sessions.db", ".", ":memory:"])
def test_a_file_that_cannot_be_used_stops_the_start_with_a_line_that_says_why(path: str, tmp_path: Path) -> None:
    value = "sqlite://:memory:" if path == ":memory:" else f"sqlite://{tmp_path}/{path}"
    done = finished([str(BIN / "mcp-echo"), "serve", "--variant", "stateful"], MCP_SESSION_STORE=value)
    assert done.returncode == 2
    assert "configuration error: MCP_SESSION_STORE=" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_locked_for_good_stops_the_start_without_a_traceback(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_SESSION_STORE=url(tmp_path)) as server:
        server.stop()
    with closing(sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        command = [str(BIN / "mcp-echo"), "serve", "--variant", "stateful"]
        done = finished(command, MCP_SESSION_STORE=url(tmp_path), MCP_ECHO_HOST="127.0.0.1", MCP_ECHO_PORT="0")
    assert done.returncode not in (0, 2)
    assert "MCP_SESSION_STORE cannot be used now: the session file cannot be opened: database is locked" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_goes_on_when_its_file_is_free_again(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_SESSION_STORE=url(tmp_path)) as server:
        session = opened(server)
        with closing(sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            reply = ping(server, session)
            assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        until(lambda: server.get("/readyz").status == 200, "/readyz at 200")
        assert ping(server, session).status == 200
