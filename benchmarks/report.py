"""The table for people and the file for programs."""

import datetime as dt
import json
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

LATEST = Path(__file__).parent / "results" / "latest.json"
PACKAGES = ("mcp-echo-streamablehttp-server", "uvicorn", "uvloop", "httptools", "msgspec", "starlette")
MIB = 1 << 20

Round = dict[str, Any]
"""One subject in one round: start_ms, rss_idle, rss_loaded, fault, many and one (passes as dicts)."""


def machine() -> dict[str, Any]:
    """Where the figures were made."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_average": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str]:
    """What the figures were made with."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def summarize(rounds: Sequence[Round], ceiling: Sequence[Round]) -> dict[str, Any]:
    """Medians over rounds; the ratio is the median of each round's own, since the machine drifts between rounds."""
    fault = next((entry["fault"] for entry in rounds if entry["fault"]), None)
    summary: dict[str, Any] = {"fault": fault, "rounds": len(rounds)}
    measured = [entry for entry in rounds if not entry["fault"]]
    if not measured:
        return summary
    for size in ("many", "one"):
        for figure in ("requests_per_second", "p50_ms", "p99_ms", "load_cpu", "server_cpu"):
            summary[f"{size}_{figure}"] = statistics.median(entry[size][figure] for entry in measured)
        summary[f"{size}_ratios"] = _ratios(rounds, ceiling, size)
    summary["many_spread"] = statistics.median(entry["many"]["p99_ms"] / entry["many"]["p50_ms"] for entry in measured)
    for figure in ("start_ms", "rss_idle", "rss_loaded"):
        summary[figure] = statistics.median(entry[figure] for entry in measured)
    return summary


def _ratios(rounds: Sequence[Round], ceiling: Sequence[Round], size: str) -> list[float]:
    return [
        mine[size]["requests_per_second"] / top[size]["requests_per_second"]
        for mine, top in zip(rounds, ceiling, strict=False)
        if not mine["fault"] and not top["fault"]
    ]


COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("req/s 32c", lambda row: f"{row['many_requests_per_second']:,.0f}"),
    ("of ceiling", lambda row: _ratio(row["many_ratios"])),
    ("p50 ms", lambda row: f"{row['many_p50_ms']:.2f}"),
    ("p99 ms", lambda row: f"{row['many_p99_ms']:.2f}"),
    ("p99/p50", lambda row: f"{row['many_spread']:.2f}"),
    ("req/s 1c", lambda row: f"{row['one_requests_per_second']:,.0f}"),
    ("of ceiling", lambda row: _ratio(row["one_ratios"])),
    ("p50 ms", lambda row: f"{row['one_p50_ms']:.3f}"),
    ("p99 ms", lambda row: f"{row['one_p99_ms']:.3f}"),
    ("RSS idle", lambda row: f"{row['rss_idle'] / MIB:.1f} MiB"),
    ("loaded", lambda row: f"{row['rss_loaded'] / MIB:.1f} MiB"),
    ("start ms", lambda row: f"{row['start_ms']:.0f}"),
    ("B/session", lambda row: f"{row['session_bytes']:,.0f}" if row.get("session_bytes") is not None else "–"),
    ("CPU server", lambda row: f"{row['many_server_cpu']:.0%}"),
    ("load gen.", lambda row: f"{row['many_load_cpu']:.0%}"),
)
"""Heading and cell; 32c and 1c are the connections of the columns that follow."""


def table(summaries: dict[str, dict[str, Any]]) -> str:
    """All subjects, one per line; a subject with any fault shows VOID and why."""
    lines = [["subject", *(heading for heading, _ in COLUMNS)]]
    notes = []
    for name, summary in summaries.items():
        if summary["fault"]:
            lines.append([name, "VOID"])
            notes.append(f"{name} is VOID: {summary['fault']}")
        else:
            lines.append([name, *(cell(summary) for _, cell in COLUMNS)])
    widths = [max(len(line[at]) for line in lines if at < len(line)) for at in range(len(lines[0]))]
    text = [
        "  ".join(cell.ljust(widths[0]) if at == 0 else cell.rjust(widths[at]) for at, cell in enumerate(line))
        for line in lines
    ]
    return "\n".join([*text, *notes])


def save(document: dict[str, Any]) -> Path:
    """Write the figures of a run beside the code that made them."""
    LATEST.parent.mkdir(exist_ok=True)
    dated = {"date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **document}
    LATEST.write_text(json.dumps(dated, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return LATEST


def _ratio(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f}" if ratios else "–"


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
