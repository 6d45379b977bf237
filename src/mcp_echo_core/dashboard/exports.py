"""A whole record to take away: HAR 1.2 for the tools that read it, JSON, and a Markdown report."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from mcp_echo_core import __version__, text
from mcp_echo_core.client_report import renderings
from mcp_echo_core.dashboard.details import answer_of, detail
from mcp_echo_core.dashboard.overview import Overview
from mcp_echo_core.dashboard.summary import Summary
from mcp_echo_core.dashboard.verdicts import Verdict
from mcp_echo_core.markdown import code, plain, table
from mcp_echo_core.recording.events import Entry, ExchangeEvent, HeaderFields, Record

UNKNOWN = -1
"""What HAR has for a size or time that nobody measured."""

_CODES = {status.value: status.phrase for status in HTTPStatus} | {499: "Client Closed Request"}


def as_har(record: Record, verdict: Verdict) -> dict[str, Any]:
    """The record as an HTTP archive (HAR 1.2); event streams are text."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "mcp-echo", "version": __version__},
            "pages": [],
            "entries": [_har_entry(entry, verdict) for entry in record.entries],
            "comment": "Credentials are masked.",
        }
    }


def as_details(overview: Overview, record: Record, verdict: Verdict) -> dict[str, Any]:
    """The overview, and every exchange in full."""
    by_number = {entry.sequence: entry for entry in record.entries}
    known = [(summary, by_number[summary.sequence]) for summary in overview.exchanges if summary.sequence in by_number]
    details = [detail(summary, entry, record, verdict) for summary, entry in known]
    return {**msgspec.structs.asdict(overview), "details": details}


def as_markdown(overview: Overview) -> str:
    """The record as a document: who, verdict, findings, exchanges."""
    subject, server = overview.subject, overview.server
    lines = [
        f"# {subject.kind.capitalize()} {code(subject.id)}",
        "",
        f"- Server: {plain(server.name)} {server.version}, instance {code(server.instance)}",
        f"- Endpoint: {code(subject.endpoint)}",
        f"- Recorded from {text.utc(overview.began)} to {text.utc(server.now)}",
        *([f"- Exchanges no longer kept: {overview.dropped}"] if overview.dropped else []),
        *_session(overview),
        "",
        renderings.markdown(overview.report, overview.gateway, level=2),
        "## Exchanges",
        "",
        *table(
            ("#", "time", "request", "status", "duration", "revision", "session", "findings"),
            (_row(each) for each in overview.exchanges),
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _session(overview: Overview) -> Iterator[str]:
    session = overview.session
    if session is None:
        return
    alive = {True: "alive", False: "not alive any more", None: "its store cannot be reached"}[session.alive]
    yield f"- Session: {alive}, created {text.utc(session.created)}"
    if session.client is not None:
        yield f"- Client: {plain(session.client.name)} {plain(session.client.version)}"
    if session.version is not None:
        yield f"- Negotiated: {plain(session.version)}"
    if session.ended is not None:
        yield f"- Ended: {text.utc(session.ended.at)} ({plain(session.ended.reason)})"


def _row(summary: Summary) -> Sequence[str]:
    what = " ".join(part for part in (summary.http, summary.kind, summary.name or "") if part)
    outcome = f"{summary.status}{'' if summary.code is None else f', error {summary.code}'}"
    return (
        str(summary.sequence),
        text.utc(summary.at, 3),
        code(what, 120),
        f"{outcome}{', tool error' if summary.tool_error else ''}",
        "open" if summary.seconds is None else text.milliseconds(summary.seconds),
        plain(summary.revision),
        plain(summary.session or ""),
        " ".join(map(code, summary.rules)),
    )


def _har_entry(entry: Entry, verdict: Verdict) -> dict[str, Any]:
    event = entry.event
    milliseconds = round((event.seconds or 0.0) * 1000, 3)
    rules = ", ".join(verdict.rules.get(entry.sequence, ()))
    return {
        "startedDateTime": _date(event.at),
        "time": milliseconds,
        "request": _har_request(event),
        "response": _har_response(event),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "connection": event.connection,
        "comment": f"exchange {entry.sequence}{f', evidence of {rules}' if rules else ''}",
    }


def _har_request(event: ExchangeEvent) -> dict[str, Any]:
    fields = _named(event.head.fields)
    request = {
        "method": event.method,
        "url": f"{event.scheme}://{fields.get('host', 'localhost')}{event.path}{event.query}",
        "httpVersion": f"HTTP/{event.http_version}",
        "cookies": [],
        "headers": _har_fields(event.head.fields, event.head.written),
        "queryString": [
            {"name": name, "value": value} for name, value in parse_qsl(event.query[1:], keep_blank_values=True)
        ],
        "headersSize": UNKNOWN,
        "bodySize": event.body_bytes,
    }
    if event.body:
        content_type = fields.get("content-type", "")
        request["postData"] = {
            "mimeType": content_type, "params": [], "text": event.body.decode("utf-8", "replace"),
        }  # fmt: skip
    return request


def _har_response(event: ExchangeEvent) -> dict[str, Any]:
    fields = _named(event.answer_fields)
    return {
        "status": event.status,
        "statusText": _CODES.get(event.status, ""),
        "httpVersion": f"HTTP/{event.http_version}",
        "cookies": [],
        "headers": _har_fields(event.answer_fields, None),
        "content": {
            "size": event.answer_bytes,
            "mimeType": fields.get("content-type", "x-unknown"),
            "text": answer_of(event),
        },
        "redirectURL": fields.get("location", ""),
        "headersSize": UNKNOWN,
        "bodySize": event.answer_bytes,
    }


def _har_fields(fields: HeaderFields, written: Sequence[str] | None) -> list[dict[str, str]]:
    names = written if written is not None and len(written) == len(fields) else [name for name, _ in fields]
    return [{"name": name, "value": value} for name, (_, value) in zip(names, fields, strict=True)]


def _named(fields: HeaderFields) -> Mapping[str, str]:
    return {name.lower(): value for name, value in fields}


def _date(seconds: float) -> str:
    """In ISO 8601 with milliseconds, as HAR wants it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
