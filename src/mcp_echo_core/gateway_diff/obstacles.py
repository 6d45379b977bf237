"""Answers that are none of our server's: redirects, and the pages of gateways."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.urls import PORTS, port_of

MAX_NAME, MAX_VALUE = 60, 2000
"""Characters of a server's name, and of what one of our servers says of a refusal, that are quoted."""

NEEDED = (
    "this needs one of our servers ('mcp-echo serve') behind whatever is in the way, since only they tell what arrives"
)

REDIRECTS: Mapping[int, str] = {
    301: "clients may repeat the request as GET, without its body, and most do",
    302: "clients may repeat the request as GET, without its body, and most do",
    303: "clients repeat the request as GET, without its body",
    307: "clients that follow redirects repeat the POST; many MCP clients follow none",
    308: "clients that follow redirects repeat the POST; many MCP clients follow none",
}
"""What clients make of a redirect (RFC 9110 section 15.4; Fetch standard, HTTP-redirect fetch)."""

STATUSES: Mapping[int, str] = {
    400: f"it does not take the request as it is; {NEEDED}",
    401: "it wants credentials: give --bearer or --header",
    403: "it does not let this request through: give --bearer or --header, or look at its rules",
    404: "it has nothing at this path; the endpoint of our servers is /mcp",
    405: f"it does not let POST through; {NEEDED}",
    407: "it wants credentials of its own: give --header 'Proxy-Authorization: …'",
    408: "it did not get the request in time",
    413: "the body is too large for it, although it has only a few hundred bytes",
    414: "the URL is too long for it",
    421: "it does not serve the host that the request names: look at the name in the URL, at the Host that the gateway"
    " passes on, and at the server's list of allowed hosts",
    417: "it does not know 'Expect: 100-continue'",
    429: "it has had too many requests: wait, or raise its limit",
    431: "the header fields are too large for it",
    494: "the header fields are too large for it",
    500: "it failed",
    502: "it got no usable answer from the server behind it: is that one running, and at the address it is looked for?",
    503: "it has no server behind it that is ready",
    504: "the server behind it did not answer in time",
}
"""What a gateway means by a status; 494 is nginx's own."""


def is_redirect(answer: Answer) -> bool:
    """Whether an answer leads elsewhere."""
    return answer.status in REDIRECTS and "location" in answer.headers


def target(url: str, answer: Answer) -> str | None:
    """Where a redirect leads, if that is the same host and port or its secure twin; ``None`` for any other place.

    Credentials go along with the next request, so that nobody else may get it.
    """
    try:
        whole = urljoin(url, str(answer.headers["location"]))
        here, there = urlsplit(url), urlsplit(whole)
        places = [(parts.scheme, parts.hostname, port_of(parts.geturl())) for parts in (here, there)]
    except ValueError:
        return None
    secured = [("https", here.hostname, 443)] if places[0][2] == PORTS["http"] else []
    return whole if places[1] in [places[0], *secured] and not there.username else None


def problem(answer: Answer) -> str:
    """Why an answer is none of printHeader's, in words."""
    if answer.status is None:
        return f"no answer: {answer.failure}"
    known = STATUSES.get(answer.status)
    if answer.status == HTTPStatus.UNAUTHORIZED and "authorization" in _sent(answer):
        known = "it does not accept the credentials that were given"
    if known is not None and (answer.message is None or answer.status in (401, 403)):
        return f"{speaker(answer)} answered {answer.status}: {known}"
    if answer.message is None and answer.failure is not None:
        return f"{speaker(answer)} answered {answer.told()}"
    if answer.message is None:
        return f"{speaker(answer)} answered {answer.told()}, which is no answer of the protocol; {NEEDED}"
    if (refused := own_refusal(answer)) is not None:
        return f"the server refused the request as it arrived, with {answer.status}: {refused}"
    return f"printHeader was answered {answer.told()}; {NEEDED}"


def _sent(answer: Answer) -> set[str]:
    return {name.lower() for name, _ in answer.exchange.request_headers}


def own_refusal(answer: Answer) -> str | None:
    """What one of our servers did not like about a request's head; ``None`` for any other answer."""
    data = (answer.error or {}).get("data")
    if answer.status == 200 or not isinstance(data, dict) or not {"problem", "rule", "fix"} <= data.keys():  # noqa: PLR2004 - OK
        return None
    seen = f" (it saw {answer.quoted(data['seen'], MAX_VALUE)})" if data.get("seen") is not None else ""
    return f"{answer.quoted(data['problem'], MAX_VALUE)}{seen}"


def own_fix(answer: Answer) -> str:
    """What to do about a refusal of one of our servers' that ``own_refusal`` tells."""
    told = "The server tells what it did not get; look for what takes that out or changes it."
    if answer.status != HTTPStatus.MISDIRECTED_REQUEST or answer.error is None:
        return told
    return f"{answer.quoted(answer.error['data']['fix'], MAX_VALUE)} nginx: 'proxy_set_header Host …;'."


def blamed(answer: Answer) -> str | None:
    """The field, in lower case, that one of our servers names in a refusal."""
    data = (answer.error or {}).get("data")
    return str(data["header"]).lower() if isinstance(data, dict) and "header" in data else None


def speaker(answer: Answer) -> str:
    """Who gave an answer, as far as it says."""
    name = answer.headers.get("server")
    return answer.quoted(name, MAX_NAME) if name else "something on the way"
