"""Where the dashboard of a session or a bin is, from whatever somebody has at hand: a URL of it, an endpoint, an id."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit, urlunsplit

USABLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What ids of sessions and names of bins look like."""

_PAGE = re.compile(r"(?P<base>.*)/dashboard/(?P<rest>view/[A-Za-z0-9_-]+|[A-Za-z0-9][A-Za-z0-9_-]{0,63})(?:/.*)?")
_ENDPOINT = re.compile(r"(?P<base>.*?)(?:/b/(?P<bin>[A-Za-z0-9][A-Za-z0-9_-]{0,63}))?/mcp/?")


class Place(NamedTuple):
    """Where a record is shown.

    Attributes:
        page: URL of its page, without a query; its data lie beneath.
        token: What the URL carried as ``token``, or nothing.
    """

    page: str
    token: str = ""


def place_of(target: str, server: str, kept: str | None = None) -> Place:
    """The dashboard that somebody means.

    Args:
        target: URL of a dashboard, of a view of it or of an endpoint; or the id of a session, or a bin's name.
        server: URL of the server for what is no URL.
        kept: The session of that endpoint, where one is known.

    Raises:
        ValueError: It cannot be told; with the reason.
    """
    if "://" not in target:
        if not USABLE_ID.fullmatch(target):
            raise ValueError("what is to be watched is neither a URL nor a session id nor a bin's name")
        return Place(f"{server.rstrip('/')}/dashboard/{target}")
    parts = urlsplit(target)
    given = dict(parse_qsl(parts.query)).get("token", "")
    if (shown := _PAGE.fullmatch(parts.path)) is not None:
        return Place(_joined(target, f"{shown['base']}/dashboard/{shown['rest']}"), given)
    if (page := page_of(target, kept)) is None:
        why = "it names no bin, and no session of it is kept"
        raise ValueError(f"the URL tells no dashboard: {why}; give the session's id with --server, or use /b/NAME/mcp")
    return Place(page, given)


def page_of(endpoint: str, session: str | None) -> str | None:
    """The page of an endpoint's bin, else of a session of it; ``None`` where the URL is none of our endpoints.

    Args:
        endpoint: URL of an MCP endpoint.
        session: The id of a session there, if there is one.
    """
    found = _ENDPOINT.fullmatch(urlsplit(endpoint).path)
    name = found and (found["bin"] or session)
    if found is None or not name or not USABLE_ID.fullmatch(name):
        return None
    return _joined(endpoint, f"{found['base']}/dashboard/{name}")


def _joined(url: str, path: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
