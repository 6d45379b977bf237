"""A real nginx, as an operator would set it up: in front of several servers, in turn, or of one."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from live import STOP, free_port, until

BINARY = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {inside}
}}
"""

ROUND_ROBIN = """\
  keepalive_requests 1000000;
  upstream echo {{
    {servers}
    keepalive 128;
    keepalive_requests 1000000;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://echo;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host localhost;
      proxy_buffering off;
      proxy_read_timeout 60s;
    }}
  }}
"""

PROXY = """\
  server {{
    listen 127.0.0.1:{port};
    {directives}
    location / {{ proxy_pass http://127.0.0.1:{behind}; }}
  }}
"""


def require() -> None:
    """Skip where there is no nginx; fail where all peers are required."""
    if BINARY is None:
        if os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed")


@contextlib.contextmanager
def round_robin(folder: Path, ports: Sequence[int], away: int = 10) -> Iterator[int]:
    """An nginx that sends each request to the next of these local ports; its own port.

    Args:
        folder: For its files; one nginx each.
        ports: Where it sends requests.
        away: Seconds for which it leaves one alone that did not answer.
    """
    port = free_port()
    servers = "\n    ".join(f"server 127.0.0.1:{each} max_fails=1 fail_timeout={away}s;" for each in ports)
    with configured(folder, ROUND_ROBIN.format(port=port, servers=servers)):
        yield port


@contextlib.contextmanager
def proxy(folder: Path, port: int, *directives: str) -> Iterator[int]:
    """An nginx in front of one local port, as it is without any setting; its own port.

    Args:
        folder: For its files; one nginx each.
        port: Where it sends everything.
        directives: Settings of its server block, which ``location /`` inherits: ``proxy_buffering off;``,
            ``gzip on;``, ``proxy_set_header Mcp-Session-Id "";``, ``location = /mcp { return 301 /mcp/; }``.
    """
    own = free_port()
    with configured(folder, PROXY.format(port=own, behind=port, directives="\n    ".join(directives))):
        yield own


@contextlib.contextmanager
def deployed(folder: Path, files: Path, addresses: Mapping[str, str]) -> Iterator[None]:
    """An nginx with files as they are deployed, but for their addresses.

    Args:
        folder: For its files; one nginx each.
        files: Folder of its configuration, ``nginx.conf`` at the top.
        addresses: What stands there, and what is put in its place; everything has to stand somewhere.
    """
    copy = folder / "deployed"
    with_addresses(files, copy, {"/tmp/nginx": f"{folder}/nginx", **addresses})
    with _running(folder, copy / "nginx.conf", "-g", "daemon off; master_process off;"):
        yield


def with_addresses(files: Path, copy: Path, addresses: Mapping[str, str]) -> None:
    """Copy a folder of configuration files and replace addresses, each of which has to stand somewhere."""
    shutil.copytree(files, copy)
    missing = set(addresses)
    for file in sorted(path for path in copy.rglob("*") if path.is_file()):
        text = file.read_text(encoding="utf-8")
        for address, other in addresses.items():
            if address in text:
                missing.discard(address)
                text = text.replace(address, other)
        file.write_text(text, encoding="utf-8")
    assert not missing, f"{files} has no {sorted(missing)} any more"


@contextlib.contextmanager
def configured(folder: Path, inside: str) -> Iterator[None]:
    """An nginx with this in its ``http`` block."""
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, inside=inside))
    with _running(folder, file):
        yield


@contextlib.contextmanager
def _running(folder: Path, file: Path, *options: str) -> Iterator[None]:
    require()
    assert BINARY is not None
    log = folder / "nginx.log"
    command = [BINARY, "-p", str(file.parent), "-c", str(file), "-e", str(log), *options]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        until(lambda: _listens(folder) or process.poll() is not None, "the start of nginx")
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP)


def _listens(folder: Path) -> bool:
    return (folder / "nginx.pid").exists() and bool((folder / "nginx.pid").read_text().strip())
