"""Is a modern request answered in modern shape?"""

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.errors import METHOD_NOT_FOUND
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.versions import modern_listing

SPEC = "2026-07-28 basic/index, Result Responses"
FIX = "Put resultType into every result of a modern request, 'complete' for an ordinary one."


async def run(survey: Survey) -> Finding:
    """Look at what modern requests are answered."""
    eras = await survey.eras()
    listing = await modern_listing(survey)
    if eras.modern:
        return _of_modern(eras.discover, listing)
    if "supportedVersions" in (eras.discover.result or {}):
        return _shapeless("server/discover", eras.discover)
    if not eras.legacy:
        return untested(f"the server speaks neither era: {eras.discover.told()}", eras.discover, eras.initialize)
    return _of_legacy(listing)


def _of_modern(discover: Answer, listing: Answer) -> Finding:
    if listing.result is not None:
        return passed("YES", discover, listing) if "resultType" in listing.result else _shapeless("tools/list", listing)
    if listing.code == METHOD_NOT_FOUND:
        return passed("YES, as far as there are methods", discover, listing)
    return untested(f"tools/list is answered {listing.told()}", discover, listing)


def _shapeless(method: str, answer: Answer) -> Finding:
    return failed(
        f"NO: the result of {method} has no resultType",
        answer,
        details=("The server speaks 2026-07-28, where every result must have a resultType.",),
        consequence="Clients cannot tell the result from that of a server which ignored the revision of the request.",
        fix=FIX,
        facts={"method": method},
    )


def _of_legacy(listing: Answer) -> Finding:
    """A server of the legacy era alone may do anything with a modern request; some of it misleads."""
    if listing.result is not None:
        return noted(
            "NO: a legacy server that answers modern requests as if they were its own",
            listing,
            details=("The result has no resultType.",) if "resultType" not in listing.result else (),
            consequence="Clients that begin with a modern request take it for a modern server and never initialize.",
            fix="Answer 400 to a request whose params._meta names a revision that the server does not speak.",
            facts={"legacy_result": True},
        )
    if listing.status is not None and 400 <= listing.status < 500:  # noqa: PLR2004 - RFC 9110 section 15.5
        return passed(
            f"refused by a legacy server: {listing.told()}",
            listing,
            consequence="Clients of both eras fall back to initialize.",
            facts={"legacy_result": False},
        )
    return noted(
        f"a legacy server that answers {listing.told()}",
        listing,
        consequence="Clients of both eras expect a 4xx status of a legacy server before they go back to initialize.",
        facts={"legacy_result": False},
    )


CHECK = Check(
    id="modern-shape",
    question="Is a modern request answered in modern shape?",
    level="must",
    spec=(SPEC, "2026-07-28 basic/versioning, Compatibility Matrix"),
    run=run,
)
