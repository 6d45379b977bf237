"""A record at a glance: whose it is, who talks, what was found, every exchange in a line."""

from typing import Literal

import msgspec
from msgspec import Struct

from mcp_echo_core import __version__, redaction
from mcp_echo_core.client_report.gateway import Observation
from mcp_echo_core.client_report.report import ClientReport
from mcp_echo_core.dashboard.board import Board
from mcp_echo_core.dashboard.subjects import Subject
from mcp_echo_core.dashboard.summary import Client, Summary
from mcp_echo_core.dashboard.verdicts import Verdict
from mcp_echo_core.errors import SessionNotFound
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.records import Session


class SubjectShown(Struct, frozen=True, kw_only=True):
    """Whose record it is.

    Attributes:
        kind: Session or bin.
        id: Its id or name; what stands for it where it is shared.
        endpoint: Path that its client talks to.
        shared: It is seen through a view key.
    """

    kind: Literal["session", "bin"]
    id: str
    endpoint: str
    shared: bool


class ServerShown(Struct, frozen=True, kw_only=True):
    """Who shows it; ``now`` is its clock, in seconds since 1970."""

    name: str
    version: str
    variant: str
    instance: str
    now: float


class Ended(Struct, frozen=True):
    """When a session ended, in seconds since 1970, and why."""

    at: float
    reason: str


class SessionShown(Struct, frozen=True, kw_only=True):
    """The session itself; times in seconds since 1970, ``None`` for what is not known.

    Attributes:
        alive: Whether it lives; ``None`` while its store cannot be reached.
        created: When it was minted, or its record began.
        expires: When it will be gone without further activity.
        version: The negotiated revision.
        client: Who the client says it is.
        initialized: The handshake was completed.
        requests: Counted by the store.
        echoes: Likewise.
        queued: Messages that wait for its client.
        dropped_messages: Messages that did not fit.
        minted_by: The instance that made it.
        ended: When it ended, where that was recorded.
    """

    alive: bool | None
    created: float
    expires: float | None = None
    version: str | None = None
    client: Client | None = None
    initialized: bool | None = None
    requests: int | None = None
    echoes: int | None = None
    queued: int | None = None
    dropped_messages: int | None = None
    minted_by: str | None = None
    ended: Ended | None = None


class Overview(Struct, frozen=True, kw_only=True):
    """A record at a glance.

    Attributes:
        subject: Whose it is.
        server: Who shows it.
        session: The session; ``None`` for a bin.
        began: When the record was opened.
        dropped: Events that are no longer kept.
        exchanges: Oldest first.
        report: What its clients do wrong.
        gateway: What lies between does.
    """

    subject: SubjectShown
    server: ServerShown
    session: SessionShown | None
    began: float
    dropped: int
    exchanges: tuple[Summary, ...]
    report: ClientReport
    gateway: tuple[Observation, ...]


class Counts(Struct, frozen=True, kw_only=True):
    """The report, as far as a change of it is told."""

    must: int
    should: int
    suspicions: int
    notes: int
    exchanges: int
    dropped: int
    replayed: int
    scope: str
    complete: bool
    refused: str
    findings: tuple[object, ...]


class State(Struct, frozen=True, kw_only=True):
    """What changes beside the exchanges."""

    session: SessionShown | None
    report: Counts
    gateway: tuple[Observation, ...]
    dropped: int


async def overview(runtime: Runtime, subject: Subject, board: Board) -> Overview:
    """Everything about a record but its exchanges in full."""
    verdict = await board.judge.recent()
    return Overview(
        subject=shown_subject(subject, board),
        server=ServerShown(
            name=runtime.variant.distribution,
            version=__version__,
            variant=runtime.variant.name,
            instance=runtime.instance,
            now=runtime.clock.wall(),
        ),
        session=await session_of(runtime, subject, board),
        began=board.began,
        dropped=board.dropped,
        exchanges=tuple(with_rules(summary, verdict) for summary in board.summaries),
        report=verdict.report,
        gateway=verdict.gateway,
    )


async def state(runtime: Runtime, subject: Subject, board: Board) -> State:
    """What changes beside the exchanges."""
    verdict = await board.judge.verdict()
    report = verdict.report
    return State(
        session=await session_of(runtime, subject, board),
        report=Counts(**{name: getattr(report, name) for name in Counts.__struct_fields__}),
        gateway=verdict.gateway,
        dropped=board.dropped,
    )


def shown_subject(subject: Subject, board: Board) -> SubjectShown:
    """Whose record it is, as it may be told."""
    return SubjectShown(
        kind=subject.kind,
        id=board.shown_id,
        endpoint=subject.endpoint.replace(subject.id, board.shown_id),
        shared=subject.view is not None,
    )


def with_rules(summary: Summary, verdict: Verdict | None) -> Summary:
    """An exchange with the findings that it is evidence of."""
    rules = () if verdict is None else verdict.rules.get(summary.sequence, ())
    level = None if verdict is None else verdict.levels.get(summary.sequence)
    return msgspec.structs.replace(summary, rules=rules, level=level) if rules else summary


async def session_of(runtime: Runtime, subject: Subject, board: Board) -> SessionShown | None:
    """The session of a record; what its store no longer knows comes from the record."""
    if subject.kind == "bin":
        return None
    try:
        session = await runtime.sessions.peek(subject.id, runtime.clock.wall())
    except SessionNotFound:
        session, alive = None, False
    except StoreUnavailable:
        session, alive = None, None
    else:
        alive = session is not None
    if session is None:
        return _remembered(board, alive=alive)
    return _living(session, runtime.settings.session_timeout)


def _living(session: Session, timeout: float) -> SessionShown:
    client = session.client
    return SessionShown(
        alive=True,
        created=session.created_at,
        expires=session.last_activity + timeout,
        version=session.protocol_version,
        client=None if client is None else Client(*map(redaction.text, (client.name, client.version))),
        initialized=session.initialized,
        requests=session.requests,
        echoes=session.echo_count,
        queued=session.queued,
        dropped_messages=session.dropped,
        minted_by=session.minted_by,
    )


def _remembered(board: Board, *, alive: bool | None) -> SessionShown:
    client = next((summary.client for summary in board.summaries if summary.client is not None), None)
    opening = next((summary for summary in board.summaries if summary.kind == "initialize"), None)
    return SessionShown(
        alive=alive,
        created=board.began,
        version=None if opening is None else opening.revision,
        client=client,
        ended=None if board.ended is None else Ended(*board.ended),
    )
