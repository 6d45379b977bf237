"""Paths and methods that lead nowhere are answered with what there is."""

import pytest

from asgi_bridge import Request
from harness import Server

PATHS = ["/mcp", "/health", "/livez", "/readyz", "/metrics"]


@pytest.mark.parametrize(
    "path", ["/", "/mcpx", "/MCP", "/mcp/extra", "/health/", "/sse", "/.well-known/oauth-protected-resource"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])
async def test_an_unknown_path_gets_404_and_the_known_ones(server: Server, path: str, method: str) -> None:
    answer = await server.send(Request(method=method, path=path, headers=[(b"host", b"localhost")]))
    assert answer.status == 404
    assert answer.message["paths"] == PATHS
    assert path in answer.message["seen"]
    assert "/mcp" in answer.message["fix"]
    assert answer.header("cache-control") == "no-store"


async def test_head_of_an_unknown_path_is_404(server: Server) -> None:
    answer = await server.send(Request(method="HEAD", path="/", headers=[(b"host", b"localhost")]))
    assert answer.status == 404


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_a_known_path_is_only_read(server: Server, path: str, method: str) -> None:
    answer = await server.send(Request(method=method, path=path, headers=[(b"host", b"localhost")]))
    assert answer.status == 405
    assert {name.strip() for name in (answer.header("allow") or "").split(",")} == {"GET", "HEAD"}
    assert answer.message["paths"] == PATHS


@pytest.mark.parametrize("path", ["/" + "x" * 5000, "/%00", "/\ufffd\u2028", "/../../etc/passwd", "/<script>"])
async def test_an_odd_path_is_quoted_in_part_and_breaks_nothing(server: Server, path: str) -> None:
    answer = await server.send(Request(method="GET", path=path, headers=[(b"host", b"[")]))
    assert answer.status == 404
    assert answer.header("content-type") == "application/json"
    assert len(answer.message["seen"]) < 250
