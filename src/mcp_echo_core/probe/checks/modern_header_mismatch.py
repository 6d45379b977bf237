"""Is a modern request refused whose headers say something else than its body?"""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS
from mcp_echo_core.errors import HEADER_MISMATCH
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.versions import MODERN, with_header, without_modern_era

LIES = {"MCP-Protocol-Version": HANDSHAKE_VERSIONS[0], "Mcp-Method": "ping"}
"""Header fields and what they say in place of what the body says."""


async def run(survey: Survey) -> Finding:
    """Send modern requests with a header that lies."""
    if (reason := await without_modern_era(survey)) is not None:
        return untested(reason, (await survey.eras()).discover)
    answers = {}
    for name, value in LIES.items():
        request = survey.requests.modern("server/discover", purpose=f"{name} that differs from the body")
        answers[name] = await survey.send(with_header(request, name, value))
    wrong = [f"{name}: {answer.told()}" for name, answer in answers.items() if not _refused(answer)]
    facts = {name: [answer.status, answer.code] for name, answer in answers.items()}
    if not wrong:
        return passed("YES", *answers.values(), facts=facts)
    return failed(
        f"NO, {'; '.join(wrong)}",
        *answers.values(),
        details=(f"It must be 400 with error {HEADER_MISMATCH}.",),
        consequence="A gateway decides by the header and the server by the body: what the one forbids, the other does."
        if any(answer.result is not None for answer in answers.values())
        else "Clients of both eras do not recognise a modern server by this error, and fall back to initialize.",
        fix=f"Compare the headers with the body, and answer 400 with error {HEADER_MISMATCH} where they differ.",
        facts=facts,
    )


def _refused(answer: Answer) -> bool:
    return answer.status == HTTPStatus.BAD_REQUEST and answer.code == HEADER_MISMATCH


CHECK = Check(
    id="modern-header-mismatch",
    question="Is a modern request refused whose headers contradict its body?",
    level="must",
    spec=(f"{MODERN}, Server Validation", f"{MODERN}, Protocol Version Header"),
    run=run,
)
