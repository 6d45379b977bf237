"""Is the session id made of visible ASCII only?"""

from mcp_echo_core.client.answers import SESSION_HEADER
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.session_ids import VISIBLE
from mcp_echo_core.probe.survey import Survey


async def run(survey: Survey) -> Finding:
    """Look at every byte of the id."""
    session = await survey.session()
    if session.refused or session.id is None:
        return untested(session.refused or "the server gives no session id", session.answer)
    if VISIBLE.fullmatch(session.id):
        return passed("YES", session.answer)
    strange = sorted({ord(character) for character in session.id if not VISIBLE.fullmatch(character)})
    seen = ", ".join(f"0x{byte:02X}" for byte in strange[:8])
    fields = len(session.answer.headers.get_list(SESSION_HEADER))
    details = [f"Of bytes other than 0x21 to 0x7E, it has {seen}." if seen else "The header is there, but empty."]
    if fields > 1:
        details.append(f"The header came {fields} times; HTTP clients join the values with a comma and a blank.")
    return failed(
        "NO",
        session.answer,
        details=tuple(details),
        consequence="Clients cannot send the id back, or send it changed: their next request belongs to no session.",
        fix="Send one Mcp-Session-Id, made of visible ASCII: a UUID, hex digits or base64url.",
        facts={"bytes": strange, "fields": fields},
    )


CHECK = Check(
    id="session-id-visible-ascii",
    question="Is the session id made of visible ASCII only?",
    level="must",
    spec=("2025-11-25 basic/transports, Session Management 1",),
    run=run,
)
