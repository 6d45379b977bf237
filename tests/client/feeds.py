"""A dashboard that tells what a test wants."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

NOTHING_FOUND = {"must": 0, "should": 0, "suspicions": 0, "notes": 0, "scope": "", "findings": []}


def exchange(sequence: int, **more: Any) -> dict[str, Any]:
    """An exchange in a line, as the feed has it."""
    return {
        "sequence": sequence, "key": f"i-{sequence}", "at": 1800000000.0, "seconds": 0.0123, "http": "POST",
        "path": "/mcp", "kind": "tools/call", "name": "echo", "id": 1, "status": 200, "code": None,
        "tool_error": False, "era": "legacy", "revision": "2025-11-25", "session": "0123abcd", "instance": "i",
        "stream": False, "open": False, "ended_by": None, "pieces": [], "rules": [], **more,
    }  # fmt: skip


def finding(rule: str = "a-rule", level: str = "must", **more: Any) -> dict[str, Any]:
    """A finding, as the report has it."""
    return {
        "rule": rule, "weight": level, "level": level, "revision": "2025-11-25", "title": "A title",
        "says": ["It was seen."], "count": 1, "evidence": [1], "fix": "Do it.", "spec": ["basic"], **more,
    }  # fmt: skip


def report(*findings: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A report with these findings."""
    counts = {"must": 0, "should": 0, "suspicions": 0, "notes": 0}
    for each in findings:
        counts[{"note": "notes", "suspicion": "suspicions"}.get(each["weight"], each["weight"])] += 1
    return {**counts, "scope": "in 3 exchanges", "findings": list(findings), "clients": [], **more}


def told(event: str, data: Any, sequence: int | None = None) -> bytes:
    """One message of the feed."""
    identity = "" if sequence is None else f"id: {sequence}\n"
    return f"event: {event}\n{identity}data: {json.dumps(data)}\n\n".encode()


class Feeds:
    """A dashboard with one record, whose feed plays one script per connection; then there is no record any more.

    Attributes:
        asked: ``Last-Event-ID`` of each connection.
        kept: The exchanges of the record.

    Args:
        scripts: What each connection brings; a number is an HTTP status instead.
        record: Members of the record that differ.
    """

    def __init__(self, *scripts: Sequence[bytes] | int, **record: Any) -> None:
        self.asked: list[str | None] = []
        self.kept: list[Any] = record.pop("exchanges", [])
        self._scripts = list(scripts)
        self._record = {
            "subject": {"kind": "bin", "id": "b", "endpoint": "/b/b/mcp", "shared": False},
            "server": {"name": "ours", "version": "1", "variant": "stateful", "instance": "i", "now": 0},
            "session": None, "report": report(), "gateway": [], **record,
        }  # fmt: skip
        routes = [Route("/dashboard/b/record.json", self._show), Route("/dashboard/b/events", self._feed)]
        self.app = Starlette(routes=routes)

    async def _show(self, _: Request) -> Response:
        return JSONResponse({**self._record, "exchanges": self.kept})

    async def _feed(self, request: Request) -> Response:
        self.asked.append(request.headers.get("last-event-id"))
        script = self._scripts.pop(0) if self._scripts else 404
        if isinstance(script, int):
            return Response(status_code=script)
        return StreamingResponse(self._play(script), media_type="text/event-stream")

    async def _play(self, script: Sequence[bytes]) -> AsyncIterator[bytes]:
        yield b"retry: 10\n\n"
        for each in script:
            yield each
