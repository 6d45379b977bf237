"""What the properties draw from, and what must be true of every answer."""

import copy
import json
import re
from typing import Any

from hypothesis import strategies as st

from asgi_bridge import Answer
from harness import introduction, note, rpc, tool_call

MODERN_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
NAMES = [
    "accept",
    "accept-encoding",
    "content-type",
    "content-length",
    "host",
    "origin",
    "mcp-session-id",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
    "mcp-param-x",
    "last-event-id",
    "authorization",
    "cookie",
    "x-forwarded-for",
    "forwarded",
    "transfer-encoding",
    "expect",
    "access-control-request-method",
    "access-control-request-headers",
    "x-request-id",
]
VALUES = [
    "application/json",
    "text/event-stream",
    "*/*;q=",
    "gzip;q=x",
    "2025-11-25",
    "2026-07-28",
    "localhost",
    "[::1",
    "null",
    "-1",
    "=?base64?!?=",
    "a-1",
    "Bearer ",
    "eyJ.eyJ.",
    "\t",
    ",,;=",
    "http://[",
    "127.0.0.1:x",
]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
"""Any JSON value."""

META = {"progressToken": "t"}
TEMPLATES: list[dict[str, Any]] = [
    rpc("ping"),
    rpc("initialize", introduction()),
    rpc("initialize", {"protocolVersion": "2025-03-26"}),
    rpc("tools/list", {"cursor": None}),
    rpc("logging/setLevel", {"level": "info"}),
    tool_call("echo", {"message": "x:y", "uppercase": True}),
    tool_call("echo", {"message": "x"}, "id", _meta=META),
    tool_call("printHeader", {}),
    tool_call("sessionInfo", {}),
    tool_call("bearerDecode", {"includeRaw": True}),
    tool_call("healthProbe", {}, -1),
    rpc("server/discover", {"_meta": MODERN_META}),
    tool_call("echo", {"message": "x"}, 5, _meta=MODERN_META),
    note("notifications/initialized"),
    note("notifications/cancelled", {"requestId": 1}),
    {"jsonrpc": "2.0", "id": 1, "result": {}},
    {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}},
]
"""Messages that are in order."""


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value, with each of its keys."""
    if not isinstance(value, dict):
        return []
    return [(value, key) for key in value] + [place for inner in value.values() for place in _places(inner)]


@st.composite
def mutations(draw: st.DrawFn) -> dict[str, Any]:
    """A message that was in order before one or two of its members were replaced, removed or added."""
    message = copy.deepcopy(draw(st.sampled_from(TEMPLATES)))
    for _ in range(draw(st.integers(1, 2))):
        places = _places(message)
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(["replace", "replace", "remove", "add", "rename"]))
        old = container[key] if change in {"replace", "add"} else container.pop(key)
        if change == "replace":
            container[key] = draw(values | st.just([old]) | st.just({"x": old}) | st.just(str(old)))
        elif change != "remove":
            container[draw(st.text(max_size=8))] = old
    return message


members = mutations()
messages = members | st.lists(members | values | st.sampled_from(TEMPLATES), max_size=4) | values
"""Single messages, batches, and anything else."""

field_values = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30
) | st.sampled_from(VALUES)
field_names = st.sampled_from(NAMES) | st.from_regex(re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,12}"), fullmatch=True)
fields = st.lists(st.tuples(field_names.map(str.encode), field_values.map(lambda v: v.encode("latin-1"))), max_size=6)
one_field = st.tuples(st.sampled_from(NAMES).map(str.encode), field_values.map(lambda v: v.encode("latin-1")))
"""Header fields as an HTTP server lets them through."""

_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_FIELD_VALUE = re.compile(rb"[\x20-\x7e\x80-\xff\t]*")


def encode(value: Any) -> bytes:
    """JSON, whatever lone surrogates are in it."""
    return json.dumps(value).encode()


def refused(message: Any) -> bool:
    """Whether an answer says that nothing was done."""
    return isinstance(message, dict) and "error" in message


def check_exchange(answer: Answer, method: str) -> None:
    """An HTTP exchange that any client can read, whatever was sent."""
    assert 200 <= answer.status < 500 or answer.status == 503, answer
    assert b"Traceback" not in answer.body
    for name, value in answer.headers:
        assert _FIELD_NAME.fullmatch(name), name
        assert _FIELD_VALUE.fullmatch(value), value
    length = answer.header("content-length")
    assert length is None or int(length) == len(answer.body)
    if not answer.body:
        assert answer.status in {202, 204}, (method, answer)
        return
    for message in messages_of(answer):
        assert message["jsonrpc"] == "2.0"
        internal = message.get("error", {}).get("code") == -32603
        assert not internal or answer.status in {404, 503}, message


def messages_of(answer: Answer) -> list[Any]:
    """All JSON-RPC messages of an answer; its JSON is strict."""
    if answer.header("content-type") == "text/event-stream":
        found = [event.message for event in answer.events if event.data]
    else:
        found = [json.loads(answer.body.decode("utf-8"), parse_constant=_refuse_constant)]
        assert answer.header("content-type") == "application/json"
    return [message for value in found for message in (value if isinstance(value, list) else [value])]


def _refuse_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")
