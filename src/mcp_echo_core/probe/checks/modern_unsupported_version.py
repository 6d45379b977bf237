"""Is a modern request of an unknown revision refused so that a client finds one that both speak?"""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.errors import UNSUPPORTED_VERSION
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.versions import MODERN, UNKNOWN_VERSION, without_modern_era


async def run(survey: Survey) -> Finding:
    """Send a modern request of the year 2099."""
    if (reason := await without_modern_era(survey)) is not None:
        return untested(reason, (await survey.eras()).discover)
    request = survey.requests.modern("server/discover", purpose="a revision nobody has", version=UNKNOWN_VERSION)
    answer = await survey.send(request)
    supported = _supported(answer)
    facts = {"status": answer.status, "code": answer.code, "supported": supported}
    wrong = _wrong(answer, supported)
    if wrong is not None:
        return failed(
            wrong,
            answer,
            details=(f"It must be 400 with error {UNSUPPORTED_VERSION} and data {{supported, requested}}.",),
            consequence="Clients choose another revision from data.supported; without it they fall back to initialize,"
            " or give up.",
            fix=f"Answer 400 with error {UNSUPPORTED_VERSION} and the supported revisions in data.supported.",
            facts=facts,
        )
    return passed(f"YES, it names {', '.join(supported or [])}", answer, facts=facts)


def _supported(answer: Answer) -> list[str] | None:
    """``data.supported``, if it is what it must be."""
    data = (answer.error or {}).get("data")
    named = data.get("supported") if isinstance(data, dict) else None
    whole = isinstance(named, list) and bool(named) and all(isinstance(each, str) for each in named)
    return named if whole else None


def _wrong(answer: Answer, supported: list[str] | None) -> str | None:
    if answer.result is not None:
        return f"NO: {UNKNOWN_VERSION} is served as if it existed"
    if answer.code != UNSUPPORTED_VERSION:
        return f"NO: {answer.told()} in place of error {UNSUPPORTED_VERSION}"
    if answer.status != HTTPStatus.BAD_REQUEST:
        return f"NO: the error is right, but the status is {answer.status} in place of 400"
    return "NO: data.supported names no revisions" if supported is None else None


CHECK = Check(
    id="modern-unsupported-version",
    question="Is a modern request of an unknown revision refused as clients expect?",
    level="must",
    spec=("2026-07-28 basic/versioning, Protocol Version Negotiation", f"{MODERN}, Protocol Version Header"),
    run=run,
)
