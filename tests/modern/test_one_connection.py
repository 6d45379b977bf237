"""2026-07-28 basic/versioning: both eras are served on one connection, each request by its own rules."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from modern_requests import MODERN, call_of, mirrored, modern

from harness import NEWEST, introduction, note, rpc
from live import MESSAGE_HEADERS, Reply, read, serving


def send(connection: HTTPConnection, message: Mapping[str, Any], **headers: str | None) -> Reply:
    """A POST on a connection that stays open."""
    fields = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    connection.request("POST", "/mcp", json.dumps(message).encode(), {**MESSAGE_HEADERS, **fields})
    return read(connection)


def test_one_connection_carries_both_eras_in_turn(variant: str, tmp_path: Path) -> None:
    has_sessions = variant == "stateful"
    with serving(variant, tmp_path) as server, server.connection() as connection:
        opening = send(connection, rpc("initialize", introduction(NEWEST)))
        socket = connection.sock
        legacy = {"mcp_session_id": opening.headers.get("mcp-session-id"), "mcp_protocol_version": NEWEST}
        assert (legacy["mcp_session_id"] is not None) == has_sessions
        for number in range(1, 4):
            list_modern = modern("tools/list", request_id=number)
            echo_modern = call_of("echo", {"message": "m"}, f"m{number}")
            echo_legacy = rpc("tools/call", {"name": "echo", "arguments": {"message": "l"}}, f"l{number}")
            assert "resultType" in send(connection, list_modern, **mirrored(list_modern)).json["result"]
            old = send(connection, echo_legacy, **legacy).json
            assert (old["id"], "resultType" in old["result"]) == (f"l{number}", False)
            new = send(connection, echo_modern, **mirrored(echo_modern))
            assert (new.json["id"], "mcp-session-id" in new.headers) == (f"m{number}", False)
            assert send(connection, note("notifications/x"), mcp_protocol_version=MODERN).status == 202
            assert send(connection, rpc("nope"), **legacy).status == 200
            unknown = modern("nope")
            assert send(connection, unknown, **mirrored(unknown)).status == 404
            if has_sessions:
                assert old["result"]["structuredContent"]["echoCount"] == number
                assert new.json["result"]["structuredContent"]["echoCount"] == 1
        assert connection.sock is socket, "the connection did not stay open"
