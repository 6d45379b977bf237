"""Tells what a check found: for people, verdict first, or as JSON."""

from collections.abc import Iterator
from typing import Any

from msgspec import to_builtins

from mcp_echo_core.stream_check.advice import ADVICE, IDLE_ADVICE
from mcp_echo_core.stream_check.check import Report, Variant
from mcp_echo_core.stream_check.heads import coding
from mcp_echo_core.stream_check.verdict import Series, Tick, duration, lags_of
from mcp_echo_core.text import line

MAX_ROWS = 40
"""Ticks that are drawn."""

MIN_SCALE = 0.01
"""Seconds below which there is nothing to see on a time line."""

WIDTH = 48
"""Characters of the time line."""


def as_json(report: Report) -> dict[str, Any]:
    """Everything, for programs; times in seconds."""
    facts: dict[str, Any] = to_builtins(report)
    return {"exitCode": report.exit_code, **facts}


def as_text(report: Report) -> str:
    """Everything, for people."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for variant in report.variants:
        yield f"{variant.verdict.kind}: {variant.verdict.answer} [{variant.encoding}]"
    yield ""
    yield f"era     {report.era}, revision {report.revision}"
    for remark in report.remarks:
        yield f"        {line(remark)}"
    yield f"gzip    {report.gzip}"
    yield f"idle    {report.idle.answer}{f' ({report.idle.stream})' if report.idle.stream else ''}"
    for variant in _worth_showing(report.variants):
        yield from ("", f"Accept-Encoding: {variant.encoding}")
        yield from _picture(variant.series, variant.offset)
        yield from _head(variant)
    yield from _advice(report)


def _worth_showing(variants: tuple[Variant, ...]) -> list[Variant]:
    """The first, and what differs from it."""
    first, *others = variants
    return [first, *(each for each in others if _looks(each) != _looks(first))]


def _looks(variant: Variant) -> tuple[str, str | None]:
    return variant.verdict.kind, coding(variant.head)


def _picture(series: Series, offset: float | None) -> Iterator[str]:
    begin, end = _span(series)
    scale = end - begin
    if not series.ticks or scale < MIN_SCALE:
        return
    lags = lags_of(series.ticks) if series.stamped else (None,) * len(series.ticks)
    told = duration(scale)
    yield _row("tick", "sent", "arrived", "delay", f"0 s {'─' * (WIDTH - 6 - len(told))} {told}")
    for tick, lag in list(zip(series.ticks, lags, strict=True))[:MAX_ROWS]:
        yield _ticked(tick, lag, begin, scale)
    if len(series.ticks) > MAX_ROWS:
        yield f"  … and {len(series.ticks) - MAX_ROWS} more"
    if series.response is not None:
        at = series.response - begin
        yield _row("end", "", f"{at:.3f}", "", _bar(None, at / scale, "■"))
    yield "  o sent, ● arrived, ■ response" if series.stamped else "  ● arrived, ■ response"
    if offset is not None:
        yield (
            f"  Delays count from the fastest tick. The first arrived {duration(offset)} after its sending by the "
            "server's clock: latency and clock difference."
        )


def _span(series: Series) -> tuple[float, float]:
    """From the sending of the first tick to the last arrival, in the time of the arrivals."""
    arrivals = [tick.arrived for tick in series.ticks] + ([] if series.response is None else [series.response])
    begin = min(arrivals, default=0.0)
    if series.stamped:
        begin -= lags_of(series.ticks)[0]
    return begin, max(arrivals, default=0.0)


def _ticked(tick: Tick, lag: float | None, begin: float, scale: float) -> str:
    arrived = tick.arrived - begin
    if lag is None:
        return _row(str(tick.number), "", f"{arrived:.3f}", "", _bar(None, arrived / scale, "●"))
    sent = arrived - lag
    bar = _bar(sent / scale, arrived / scale, "●")
    return _row(str(tick.number), f"{sent:.3f}", f"{arrived:.3f}", f"{lag * 1000:.1f} ms", bar)


def _row(name: str, sent: str, arrived: str, delay: str, bar: str) -> str:
    return f"  {name:>4} {sent:>8} {arrived:>8} {delay:>10}  {bar}"


def _bar(sent: float | None, arrived: float, mark: str) -> str:
    end = round(arrived * (WIDTH - 1))
    start = end if sent is None else round(sent * (WIDTH - 1))
    if start >= end:
        return " " * end + mark
    return " " * start + "o" + "·" * (end - start - 1) + mark


def _head(variant: Variant) -> Iterator[str]:
    for field in variant.head:
        remark = f"  ({field.remark})" if field.remark else ""
        yield f"  {field.name}: {'-' if field.value is None else line(field.value)}{remark}"


def _advice(report: Report) -> Iterator[str]:
    kinds = dict.fromkeys(variant.verdict.kind for variant in report.variants)
    told = [(str(kind), ADVICE[kind]) for kind in kinds]
    told.append((f"idle stream {report.idle.kind}", IDLE_ADVICE[report.idle.kind]))
    known: set[str] = set()
    for title, advice in told:
        if advice.meaning:
            yield from ("", f"{title}: {advice.meaning}")
            yield from (f"  - {fix}" for fix in advice.fixes if fix not in known)
        known.update(advice.fixes)
