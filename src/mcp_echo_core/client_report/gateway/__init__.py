"""What the record tells about gateways between client and server; observations, not judgements."""

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway import forwarding, headers, passage, rewriting
from mcp_echo_core.client_report.gateway.observation import Observation

LOOKS = (*forwarding.LOOKS, *headers.LOOKS, *rewriting.LOOKS, *passage.LOOKS)

__all__ = ["LOOKS", "Observation", "observe"]


def observe(conversation: Conversation) -> list[Observation]:
    """What the exchanges of a record tell about gateways."""
    return [observation for look in LOOKS for observation in look.observations(conversation)]
