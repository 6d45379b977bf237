"""Does a stream survive when nothing is to be said?"""

from mcp_echo_core.probe.check import Check, Finding, noted, passed, untested
from mcp_echo_core.probe.streams import TRANSPORT, watched
from mcp_echo_core.probe.survey import Survey


async def run(survey: Survey) -> Finding:
    """See whether the stream is still open after the idle time."""
    idle = survey.options.idle
    if not idle:
        return untested("not asked for; --idle N leaves a stream alone for N seconds")
    found = await watched(survey)
    answer = found.answer
    if answer is None or found.missing:
        return untested(found.missing or "", found.session.answer if answer is None else answer)
    facts = {"survived": not found.ended, "seconds": round(found.seconds, 3)}
    if not found.ended:
        return passed(f"YES, open after {found.seconds:.0f} s", answer, facts=facts)
    if answer.failure is not None:
        return noted(
            f"NO, broken off after {found.seconds:.1f} s",
            answer,
            details=(f"How it ended: {answer.failure}.", "A server that ends a stream would have ended it cleanly."),
            consequence="Clients reconnect; what is sent meanwhile is lost unless the stream can be resumed.",
            fix="Look for a time-out of about this length in what stands between, and send keep-alives more often.",
            facts=facts,
        )
    return noted(
        f"NO, ended after {found.seconds:.1f} s",
        answer,
        details=("It ended cleanly: by the server itself, or by a proxy that ends answers so.",),
        consequence="Clients reconnect, after the time that retry gives if the stream gave one.",
        facts=facts,
    )


CHECK = Check(
    id="stream-idle",
    question="Does a stream survive when nothing is to be said?",
    level="note",
    spec=(f"{TRANSPORT}, Listening for Messages from the Server 4",),
    run=run,
    in_session=True,
)
