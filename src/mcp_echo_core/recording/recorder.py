"""Turns finished exchanges into events and files them; nothing that goes wrong here may touch an answer."""

import logging
from collections.abc import Callable
from typing import Literal

from mcp_echo_core.exchange import Exchange, Tape
from mcp_echo_core.recording.events import Piece
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.recording.redacting import Redactor
from mcp_echo_core.recording.taken import MAX_BODY_BYTES, Taken
from mcp_echo_core.runtime import Clock

BIN = "mcp_echo.bin"
"""Member of the scope that names the bin a request was sent to."""

MAX_STREAM_BYTES = 16 * 1024
"""Bytes of an event stream that are kept."""

MAX_PREFLIGHTED = 10_000
"""Records of which it is known that a preflight came last."""

CLOCK_SECONDS = 1.0
"""How long the difference of the two clocks is taken for the same."""

_NOT_STREAMED: tuple[tuple[Piece, ...], int, None] = ((), 0, None)
_NO_PEER = ("", 0)
_SERVED = 200
_DELETED = 204

log = logging.getLogger(__name__)


class StreamTape:
    """What an event stream has carried so far; meets ``exchange.Tape``."""

    __slots__ = ("_clock", "_left", "_started", "closed", "pieces", "sent_bytes")

    def __init__(self, clock: Callable[[], float], started: float) -> None:
        self._clock = clock
        self._started = started
        self._left = MAX_STREAM_BYTES
        self.pieces: list[Piece] = []
        self.sent_bytes = 0
        self.closed = False

    def add(self, data: bytes) -> None:
        """A piece is sent."""
        self.sent_bytes += len(data)
        if self._left > 0:
            self.pieces.append(Piece(round(self._clock() - self._started, 6), data[: self._left]))
            self._left -= len(data)


class Recorder:
    """Records the exchanges of sessions and bins.

    Args:
        journal: Where they are kept.
        instance: Name of this process.
        clock: Where the time comes from.
    """

    def __init__(self, journal: Journal, instance: str, clock: Clock) -> None:
        self.journal = journal
        self._instance = instance
        self._wall = clock.wall
        self._monotonic = clock.monotonic
        self._redactor = Redactor(journal)
        self._preflighted: set[str] = set()
        self._look_at_the_clock(clock.monotonic())

    def record(self, exchange: Exchange, seconds: float | None) -> None:
        """File an exchange that is over, or one whose answer has become an event stream.

        Args:
            exchange: The request and its answer.
            seconds: How long it took; ``None`` while its stream goes on.
        """
        http = exchange.http
        bin_name = http.scope.get(BIN)
        session = exchange.session.id if exchange.session is not None else self._session(exchange)
        if session is not None:
            subject = session
        elif bin_name is not None:
            subject = bin_subject(bin_name)
        else:
            return
        at = self._offset + http.started
        if (
            exchange.status == _SERVED
            and not exchange.streaming
            and exchange.kind != "initialize"
            and not self.journal.admits(subject, at)
        ):
            return
        if not self._counts(exchange, subject):
            return
        if http.started > self._offset_until:
            self._look_at_the_clock(http.started)
            at = self._offset + http.started
        subjects = (subject,) if session is None or bin_name is None else (session, bin_subject(bin_name))
        try:
            self.journal.append(subjects, self._taken(exchange, at, seconds, session, bin_name))
        except Exception:
            log.exception("an exchange could not be recorded")
        if exchange.kind == "DELETE" and exchange.status == _DELETED and session is not None:
            self.journal.end(session, self._wall(), "delete")

    def _taken(
        self, exchange: Exchange, at: float, seconds: float | None, session: str | None, bin_name: str | None
    ) -> Taken:
        scope, body, sent = exchange.http.scope, exchange.body, exchange.sent
        pieces, sent_bytes, ended_by = _NOT_STREAMED if exchange.tape is None else _streamed(exchange.tape)
        return Taken(
            exchange.http.number,
            self._instance,
            at,
            seconds,
            scope.get("client") or _NO_PEER,
            scope["method"],
            scope["path"],
            scope["query_string"],
            scope["http_version"],
            scope["scheme"],
            self._redactor.head(exchange.http),
            body if len(body) <= MAX_BODY_BYTES else body[:MAX_BODY_BYTES],
            len(body),
            _SERVED if exchange.streaming else exchange.status,
            tuple(exchange.answered),
            sent if len(sent) <= MAX_BODY_BYTES else sent[:MAX_BODY_BYTES],
            sent_bytes or len(sent),
            pieces,
            exchange.kind,
            session,
            bin_name,
            None if seconds is None else ended_by,
        )

    def stream(self, exchange: Exchange) -> StreamTape:
        """File that an answer has become an event stream; the tape for what it carries."""
        self.record(exchange, None)
        return StreamTape(self._monotonic, exchange.http.started)

    def _counts(self, exchange: Exchange, subject: str) -> bool:
        """Gateways let preflights through unasked: whoever sends them can neither begin a record nor fill one."""
        if exchange.kind != "OPTIONS":
            self._preflighted.discard(subject)
            return True
        if subject in self._preflighted or not self.journal.knows(subject):
            return False
        if len(self._preflighted) >= MAX_PREFLIGHTED:
            self._preflighted.clear()
        self._preflighted.add(subject)
        return True

    def _session(self, exchange: Exchange) -> str | None:
        if exchange.assigned is not None:
            return exchange.assigned
        claimed = exchange.http.fields.get(b"mcp-session-id")
        if claimed is None:
            return None
        # One that was never known leaves no trace; one that has ended still has a record.
        session_id = claimed.decode("latin-1")
        return session_id if self.journal.knows(session_id) else None

    def _look_at_the_clock(self, now: float) -> None:
        self._offset = self._wall() - self._monotonic()
        self._offset_until = now + CLOCK_SECONDS


def bin_subject(name: str) -> str:
    """The subject of a bin's record; no session id looks like it."""
    return f"b:{name}"


def _streamed(tape: Tape) -> tuple[tuple[Piece, ...], int, Literal["server", "client"]]:
    assert isinstance(tape, StreamTape)  # noqa: S101 - this module makes all tapes
    return tuple(tape.pieces), tape.sent_bytes, "server" if tape.closed else "client"
