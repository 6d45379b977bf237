"""What the user's credentials must not do: appear in a report because the server repeated them somewhere.

Evidence is redacted by the form of what it holds. An opaque token in the middle of an error message has no form, but
here it is known what was sent.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from msgspec.structs import replace

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.probe.survey import Options
from mcp_echo_core.redaction import looks_secret, mask, split_scheme

MIN_ANYWHERE = 8
"""Characters of a credential that is replaced inside of words too; a shorter one might be part of any word."""


def without_credentials(report: Report, options: Options) -> Report:
    """The report with every credential that was sent masked, wherever it turns up."""
    secrets = sorted(set(_credentials(options)), key=len, reverse=True)
    if not secrets:
        return report
    pattern = re.compile("|".join(map(_pattern, secrets)))
    return replace(
        report,
        server=_masked(report.server, pattern),
        lines=tuple(_line(line, pattern) for line in report.lines),
        exchanges=tuple(_exchange(exchange, pattern) for exchange in report.exchanges),
    )


def _credentials(options: Options) -> Iterator[str]:
    for name, value in (*options.headers, *options.other_headers):
        if looks_secret(name):
            cookies = [pair.partition("=")[2] for pair in value.split(";")] if name.lower() == "cookie" else []
            yield from (part for part in (value, split_scheme(value)[1], *cookies) if part)
    parts = urlsplit(options.url)
    if parts.password:
        yield from (parts.password, unquote(parts.password))
    yield from (value for name, value in parse_qsl(parts.query) if looks_secret(name))


def _pattern(secret: str) -> str:
    escaped = re.escape(secret)
    return escaped if len(secret) >= MIN_ANYWHERE else rf"(?<!\w){escaped}(?!\w)"


def _line(line: Line, pattern: re.Pattern[str]) -> Line:
    finding = _masked(msgspec.to_builtins(line.finding), pattern)
    return replace(line, finding=msgspec.convert({**finding, "outcome": line.finding.outcome}, Finding))


def _exchange(exchange: Exchange, pattern: re.Pattern[str]) -> Exchange:
    return msgspec.convert(_masked(msgspec.to_builtins(exchange), pattern), Exchange)


def _masked(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: mask(found[0]), value)
    if isinstance(value, dict):
        return {name: _masked(member, pattern) for name, member in value.items()}
    return [_masked(member, pattern) for member in value] if isinstance(value, list | tuple) else value
