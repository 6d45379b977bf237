"""Real clients, each paying a visit to a bin of its own on the stateful server, and what the report says of them."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from install import HERE, PEERS, node_folder, python_of
from processes import Server, environment, running

from mcp_echo_core import __version__
from mcp_echo_core.client_report.rules.lifecycle import REORDER_SECONDS
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS

VISITORS = HERE / "visitors"
VISIT_TIMEOUT = 120.0
"""Seconds that one command of a visit may take; the machine is shared."""

SETTLE_TIMEOUT = 15.0
"""Seconds until the server has noticed that a client has gone."""

SIDE_BY_SIDE = 4
POLL = 0.05

PRINTED_URL = "http://localhost:3000/mcp"
"""Where the printed commands expect a server."""

LATER = "later"
"""Instead of a command: wait until what was left out can no longer be on its way."""

TICKS = {"message": "ticks", "progressSteps": 3, "progressInterval": 0.02}

Way = Callable[[Path, int], AbstractContextManager[int]]

Command = tuple[Sequence[str], tuple[int, ...]]
"""Words, in which ``URL`` stands for the endpoint, and the exit codes that are in order."""


@dataclass(frozen=True)
class Visitor:
    """A client in one of its modes.

    Attributes:
        name: In the tests, and of its bin.
        software: What it is, and the version of that.
        mode: How it is set up.
        commands: What it does.
        refused: The server has no revision without a handshake.
    """

    name: str
    software: str
    mode: str
    commands: Sequence[Command | str]
    refused: bool = False


@dataclass(frozen=True)
class Judged:
    """What the report says of a visitor.

    Attributes:
        visitor: The client.
        report: ``report.json`` of its bin.
        details: The exchanges in full, by number.
    """

    visitor: Visitor
    report: Mapping[str, Any]
    details: Mapping[int, Mapping[str, Any]]

    @property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """Worst first."""
        found: Sequence[Mapping[str, Any]] = self.report["findings"]
        return found

    @property
    def rules(self) -> dict[str, str]:
        """How each rule counts that it breaks, or may break."""
        return {finding["rule"]: finding["weight"] for finding in reversed(self.findings)}

    @property
    def revisions(self) -> list[str]:
        """By whose rules it was judged."""
        return sorted({each["revision"] for each in self.details.values()})


def _directly(_: Path, port: int) -> AbstractContextManager[int]:
    return nullcontext(port)


def visitors() -> list[Visitor]:
    """All of them; they must be installed."""
    everybody = [*_python_clients(), *_node_clients(), *_inspector(), *_curl(), *_own()]
    return [each for visitor in everybody for each in (visitor, *_refused(visitor))]


def _refused(visitor: Visitor) -> Iterable[Visitor]:
    """The same client where it has to fall back."""
    if visitor.mode == "auto":
        name, mode = visitor.name.replace("-auto", "-fallback"), "auto, at a server without 2026-07-28"
        yield replace(visitor, name=name, mode=mode, refused=True)


def judge_all(everybody: Iterable[Visitor], folder: Path, way: Way = _directly) -> dict[str, Judged]:
    """Let them all visit, several at a time.

    Args:
        everybody: Who visits.
        folder: For what they and the servers write.
        way: Stands between them and a server; asked with a folder and the server's port, it tells its own.
    """
    older = {"MCP_PROTOCOL_VERSIONS_SUPPORTED": ",".join(HANDSHAKE_VERSIONS)}
    with (
        running("stateful", folder) as both,
        running("stateful", folder, older) as legacy,
        way(folder, both.port) as to_both,
        way(folder, legacy.port) as to_legacy,
        ThreadPoolExecutor(SIDE_BY_SIDE) as pool,
    ):
        judged = pool.map(
            lambda each: _judge(each, *((legacy, to_legacy) if each.refused else (both, to_both)), folder), everybody
        )
        return {each.visitor.name: each for each in judged}


def _judge(visitor: Visitor, server: Server, entrance: int, folder: Path) -> Judged:
    home = folder / visitor.name
    home.mkdir()
    root = f"http://127.0.0.1:{server.port}"
    url = f"http://127.0.0.1:{entrance}/b/{visitor.name}/mcp"
    variables = environment({"HOME": str(home), "XDG_STATE_HOME": str(home)})
    variables["PATH"] = f"{node_folder() / 'bin'}{os.pathsep}{variables['PATH']}"
    for command in visitor.commands:
        if isinstance(command, str):
            time.sleep(REORDER_SECONDS * 1.2)
        else:
            _run(visitor, command, url, variables)
    page = f"{root}/dashboard/{visitor.name}"
    _settle(page)
    details = {each["sequence"]: each for each in _fetched(f"{page}/export.json")["details"]}
    return Judged(visitor, _fetched(f"{page}/report.json"), details)


def _run(visitor: Visitor, command: Command, url: str, variables: Mapping[str, str]) -> None:
    words, codes = command
    done = subprocess.run(
        [word.replace("URL", url) for word in words], env=variables, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=VISIT_TIMEOUT, check=False,
    )  # fmt: skip
    assert done.returncode in codes, (
        f"{visitor.name}, {words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    )


def _settle(page: str) -> None:
    """Wait until the server has noticed that the client has gone."""
    deadline = time.monotonic() + SETTLE_TIMEOUT
    while any(each["open"] for each in _fetched(f"{page}/record.json")["exchanges"]):
        assert time.monotonic() < deadline, f"streams of {page} are still open"
        time.sleep(POLL)


def _fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def _python_clients() -> Iterable[Visitor]:
    yield _scripted("sdk1", "sdk1.py", "legacy", "Python SDK")
    for peer, script, title in (("sdk2", "sdk2.py", "Python SDK"), ("fastmcp", "fastmcp_client.py", "FastMCP client")):
        for mode in ("legacy", "auto", "2026-07-28"):
            yield _scripted(peer, script, mode, title)


def _scripted(peer: str, script: str, mode: str, title: str) -> Visitor:
    pinned = (HERE / "requirements" / f"{peer}.in").read_text(encoding="utf-8").strip().replace("==", " ")
    command = (str(python_of(peer)), str(VISITORS / script), "URL", mode)
    return Visitor(f"{peer}-{mode}", f"{title} ({pinned})", mode, ((command, (0,)),))


def _node_clients() -> Iterable[Visitor]:
    node = str(node_folder() / "bin" / "node")
    old = PEERS / "typescript1/node_modules/@modelcontextprotocol/sdk/dist/esm"
    new = PEERS / "typescript/node_modules/@modelcontextprotocol/client/dist/index.mjs"
    software = f"TypeScript SDK ({_locked('typescript1', '@modelcontextprotocol/sdk')})"
    command = (node, str(VISITORS / "typescript1.mjs"), "URL", "legacy", str(old))
    yield Visitor("typescript1-legacy", software, "legacy", ((command, (0,)),))
    software = f"TypeScript SDK ({_locked('typescript', '@modelcontextprotocol/client')})"
    for mode in ("legacy", "auto", "2026-07-28"):
        command = (node, str(VISITORS / "typescript2.mjs"), "URL", mode, str(new))
        yield Visitor(f"typescript2-{mode}", software, mode, ((command, (0,)),))


def _inspector() -> Iterable[Visitor]:
    launcher = PEERS / "inspector/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    start = (str(node_folder() / "bin" / "node"), str(launcher), "--cli", "--format", "json", "-q")
    asked: Sequence[tuple[tuple[str, ...], tuple[int, ...]]] = (
        (("tools/list",), (0,)),
        (("tools/call", "--tool-name", "echo", "--tool-arg", "message=hi"), (0,)),
        (("tools/call", "--tool-name", "bearerDecode"), (5,)),
        (("resources/list",), (0,)),
        (("resources/read", "--uri", "echo://server/health"), (0,)),
        (("prompts/list",), (0,)),
        (("prompts/get", "--prompt-name", "diagnose-connection", "--prompt-args", "symptom=slow"), (0,)),
    )
    for mode in ("legacy", "auto", "modern"):
        target = ("--transport", "http", "--server-url", "URL", "--protocol-era", mode)
        commands = tuple(((*start, *target, "--method", *words), codes) for words, codes in asked)
        software = f"MCP Inspector, command line ({_locked('node', '@modelcontextprotocol/inspector')})"
        yield Visitor(f"inspector-{mode}", software, mode, commands)


def _curl() -> Iterable[Visitor]:
    curl = shutil.which("curl") or "curl"
    version = subprocess.run([curl, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout.split()
    for name, title, *commands in (
        ("curl-quick-start", "quick start of the stateful package", _printed("stateful_quick_start.sh")),
        (
            "curl-session",
            "session scripts of the stateful package",
            _printed("stateful_session.sh"),
            LATER,
            _printed("stateful_service_session.sh"),
        ),
        ("curl-health", "health check of its container", _printed("healthcheck_initialize.sh")),
        (
            "curl-stateless",
            "quick start of the stateless package, on the stateful server",
            _printed("stateless_quick_start.sh"),
            _printed("stateless_basic.sh"),
            _printed("healthcheck_probe.sh"),
        ),
    ):
        yield Visitor(name, f"curl {version[1]}", title, commands)


def _printed(example: str) -> Command:
    text = (HERE / "examples" / example).read_text(encoding="utf-8")
    assert PRINTED_URL in text, f"{example} names no endpoint"
    return ("bash", "-c", text.replace(PRINTED_URL, "URL")), (0,)


def _own() -> Iterable[Visitor]:
    program = str(Path(sys.executable).with_name("mcp-echo"))
    ticks = [f"{name}={value}" for name, value in TICKS.items()]
    asked: Sequence[tuple[tuple[str, ...], tuple[int, ...]]] = (
        (("tools", "URL"), (0,)),
        (("call", "URL", "echo", "message=hi"), (0,)),
        (("call", "URL", "replayLastEcho"), (0,)),
        (("call", "URL", "echo", *ticks), (0,)),
        (("call", "URL", "bearerDecode"), (1,)),
    )
    for mode in ("legacy", "auto", "modern"):
        commands = [((program, *words, "--era", mode), codes) for words, codes in asked]
        commands.append(((program, "session", "forget", "URL"), (0,)))
        yield Visitor(f"own-{mode}", f"mcp-echo call ({__version__})", mode, commands)


def _locked(peer: str, package: str) -> str:
    manifest = json.loads((HERE / peer / "package.json").read_text(encoding="utf-8"))
    return f"{package} {manifest['dependencies'][package]}"
