"""What the first requests were answered where that is not MCP: the report's headline, and what need not be asked."""

from mcp_echo_core.probe.check import Check
from mcp_echo_core.probe.hints import hint
from mcp_echo_core.probe.survey import Eras
from mcp_echo_core.probe.verdicts import BUSY, REFUSED


def obstacle(eras: Eras) -> str:
    """What stands between the client and a server of either era; empty when one speaks MCP."""
    if eras.legacy or eras.modern:
        return ""
    first, discover = eras.initialize, eras.discover
    told = f"initialize was answered {first.told()}"
    if discover.told() != first.told():
        told += f", server/discover {discover.told()}"
    more = "; ".join(filter(None, (told, first.unreadable, hint(first))))
    return f"No MCP server answers at this URL: {more}."


def in_the_way(eras: Eras, check: Check) -> str | None:
    """Why a check cannot be asked after such first requests; ``None`` when it can."""
    first = eras.initialize
    if eras.legacy or eras.modern:
        return None
    if check.without_mcp and not first.timed_out and first.status not in BUSY:
        return None
    told = f"initialize was answered {first.told()}"
    return f"{told}; {hint(first)}" if first.status in REFUSED else told
