"""What each third-party client asks of each server, and what a meaningful answer holds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SAMPLE_TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWUsImlhdCI6MTUxNjIzOTAyMn0."
    "4pcPyMD09olPSyXnrXCjTwXyr4BsezdI1AVTmud2fU4"
)
"""The well-known sample token of a fictional John Doe, issued 2018-01-18."""

MESSAGE = "a message from a third-party client: ünïcödé 🐐"


@dataclass(frozen=True)
class ToolCall:
    """One call and what its text must hold.

    Attributes:
        name: The tool.
        expects: Fragments of the text.
        arguments: What it is called with.
        only: The variant, when just one has the tool.
        continues: It speaks about an earlier echo, and so needs the same session: kept by the client in the legacy
            era, named by the argument ``session`` in the modern one.
    """

    name: str
    expects: tuple[str, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    only: str | None = None
    continues: bool = False


CALLS = (
    ToolCall("echo", (MESSAGE,), {"message": MESSAGE}),
    ToolCall("replayLastEcho", (MESSAGE, "Replaying last echo"), only="stateful", continues=True),
    ToolCall("printHeader", ("HTTP Headers Analysis", "127.0.0.1")),
    ToolCall("bearerDecode", ("JWT Token Analysis", '"name": "John Doe"', "2018-01-18 01:30:22 UTC"),
             {"token": SAMPLE_TOKEN}),
    ToolCall("authContext", ("Authentication Context",)),
    ToolCall("requestTiming", ("Request Timing Analysis", "CPU Usage")),
    ToolCall("corsAnalysis", ("CORS Analysis",)),
    ToolCall("environmentDump", ("Environment Configuration", "MCP_ECHO_PORT")),
    ToolCall("healthProbe", ("System Health Report", "HEALTHY")),
    ToolCall("sessionInfo", ("Session Information", "Echo Count: 1", "Replay Count: 1"), only="stateful",
             continues=True),
    ToolCall("whoIStheGOAT", ("GOAT", "Streamable HTTP"), {"subject": "Streamable HTTP"}),
)  # fmt: skip
"""Every tool of the product, in an order that lets replayLastEcho and sessionInfo see the echo."""


def calls_for(variant: str) -> Iterable[ToolCall]:
    """The calls a variant must answer."""
    return tuple(call for call in CALLS if call.only in (None, variant))
