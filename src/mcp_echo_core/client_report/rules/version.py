"""The header that repeats what ``initialize`` negotiated."""

import re
from collections.abc import Iterator, Sequence

from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import Found, Rule, found, quoted, subject
from mcp_echo_core.eras.versions import ALL_VERSIONS

WITH_HEADER = ("2025-06-18", "2025-11-25")
"""Revisions with a handshake that define the header."""

_FIELD = "mcp-protocol-version"
_REVISION = re.compile(r"\d{4}-\d{2}-\d{2}.*|draft.*", re.IGNORECASE)
_SPEC = "2025-06-18, 2025-11-25 basic/transports, Protocol Version Header"


def _after_opening(conversation: Conversation, revisions: Sequence[str]) -> Iterator[tuple[SessionFacts, Heard]]:
    """What followed the handshake of each session, judged by the revision that the handshake negotiated."""
    for session in conversation.sessions.values():
        if session.initialize is None or session.version not in revisions:
            continue
        opened = session.initialize.heard
        for heard in session.exchanges:
            followed = heard is not opened and heard.arrived >= (opened.answered or opened.arrived)
            if followed and heard.revision == session.version and not heard.opens:
                yield session, heard


def _sent(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session, heard in _after_opening(conversation, revisions):
        if heard.event.method not in ("POST", "GET", "DELETE") or heard.headers(_FIELD):
            continue
        assert session.initialize is not None  # noqa: S101 - _after_opening passes over the others
        says = f"{subject(heard)} came without MCP-Protocol-Version; {session.version} was negotiated."
        yield found(heard, says, session.initialize.heard, certainty="likely" if heard.proxied else None)


def _negotiated(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session, heard in _after_opening(conversation, revisions):
        value = heard.header(_FIELD)
        if value not in ALL_VERSIONS or value == session.version:
            continue
        assert session.initialize is not None  # noqa: S101 - _after_opening passes over the others
        offered = session.initialize.params.get("protocolVersion") == value
        hint = ", which is what initialize offered" if offered else ""
        says = f"{subject(heard)} names {value}{hint}; {session.version} was negotiated."
        yield found(heard, says, session.initialize.heard)


def _recognised(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        values = heard.headers(_FIELD)
        if len(values) > 1:
            yield found(heard, f"MCP-Protocol-Version came {len(values)} times: {quoted(heard.header(_FIELD))}.")
        elif values and values[0].strip() not in ALL_VERSIONS and not _may_be_news(heard, values[0].strip()):
            yield found(heard, f"MCP-Protocol-Version {quoted(values[0])} is no revision that is known here.")


def _may_be_news(heard: Heard, value: str) -> bool:
    """Whether it offers a revision that is not known here: before one is negotiated, that is nobody's fault."""
    return (heard.opens or heard.event.session is None) and _REVISION.fullmatch(value) is not None


RULES = (
    Rule(
        id="version-header-after-init",
        area="version",
        revisions=WITH_HEADER,
        level="must",
        title="What follows initialize carries MCP-Protocol-Version",
        fix="Add MCP-Protocol-Version with the negotiated revision to each POST, GET and DELETE of the session.",
        spec=(_SPEC,),
        judge=_sent,
    ),
    Rule(
        id="version-header-negotiated",
        area="version",
        revisions=WITH_HEADER,
        level="should",
        title="MCP-Protocol-Version names what was negotiated",
        fix="Take the value from protocolVersion in the answer to initialize, not from what was asked for.",
        spec=(_SPEC,),
        judge=_negotiated,
    ),
    Rule(
        id="version-header-recognised",
        area="version",
        revisions=WITH_HEADER,
        level="must",
        title="MCP-Protocol-Version is one revision of the protocol",
        fix="Send the date that was negotiated, once and as it is.",
        spec=(_SPEC, "2025-11-25 basic/lifecycle, Operation"),
        judge=_recognised,
    ),
)
