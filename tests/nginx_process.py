"""A real nginx, as an operator would set it up: in front of several servers, in turn, or of one."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
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
def round_robin(folder: Path, ports: Sequence[int]) -> Iterator[int]:
    """An nginx that sends each request to the next of these local ports; its own port."""
    port = free_port()
    servers = "\n    ".join(f"server 127.0.0.1:{each} max_fails=1 fail_timeout=10s;" for each in ports)
    with _nginx(folder, ROUND_ROBIN.format(port=port, servers=servers)):
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
    with _nginx(folder, PROXY.format(port=own, behind=port, directives="\n    ".join(directives))):
        yield own


@contextlib.contextmanager
def _nginx(folder: Path, inside: str) -> Iterator[None]:
    require()
    assert BINARY is not None
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, inside=inside))
    command = [BINARY, "-p", str(folder), "-c", str(file), "-e", str(folder / "nginx.log")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(folder) or process.poll() is not None, "the start of nginx")
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP)


def _listens(folder: Path) -> bool:
    return (folder / "nginx.pid").exists() and bool((folder / "nginx.pid").read_text().strip())
