"""Servers as real processes, and the third-party clients that are pointed at them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from install import PEERS, node_folder, python_of
from processes import Server, running

INSTALL_TIMEOUT = 900.0
"""Seconds the first installation of all clients may take."""


@pytest.fixture(scope="session")
def installed_peers() -> Path:
    """The folder of the third-party clients, installed on first use.

    Where they cannot be had (no network), tests that need them are skipped, or fail when MCP_ECHO_REQUIRE_PEERS=1.
    """
    command = [sys.executable, str(Path(__file__).with_name("install.py"))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False)
        problem = "" if done.returncode == 0 else f"scripts/peers failed:\n{done.stdout}{done.stderr}"
    except subprocess.TimeoutExpired:
        problem = f"scripts/peers took more than {INSTALL_TIMEOUT:.0f} s"
    if problem and os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
        pytest.fail(problem)
    if problem:
        pytest.skip(problem)
    return PEERS


@pytest.fixture(scope="session", params=["stateful", "stateless"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each of the two servers in turn."""
    with running(request.param, tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def stateful(tmp_path: Path) -> Iterator[Server]:
    """A stateful server of the test's own, so that its counters start at zero."""
    with running("stateful", tmp_path) as started:
        yield started


@pytest.fixture
def stateless(tmp_path: Path) -> Iterator[Server]:
    """A stateless server of the test's own."""
    with running("stateless", tmp_path) as started:
        yield started


@pytest.fixture(scope="session")
def node(installed_peers: Path) -> Path:
    """The Node.js binary that came with the peers."""
    return node_folder() / "bin" / "node"


@pytest.fixture(scope="session")
def peer_commands(installed_peers: Path, node: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Per client: the words in front of the URL, and those after the plan."""
    clients = Path(__file__).with_name("clients")
    command_line = "node_modules/@modelcontextprotocol/inspector/clients/cli/build/index.js"
    entry_point = "node_modules/@modelcontextprotocol/client/dist/index.mjs"
    return {
        "sdk1": ([str(python_of("sdk1")), str(clients / "sdk1.py")], []),
        "sdk2": ([str(python_of("sdk2")), str(clients / "sdk2.py")], []),
        "fastmcp": ([str(python_of("fastmcp")), str(clients / "fastmcp_client.py")], []),
        "inspector": (
            [str(node), str(clients / "inspector.mjs")],
            [str(installed_peers / "inspector" / command_line)],
        ),
        "typescript": (
            [str(node), str(clients / "typescript.mjs")],
            [str(installed_peers / "typescript" / entry_point)],
        ),
    }
