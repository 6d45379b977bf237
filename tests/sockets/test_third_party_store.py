"""examples/third_party_store: a package that is installed beside the server brings a store of its own."""

import subprocess
from pathlib import Path

import pytest

from harness import introduction, rpc, tool_call
from live import BIN, environment, finished, serving

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "third_party_store"
INSTALL_SECONDS = 120
SERVE = [str(BIN / "mcp-echo"), "serve", "--variant", "stateful"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder into which the example was installed, as ``PYTHONPATH`` names it."""
    target = tmp_path_factory.mktemp("packages")
    command = [
        str(ROOT / "scripts" / "uv"), "pip", "install", "--quiet", "--no-deps",
        "--python", str(BIN / "python"), "--target", str(target), str(EXAMPLE),
    ]  # fmt: skip
    done = subprocess.run(
        command, env=environment({}), capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return str(target)


def test_its_scheme_can_be_used_once_it_is_installed(installed: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    variables = {"PYTHONPATH": installed, "MCP_SESSION_STORE": f"journal://{journal}"}
    with serving("stateful", tmp_path, **variables) as server:
        session = server.post(rpc("initialize", introduction())).headers["mcp-session-id"]
        header = {"mcp-session-id": session}
        assert server.post(tool_call("echo", {"message": "kept"}), **header).status == 200
        assert b"kept" in server.post(tool_call("replayLastEcho", {}), **header).body
        assert server.send("DELETE", "/mcp", headers=header).status == 204
        assert server.send("DELETE", "/mcp", headers=header).status == 404
        assert server.get("/health").json["sessions"]["total_created"] == 1
    assert [line.split()[1:] for line in journal.read_text().splitlines()] == [["begins", session], ["ends", session]]


def test_its_outages_are_answered_as_any_others(installed: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    variables = {"PYTHONPATH": installed, "MCP_SESSION_STORE": f"journal://{journal}"}
    with serving("stateful", tmp_path, **variables) as server:
        journal.mkdir()
        reply = server.post(rpc("initialize", introduction()))
        assert (reply.status, reply.json["error"]["message"]) == (503, "Session store unavailable")
        journal.rmdir()
        assert server.post(rpc("initialize", introduction())).status == 200


def test_its_refusal_of_a_url_ends_the_start(installed: str) -> None:
    done = finished(SERVE, PYTHONPATH=installed, MCP_SESSION_STORE="journal:///nowhere/at/all")
    assert done.returncode == 2
    assert "journal:/// and the path of a file in a folder that exists" in done.stderr


def test_an_unknown_scheme_is_refused_with_the_known_ones(installed: str) -> None:
    without = finished(SERVE, MCP_SESSION_STORE="journal:///x")
    assert without.returncode == 2
    assert "memory://, noop://, redis://, rediss://, sqlite://" in without.stderr
    assert "journal://," not in without.stderr
    with_it = finished(SERVE, PYTHONPATH=installed, MCP_SESSION_STORE="nope://x")
    assert "journal://, memory://, noop://" in with_it.stderr
