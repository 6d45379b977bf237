"""What the record tells about gateways between client and server; observations, not judgements."""

from msgspec import Struct

from mcp_echo_core.client_report.conversation import Conversation


class Observation(Struct, frozen=True, kw_only=True):
    """Something that a gateway did, or seems to have done.

    Attributes:
        id: Stable.
        title: What is looked at, as a sentence.
        says: What was seen.
        meaning: What follows from it.
        basis: How that can be known.
        evidence: Numbers of the exchanges that show it.
    """

    id: str
    title: str
    says: str
    meaning: str
    basis: str
    evidence: tuple[int, ...]


def observe(conversation: Conversation) -> list[Observation]:  # noqa: ARG001 - observations are still to be written
    """What the exchanges of a record tell about gateways."""
    return []
