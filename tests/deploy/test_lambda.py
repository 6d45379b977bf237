"""The Lambda handler, called as AWS calls it: events in, answers out, in a process of its own."""

import base64
import contextlib
import json
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from deployed import DEPLOY
from lambda_events import function_url, http_api

from harness import NEWEST
from live import ANSWER, STOP, environment
from mcp_echo_core.identity import HEADER_NAMES

RUNTIME = """
import asyncio, json, sys
import handler
handler.STREAM_SECONDS = 0.5
handler.ENDING_SECONDS = 0.2
served = handler.app
async def app(scope, receive, send):
    if scope["path"] == "/leaves":
        while (await receive())["type"] != "http.disconnect":
            pass
    elif scope["path"] == "/hangs":
        await asyncio.Event().wait()
    else:
        await served(scope, receive, send)
handler.app = app
for line in sys.stdin:
    print(json.dumps(handler.handler(json.loads(line), None)), flush=True)
"""
"""What AWS does with a function: import it once, then an event at a time. Streams are ended sooner than there.

Two paths stand for a server that leaves a request unanswered when its client is gone, and for one that hangs.
"""

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": NEWEST, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
ECHO = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "echo", "arguments": {"message": "grüße"}},
}
TYPES = {"content_type": "application/json", "accept": "application/json, text/event-stream"}

MODERN = "2026-07-28"
MODERN_HEAD = {"mcp_protocol_version": MODERN, "mcp_method": "subscriptions/listen"}

Handler = Callable[[Any], Any]


class Template(yaml.SafeLoader):
    """CloudFormation's YAML; what its functions (``!Ref``) would give is left out."""


Template.add_multi_constructor("!", lambda *_: None)


def variables() -> dict[str, str]:
    """The environment variables that the template gives the function."""
    template = yaml.load((DEPLOY / "lambda" / "template.yaml").read_text(), Template)
    return {name: str(value) for name, value in function(template)["Environment"]["Variables"].items()}


def function(template: Any) -> Any:
    return template["Resources"]["Function"]["Properties"]


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUNTIME], cwd=DEPLOY / "lambda", env=environment(variables()),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None

    def call(event: Any) -> Any:
        process.stdin.write(json.dumps(event).encode() + b"\n")
        process.stdin.flush()
        assert select.select([process.stdout], [], [], ANSWER)[0], f"no answer within {ANSWER:g} s"
        return json.loads(process.stdout.readline())

    with contextlib.closing(process.stdin), contextlib.closing(process.stdout):
        yield call
        process.terminate()
        process.wait(STOP)


def encoded(message: Any) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode()


def modern(method: str, params: Any) -> Any:
    """A request of the revision without sessions."""
    prefix = "io.modelcontextprotocol/"
    client = {"name": "test", "version": "1"}
    meta = {"protocolVersion": MODERN, "clientCapabilities": {}, "clientInfo": client}
    named = {prefix + name: value for name, value in meta.items()}
    return {"jsonrpc": "2.0", "id": 4, "method": method, "params": {**params, "_meta": named}}


def body_of(answer: Any) -> str:
    return base64.b64decode(answer["body"]).decode() if answer["isBase64Encoded"] else answer["body"]


@pytest.mark.parametrize("event", [http_api, function_url])
@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("in_base64", [False, True])
def test_a_call_is_answered_however_its_body_comes(handler: Handler, event: Any, path: str, in_base64: bool) -> None:
    answer = handler(event("POST", path, encoded(ECHO), encoded=in_base64, **TYPES))
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "application/json"
    assert "grüße" in json.loads(body_of(answer))["result"]["content"][0]["text"]


def test_initialize_gets_no_session_id(handler: Handler) -> None:
    answer = handler(http_api("POST", "/mcp", encoded(INITIALIZE), **TYPES))
    assert json.loads(body_of(answer))["result"]["protocolVersion"] == NEWEST
    assert "mcp-session-id" not in answer["headers"]


