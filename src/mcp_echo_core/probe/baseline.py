"""Baselines: the failures that somebody knows about and accepts; a check id per line, the reason after a ``#``."""

from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec.structs import replace

from mcp_echo_core.probe.runner import Line, Report


class BadBaseline(Exception):
    """A baseline that cannot be used, and why."""


def read(file: Path, known_ids: Collection[str]) -> Mapping[str, str]:
    """Why each check of a baseline may fail, by id; an empty text where no reason is given.

    Raises:
        BadBaseline: The file cannot be read, or names a check that does not exist.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadBaseline(f"--baseline {str(file)!r} cannot be read: {why}; give a text file of check ids") from None
    accepted = {}
    for number, text in enumerate(lines, 1):
        check_id, _, reason = (part.strip() for part in text.partition("#"))
        if not check_id:
            continue
        if check_id not in known_ids:
            raise BadBaseline(
                f"--baseline {str(file)!r} line {number}: there is no check {check_id!r}; "
                f"write one id a line, mcp-echo probe --list has them"
            )
        accepted[check_id] = reason
    return accepted


def applied(report: Report, accepted: Mapping[str, str]) -> Report:
    """The report with known failures marked.

    A baseline's check is stale when it was asked and kept its rule; one that could not be tested may fail again.
    """
    lines = tuple(_known(line, accepted) for line in report.lines)
    stale = (
        line.id for line in report.lines if line.id in accepted and line.finding.outcome not in ("failed", "untested")
    )
    return replace(report, lines=lines, stale=tuple(stale))


def _known(line: Line, accepted: Mapping[str, str]) -> Line:
    if line.id not in accepted or line.finding.outcome != "failed":
        return line
    return replace(line, known=True, reason=accepted[line.id])
