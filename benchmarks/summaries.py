"""From rounds to one figure each: medians, and ratios between what was measured in the same round."""

import statistics
from collections.abc import Sequence
from typing import Any

SATURATED = 0.9
"""Share of its core above which the load generator, not the server, may be what limits a figure."""

UNDISTURBED = 0.95
"""Share of its core that a server under full load gets when nothing else runs there."""

Round = dict[str, Any]
"""One subject in one round: start_ms, rss_idle, rss_loaded, fault, many and one (passes as dicts)."""


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
        summary[f"{size}_cpu_us"] = statistics.median(
            entry[size]["server_cpu"] / entry[size]["requests_per_second"] * 1e6 for entry in measured
        )
    summary["many_spread"] = statistics.median(entry["many"]["p99_ms"] / entry["many"]["p50_ms"] for entry in measured)
    summary["answer"] = measured[-1]["answer"]
    for figure in ("start_ms", "rss_idle", "rss_loaded"):
        summary[figure] = statistics.median(entry[figure] for entry in measured)
    return summary


def limits(summaries: dict[str, dict[str, Any]]) -> list[str]:
    """Whether anything but the servers limited a figure."""
    sound = {name: row for name, row in summaries.items() if not row["fault"]}
    busy = [name for name, row in sound.items() if row["many_load_cpu"] > SATURATED]
    starved = [name for name, row in sound.items() if row["many_server_cpu"] < UNDISTURBED and name not in busy]
    lines = [f"The load generator never used more than {SATURATED:.0%} of its core."]
    if busy:
        lines = [f"The load generator used more than {SATURATED:.0%} of its core for {', '.join(busy)}: lower bounds."]
    if starved:
        why = "something else ran, or they waited for Redis, which shares the load generator's core"
        lines.append(f"{', '.join(starved)} got less than {UNDISTURBED:.0%} of a core: {why}.")
    return lines


def _ratios(rounds: Sequence[Round], ceiling: Sequence[Round], size: str) -> list[float]:
    return [
        mine[size]["requests_per_second"] / top[size]["requests_per_second"]
        for mine, top in zip(rounds, ceiling, strict=False)
        if not mine["fault"] and not top["fault"]
    ]


def scaling(rounds: Sequence[dict[str, dict[str, float]]]) -> dict[str, float]:
    """What a second worker gave, as medians over rounds.

    Args:
        rounds: Of each, the passes ``one`` and ``two`` (workers): ``requests_per_second`` and ``server_cpu``, the share
            of one core that all processes of the server got.

    Returns:
        ``ratio`` of the rates as seen, ``cpu_ratio`` of what the servers got, ``per_cpu_ratio`` of requests per second
        of server CPU, and ``scaled``, twice that: what two workers make of two cores, if each gets one, of what one
        worker makes of one.
    """
    each = [(entry["one"], entry["two"]) for entry in rounds]
    per_cpu = statistics.median(_per_cpu(two) / _per_cpu(one) for one, two in each)
    return {
        "ratio": statistics.median(two["requests_per_second"] / one["requests_per_second"] for one, two in each),
        "cpu_ratio": statistics.median(two["server_cpu"] / one["server_cpu"] for one, two in each),
        "per_cpu_ratio": per_cpu,
        "scaled": 2 * per_cpu,
    }


def _per_cpu(figures: dict[str, float]) -> float:
    """Requests per second of processor time that the server used."""
    return figures["requests_per_second"] / figures["server_cpu"]
