"""Everything that is found out about a record, in one go, without leaving work for the garbage collector."""

from msgspec import Struct

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway import Observation, observe
from mcp_echo_core.client_report.heads import refused_by_head
from mcp_echo_core.client_report.report import ClientReport, report_of
from mcp_echo_core.recording.events import Record


class Judgement(Struct, frozen=True, kw_only=True):
    """What is found out about a record.

    Attributes:
        report: About its clients.
        gateway: About what lies between.
        revisions: By whose rules there was something to judge.
    """

    report: ClientReport
    gateway: tuple[Observation, ...]
    revisions: frozenset[str]


def judge(record: Record) -> Judgement:
    """Work everything out."""
    conversation = Conversation(record)
    try:
        return Judgement(
            report=report_of(conversation),
            gateway=tuple(observe(conversation)),
            revisions=frozenset(heard.revision for heard in conversation.heard if not refused_by_head(heard)),
        )
    finally:
        # Exchanges and their messages refer to each other: taken apart one by one, they are freed without a pause.
        for heard in conversation.heard:
            vars(heard).clear()
