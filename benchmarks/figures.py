"""The tables of each kind of measurement, from what its file holds: for terminals and for the page alike."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from tables import Table

MIB = 1 << 20
KIB = 1 << 10
Row = dict[str, Any]
Document = dict[str, Any]

ECHO: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("req/s, 32 conn.", lambda row: f"{row['many_requests_per_second']:,.0f}"),
    ("of ceiling", lambda row: _ratio(row["many_ratios"])),
    ("p50 ms", lambda row: f"{row['many_p50_ms']:.2f}"),
    ("p99 ms", lambda row: f"{row['many_p99_ms']:.2f}"),
    ("p99/p50", lambda row: f"{row['many_spread']:.2f}"),
    ("CPU µs/req", lambda row: f"{row['many_cpu_us']:.1f}"),
    ("req/s, 1 conn.", lambda row: f"{row['one_requests_per_second']:,.0f}"),
    ("of ceiling", lambda row: _ratio(row["one_ratios"])),
    ("p50 ms", lambda row: f"{row['one_p50_ms']:.3f}"),
    ("p99 ms", lambda row: f"{row['one_p99_ms']:.3f}"),
)
SIZE: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("start ms", lambda row: f"{row['start_ms']:.0f}"),
    ("RSS idle", lambda row: _mib(row["rss_idle"])),
    ("loaded", lambda row: _mib(row["rss_loaded"])),
    ("bytes/session", lambda row: f"{row['session_bytes']:,.0f}" if row.get("session_bytes") is not None else "–"),
    ("answers as", lambda row: row["answer"]),
    ("server CPU", lambda row: f"{row['many_server_cpu']:.0%}"),
    ("load gen. CPU", lambda row: f"{row['many_load_cpu']:.0%}"),
)
"""Heading and cell."""


def echo(document: Document) -> list[Table]:
    """Speed and size side by side; a subject with any fault shows VOID and why."""
    rows = document["summaries"]
    notes = [f"{name} is VOID: {row['fault'].splitlines()[0]}" for name, row in rows.items() if row["fault"]]
    notes += [f"{name} is missing: {reason}" for name, reason in document["missing"].items()]
    return [
        Table("Echo round trips", *_side_by_side(rows, ECHO), [*notes, *document["limits"]]),
        Table("Start, memory, answers", *_side_by_side(rows, SIZE)),
        *_recording(rows),
    ]


def _side_by_side(
    rows: dict[str, Row], columns: Sequence[tuple[str, Callable[[Row], str]]]
) -> tuple[list[str], list[list[str]]]:
    cells = [[name, *(["VOID"] if row["fault"] else [cell(row) for _, cell in columns])] for name, row in rows.items()]
    return ["server", *(heading for heading, _ in columns)], cells


def _recording(rows: dict[str, Row]) -> list[Table]:
    """What the record of exchanges costs, where both were measured."""
    pairs = [
        (name, row, rows[f"{name}-unrecorded"])
        for name, row in rows.items()
        if f"{name}-unrecorded" in rows and not row["fault"] and not rows[f"{name}-unrecorded"]["fault"]
    ]
    cells = []
    for name, on, off in pairs:
        costs = (off["many_cpu_us"], on["many_cpu_us"], on["many_cpu_us"] - off["many_cpu_us"])
        kept = on["many_requests_per_second"] / off["many_requests_per_second"]
        cells.append([name, *(f"{cost:.1f}" for cost in costs), f"{kept:.2f}"])
    headings = ["server", "CPU µs/req without", "with", "difference", "req/s with / without"]
    return [Table("What recording costs", headings, cells)] if cells else []


ECHOES_BESIDE = (
    ("without streams", "before"),
    ("beside them", "during"),
    ("with a message on the session's stream for each", "carrying"),
)


def streams(document: Document) -> list[Table]:
    """Memory, keep-alives, echoes beside."""
    row, settings = document["figures"], document["settings"]
    opened = row["opened"]
    cells = [
        ["streams open", f"{opened:,}"],
        ["time to open them", f"{row['seconds']:.1f} s ({opened / row['seconds']:,.0f}/s)"],
        ["CPU to open one", f"{row['cpu_open'] / opened * 1e6:.0f} µs"],
        ["memory per stream", f"{(row['rss_streams'] - row['rss_sessions']) / opened / KIB:.1f} KiB"],
        ["memory of the server with all of them", _mib(row["rss_streams"])],
        ["CPU seconds per minute, no streams", f"{row['cpu_idle_before']:.2f}"],
        [f"the same with them, keep-alives every {settings['keep_alive_seconds']} s", f"{row['cpu_idle']:.2f}"],
    ]
    notes = [f"{row['asked']:,} were asked for; the limit of open files allows {row['wanted']:,}."]
    beside = [
        [label, *(cell for size in ("many", "one") for cell in _pass(row[when][size]))] for label, when in ECHOES_BESIDE
    ]
    columns = ("p50 ms", "p99 ms", "CPU µs/req")
    headings = ["echo", "req/s, 32 conn.", *columns, "req/s, 1 conn.", *columns]
    return [
        Table("Idle event streams", ["", "figure"], cells, notes if row["wanted"] < row["asked"] else []),
        Table("Echo beside idle streams", headings, beside),
    ]


def _pass(row: Row) -> tuple[str, ...]:
    cpu = row["server_cpu"] / row["requests_per_second"] * 1e6
    return (f"{row['requests_per_second']:,.0f}", f"{row['p50_ms']:.3f}", f"{row['p99_ms']:.3f}", f"{cpu:.1f}")


def sessions(document: Document) -> list[Table]:
    """Rates and bytes by store."""
    many = document["settings"]["concurrent"]
    columns: tuple[tuple[str, Callable[[Row], float], int], ...] = (
        ("handshakes/s", lambda row: row["handshakes"]["requests_per_second"], 0),
        ("created/s", lambda row: row["store"]["create"], 0),
        ("swept/s", lambda row: row["store"]["sweep"], 0),
        ("longest gap of a sweep, ms", lambda row: row["store"]["sweep_gap"] * 1000, 1),
        ("bytes/session", lambda row: row["store"]["bytes"], 0),
        ("operations/s, 1 at once", lambda row: row["store"]["apply_1"], 0),
        (f"{many} at once", lambda row: row["store"][f"apply_{many}"], 0),
    )
    cells = [
        [name, *(f"{figure(row):,.{digits}f}" for _, figure, digits in columns)]
        for name, row in document["figures"].items()
    ]
    return [Table("Sessions", ["store", *(heading for heading, _, _ in columns)], cells)]


def endurance(document: Document) -> list[Table]:
    """Errors, latencies, growth."""
    load = []
    memory = []
    for name, row in document["figures"].items():
        long = row["long"]
        times = (f"{long['p50_ms']:.2f}", f"{long['p99_ms']:.2f}", f"{long['max_ms']:.1f}")
        load.append([name, f"{long['requests_per_second']:,.0f}", *times, str(row["errors"])])
        growth = f"{row['rss_last'] / row['rss_first'] - 1:+.1%}"
        asked = (f"{row['requests_first']:,}", f"{row['requests_last']:,}")
        sizes = (_mib(row["rss_idle"]), _mib(row["rss_first"]), _mib(row["rss_last"]))
        memory.append([name, sizes[0], asked[0], sizes[1], asked[1], sizes[2], growth])
    seconds = document["settings"]["seconds"]
    return [
        Table(f"{seconds:g} seconds at full load", ["server", "req/s", "p50 ms", "p99 ms", "max ms", "errors"], load),
        Table("Memory", ["server", "RSS idle", "requests", "RSS", "requests", "RSS", "growth"], memory),
    ]


def workers(document: Document) -> list[Table]:
    """Rates and processor time of one and two workers."""
    cells = []
    for label, name in (("1 worker", "one"), ("2 workers", "two")):
        passes = [entry[name] for entry in document["rounds"]]
        rate, server, load = (
            statistics.median(each[figure] for each in passes)
            for figure in ("requests_per_second", "server_cpu", "load_cpu")
        )
        per_cpu = statistics.median(each["requests_per_second"] / each["server_cpu"] for each in passes)
        p99 = statistics.median(each["p99_ms"] for each in passes)
        memory = _mib(statistics.median(each["rss"] for each in passes))
        cells.append([label, f"{rate:,.0f}", f"{server:.2f}", f"{load:.2f}", f"{per_cpu:,.0f}", f"{p99:.2f}", memory])
    sums = document["summary"]
    ratios = ["2 / 1", *(f"{sums[name]:.2f}" for name in ("ratio", "cpu_ratio")), "", f"{sums['per_cpu_ratio']:.2f}"]
    headings = ["", "req/s", "server cores", "load gen. cores", "req per server CPU second", "p99 ms", "RSS"]
    note = f"Two workers with a core each would do {sums['scaled']:.2f} times what one does, by processor time."
    return [Table("Workers", headings, [*cells, ratios], [note])]


TABLES: dict[str, Callable[[Document], list[Table]]] = {
    "echo": echo,
    "streams": streams,
    "sessions": sessions,
    "endurance": endurance,
    "workers": workers,
}


def _ratio(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f}" if ratios else "–"


def _mib(size: float) -> str:
    return f"{size / MIB:.1f} MiB"
