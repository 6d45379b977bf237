"""Does the modern era leave session ids alone?"""

from uuid import uuid4

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.versions import MODERN, modern_listing, without_modern_era

FIX = "Neither read nor write Mcp-Session-Id where params._meta makes a request modern."


async def run(survey: Survey) -> Finding:
    """Send a modern request with a session id that nobody gave out."""
    if (reason := await without_modern_era(survey)) is not None:
        return untested(reason, (await survey.eras()).discover)
    discover, listing = (await survey.eras()).discover, await modern_listing(survey)
    header = [("Mcp-Session-Id", str(uuid4()))]
    request = survey.requests.modern("server/discover", purpose="a modern request with a session id", extra=header)
    answer = await survey.send(request)
    giver = next((each for each in (discover, listing, answer) if each.session is not None), None)
    if giver is not None:
        return _failed(
            "NO: an answer carries a session id",
            giver,
            "Clients that keep the id send it again, and instances that share no sessions seem to lose it.",
        )
    if answer.result is None:
        return _failed(
            f"NO: a request with a session id is answered {answer.told()}",
            answer,
            "A client that still has an id of the legacy era is refused for something that has no meaning any more.",
        )
    return passed("YES", discover, listing, answer)


def _failed(told: str, answer: Answer, consequence: str) -> Finding:
    details = ("The modern era has no sessions: an id should be ignored, and none be minted or sent back.",)
    return failed(told, answer, details=details, consequence=consequence, fix=FIX)


CHECK = Check(
    id="modern-session",
    question="Does the modern era leave session ids alone?",
    level="should",
    spec=(f"{MODERN}, Earlier Streamable HTTP Revisions",),
    run=run,
)
