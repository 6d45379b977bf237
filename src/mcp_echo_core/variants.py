"""The two servers as values: everything in which they differ is named here."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from mcp_echo_core.cors import MAX_ORIGINS
from mcp_echo_core.sessionless import NoSessions
from mcp_echo_core.sessions import Sessions, StoredSessions
from mcp_echo_core.tools import STATEFUL_TOOLS, STATELESS_TOOLS
from mcp_echo_core.tools.base import Tool


class Variant(Struct, frozen=True):
    """One of the two servers.

    Attributes:
        name: ``stateful`` or ``stateless``.
        distribution: Name under which it introduces itself.
        package: Import package that holds its ``app``.
        title: Name for people.
        tools: What it offers.
        sessions: Life cycle of its sessions, or the refusal to have any.
        listens: Whether clients of the legacy era can be sent messages outside requests, which takes a session.
        records: Whether exchanges are recorded, which takes something that they belong to.
        methods: HTTP methods of the endpoint, as ``Allow`` lists them.
        remembered_origins: Origins whose last CORS preflight is kept.
        instructions: What ``initialize`` tells a model.
    """

    name: str
    distribution: str
    package: str
    title: str
    tools: tuple[Tool[Any, Any], ...]
    sessions: Callable[..., Sessions]
    listens: bool
    records: bool
    methods: bytes
    remembered_origins: int
    instructions: str


STATEFUL = Variant(
    name="stateful",
    distribution="mcp-echo-streamablehttp-server-stateful",
    package="mcp_echo_streamablehttp_server_stateful",
    title="MCP Echo (stateful)",
    tools=STATEFUL_TOOLS,
    sessions=StoredSessions,
    listens=True,
    records=True,
    methods=b"GET, POST, DELETE",
    remembered_origins=MAX_ORIGINS,
    instructions=(
        "Diagnostic server with sessions. Call printHeader to see what arrived, authContext and bearerDecode to "
        "examine a token, echo then replayLastEcho to see whether the session survives, sessionInfo for its state."
    ),
)

STATELESS = Variant(
    name="stateless",
    distribution="mcp-echo-streamablehttp-server-stateless",
    package="mcp_echo_streamablehttp_server_stateless",
    title="MCP Echo (stateless)",
    tools=STATELESS_TOOLS,
    sessions=NoSessions,
    listens=False,
    records=False,
    methods=b"POST",
    remembered_origins=0,
    instructions=(
        "Diagnostic server that keeps nothing between requests. Call printHeader to see what arrived, authContext "
        "and bearerDecode to examine a token, requestTiming and healthProbe for the state of the server."
    ),
)

VARIANTS = {variant.name: variant for variant in (STATEFUL, STATELESS)}
