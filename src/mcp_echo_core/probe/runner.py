"""Asks the checks one after the other and puts together what they found."""

import asyncio
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mcp_echo_core import __version__
from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.requests import META
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.check import Check, Finding, Level, Outcome, untested
from mcp_echo_core.probe.contact import in_the_way, obstacle
from mcp_echo_core.probe.doubts import doubted
from mcp_echo_core.probe.survey import Eras, Options, Silenced, Survey
from mcp_echo_core.redaction import text as redacted

INTERRUPTED = 2.0
"""Seconds that the end of all sessions may take when the user wants to stop."""

MAX_NAME_CHARACTERS = 200
"""Characters that are kept of what a server says of itself."""

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
        reason: Why the baseline accepts it.
        crashed: The check itself failed, which says nothing about the server.
        hindered: It was asked, but answers from a gateway, or none at all, gave no verdict.
    """

    id: str
    question: str
    level: Level
    spec: tuple[str, ...]
    finding: Finding
    known: bool = False
    reason: str = ""
    crashed: bool = False
    hindered: bool = False

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
        command: The command line that asks the same, without credentials.
        server: ``serverInfo`` as the server gave it.
        version: The revision that ``initialize`` settled on; ``None`` when there was no handshake.
        eras: Those that the server speaks: ``legacy``, with a handshake, and ``modern``, without.
        lines: The checks in order.
        exchanges: The evidence, by number.
        stale: Ids that a baseline names although they did not fail.
        obstacle: Why nobody speaks MCP at the URL, and what to do; empty when somebody does.
        left: How many sessions could not be ended.
        unended: What the last attempt to end one of them was answered.
    """

    url: str
    began: datetime
    seconds: float
    tool: str
    server: dict[str, str]
    version: str | None
    eras: tuple[str, ...]
    lines: tuple[Line, ...]
    exchanges: tuple[Exchange, ...]
    stale: tuple[str, ...] = ()
    command: str = ""
    obstacle: str = ""
    left: int = 0
    unended: str = ""

    def line(self, check_id: str) -> Line | None:
        """The line of a check, if it was asked."""
        return next((line for line in self.lines if line.id == check_id), None)

    def evidence(self, line: Line) -> list[Exchange]:
        """The exchanges that show what a check found."""
        return [exchange for exchange in self.exchanges if exchange.number in line.finding.evidence]

    def count(self, outcome: Outcome, level: Level | None = None) -> int:
        """How many lines have an outcome."""
        return sum(line.finding.outcome == outcome and level in (None, line.level) for line in self.lines)


class Unreachable(Exception):
    """Nobody answers at the URL, so that nothing can be asked."""


async def probe(
    options: Options,
    checks: Sequence[Check],
    watch: Watcher,
    wire: Wire,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Ask a server, and end the sessions that came of it.

    Args:
        options: Whom and how.
        checks: What to ask.
        watch: Is told of the progress.
        wire: Where the requests go.
        tell: Is told, when the run is interrupted, how many sessions could not be ended any more.

    Raises:
        Unreachable: The first request got no answer at all.
    """
    survey = Survey(options, wire)
    try:
        report = await _report(survey, checks, watch)
    except asyncio.CancelledError:
        await survey.finish(INTERRUPTED)
        if len(survey.living):
            tell(f"{len(survey.living)} sessions could not be ended in time; they live until they expire")
        raise
    await survey.finish()
    if any(line.finding.facts.get("store") == "hidden" for line in report.lines):
        return replace(report, left=survey.living.nameless, unended="", exchanges=wire.evidence)
    return replace(report, left=len(survey.living), unended=survey.living.last or "", exchanges=wire.evidence)


async def _report(survey: Survey, checks: Sequence[Check], watch: Watcher) -> Report:
    began, start = datetime.now(UTC), survey.wire.clock()
    first = (await survey.session()).answer
    if first.status is None:
        raise Unreachable(first.failure or "no answer")
    eras = await survey.eras()
    lines = []
    for done, check in enumerate(checks):
        watch(done, len(checks), check)
        lines.append(await _line(check, survey, in_the_way(eras, check)))
    return Report(
        url=redacted(survey.options.url),
        began=began,
        seconds=round(survey.wire.clock() - start, 3),
        tool=f"mcp-echo {__version__}",
        server=_server(eras),
        version=_quoted(eras.initialize, (first.result or {}).get("protocolVersion")),
        eras=tuple(era for era, spoken in (("legacy", eras.legacy), ("modern", eras.modern)) if spoken),
        obstacle=obstacle(eras),
        lines=tuple(lines),
        exchanges=(),
    )


async def _line(check: Check, survey: Survey, why_not: str | None) -> Line:
    crashed = hindered = False
    try:
        if why_not is not None:
            finding = untested(why_not, (await survey.session()).answer)
        else:
            finding, hindered = await doubted(check, await check.run(survey), survey)
    except Silenced as silence:
        hindered, finding = True, untested(f"not asked any more: {silence}")
    except Exception as error:  # noqa: BLE001 - whatever a check gets wrong, the others are still worth asking
        crashed = True
        where = traceback.extract_tb(error.__traceback__)[-1]
        finding = untested(
            f"the check itself failed: {type(error).__name__}",
            details=(redacted(f"{error} ({Path(where.filename).name}, line {where.lineno})"),),
            consequence="This says nothing about the server.",
        )
    return Line(
        id=check.id,
        question=check.question,
        level=check.level,
        spec=check.spec,
        finding=finding,
        crashed=crashed,
        hindered=hindered,
    )


def _server(eras: Eras) -> dict[str, str]:
    """Name, version and whatever else the server says of itself, in the era that it speaks."""
    meta = (eras.discover.result or {}).get("_meta")
    modern = meta.get(f"{META}serverInfo") if isinstance(meta, dict) else None
    info = (eras.initialize.result or {}).get("serverInfo") or modern
    if not isinstance(info, dict):
        return {}
    quoted = partial(_quoted, eras.initialize)
    return {quoted(name) or "": quoted(value) or "" for name, value in info.items() if isinstance(value, str)}


def _quoted(answer: Answer, value: object) -> str | None:
    """What a server says of itself: without credentials first, and then cut."""
    return redacted(answer.secrecy.text(value))[:MAX_NAME_CHARACTERS] if isinstance(value, str) else None
