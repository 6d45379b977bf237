"""Bodies: JSON-RPC messages of both eras that are in order, then bent; and bytes that are no JSON at all."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from fuzz_choices import Choices

HEAD_CANARY = "h34d-Xq7Zk2Wm9Rt5Yb8Nd3Lp6-c4n4ry"
"""Stands in header fields and queries as a credential: nothing may show it."""

BODY_CANARY = "b0dy-Vt4Hs8Kc1Jm6Qw3Gz9Fx2-c4n4ry"
"""Stands in bodies as a credential: an echo shows it to whoever sent it, no log and no record does."""

METHODS = (
    "tools/call", "initialize", "ping", "tools/list", "prompts/list", "prompts/get", "resources/list",
    "resources/read", "resources/templates/list", "resources/subscribe", "resources/unsubscribe",
    "completion/complete", "logging/setLevel", "server/discover", "subscriptions/listen", "tasks/get", "tasks/list",
    "sampling/createMessage", "roots/list", "elicitation/create", "notifications/initialized",
    "notifications/cancelled", "notifications/progress", "notifications/roots/list_changed", "nope", "",
)  # fmt: skip
TOOLS = (
    "echo", "replayLastEcho", "printHeader", "bearerDecode", "authContext", "requestTiming", "corsAnalysis",
    "environmentDump", "healthProbe", "sessionInfo", "whoIStheGOAT", "test_simple_text", "test_image_content",
    "test_multiple_content_types", "test_error_handling", "test_tool_with_logging", "test_tool_with_progress",
    "test_reconnection", "test_sampling", "test_elicitation", "test_elicitation_sep1330_enums",
    "test_missing_capability", "test_input_required_result_elicitation", "test_input_required_result_multi_round",
    "test_input_required_result_request_state", "test_input_required_result_tampered_state",
    "json_schema_2020_12_tool", "test_custom_headers", "test_trigger_tool_change", "nope",
)  # fmt: skip
PROMPTS = (
    "diagnose-connection",
    "test_prompt_with_arguments",
    "test_input_required_result_prompt",
    "test_prompt_with_image",
)
URIS = (
    "echo://server/health", "echo://server/configuration", "echo://session/current", "echo://session/report",
    "test://static-text", "test://static-binary", "test://watched-resource", "test://template/1/data",
    f"https://u:{BODY_CANARY}@h/x", "echo://", "file:///etc/passwd", "\x00",
)  # fmt: skip
REVISIONS = ("2025-11-25", "2026-07-28", "2025-06-18", "2025-03-26", "2024-11-05", "2099-01-01", "1", "")
TEXTS = (
    "x", "", "é😀\u2028", "a:b", "\x00\x1b[31m", "line\r\nSet-Cookie: a=b", "x" * 5000, "</script><img src=x>",
    "=?base64?w6k=?=", f"Bearer {BODY_CANARY}", f'{{"password": "{BODY_CANARY}"}}', f"https://u:{BODY_CANARY}@h/?a=b",
    f"/x?access_token={BODY_CANARY}", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln", "eyJ.eyJ.", "req\u202egnp",
    "%25252525", "-----BEGIN PRIVATE KEY-----",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2**31, 2**53 + 1, 2**64, 10**400, 0.5, 1e308, -0.0, 100)
MEMBERS = (
    "message", "uppercase", "reverse", "progressSteps", "progressInterval", "data", "mimeType", "token", "category",
    "subject", "session", "password", "name", "arguments", "_meta", "cursor", "uri", "level", "requestId", "id",
    "jsonrpc", "method", "params", "result", "error", "requestState", "inputResponses", "region", "__proto__", "",
)  # fmt: skip
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
RAW = (
    b"", b"{", b"[]", b"null", b"NaN", b'"', b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b"[" * 2000,
    b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', b'{"a":' * 900, b"1e999999", b"\x00" * 50, b"[[]" + b",[]" * 3000,
)  # fmt: skip
SPLICES = (
    b"",
    b"\x00",
    b"\\u0000",
    b"\\ud83d",
    b"1e400",
    b"-",
    b"}",
    b'"',
    b",",
    b"\xc0\x80",
    b"[" * 1100,
    b"9" * 4400,
    b"NaN",
)


def body(choices: Choices, known: Sequence[str]) -> tuple[bytes, str]:
    """A body, and the method of the message in it; ``known`` are session ids and handles that were given out."""
    kind = choices.below(16)
    if kind == 15:
        return choices.pick(RAW) + choices.raw(24), ""
    if kind == 14:
        members = [_message(choices, known) for _ in range(choices.below(6))]
        return _spoiled(choices, encoded(members * (60 if choices.rarely(16) else 1))), ""
    message = _message(choices, known)
    method = message.get("method")
    return _spoiled(choices, encoded(message)), method if isinstance(method, str) else ""


def encoded(value: Any) -> bytes:
    """JSON, whatever lone surrogates are in it."""
    return json.dumps(value).encode()


def _spoiled(choices: Choices, data: bytes) -> bytes:
    if not choices.rarely(8):
        return data
    place = choices.below(len(data) + 1)
    if choices.rarely(3):
        return data[:place]
    # A spoiled name no longer says that its value is a credential.
    data = data.replace(BODY_CANARY.encode(), b"x" * len(BODY_CANARY))
    return data[:place] + choices.pick(SPLICES) + choices.raw(8) + data[place + choices.below(4) :]


def _message(choices: Choices, known: Sequence[str]) -> dict[str, Any]:
    method = choices.pick(METHODS)
    params = _params(choices, method, known)
    message = {
        "jsonrpc": "2.0",
        "id": choices.pick((1, "a", 0, *NUMBERS, "x" * 300, None)),
        "method": method,
        "params": params,
    }
    if method.startswith("notifications/") or choices.rarely(16):
        del message["id"]
    if choices.rarely(4):
        _bend(choices, message)
    return message


def _params(choices: Choices, method: str, known: Sequence[str]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if method == "tools/call":
        params = {"name": choices.pick(TOOLS), "arguments": _arguments(choices, known)}
        if choices.rarely(8):
            params |= {"requestState": choices.pick((*known, "x", 1)), "inputResponses": {"a": value(choices)}}
    elif method.startswith("resources/"):
        params = {"uri": choices.pick(URIS)}
    elif method in PARAMS:
        params = PARAMS[method](choices)
    if choices.rarely(3):
        params["_meta"] = _meta(choices)
    return params


PARAMS: dict[str, Callable[[Choices], dict[str, Any]]] = {
    "prompts/get": lambda choices: {
        "name": choices.pick(PROMPTS),
        "arguments": {"arg1": choices.pick(TEXTS), "symptom": "x"},
    },
    "initialize": lambda choices: {
        "protocolVersion": choices.pick(REVISIONS),
        "capabilities": {"sampling": {}, "elicitation": {}, "roots": {}},
        "clientInfo": {"name": choices.pick(TEXTS), "version": "1"},
    },
    "completion/complete": lambda choices: {
        "argument": {"name": choices.pick(("symptom", "arg1", "")), "value": choices.pick(TEXTS)},
        "ref": {"type": "ref/prompt", "name": choices.pick(PROMPTS)},
    },
    "logging/setLevel": lambda choices: {"level": choices.pick(("debug", "emergency", "x"))},
    "notifications/cancelled": lambda choices: {
        "requestId": choices.pick((1, "a", 0)),
        "reason": choices.pick(TEXTS),
    },
    "subscriptions/listen": lambda choices: {
        "notifications": {"toolsListChanged": True, "resourceSubscriptions": [choices.pick(URIS)]}
    },
}
"""What else methods take."""


def _meta(choices: Choices) -> dict[str, Any]:
    meta: dict[str, Any] = dict(META) if choices.below(4) else {}
    if choices.rarely(3):
        meta["progressToken"] = choices.pick(("t", 1, *TEXTS))
    if choices.rarely(4):
        meta["io.modelcontextprotocol/logLevel"] = choices.pick(("debug", "x", 1))
    if choices.rarely(8):
        meta["io.modelcontextprotocol/clientInfo"] = {"name": choices.pick(TEXTS), "version": choices.pick(NUMBERS)}
    return meta


def _arguments(choices: Choices, known: Sequence[str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"message": choices.pick(TEXTS)} if choices.below(3) else {}
    for _ in range(choices.below(3)):
        name = choices.pick(MEMBERS)
        arguments[name] = BODY_CANARY if name in {"token", "password"} else value(choices)
    if known and choices.rarely(3):
        arguments["session"] = choices.pick(known)
    return arguments


def value(choices: Choices, depth: int = 0) -> Any:
    """Any JSON value."""
    kind = choices.below(10 if depth < 3 else 7)
    if kind < 6:
        return choices.pick((TEXTS, TEXTS, TEXTS, NUMBERS, NUMBERS, (True, False, None))[kind])
    if kind == 6:
        return choices.text(16)
    if kind == 7:
        return [value(choices, depth + 1) for _ in range(choices.below(4))]
    if kind == 8:
        return {choices.pick(MEMBERS[:11]): value(choices, depth + 1) for _ in range(choices.below(4))}
    return json.loads("[" * 60 + "]" * 60)


def _bend(choices: Choices, message: dict[str, Any]) -> None:
    """Replace, remove or add a member somewhere."""
    places: list[dict[str, Any]] = [message]
    for inner in places:
        places += [each for each in inner.values() if isinstance(each, dict)]
    place = choices.pick(places)
    change = choices.below(4)
    if place and change < 3:
        name = choices.pick(list(place))
        old = place.pop(name)
        if change == 0:
            place[name] = value(choices)
        elif change == 1 and old != BODY_CANARY:
            place[choices.pick(MEMBERS)] = old
    elif change == 3:
        place[choices.pick(MEMBERS[10:])] = value(choices)
    if "password" in place:
        place["password"] = BODY_CANARY
