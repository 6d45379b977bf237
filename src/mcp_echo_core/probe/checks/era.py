"""Which eras does the server speak, and what does a client make of it?"""

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.openings import MODERN_ERRORS
from mcp_echo_core.probe.check import Check, Finding, noted
from mcp_echo_core.probe.survey import Eras, Survey
from mcp_echo_core.probe.verdicts import REFUSED
from mcp_echo_core.probe.versions import MODERN, modern_listing

CLIENTS = {
    "dual": "Clients of both eras stay modern; older clients begin with initialize and are served as well.",
    "modern": "Clients of both eras stay modern; older clients, which begin with initialize, cannot connect.",
    "neither": "No client can work with it as it was asked; an address, a token or a header may be missing.",
}


async def run(survey: Survey) -> Finding:
    """Compare the answers to ``server/discover``, a modern ``tools/list`` and ``initialize``."""
    eras = await survey.eras()
    listing = await modern_listing(survey)
    era = _named(eras)
    return noted(
        era,
        eras.discover,
        eras.initialize,
        listing,
        details=(
            f"server/discover of 2026-07-28: {eras.discover.told()}.",
            f"tools/list of 2026-07-28: {listing.told()}.",
            f"initialize of 2025-11-25: {eras.initialize.told()}.",
        ),
        consequence=CLIENTS.get(era) or _fallback(listing),
        facts={"era": era, "modern": eras.modern, "legacy": eras.legacy},
    )


def _named(eras: Eras) -> str:
    if eras.modern:
        return "dual" if eras.legacy else "modern"
    return "legacy" if eras.legacy else "neither"


def _fallback(listing: Answer) -> str:
    """What a client of both eras does with a legacy server that answers its first modern request so."""
    if listing.code in MODERN_ERRORS:
        return f"Clients of both eras take error {listing.code} for a modern server and do not fall back to initialize."
    if listing.result is not None:
        return (
            "Clients of both eras that begin with a modern request get a result and take the server for a modern one."
        )
    return "Clients of both eras fall back to initialize after their first request; modern clients cannot work with it."


CHECK = Check(
    id="era",
    question="Which eras does the server speak?",
    level="note",
    spec=("2026-07-28 basic/versioning, Compatibility Matrix", f"{MODERN}, Backward Compatibility"),
    run=run,
    judges=REFUSED,
    without_mcp=True,
)
