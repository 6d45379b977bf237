"""What a soak has shown: a verdict, for programs and for people."""

from dataclasses import dataclass
from typing import Any

from soak_book import Book
from soak_ledger import Ledger, rows
from soak_slopes import FILES_LIMIT, LEAST_SECONDS, RSS_LIMIT, Growth


@dataclass(frozen=True)
class Ending:
    """How many sessions there were when the load was over.

    Attributes:
        fewest, most: Sessions alive by what clients know.
        told: By the server.
        after_all: By the server once all were deleted or expired.
        records: Sessions in Redis then.
    """

    fewest: int
    most: int
    told: int
    after_all: int
    records: int

    @property
    def faults(self) -> list[str]:
        """What does not agree."""
        found = []
        if not self.fewest <= self.told <= self.most:
            found.append(f"the server knows {self.told} sessions, its clients {self.fewest} to {self.most}")
        if self.after_all or self.records:
            found.append(f"{self.after_all} sessions and {self.records} records are left when none should be")
        return found


def report(
    *,
    settings: dict[str, Any],
    ledger: Ledger,
    book: Book,
    ending: Ending,
    processes: list[Growth],
    faults: list[dict[str, Any]],
    faulty_lines: list[str],
) -> dict[str, Any]:
    """Everything, as JSON; ``verdict`` has what is wrong and is empty when all is well."""
    unexpected = ledger.unexpected.total()
    verdict = [f"{len(book.lost)} sessions lost"] if book.lost else []
    verdict += [f"{unexpected} unexpected errors"] if unexpected else []
    verdict += ending.faults
    took, asked = settings["seconds"], settings["asked_seconds"]
    verdict += [f"it lasted {took:g} s instead of {asked:g} s"] if took < asked else []
    verdict += [leak for each in processes for leak in each.leaks]
    verdict += [f"{len(faulty_lines)} lines of servers' logs tell of faults"] if faulty_lines else []
    return {
        "verdict": verdict,
        "settings": settings,
        "requests": rows(ledger.requests, ("site", "kind")),
        "errors_expected": rows(ledger.tolerated, ("fault", "site", "kind", "error")),
        "errors_unexpected": rows(ledger.unexpected, ("site", "kind", "error")),
        "examples": ledger.examples,
        "facts": dict(sorted(ledger.facts.items())),
        "sessions": {
            "begun": len(book.sessions),
            "lost": len(book.lost),
            "lost_examples": book.lost[:10],
            "alive_at_the_end": {"expected": [ending.fewest, ending.most], "told": ending.told},
            "after_all_have_ended": {"told": ending.after_all, "records_in_redis": ending.records},
        },
        "faults": faults,
        "latencies": ledger.latencies(),
        "limits": {"rss_mib_per_minute": RSS_LIMIT, "files_per_minute": FILES_LIMIT, "least_seconds": LEAST_SECONDS},
        "processes": [each.as_row for each in processes],
        "log_lines": faulty_lines[:20],
    }


def as_text(told: dict[str, Any]) -> str:
    """The report for people."""
    sessions, settings = told["sessions"], told["settings"]
    total = sum(row["count"] for row in told["requests"])
    fewest, most = sessions["alive_at_the_end"]["expected"]
    seconds, ended = settings["seconds"], sessions["after_all_have_ended"]
    lines = [
        f"Soak: {seconds:g} s, {total:,} requests answered as they should be ({total / seconds:.0f}/s)",
        f"  load average {settings['load_before']} before, {settings['load_after']} after, {settings['cpus']} cores",
        "",
        f"Sessions: {sessions['begun']:,} begun, {sessions['lost']} lost",
        f"  alive at the end: {fewest} to {most} expected, {sessions['alive_at_the_end']['told']} told",
        f"  after all have ended: {ended['told']} told, {ended['records_in_redis']} records in Redis",
        *(f"  LOST {line}" for line in sessions["lost_examples"]),
        "",
        "Faults:",
        *(f"  {row['at_seconds']:7.1f} s  {row['fault']}, took {row['took_seconds']} s" for row in told["faults"]),
        "",
        "Requests:",
        *(f"  {row['count']:8,}  {row['site']}, {row['kind']}" for row in told["requests"]),
        *(f"  {count:8,}  {name}" for name, count in told["facts"].items()),
        "",
        "Errors that a fault explains:",
        *(
            f"  {row['count']:8,}  {row['fault']}: {row['site']}, {row['kind']}: {row['error']}"
            for row in told["errors_expected"]
        ),
        "",
        "Other errors:",
        *(f"  {row['count']:8,}  {row['site']}, {row['kind']}: {row['error']}" for row in told["errors_unexpected"]),
        *(f"            {line}" for line in (*told["examples"], *told["log_lines"])),
        "",
        *_latencies(told),
        "",
        *_processes(told),
        "",
        "Verdict: " + ("; ".join(told["verdict"]) or "good"),
    ]
    return "\n".join(lines)


def _latencies(told: dict[str, Any]) -> list[str]:
    return ["Latencies in ms:", "  minute  site        requests       p50       p99       max"] + [
        f"  {row['minute']:6}  {row['site']:<10}  {row['requests']:8,}  {row['p50_ms']:8.1f}"
        f"  {row['p99_ms']:8.1f}  {row['max_ms']:8.1f}"
        for row in told["latencies"]
    ]


def _processes(told: dict[str, Any]) -> list[str]:
    limits = told["limits"]
    head = (
        f"Processes; slopes a minute in the second half, a leak is more than {limits['rss_mib_per_minute']:g} MiB or"
        f" {limits['files_per_minute']:g} files over at least {limits['least_seconds']:g} s:"
    )
    columns = "  process                          seconds  MiB first   last   slope  files first  most  last   slope"
    return [head, columns] + [
        f"  {row['process']:<32} {row['seconds']:7.0f} {row['rss_first_mib']:10.1f} {row['rss_last_mib']:6.1f}"
        f" {_slope(row['rss_slope'])} {row['files_first']:12} {row['files_most']:5} {row['files_last']:5}"
        f" {_slope(row['files_slope'])}{'' if row['judged'] else '  (not judged)'}"
        for row in told["processes"]
    ]


def _slope(value: float | None) -> str:
    return "      -" if value is None else f"{value:7.2f}"
