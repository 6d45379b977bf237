"""Redirects, followed by hand: each step is kept, and no step gives credentials to another host."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit, urlunsplit

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.urls import origin_of, port_of, without_userinfo
from mcp_echo_core.probe.openings import opening, usual_opening
from mcp_echo_core.probe.survey import Survey, once
from mcp_echo_core.redaction import text as redacted

MAX_STEPS = 5
"""Redirects that are followed."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPING = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
"""Redirects that keep method and body (RFC 9110 section 15.4); after the others, clients send GET without a body."""


class Step(Struct, frozen=True):
    """A redirect.

    Attributes:
        answer: The redirect itself.
        source: What was asked.
        target: Where it leads, absolute; ``None`` when it does not say.
    """

    answer: Answer
    source: str
    target: str | None

    @property
    def faults(self) -> list[str]:
        """What a client loses by it, a few words each."""
        if self.target is None:
            return ["the redirect has no usable Location"]
        old, new = urlsplit(self.source), urlsplit(self.target)
        faults = []
        if self.answer.status not in KEEPING:
            faults.append(f"{self.answer.status} turns POST into GET: the message is lost")
        if old.scheme == "https" and new.scheme == "http":
            faults.append("it leads from https to http: token and messages would go in clear")
        other_port = old.scheme == new.scheme and port_of(self.source) != port_of(self.target)
        if old.hostname != new.hostname or other_port:
            faults.append(
                f"it leads to another host or port ({new.netloc.rpartition('@')[2]}): Authorization is dropped"
            )
        return faults

    @property
    def lost_path(self) -> str | None:
        """The fault of a target whose path does not contain what was asked; it is none where that is on purpose."""
        old, new = urlsplit(self.source).path, urlsplit(self.target or "").path
        return None if old.rstrip("/") in new else f"the path {old} is lost ({new or '/'})"

    @property
    def upgrades(self) -> bool:
        """Whether it leads from http to https on the same host."""
        old, new = urlsplit(self.source), urlsplit(self.target or "")
        return (old.scheme, new.scheme) == ("http", "https") and old.hostname == new.hostname

    @property
    def shown(self) -> str:
        """The target, fit to be shown."""
        return redacted(self.target) if self.target is not None else "nowhere"


def step(answer: Answer, source: str) -> Step | None:
    """The redirect that an answer is, or ``None``."""
    if answer.status not in REDIRECTS:
        return None
    try:
        target = urljoin(source, answer.headers["location"])
    except (KeyError, ValueError):
        return Step(answer, source, None)
    return Step(answer, source, target if origin_of(target).startswith(("http://", "https://")) else None)


class Way(Struct, frozen=True):
    """Where the asked URL leads.

    Attributes:
        steps: The redirects in order.
        end: The last answer.
        circle: It led to a URL where it had been, or further than anybody follows.
    """

    steps: Sequence[Step]
    end: Answer
    circle: bool


@once
async def way(survey: Survey) -> Way:
    """Follow the redirects of the asked URL.

    As long as they stay at the asked scheme, host and port, the request is repeated; elsewhere it is a GET without
    credentials.
    """
    answer, url = await usual_opening(survey), survey.options.url
    steps: list[Step] = []
    seen = {url}
    while (found := step(answer, url)) is not None:
        steps.append(found)
        if found.target is None:
            break
        if found.target in seen or len(steps) == MAX_STEPS:
            return Way(steps, answer, circle=True)
        url = found.target
        seen.add(url)
        answer = await _asked(survey, url)
    return Way(steps, answer, circle=False)


async def look(survey: Survey, url: str, purpose: str, *, accept: str = "*/*", origin: str | None = None) -> Answer:
    """GET a URL as a stranger: no credentials and no header of the user's."""
    headers = [("Accept", accept), *([("Origin", origin)] if origin is not None else [])]
    request = Outgoing(purpose=purpose, method="GET", url=without_userinfo(url), headers=headers)
    return await survey.send(request, fresh=True)


def sibling(url: str) -> str | None:
    """The URL with a slash at the end of its path, or without; ``None`` when it has no path."""
    parts = urlsplit(url)
    bare = parts.path.rstrip("/")
    if not bare:
        return None
    return urlunsplit(parts._replace(path=bare if parts.path.endswith("/") else f"{bare}/"))


async def _asked(survey: Survey, url: str) -> Answer:
    if origin_of(url) == origin_of(survey.options.url):
        return await opening(survey, "where the redirect leads", url=url)
    return await look(survey, url, "where the redirect leads, without credentials")
