"""What is seen of gateways, in records of scripted clients and in those made by hand."""

from typing import Any

from scripted import Client
from synthetic import exchange, record

from harness import rpc
from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway import Observation, observe
from mcp_echo_core.recording.events import Head
from mcp_echo_core.recording.recorder import bin_subject


async def observed(client: Client, kind: str | None = None) -> list[Observation]:
    """What is seen of a scripted client's gateway; of one kind, if it is given."""
    journal = client.server.app.runtime.journal
    assert journal is not None
    kept = await journal.read(bin_subject(client.name))
    assert kept is not None
    return [each for each in observe(Conversation(kept)) if kind in (None, each.id)]


def seen(kind: str, *events: Any) -> list[Observation]:
    """What is seen in exchanges made by hand."""
    return [each for each in observe(Conversation(record(*events))) if each.id == kind]


def arrived(*fields: tuple[str, str], at: float = 0, body: Any = None, **changes: Any) -> Any:
    """An exchange with these header fields."""
    return exchange(rpc("ping") if body is None else body, at=at, head=Head(fields), **changes)
