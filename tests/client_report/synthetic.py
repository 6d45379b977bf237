"""Records made by hand, for what the server under test does not do or receive."""

import json
from typing import Any

from mcp_echo_core.client_report.report import ClientReport, Finding, report_on
from mcp_echo_core.recording.events import Entry, ExchangeEvent, Head, Piece, Record

BEGAN = 1_800_000_000.0


def exchange(
    body: Any = b"",
    *,
    method: str = "POST",
    at: float = 0.0,
    seconds: float | None = 0.01,
    status: int = 200,
    headers: dict[str, str] | None = None,
    answer: Any = b"",
    pieces: tuple[tuple[float, bytes], ...] = (),
    session: str | None = None,
    **changes: Any,
) -> ExchangeEvent:
    """One exchange; times count from the record's beginning, bodies are bytes or values to be encoded."""
    sent, answered = (each if isinstance(each, bytes) else json.dumps(each).encode() for each in (body, answer))
    streamed = tuple(Piece(after, data) for after, data in pieces)
    facts: dict[str, Any] = {
        "number": round(at * 1000) + 1,
        "instance": "one",
        "at": BEGAN + at,
        "seconds": seconds,
        "connection": "127.0.0.1:50000",
        "method": method,
        "path": "/b/made/mcp",
        "query": "",
        "http_version": "1.1",
        "scheme": "http",
        "head": Head(tuple((headers or {}).items())),
        "body": sent,
        "body_bytes": len(sent),
        "status": status,
        "answer_fields": (("content-type", "text/event-stream" if pieces else "application/json"),),
        "answer": answered,
        "answer_bytes": sum(len(piece.data) for piece in streamed) or len(answered),
        "pieces": streamed,
        "kind": "other",
        "session": session,
        "bin": "made",
        "ended_by": "server" if pieces and seconds is not None else None,
    }
    return ExchangeEvent(**{**facts, **changes})


def record(*events: ExchangeEvent, dropped: int = 0) -> Record:
    """A record of these exchanges, in this order."""
    entries = tuple(Entry(dropped + place, event) for place, event in enumerate(events, 1))
    return Record(subject="b:made", began=BEGAN, dropped=dropped, ended=None, entries=entries)


def report(*events: ExchangeEvent, dropped: int = 0) -> ClientReport:
    """The report on these exchanges."""
    return report_on(record(*events, dropped=dropped))


def findings(rule: str, *events: ExchangeEvent, dropped: int = 0) -> list[Finding]:
    """The findings of one rule in these exchanges."""
    return [finding for finding in report(*events, dropped=dropped).findings if finding.rule == rule]
