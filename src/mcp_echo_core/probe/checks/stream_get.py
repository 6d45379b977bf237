"""Does GET open an event stream, or say with 405 that there is none?"""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.eras.versions import MODERN_VERSIONS
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.streams import TRANSPORT, Watched, streams, watched
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED

RULE = "The answer to GET must be text/event-stream or 405 Method Not Allowed."

OVERLOADED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
"""Statuses of a server that would answer otherwise at another time."""

TROUBLE: dict[int, tuple[str, str]] = {
    HTTPStatus.UNAUTHORIZED: (
        "The POST requests of the same session were let in: clients start an authorization flow in mid-session.",
        "Apply the same authorization to GET as to POST; a gateway often has a rule per method.",
    ),
    HTTPStatus.FORBIDDEN: (
        "The POST requests of the same session were let in; clients report a lack of rights, or give up the session.",
        "Apply the same authorization to GET as to POST; a gateway often has a rule per method.",
    ),
    HTTPStatus.NOT_FOUND: (
        "In a session 404 means that the session is gone: clients begin a new one, and another one after the next GET.",
        "Route GET to where POST goes. If it is: another instance answered, one without the session (see replicas).",
    ),
    HTTPStatus.NOT_ACCEPTABLE: (
        "Clients that ask for text/event-stream alone, as the rule for GET has it, get no stream.",
        "Accept 'Accept: text/event-stream' on GET; application/json need only be named with POST.",
    ),
}
"""By status: what a client does, and what to change."""

OTHERWISE = (
    "Clients cannot tell a server without streams from a broken one: they retry, report an error or give up.",
    "Answer GET with 405 and 'Allow: POST, DELETE' if there are no streams; see to it that a proxy does the same.",
)


async def run(survey: Survey) -> Finding:
    """Look at the answer to GET; of a server without the legacy era, to one outside of any session."""
    found = await watched(survey)
    if found.answer is not None:
        return _judged(found.answer, found)
    eras = await survey.eras()
    if eras.modern and not eras.legacy:
        return await _modern(survey)
    return untested(found.session.refused or "there is no session", found.session.answer)


def _judged(answer: Answer, found: Watched) -> Finding:
    facts = {"status": answer.status, "stream": streams(answer)}
    if streams(answer):
        early = (f"It was over after {found.seconds:.1f} s, which a server may do at any time.",) if found.ended else ()
        return passed(
            "YES, an event stream",
            answer,
            details=early,
            consequence="Clients keep it open and receive notifications and requests of the server on it.",
            facts=facts,
        )
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        told = answer.headers.get("allow")
        missing = () if told else ("The Allow header is missing, which 405 must have (RFC 9110 section 15.5.6).",)
        return passed(
            "NO (405): the server offers no stream",
            answer,
            details=missing,
            consequence="Clients do without: only answers to their own requests reach them.",
            facts=facts,
        )
    if answer.status in OVERLOADED:
        return untested(f"GET was answered {answer.told()}; ask again later", answer, facts=facts)
    consequence, fix = TROUBLE.get(answer.status or 0, OTHERWISE)
    return failed(
        f"neither a stream nor 405: {answer.told()}",
        answer,
        details=(RULE,),
        consequence=consequence,
        fix=fix,
        facts=facts,
    )


async def _modern(survey: Survey) -> Finding:
    version = [("MCP-Protocol-Version", MODERN_VERSIONS[0])]
    answer = await survey.send(survey.requests.bare("GET", purpose="GET in the modern era", headers=version))
    facts = {"status": answer.status, "stream": streams(answer)}
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return passed("NO (405), as the modern era has it", answer, facts=facts)
    return noted(
        f"{answer.told()} where 405 is expected",
        answer,
        details=("A server of the modern era alone should answer GET with 405: streams belong to requests there.",),
        consequence="Older clients that look for a stream cannot tell from this answer that there is none.",
        facts=facts,
    )


CHECK = Check(
    id="stream-get",
    question="Does GET open an event stream?",
    level="must",
    spec=(
        f"{TRANSPORT}, Listening for Messages from the Server 3",
        "2026-07-28 basic/transports/streamable-http, Earlier Streamable HTTP Revisions",
    ),
    run=run,
    judges=REFUSED,
    in_session=True,
)
