"""What a page in a browser may do with a server: preflights and answers, seen with the eyes of the Fetch standard.

Source: Fetch standard, CORS protocol (CORS check, CORS-preflight fetch). A page that sends its token in
``Authorization`` does so without the credentials mode ``include``, so ``*`` is good for everything but that header.
"""

from collections.abc import Sequence
from http import HTTPStatus

from msgspec import Struct

from mcp_echo_core.client.answers import SESSION_HEADER, Answer
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.urls import without_userinfo
from mcp_echo_core.probe.openings import anonymous_opening, has_credentials, is_protected, opening, usual_opening
from mcp_echo_core.probe.survey import Survey, once

ORIGINS = ("https://inspector.example", "http://localhost:6274")
"""A page on the Internet, and MCP Inspector's on the user's machine."""

HEADERS = (
    "authorization", "content-type", "last-event-id", "mcp-method", "mcp-name", "mcp-param-x", "mcp-protocol-version",
    "mcp-session-id",
)  # fmt: skip
"""What MCP clients send and a page may only send when the server allows it; sorted, as browsers ask for them."""

ALLOW_ORIGIN = "access-control-allow-origin"
NO_CORS = "the server sends no CORS headers"


class Page(Struct, frozen=True):
    """What a page of one origin is told.

    Attributes:
        origin: Of the page.
        answer: To its first request.
        whole: To a preflight that asks for all headers that MCP knows.
        preflight: The same or, where that was refused, to one that asks for what this server needs.
        turned_away: Its origin is refused, whatever CORS headers the refusal carries.
        deletion: To the preflight for DELETE, where the first one does not allow it and there is a session to end.
    """

    origin: str
    answer: Answer
    whole: Answer
    preflight: Answer
    turned_away: bool
    deletion: Answer | None

    @property
    def welcome(self) -> bool:
        """Whether the server means to let it in: one answer or the other says so."""
        return not self.turned_away and any(allows(each, self.origin) for each in (self.preflight, self.answer))

    @property
    def evidence(self) -> Sequence[Answer]:
        """Everything it was told."""
        return [self.whole, self.preflight, *([self.deletion] if self.deletion else []), self.answer]


@once
async def pages(survey: Survey) -> Sequence[Page]:
    """What pages of several origins are told."""
    return [await _page(survey, origin) for origin in ORIGINS]


async def welcome_pages(survey: Survey) -> Sequence[Page]:
    """Those the server means to let in."""
    return [page for page in await pages(survey) if page.welcome]


async def needed_headers(survey: Survey) -> Sequence[str]:
    """The headers that a page has to send to this server, of those that must be allowed."""
    session, eras = await survey.session(), await survey.eras()
    wanted = {"content-type", "mcp-protocol-version"}
    wanted |= {"mcp-session-id"} if session.id is not None else set()
    wanted |= {"mcp-method", "mcp-name"} if eras.modern else set()
    wanted |= {"authorization"} if await is_protected(survey) else set()
    return sorted(wanted)


@once
async def challenged_page(survey: Survey) -> Answer | None:
    """What a page without a token is told by a server that wants one; ``None`` from one that does not."""
    if (await anonymous_opening(survey)).status != HTTPStatus.UNAUTHORIZED:
        return None
    page = next(iter(await welcome_pages(survey)), None)
    if page is None or not has_credentials(survey):
        return page.answer if page else None
    purpose = f"is a page of {page.origin} told that it needs a token?"
    return await opening(survey, purpose, headers=[("Origin", page.origin)], anonymous=True)


def allows(answer: Answer, origin: str) -> bool:
    """Whether a page may read the answer; a field that comes twice is a matter of its own (``cors-duplicates``)."""
    return bool({"*", origin} & set(members(answer, ALLOW_ORIGIN)))


def refused_headers(answer: Answer, names: Sequence[str]) -> list[str]:
    """Those of the headers that a preflight's answer does not allow; ``*`` does not cover ``Authorization``."""
    allowed = {name.lower() for name in members(answer, "access-control-allow-headers")}
    return [name for name in names if name not in allowed and ("*" not in allowed or name == "authorization")]


def refuses_method(answer: Answer, method: str) -> bool:
    """Whether a preflight's answer does not allow a method; GET, HEAD and POST need no permission."""
    return not {"*", method} & set(members(answer, "access-control-allow-methods"))


def hides(answer: Answer, name: str) -> bool:
    """Whether a page cannot read a header of the answer."""
    return not {"*", name} & {exposed.lower() for exposed in members(answer, "access-control-expose-headers")}


def members(answer: Answer, name: str) -> list[str]:
    """The members of a header that is a list, of all fields of that name."""
    return [part.strip() for value in answer.headers.get_list(name) for part in value.split(",") if part.strip()]


async def _page(survey: Survey, origin: str) -> Page:
    answer = await opening(survey, f"may a page of {origin} use the server?", headers=[("Origin", origin)])
    whole = preflight = await _preflight(survey, origin, "POST", HEADERS)
    needed = await needed_headers(survey)
    if not (whole.ok and allows(whole, origin)):
        # Some servers refuse the whole list, and tell nothing, because of the one name they do not know.
        preflight = await _preflight(survey, origin, "POST", needed)
    deletion = None
    if SESSION_HEADER in needed and allows(preflight, origin) and refuses_method(preflight, "DELETE"):
        deletion = await _preflight(survey, origin, "DELETE", [name for name in needed if name != "content-type"])
    turned_away = answer.status == HTTPStatus.FORBIDDEN and (await usual_opening(survey)).status != answer.status
    return Page(origin, answer, whole, preflight, turned_away, deletion)


async def _preflight(survey: Survey, origin: str, method: str, names: Sequence[str]) -> Answer:
    """Ask as a browser does: without any credentials and without a header of the user's."""
    headers = [
        ("Accept", "*/*"),
        ("Origin", origin),
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", ",".join(names)),
    ]
    purpose = f"the preflight of a page of {origin} for {method}"
    url = without_userinfo(survey.options.url)
    return await survey.send(Outgoing(purpose=purpose, method="OPTIONS", url=url, headers=headers), fresh=True)
