"""Checks whose outcome is settled, to see what reports and exit codes make of them."""

from mcp_echo_core.probe.check import Check, Finding, Level, failed, noted, passed, untested
from mcp_echo_core.probe.survey import Survey

MATRIX = {
    "verdict": "a store that validates",
    "matrix": [
        {"condition": "unknown", "method": "POST", "told": "404, -32600 Session not found", "verdict": "as it must be"},
        {"condition": "unknown", "method": "GET", "told": "400", "verdict": "wrong status: 404 is due"},
    ],
}


async def good(survey: Survey) -> Finding:
    return passed("YES", (await survey.session()).answer)


async def broken(survey: Survey) -> Finding:
    answer = (await survey.session()).answer
    return failed("NO", answer, details=("It was so.",), consequence="Clients give up.", fix="Answer 404.")


async def sessionless(survey: Survey) -> Finding:
    return noted("NO (NoOpSessionStore)", (await survey.session()).answer, consequence="Clients notice nothing.")


async def remarkable(survey: Survey) -> Finding:
    return noted("one instance", (await survey.session()).answer)


async def unclear(survey: Survey) -> Finding:
    return untested("no credentials of another caller", consequence="Nobody knows.")


async def measured(survey: Survey) -> Finding:
    return passed("it validates", (await survey.session()).answer, facts=MATRIX)


async def crashing(survey: Survey) -> Finding:
    raise KeyError((await survey.session()).id)


async def quoting(survey: Survey) -> Finding:
    """Repeats whatever the server said, wherever a check may."""
    answer = (await survey.session()).answer
    said = str((answer.result or {}).get("instructions"))
    return failed(
        said, answer, details=(said,), consequence=said, fix=said,
        facts={"matrix": [{"condition": said, "method": said, "told": said, "verdict": said}], "verdict": said},
    )  # fmt: skip


def sample(check_id: str, run: object, level: Level = "must") -> Check:
    return Check(id=check_id, question=f"What of {check_id}?", level=level, spec=("spec, section 1",), run=run)


OPENING = (
    sample("session-minted", good, "note"),
    sample("session-unknown", sessionless, "note"),
    sample("session-across-calls", good),
    sample("client-persistence", good),
)
MIXED = (
    *OPENING,
    sample("session-store", measured, "note"),
    sample("broken-must", broken),
    sample("broken-should", broken, "should"),
    sample("remarkable", remarkable, "note"),
    sample("unclear", unclear, "should"),
)
