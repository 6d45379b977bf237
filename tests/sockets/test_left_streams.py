"""A client that leaves while its request streams, seen by a real engine."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from live import MESSAGE_HEADERS, Live, serving, until

NOTE = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode()


def request(live: Live, path: str, message: Any, **headers: str) -> Any:
    return live.send("POST", path, json.dumps(message).encode(), {**MESSAGE_HEADERS, **headers})


def session_of(live: Live, path: str) -> str:
    introduction = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    opened = request(live, path, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": introduction})
    session = {name.lower(): value for name, value in opened.headers.items()}["mcp-session-id"]
    live.send("POST", path, NOTE, {**MESSAGE_HEADERS, "mcp-session-id": session})
    return str(session)


def streamed(live: Live, path: str, session: str, *, leave: bool) -> None:
    """A call that reports its progress: read to its end, or left after the first piece."""
    arguments = {"message": "hello", "progressSteps": 5, "progressInterval": 0.1}
    params = {"name": "echo", "arguments": arguments, "_meta": {"progressToken": "p"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).encode()
    with live.connection() as connection:
        connection.request("POST", path, body, {**MESSAGE_HEADERS, "mcp-session-id": session})
        answer = connection.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        answer.read(1)
        if leave:
            return
        answer.read()


def last(live: Live, name: str) -> Any:
    """The newest exchange, once it is over."""
    record = live.get(f"/dashboard/{name}/record.json").json
    newest = record["exchanges"][-1]
    return newest if newest["stream"] and not newest["open"] else None


def test_who_ended_a_posted_stream_is_told(tmp_path: Path) -> None:
    with serving("stateful", tmp_path) as live:
        for name, leave in (("leaver-1", True), ("reader-1", False)):
            path = f"/b/{name}/mcp"
            streamed(live, path, session_of(live, path), leave=leave)
            told = until(partial(last, live, name), "the end of the stream")
            assert told["ended_by"] == ("client" if leave else "server")
            whats = [piece["what"] for piece in told["pieces"]]
            assert ("response" in whats) is not leave