def test_any_session_id_is_ignored(handler: Handler) -> None:
    answer = handler(http_api("POST", "/mcp", encoded(ECHO), **TYPES, mcp_session_id="invented"))
    assert answer["statusCode"] == 200
    assert "mcp-session-id" not in answer["headers"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_would_need_a_session_gets_405_at_once(handler: Handler, method: str) -> None:
    answer = handler(function_url(method, "/mcp", accept="text/event-stream", mcp_session_id="invented"))
    assert answer["statusCode"] == 405
    assert answer["headers"]["allow"] == "POST"


def test_a_streamed_answer_arrives_whole(handler: Handler) -> None:
    arguments = {"message": "slow", "progressSteps": 3, "progressInterval": 0.01}
    call = {"name": "echo", "arguments": arguments, "_meta": {"progressToken": "p"}}
    message = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": call}
    answer = handler(http_api("POST", "/mcp", encoded(message), **TYPES))
    assert answer["headers"]["content-type"].startswith("text/event-stream")
    data = [line.removeprefix("data:") for line in body_of(answer).splitlines() if line.startswith("data:")]
    messages = [json.loads(each) for each in data if each.strip()]
    assert [each["params"]["progress"] for each in messages if "method" in each] == [1, 2, 3]
    assert messages[-1]["id"] == 3


def test_a_subscription_ends_before_the_functions_time_is_over(handler: Handler) -> None:
    wanted = {"notifications": {"toolsListChanged": True}}
    answer = handler(http_api("POST", "/mcp", encoded(modern("subscriptions/listen", wanted)), **TYPES, **MODERN_HEAD))
    assert answer["statusCode"] == 200
    assert "notifications/subscriptions/acknowledged" in body_of(answer)


def test_the_functions_time_is_longer_than_its_streams() -> None:
    source = (DEPLOY / "lambda" / "handler.py").read_text(encoding="utf-8")
    seconds = re.search(r"^STREAM_SECONDS = ([\d.]+)$", source, re.MULTILINE)
    assert seconds is not None
    template = yaml.load((DEPLOY / "lambda" / "template.yaml").read_text(), Template)
    ending = re.search(r"^ENDING_SECONDS = ([\d.]+)$", source, re.MULTILINE)
    assert ending is not None
    assert float(seconds[1]) + float(ending[1]) < function(template)["Timeout"]


def test_a_message_that_is_no_json_gets_the_explanation(handler: Handler) -> None:
    answer = handler(http_api("POST", "/mcp", b"{", **TYPES))
    assert answer["statusCode"] == 400
    assert json.loads(body_of(answer))["error"]["code"] == -32700


def test_the_template_names_the_handler_and_a_route_for_each_method_of_the_endpoint() -> None:
    properties = function(yaml.load((DEPLOY / "lambda" / "template.yaml").read_text(), Template))
    assert properties["Handler"] == "handler.handler"
    routes = {(event["Properties"]["Method"], event["Properties"]["Path"]) for event in properties["Events"].values()}
    assert routes == {(method, path) for method in ("POST", "GET", "DELETE") for path in ("/mcp", "/mcp/")}


def test_nobody_says_who_it_is_by_a_header_field(handler: Handler) -> None:
    forged = dict.fromkeys(HEADER_NAMES, "mallory") | {"X_Auth_Request_User": "mallory"}
    for event in (http_api, function_url):
        for tool in ("authContext", "printHeader"):
            call = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": tool}}
            answer = handler(event("POST", "/mcp", encoded(call), **TYPES, **forged, x_trace="kept"))
            assert answer["statusCode"] == 200
            assert "mallory" not in body_of(answer)
    assert "kept" in body_of(answer)


@pytest.mark.parametrize("path", ["/leaves", "/hangs"])
def test_a_request_that_takes_too_long_gets_a_504_that_says_so(handler: Handler, path: str) -> None:
    answer = handler(http_api("POST", path, encoded(ECHO), **TYPES))
    assert answer["statusCode"] == 504
    assert "longer than this function gives" in body_of(answer)


def test_a_call_whose_progress_takes_too_long_gets_as_much_as_there_was(handler: Handler) -> None:
    arguments = {"message": "slow", "progressSteps": 60, "progressInterval": 0.5}
    call = {"name": "echo", "arguments": arguments, "_meta": {"progressToken": "p"}}
    message = {"jsonrpc": "2.0", "id": 6, "method": "tools/call", "params": call}
    answer = handler(http_api("POST", "/mcp", encoded(message), **TYPES))
    assert answer["statusCode"] == 200
    assert '"progress":1' in body_of(answer)
    assert '"progress":9' not in body_of(answer)


def test_all_instances_sign_with_one_secret_that_the_console_does_not_show() -> None:
    text = (DEPLOY / "lambda" / "template.yaml").read_text()
    assert yaml.load(text, Template)["Parameters"]["StateSecret"]["NoEcho"] is True
    assert "MCP_ECHO_STATE_SECRET: !Ref StateSecret" in text
