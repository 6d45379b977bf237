"""Are session ids distinct and impossible to guess?"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.living import SIDE_BY_SIDE
from mcp_echo_core.probe.session_ids import ENOUGH_BITS, form, pattern_in, random_bits
from mcp_echo_core.probe.survey import Session, Survey

WANTED = 50
"""How many sessions are begun and ended."""

FEWEST = 10
"""With fewer ids nothing is said."""

PREDICTABLE = ("UUID version 1", "UUID version 6", "JWT (none)")
"""Forms whose content is a clock, an address or plain text (RFC 9562 sections 5.1 and 5.6, RFC 7519 section 6)."""

FIX = "Mint ids from the system's secure random source, 16 bytes or more: a UUID version 4, for example."


async def run(survey: Survey) -> Finding:
    """Begin many sessions and compare their ids."""
    shared = await survey.session()
    if shared.refused or shared.id is None:
        return untested(shared.refused or "the server gives no session id", shared.answer)
    sessions = await _begin_many(survey)
    ids = [session.id for session in sessions if session.id is not None]
    await survey.end_all([session_id for session_id in dict.fromkeys(ids) if session_id != shared.id])
    if len(ids) < FEWEST:
        why = next(session for session in sessions if session.id is None)
        told = f"of {WANTED} initializations, only {len(ids)} gave an id: {why.answer.told()}"
        return untested(told, why.answer)
    forms = Counter(form(session_id) for session_id in ids)
    return _judged(sessions, list(dict.fromkeys(ids)), len(ids), forms)


async def _begin_many(survey: Survey) -> Sequence[Session]:
    turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def begin(number: int) -> Session:
        async with turns:
            return await survey.begin(f"id {number} of {WANTED} to compare", fresh=True, said=False)

    return await asyncio.gather(*(begin(number) for number in range(1, WANTED + 1)))


def _judged(sessions: Sequence[Session], distinct: Sequence[str], count: int, forms: Counter[str]) -> Finding:
    bits = random_bits(distinct)
    pattern = pattern_in(distinct, time.time()) if len(distinct) > 1 else None
    told = "no estimate: their lengths differ too much" if bits is None else f"about {bits:.0f} bits"
    seen = [session.answer for session in sessions if session.id is not None][:3]
    facts = {"ids": count, "distinct": len(distinct), "bits": bits, "pattern": pattern, "formats": dict(forms)}
    details = (
        f"{count} initializations gave {len(distinct)} distinct ids.",
        f"Format: {', '.join(f'{name} ({times})' if len(forms) > 1 else name for name, times in forms.items())}.",
        f"Chance in the characters that differ: {told}; {ENOUGH_BITS} are enough.",
    )
    weakness = _weakness(distinct, count, bits, pattern, forms)
    if weakness is None:
        return passed(f"YES ({told})", *seen, details=details, facts=facts)
    return failed(
        f"NO ({weakness})",
        *seen,
        details=details,
        consequence="Whoever guesses a living id reads that session's messages and acts in its name.",
        fix=FIX,
        facts=facts,
    )


def _weakness(
    distinct: Sequence[str], count: int, bits: float | None, pattern: str | None, forms: Counter[str]
) -> str | None:
    if len(distinct) < count:
        return f"{count} initializations gave {len(distinct)} distinct ids"
    if pattern is not None:
        return "the ids are sequential" if pattern == "sequential" else "the ids are the time"
    weak = next((name for name in forms if name in PREDICTABLE), None)
    if weak is not None:
        return f"{weak}: made of what can be known"
    return f"only about {bits:.0f} bits of chance" if bits is not None and bits < ENOUGH_BITS else None


CHECK = Check(
    id="session-id-unguessable",
    question="Are session ids distinct and impossible to guess?",
    level="should",
    spec=(
        "2025-11-25 basic/transports, Session Management 1",
        "2025-11-25 security best practices, Session Hijacking",
    ),
    run=run,
)
