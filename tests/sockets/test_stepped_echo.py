"""echo with progressSteps and the end of its process."""

import http.client
import json
from pathlib import Path

from harness import tool_call
from live import MESSAGE_HEADERS, Live, serving, until


def begun(connection: http.client.HTTPConnection, steps: int, interval: float) -> http.client.HTTPResponse:
    """An echo whose first step has arrived."""
    arguments = {"message": "hi", "progressSteps": steps, "progressInterval": interval}
    body = json.dumps(tool_call("echo", arguments, _meta={"progressToken": 1}))
    connection.request("POST", "/mcp", body, MESSAGE_HEADERS)
    response = connection.getresponse()
    while f"step 1 of {steps}".encode() not in response.readline():
        pass
    return response


def test_steps_that_are_nearly_done_are_finished_before_the_process_ends(live: Live) -> None:
    with live.connection() as connection:
        response = begun(connection, 5, 0.1)
        live.kill()
        until(lambda: "draining" in live.log.read_text(), "draining")
        rest = response.read()
    assert b"step 5 of 5" in rest
    assert b'"result"' in rest
    assert live.exit_code() == 0


def test_steps_that_would_go_on_do_not_keep_the_process(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_DRAIN_TIMEOUT="0.3") as server, server.connection() as connection:
        begun(connection, 6, 10)
        assert server.stop() == 0
