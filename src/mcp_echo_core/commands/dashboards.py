"""Where somebody can see what a command has said to a server of ours."""

from http import HTTPStatus

from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.session_file import SavedSession
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands.connection import Connection
from mcp_echo_core.watching.place import page_of

INSTANCE = "mcp-echo-instance"
"""The header that every answer of our servers carries, unless it is turned off."""

SECONDS = 2.0
"""How long a command waits to learn whether there is a dashboard."""


async def dashboard(wire: Wire, connection: Connection, state: SavedSession) -> str | None:
    """The page of the bin, else of the session, that was talked to; the same from run to run.

    Servers of others are not asked. One of ours answers HEAD when it has the page, or asks for its token.
    """
    page = page_of(connection.url, state.session or state.handle)
    ours = any(name.lower() == INSTANCE for each in wire.evidence for name, _ in each.headers)
    if page is None or not ours:
        return None
    asked = Outgoing(purpose="is there a dashboard?", method="HEAD", url=page, headers=connection.headers)
    async with wire.open(asked, fresh=False, seconds=SECONDS) as incoming:
        await incoming.end(SECONDS)
    if incoming.status == HTTPStatus.OK:
        return page
    challenge = incoming.headers.get("www-authenticate", "")
    return f"{page} (asks for its token)" if "mcp-echo dashboard" in challenge else None
