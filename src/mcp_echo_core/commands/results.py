"""Results of tools, and reasons for having none, laid out for people."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.faults import CredentialsWanted, InputWanted, PeerFault, RequestRefused
from mcp_echo_core.commands.connection import BEARER_VARIABLE
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.text import size

EXPLANATION = ("problem", "seen", "rule", "spec", "fix")
"""Members of ``error.data`` in the order in which they are read; others follow."""

MAX_QUOTED = 80
"""Characters of a malformed value that are quoted."""

FAILED, NOT_RUN = 1, 2
"""Exit codes: the server said no; nothing could be asked of it."""


def show_result(result: Mapping[str, Any], terminal: Terminal) -> None:
    """Show the content of a tool's result; what it has for programs when it has no text for people."""
    content = result.get("content")
    blocks = [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    for each in blocks:
        terminal.show(described(each))
    if "structuredContent" in result and not any(each.get("type") == "text" for each in blocks):
        terminal.show(pretty(result["structuredContent"]))
    if not blocks and "structuredContent" not in result:
        terminal.tell("The result has no content.", "dim")


def problems_of(result: Mapping[str, Any]) -> list[str]:
    """What makes a tool's result one that clients cannot read (schema, ``CallToolResult``); for a sentence each."""
    content, is_error = result.get("content", []), result.get("isError", False)
    problems = []
    if not isinstance(content, list):
        problems.append(f"content is {json.dumps(content)[:MAX_QUOTED]}, which is no array of content blocks")
    elif not all(isinstance(each, dict) and isinstance(each.get("type"), str) for each in content):
        problems.append("a block of content is no object with a type")
    if not isinstance(is_error, bool):
        problems.append(f"isError is {json.dumps(is_error)[:MAX_QUOTED]}, which is neither true nor false")
    return problems


def ending(answer: Answer | None) -> str:
    """What a server made of the request to end a session (2025-11-25 basic/transports, Session Management 5)."""
    if answer is None:
        return "not asked: a client cannot end what a state handle names; it lapses there by itself"
    if answer.status is None:
        return f"not reached ({answer.failure}); the session lapses there by itself"
    if answer.ok:
        return "it has ended the session"
    if answer.status == HTTPStatus.NOT_FOUND:
        return "it did not know the session any more (404)"
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return "it does not let clients end sessions (405); the session lapses there by itself"
    return f"it answered DELETE with {answer.told()}"


def described(content: Mapping[str, Any]) -> str:
    """A content block as text: what is text as it is, the rest by its facts."""
    resource = content.get("resource")
    match content.get("type"):
        case "text":
            return str(content.get("text", ""))
        case "image" | "audio" as kind:
            return f"[{kind} {content.get('mimeType', 'of no stated type')}, {_decoded_size(content.get('data'))}]"
        case "resource_link":
            return f"[resource {content.get('uri')} {content.get('name', '')}".rstrip() + "]"
        case "resource" if isinstance(resource, dict):
            title = f"[resource {resource.get('uri')} {resource.get('mimeType', '')}".rstrip()
            if isinstance(resource.get("text"), str):
                return f"{title}]\n{resource['text']}"
            return f"{title}, {_decoded_size(resource.get('blob'))}]"
    return pretty(content)


def pretty(value: Any) -> str:
    """A JSON value over several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def fault_code(fault: PeerFault) -> int:
    """The exit code for a fault."""
    return FAILED if isinstance(fault, RequestRefused | InputWanted) else NOT_RUN


def show_fault(fault: PeerFault, terminal: Terminal, *, authorized: bool) -> None:
    """Say why there is no result; ``authorized`` tells whether credentials were given."""
    match fault:
        case RequestRefused():
            _show_refusal(fault, terminal)
        case InputWanted():
            terminal.fail("The server asks for input before it answers, and this command has none to give:")
            for key, request in fault.requests.items():
                terminal.tell(f"  {key}: {_asked(request)}")
        case CredentialsWanted():
            terminal.fail(f"No access: {fault}.")
            if authorized:
                terminal.tell("  The Authorization that was given is not accepted: expired, or for another server?")
                return
            terminal.tell(f"  Give --bearer TOKEN, the variable {BEARER_VARIABLE}, or --header 'Authorization: ...'.")
        case _:
            terminal.fail(f"No result: {fault}")


def fault_facts(fault: PeerFault) -> Mapping[str, Any]:
    """A fault for programs."""
    match fault:
        case RequestRefused():
            return {"code": fault.code, "message": fault.text, "data": fault.data, "status": fault.status}
        case InputWanted():
            return {"message": str(fault), "inputRequests": fault.requests}
    return {"message": str(fault)}


def _show_refusal(fault: RequestRefused, terminal: Terminal) -> None:
    code = "an error without a code" if fault.code is None else str(fault.code)
    terminal.fail(f"{fault.method} was refused: {code} {fault.text} (HTTP {fault.status})")
    data = fault.data if isinstance(fault.data, dict) else {} if fault.data is None else {"data": fault.data}
    names = [name for name in EXPLANATION if name in data] + [name for name in data if name not in EXPLANATION]
    width = max(map(len, names), default=0)
    for name in names:
        value = data[name]
        terminal.tell(f"  {name:{width}}  {value if isinstance(value, str) else json.dumps(value)}")


def _asked(request: Any) -> str:
    params = request.get("params") if isinstance(request, dict) else None
    if not isinstance(params, dict):
        return json.dumps(request)
    wanted = params.get("requestedSchema")
    names = wanted.get("properties") if isinstance(wanted, dict) else None
    told = f"{request.get('method')}: {params.get('message', '')}".rstrip(": ")
    return f"{told} ({', '.join(names)})" if isinstance(names, dict) and names else told


def _decoded_size(base64: Any) -> str:
    if not isinstance(base64, str):
        return "without data"
    return size(len(base64.rstrip("=")) * 3 // 4)
