"""How often a client fetches what it may keep."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.rule import Found, Rule, found, quoted
from mcp_echo_core.client_report.rules.modern import MODERN

CACHEABLE = frozenset({
    "server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read",
})  # fmt: skip
"""Requests whose results carry ``ttlMs`` (2026-07-28 server/utilities/caching, Cacheable Results)."""

BEATS = 6
"""So many equal intervals are a beat."""

MAX_SPREAD = 0.02
"""Intervals that differ by less than this part of them are equal."""

MIN_INTERVAL = 1.0
"""Seconds; what comes faster is a burst."""

FRESH_FETCHES = 3
"""So many fetches while the first result was fresh are worth a word."""

_SPEC = "2026-07-28 server/utilities/caching"


def _fetches(exchanges: Sequence[Heard]) -> dict[str, list[Message]]:
    """The fetches of each thing, as often as one caller made them; not those that answer a question."""
    fetches: dict[str, list[Message]] = {}
    for message in (message for heard in exchanges for message in heard.messages):
        asked = {"inputResponses", "requestState"} & message.params.keys()
        if message.is_request and message.method in CACHEABLE and not asked:
            fetches.setdefault(message.operation, []).append(message)
    return fetches


def _beat(fetches: Sequence[Message]) -> list[Message]:
    """The first fetches that follow upon each other at equal intervals; nothing if there are too few."""
    times = [message.heard.arrived for message in fetches]
    for start in range(len(times) - BEATS):
        intervals = [later - earlier for earlier, later in pairwise(times[start : start + BEATS + 1])]
        least, most = min(intervals), max(intervals)
        if least >= MIN_INTERVAL and most - least < MAX_SPREAD * least:
            return list(fetches[start : start + BEATS + 1])
    return []


def _fresh(fetches: Sequence[Message], exchanges: Sequence[Heard]) -> list[Message]:
    """A fetch and those that follow while its result is fresh, without anything that explains them."""
    for place, first in enumerate(fetches):
        lifetime, answered = first.result.get("ttlMs"), first.heard.answered
        if isinstance(lifetime, bool) or not isinstance(lifetime, int) or lifetime <= 0 or answered is None:
            continue
        until = answered + lifetime / 1000
        if (news := _news(exchanges, answered)) is not None:
            until = min(until, news)
        # Another connection may be another process, which knows nothing of the first.
        again = [
            later
            for later in fetches[place + 1 :]
            if answered <= later.heard.arrived < until and _continues(first.heard, later.heard)
        ]
        if len(again) >= FRESH_FETCHES:
            return [first, *again]
    return []


def _continues(first: Heard, later: Heard) -> bool:
    same = later.event.connection == first.event.connection and later.event.instance == first.event.instance
    return same and not later.proxied


def _news(exchanges: Sequence[Heard], since: float) -> float | None:
    """When a caller first had a reason to fetch anew: a notification, an error, or a server that began again."""
    changes = [
        at
        for heard in exchanges
        for at, said in heard.said_at
        if at >= since and ("error" in said or str(said.get("method")).startswith("notifications/"))
    ]
    failures = [each.arrived for each in exchanges if each.arrived >= since and each.event.status >= 400]  # noqa: PLR2004 - HTTP
    return min([*changes, *failures], default=None)


def _polling(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for exchanges in conversation.callers(revisions).values():
        for fetches in _fetches(exchanges).values():
            method = quoted(fetches[0].method)
            if beat := _beat(fetches):
                interval = (beat[-1].heard.arrived - beat[0].heard.arrived) / BEATS
                says = f"{method} was fetched {len(beat)} times, every {interval:.3g} seconds without jitter."
                yield found(beat[0], says, *(each.heard for each in beat))
            elif again := _fresh(fetches, exchanges):
                lifetime = again[0].result["ttlMs"]
                says = f"{method} was fetched {len(again) - 1} times again within its ttlMs of {lifetime}."
                yield found(again[0], says, *(each.heard for each in again), level="should")


RULES = (
    Rule(
        id="cache-polling",
        area="modern",
        revisions=MODERN,
        level="must",
        certainty="heuristic",
        title="What may be kept is not fetched on a fixed beat",
        fix="Fetch when the data is needed and ttlMs is over or a change was notified; if you poll, add jitter.",
        spec=(f"{_SPEC}, Freshness Calculation", f"{_SPEC}, Time-to-Live (TTL) Field"),
        judge=_polling,
    ),
)
