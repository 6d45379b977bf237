"""Asks the checks one after the other and puts together what they found."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from mcp_echo_core import __version__
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.check import Check, Finding, Level, Outcome
from mcp_echo_core.probe.survey import Options, Survey
from mcp_echo_core.redaction import text as redacted

Watcher = Callable[[int, int, Check], None]
"""Is told before each check: how many are done, how many there are, which is next."""


class Line(Struct, frozen=True, kw_only=True):
    """A check and its finding, as reports show it.

    Attributes:
        id: Of the check.
        question: Of the check.
        level: Of the rule.
        spec: Where the rule stands.
        finding: What was found.
        known: A baseline names it as a known failure.
    """

    id: str
    question: str
    level: Level
    spec: tuple[str, ...]
    finding: Finding
    known: bool = False

    @property
    def counts(self) -> bool:
        """Whether it makes the run fail."""
        return self.finding.outcome == "failed" and not self.known


class Report(Struct, frozen=True, kw_only=True):
    """Everything one run found; reports in every format are made of it.

    Attributes:
        url: What was asked, without credentials.
        began: When, in UTC.
        seconds: How long it took.
        tool: Who asked.
        server: ``serverInfo`` as the server gave it.
        lines: The checks in order.
        exchanges: The evidence, by number.
        stale: Ids that a baseline names although they did not fail.
    """

    url: str
    began: datetime
    seconds: float
    tool: str
    server: dict[str, str]
    lines: tuple[Line, ...]
    exchanges: tuple[Exchange, ...]
    stale: tuple[str, ...] = ()

    def line(self, check_id: str) -> Line | None:
        """The line of a check, if it was asked."""
        return next((line for line in self.lines if line.id == check_id), None)

    def count(self, outcome: Outcome, level: Level | None = None) -> int:
        """How many lines have an outcome."""
        return sum(line.finding.outcome == outcome and level in (None, line.level) for line in self.lines)


class Unreachable(Exception):
    """Nobody answers at the URL, so that nothing can be asked."""


async def probe(options: Options, checks: Sequence[Check], watch: Watcher, wire: Wire) -> Report:
    """Ask a server.

    Args:
        options: Whom and how.
        checks: What to ask.
        watch: Is told of the progress.
        wire: Where the requests go.

    Raises:
        Unreachable: The first request got no answer at all.
    """
    survey = Survey(options, wire)
    began, start = datetime.now(UTC), wire.clock()
    first = (await survey.session()).answer
    if first.status is None:
        raise Unreachable(first.failure or "no answer")
    lines = []
    for done, check in enumerate(checks):
        watch(done, len(checks), check)
        finding = await check.run(survey)
        lines.append(Line(id=check.id, question=check.question, level=check.level, spec=check.spec, finding=finding))
    await survey.finish()
    info = (first.result or {}).get("serverInfo")
    return Report(
        url=redacted(options.url),
        began=began,
        seconds=round(wire.clock() - start, 3),
        tool=f"mcp-echo {__version__}",
        server={name: redacted(str(value))[:200] for name, value in info.items()} if isinstance(info, dict) else {},
        lines=tuple(lines),
        exchanges=tuple(wire.exchanges[number] for number in sorted(wire.exchanges)),
    )
