"""What gets through and for how long: streams, methods, bodies, and sessions on the right instance."""

from collections.abc import Iterator

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway.observation import Case, Look
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import quoted
from mcp_echo_core.guard import JSON_TYPE, SSE_TYPE

LIMITS = (30, 55, 60, 100, 120, 300, 600)
"""Seconds after which proxies are known to close what is quiet, or everything."""

TOLERANCE = 1.0
ENOUGH = 3
"""So many cases are no accident."""

STALL_SECONDS = 1.0
"""A body that was announced and comes this late was waiting for the 100."""

_GONE = 404
_WENT_AWAY = 499


def _streams(conversation: Conversation) -> Iterator[Case]:
    cut: dict[int, list[Heard]] = {}
    for heard in conversation.heard:
        seconds = heard.event.seconds
        streamed = SSE_TYPE in (heard.answer_header("content-type") or "") and heard.event.ended_by == "client"
        if seconds is not None and (streamed or heard.event.status == _WENT_AWAY):
            for limit in (limit for limit in LIMITS if abs(seconds - limit) <= TOLERANCE):
                cut.setdefault(limit, []).append(heard)
    for limit, exchanges in cut.items():
        if len(exchanges) >= ENOUGH:
            yield f"{len(exchanges)} answers were cut off after {limit} seconds.", tuple(exchanges)


def _blocked(conversation: Conversation) -> Iterator[Case]:
    routes: dict[str, list[Heard]] = {}
    for heard in conversation.heard:
        via = heard.header("via")
        if via is not None:
            routes.setdefault(via, []).append(heard)
        if _emptied(heard):
            yield "A POST that is labelled as JSON arrived with Content-Length 0.", (heard,)
        waiting = "100-continue" in (heard.header("expect") or "").lower()
        if waiting and heard.event.seconds is not None and heard.event.seconds >= STALL_SECONDS:
            yield "A request with Expect: 100-continue took long, as if nobody had answered 100.", (heard,)
    for via, exchanges in routes.items():
        sessions = {heard.event.session for heard in exchanges if heard.event.session and not heard.modern}
        if len(sessions) >= ENOUGH and all(heard.event.method == "POST" for heard in exchanges):
            says = f"Of {len(sessions)} sessions behind {quoted(via)}, not one sent GET or DELETE."
            yield says, (exchanges[0], exchanges[-1])


def _emptied(heard: Heard) -> bool:
    labelled = JSON_TYPE in (heard.header("content-type") or "").lower()
    return heard.event.method == "POST" and heard.header("content-length") == "0" and labelled


def _affinity(conversation: Conversation) -> Iterator[Case]:
    for session in conversation.sessions.values():
        if session.initialize is None:
            continue
        home = session.initialize.heard
        ended = min((each.arrived for each in session.exchanges if each.event.method == "DELETE"), default=None)
        unknown = [
            heard
            for heard in conversation.heard
            if heard.header("mcp-session-id") == session.id
            and heard.event.status == _GONE
            and heard.event.instance != home.event.instance
            and (ended is None or heard.arrived < ended)
        ]
        alive = [each for each in session.exchanges if each.event.status not in (_GONE, _WENT_AWAY)]
        lost = [heard for heard in unknown if any(each.arrived > heard.arrived for each in alive)]
        if lost:
            yield "A session was unknown to another instance and lived on where it had begun.", (home, *lost)


LOOKS = (
    Look(
        id="gw-stream-buffering-or-timeout",
        title="Answers end after a round number of seconds",
        meaning="A proxy, or the client itself, gives up after this time: send keep-alives more often than that.",
        basis="2026-07-28 basic/transports/streamable-http, Receiving Messages and Cancellation",
        cases=_streams,
    ),
    Look(
        id="gw-method-or-body-blocked",
        title="GET, DELETE or bodies do not get through",
        meaning="The gateway filters: streams cannot be opened, and sessions cannot be ended.",
        basis="RFC 9110 sections 9 and 10.1.1",
        cases=_blocked,
    ),
    Look(
        id="gw-session-affinity-lost",
        title="Living sessions are unknown on some instances",
        meaning="The load balancer does not keep sessions in place: route by Mcp-Session-Id, or share their storage.",
        basis="2025-11-25 basic/transports, Session Management",
        cases=_affinity,
    ),
)
