"""How long ended sessions had lived, as values for a histogram: a store tells buckets and a sum, not each session."""

from collections.abc import Iterator, Sequence

from mcp_echo_core.stores.durations import BOUNDS, Durations

_LOWS = (0.0, *BOUNDS)
_WIDTHS = tuple(high - low for low, high in zip(_LOWS, BOUNDS, strict=False))


def since(now: Durations, before: Durations | None) -> Iterator[float]:
    """A value in seconds for each session that has ended since; their buckets and their sum are those of the sessions.

    Args:
        now: What a store has counted.
        before: What it had counted when it was asked last.
    """
    if before is None:
        before = Durations()
    counts = [count - earlier for count, earlier in zip(now.buckets, before.buckets, strict=True)]
    return _spread(counts, now.seconds - before.seconds)


def _spread(counts: Sequence[int], seconds: float) -> Iterator[float]:
    # Each value stands as far into its bucket, as a share of its width, as makes the sum right.
    above_lows = max(0.0, seconds - sum(count * low for count, low in zip(counts, _LOWS, strict=True)))
    widths = (*_WIDTHS, above_lows / counts[-1] if counts[-1] else 0.0)
    whole = sum(count * width for count, width in zip(counts, widths, strict=True))
    share = min(1.0, above_lows / whole) if whole else 0.0
    for index, count in enumerate(counts):
        value = _LOWS[index] + share * widths[index]
        if index < len(BOUNDS):
            value = min(value, BOUNDS[index])
        yield from (value for _ in range(count))
