"""Servers of every make as real processes, each asked by ``mcp-echo probe`` as somebody would type it."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from install import HERE, PEERS, node_folder, python_of
from processes import Server, environment, free_port, running_command

from mcp_echo_core import __version__
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.runner import Report

SERVERS = HERE / "servers"
PROBE_TIMEOUT = 60.0
"""Seconds a whole run may take; several share the machine."""

SIDE_BY_SIDE = 4
"""Runs at the same time: most of their time they wait for what may come on a stream."""

EVERYTHING = "@modelcontextprotocol/server-everything"
ENTRY_POINT = f"node_modules/{EVERYTHING}/dist/index.js"


@dataclass(frozen=True)
class Target:
    """A server to be asked.

    Attributes:
        name: In the tests.
        software: What it is made with, and the version of that.
        mode: How it is set up.
        command: Starts it; ``PORT`` stands for the port.
        variables: Its environment; ``PORT`` as well.
    """

    name: str
    software: str
    mode: str
    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Probed:
    """What ``mcp-echo probe`` made of a server."""

    target: Target
    code: int
    report: Report

    def finding(self, check_id: str) -> Finding:
        """Of a check that was asked."""
        line = self.report.line(check_id)
        assert line is not None, f"{check_id} was not asked"
        return line.finding

    @property
    def failed(self) -> dict[str, str]:
        """The answers of the checks that convicted it."""
        return {line.id: line.finding.answer for line in self.report.lines if line.finding.outcome == "failed"}


def third_party() -> list[Target]:
    """The servers of others; they must be installed."""
    node = str(node_folder() / "bin" / "node")
    return [
        *_scripted("awslabs", "awslabs_shim.py", "noop", "stored"),
        *_scripted("sdk1", "sdk1.py", "stateful", "stateless"),
        *_scripted("sdk2", "sdk2.py", "stateful", "stateless"),
        *_scripted("fastmcp", "fastmcp_server.py", "stateful", "stateless"),
        Target(
            "everything",
            f"{EVERYTHING} {_locked('everything', EVERYTHING)}",
            "streamableHttp",
            (node, str(PEERS / "everything" / ENTRY_POINT), "streamableHttp"),
            {"PORT": "PORT"},
        ),
    ]


def ours(folder: Path, redis: str | None) -> list[Target]:
    """Our servers.

    Args:
        folder: Where a store keeps its file.
        redis: URL of a Redis; without it, no server has that store.
    """
    stores = {"memory": "memory://", "sqlite": f"sqlite:///{folder / 'sessions.db'}", "redis": redis, "noop": "noop://"}
    stateful = [
        _own("stateful", name, f"stateful, {name}", {"MCP_SESSION_STORE": url}) for name, url in stores.items() if url
    ]
    return [*stateful, _own("stateless", "stateless", "stateless", {})]


def probe_all(targets: Iterable[Target], folder: Path) -> dict[str, Probed]:
    """Ask all of them, several at a time."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        probed = pool.map(lambda target: _probe(target, folder), targets)
        return {each.target.name: each for each in probed}


def printed(target: Target, folder: Path, *words: str) -> tuple[int, str]:
    """Start a server and ask it; the exit code and what the command prints."""
    port = free_port()
    server = Server(target.software, port, folder / f"server-{port}.log")
    command = [word.replace("PORT", str(port)) for word in target.command]
    variables = {name: value.replace("PORT", str(port)) for name, value in target.variables.items()}
    ask = [str(Path(sys.executable).with_name("mcp-echo")), "probe", server.url, "--quiet", *words]
    with running_command(command, server, variables):
        done = subprocess.run(
            ask, env=environment({}), capture_output=True, text=True, timeout=PROBE_TIMEOUT, check=False
        )
    assert not done.stderr, f"{target.name}:\n{done.stderr}"
    return done.returncode, done.stdout


def _probe(target: Target, folder: Path) -> Probed:
    code, text = printed(target, folder, "--format", "json")
    return Probed(target, code, msgspec.json.decode(text, type=Report))


def _own(variant: str, name: str, mode: str, variables: Mapping[str, str]) -> Target:
    command = (sys.executable, "-m", f"mcp_echo_streamablehttp_server_{variant}")
    address = {"MCP_ECHO_HOST": "127.0.0.1", "MCP_ECHO_PORT": "PORT"}
    return Target(f"ours-{name}", f"mcp-echo {__version__}", mode, command, {**address, **variables})


def _scripted(peer: str, script: str, *modes: str) -> list[Target]:
    start = (str(python_of(peer)), str(SERVERS / script), "PORT")
    return [Target(f"{peer}-{mode}", _pinned(peer), mode, (*start, mode)) for mode in modes]


def _pinned(peer: str) -> str:
    """The requirement of a peer as words: name and version."""
    return (HERE / "requirements" / f"{peer}.in").read_text(encoding="utf-8").strip().replace("==", " ")


def _locked(peer: str, package: str) -> str:
    manifest = json.loads((HERE / peer / "package.json").read_text(encoding="utf-8"))
    return str(manifest["dependencies"][package])
