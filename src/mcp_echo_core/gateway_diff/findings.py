"""What was seen as lines: what matters first, everything once."""

from collections.abc import Iterator
from urllib.parse import urljoin

from mcp_echo_core import redaction
from mcp_echo_core.errors import HEADER_MISMATCH
from mcp_echo_core.gateway_diff import obstacles, way_back
from mcp_echo_core.gateway_diff.ask import Observation, Refused, shown
from mcp_echo_core.gateway_diff.compare import compare
from mcp_echo_core.gateway_diff.known import BY_NAME
from mcp_echo_core.gateway_diff.meaning import Line, judged, passed_on

MODERN = "a request of 2026-07-28"
"""Stands for the name of a header where the whole request was refused."""

_SLASH = (
    "Give clients the URL it leads to, or let the gateway serve this one: nginx 'location = /mcp', Traefik no"
    " RedirectRegex on this router."
)

_LOOP = "It leads to itself, so nobody arrives: look for the rule that redirects, and let the gateway serve this URL."


def lines(seen: Observation) -> list[Line]:
    """Everything that is not as it was sent, what matters first."""
    found = {_key(line): line for line in _found(seen)}
    if any(line.name != MODERN for line in found.values()):
        # Only a gateway can pass on what it should not; without any difference there may be none.
        passed = [line for asked in seen.whole for line in passed_on(asked.fields, asked.arrived or [])]
        found |= {_key(line): line for line in passed}
    return sorted(found.values(), key=lambda line: not line.matters)


def _key(line: Line) -> tuple[str, str, str]:
    return line.direction, line.name.lower(), line.change


def _found(seen: Observation) -> Iterator[Line]:
    yield from _redirects(seen)
    yield from map(_refused, seen.refused)
    differences = [line for asked in seen.whole for line in map(judged, compare(asked.fields, asked.arrived or []))]
    yield from differences
    yield from _head_refusal(seen, {line.name.lower() for line in differences if line.matters})
    yield from way_back.compared(seen)


def _redirects(seen: Observation) -> Iterator[Line]:
    for answer in seen.redirects:
        status = answer.status or 0
        location = answer.quoted(answer.headers["location"], obstacles.MAX_VALUE)
        url = answer.exchange.url
        to_itself = redaction.text(urljoin(url, str(answer.headers["location"]))) == url
        yield Line(
            name="POST", change="redirected", sent=(url,), arrived=(f"{status} to {location}",),
            matters=True, meaning=f"{obstacles.REDIRECTS[status]}; to another host they do not send credentials",
            fix=_LOOP if to_itself else _SLASH, reference="RFC 9110 section 15.4",
        )  # fmt: skip


def _head_refusal(seen: Observation, explained: set[str]) -> Iterator[Line]:
    """What the server itself refused although it was sent right, unless the loss of a field explains it."""
    answer = seen.modern
    reason = None if answer is None else obstacles.own_refusal(answer)
    if answer is None or reason is None or obstacles.blamed(answer) in explained:
        return
    matters = answer.code == HEADER_MISMATCH or seen.obstacle is not None
    yield Line(
        name=MODERN, change="refused", arrived=(answer.told(),), matters=matters,
        meaning=f"{reason}, although it was sent right" if matters
        else "the server does not serve that revision; the rest was asked in the older era",
        fix=obstacles.own_fix(answer) if matters else "",
        reference="2026-07-28 basic/transports/streamable-http, Server Validation",
    )  # fmt: skip


def _refused(refused: Refused) -> Line:
    """A field that a gateway does not let through; what belongs to the gateway, such as tokens, it may refuse."""
    name, answer = refused.name, refused.answer
    known = BY_NAME.get(name.lower())
    speaker = obstacles.speaker(answer)
    told = f"{answer.status} from {speaker}" if answer.status else f"{answer.failure}"
    notes = {
        "Authorization": f"{speaker} checks tokens, and this one is valid nowhere: give --bearer to follow a real one",
        "Origin": f"{speaker} lets no page ask, not even one of its own origin",
    }
    matters = name not in notes and known is not None and bool(known.breaks)
    return Line(
        name=name, change="refused", sent=(shown(name, refused.value),), arrived=(told,), matters=matters,
        meaning=known.breaks if matters and known else notes.get(name, f"{speaker} refuses it"),
        fix=known.fix if matters and known else "", reference=known.reference if known else "",
    )  # fmt: skip
