"""Exchanges outside the measured passes: opening sessions, and proof that answers carry what was sent."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from servers import Running
from subjects import COUNTER

SAMPLE = 300
"""Requests whose answers are checked before each measured pass, and after the last."""

INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}'


@dataclass(frozen=True)
class Verdict:
    """What a sample of answers looked like; ``fault`` is None when each was the echo of its own request."""

    fault: str | None
    answer_bytes: int
    answer_type: str = ""


def open_sessions(server: Running, count: int) -> list[str]:
    """Make that many sessions over one connection, by the handshake or by a first echo; their ids."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        return [_open_session(server, connection) for _ in range(count)]
    finally:
        connection.close()


def _open_session(server: Running, connection: http.client.HTTPConnection) -> str:
    subject = server.subject
    connection.request("POST", subject.path, subject.hello().replace(COUNTER, "1"), subject.head())
    answer = connection.getresponse()
    text = answer.read()
    session = answer.getheader("Mcp-Session-Id")
    if subject.handles and answer.status == http.client.OK:
        session = json.loads(text)["result"]["structuredContent"]["session"]
    if answer.status != http.client.OK or session is None:
        raise RuntimeError(f"{subject.name}: the first request got {answer.status}: {text[:300]!r}")
    if not subject.handles:
        connection.request("POST", subject.path, INITIALIZED, subject.head(session))
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.ACCEPTED:
            raise RuntimeError(f"{subject.name}: notifications/initialized got {answer.status}")
    return session


def verify(server: Running, sessions: list[str], count: int = SAMPLE) -> Verdict:
    """Ask ``count`` requests one by one and compare each answer's id and text with its request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    size, kind = 0, ""
    try:
        for number in range(900_000_000, 900_000_000 + count):
            session = sessions[number % len(sessions)] if sessions else None
            body = server.subject.body(session).replace(COUNTER, str(number))
            connection.request("POST", server.subject.path, body, server.subject.head(session))
            answer = connection.getresponse()
            text = answer.read()
            size, kind = len(text), (answer.getheader("Content-Type") or "").partition(";")[0]
            fault = _fault(server, answer, text, number)
            if fault:
                return Verdict(f"{fault}: {text[:300]!r}", size, kind)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Verdict(f"{type(error).__name__}: {error}", size)
    finally:
        connection.close()
    return Verdict(None, size, kind)


def _fault(server: Running, answer: http.client.HTTPResponse, text: bytes, number: int) -> str | None:
    if answer.status != http.client.OK:
        return f"status {answer.status}"
    if not server.subject.echoes:
        return None
    message = _message(answer, text)
    if message.get("id") != number:
        return f"id {message.get('id')!r} instead of {number}"
    result = message.get("result", {})
    texts = [block.get("text", "") for block in result.get("content", [])]
    if result.get("isError") or not any(f"message {number}" in block for block in texts):
        return f"no echo of message {number}"
    return None


def _message(answer: http.client.HTTPResponse, text: bytes) -> dict[str, Any]:
    if (answer.getheader("Content-Type") or "").startswith("text/event-stream"):
        data = [line[5:] for line in text.splitlines() if line.startswith(b"data:") and line[5:].strip()]
        text = data[-1] if data else b"{}"
    message: dict[str, Any] = json.loads(text)
    return message
