"""What a server makes of pages it should not know: foreign origins, and the foreign host of DNS rebinding."""

from urllib.parse import urlsplit

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.urls import origin_of, without_userinfo
from mcp_echo_core.probe.openings import opening
from mcp_echo_core.probe.survey import Survey, once

EVIL = "evil.example"
"""A host that no server is known by."""

STRANGE = f"https://{EVIL}"
"""The origin of a page that no server has a reason to know."""


class Strangers(Struct, frozen=True):
    """The answers to first requests of pages.

    Attributes:
        evil: To one from a foreign origin.
        null: To one from ``Origin: null``, which every page can send out of a sandboxed frame.
        own: To one from the server's own origin.
        rebound: To one as DNS rebinding makes it: host and origin are foreign, and the same.
    """

    evil: Answer
    null: Answer
    own: Answer
    rebound: Answer


@once
async def strangers(survey: Survey) -> Strangers:
    """Ask as pages of several origins."""
    host = rebinding_host(survey.options.url)
    scheme = urlsplit(survey.options.url).scheme
    own = origin_of(without_userinfo(survey.options.url))
    rebound = [("Host", host), ("Origin", f"{scheme}://{host}")]
    return Strangers(
        evil=await opening(survey, "a page of a foreign origin", headers=[("Origin", STRANGE)]),
        null=await opening(survey, "a page of no origin", headers=[("Origin", "null")]),
        own=await opening(survey, "a page of the server's own origin", headers=[("Origin", own)]),
        rebound=await opening(survey, "a page that DNS rebinding has led here", headers=rebound),
    )


@once
async def foreign_host(survey: Survey) -> Answer:
    """Ask for a host that the server is not known by."""
    host = rebinding_host(survey.options.url)
    return await opening(survey, "a request for a foreign host", headers=[("Host", host)])


def rebinding_host(url: str) -> str:
    """What a browser writes into ``Host`` after DNS rebinding: the attacker's name and the server's port."""
    port = urlsplit(url).port
    return f"{EVIL}:{port}" if port else EVIL
