"""A report without the user's credentials, wherever the server repeated them and a check took them up."""

import msgspec
from msgspec.structs import replace

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.secrecy import Secrecy
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.probe.survey import Options


def secrecy_of(options: Options) -> Secrecy:
    """Masks everything secret that a run sends."""
    return Secrecy(options.url, (*options.headers, *options.other_headers))


def without_credentials(report: Report, options: Options) -> Report:
    """The report with every credential that was sent masked."""
    secrecy = secrecy_of(options)
    return replace(
        report,
        url=secrecy.text(report.url),
        server=secrecy.value(report.server),
        obstacle=secrecy.text(report.obstacle),
        unended=secrecy.text(report.unended),
        lines=tuple(_line(line, secrecy) for line in report.lines),
        exchanges=tuple(_exchange(exchange, secrecy) for exchange in report.exchanges),
    )


def _line(line: Line, secrecy: Secrecy) -> Line:
    finding = secrecy.value(msgspec.to_builtins(line.finding))
    return replace(line, finding=msgspec.convert({**finding, "outcome": line.finding.outcome}, Finding))


def _exchange(exchange: Exchange, secrecy: Secrecy) -> Exchange:
    return msgspec.convert(secrecy.value(msgspec.to_builtins(exchange)), Exchange)
