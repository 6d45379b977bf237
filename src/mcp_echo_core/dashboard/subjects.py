"""Whose record is shown: a session's or a bin's, found by an id that only those know who may see it."""

import re
import secrets
from contextlib import suppress
from typing import Literal
from uuid import UUID

from msgspec import Struct

from mcp_echo_core.errors import SessionNotFound
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.recording.recorder import bin_subject
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import StoreUnavailable

USABLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What may be looked up; session ids and names of bins look like this."""

USABLE_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
"""What may be a view key."""

RESERVED = frozenset({"static", "view"})
"""Names that the dashboard's own paths have."""


class Subject(Struct, frozen=True):
    """Whose record is shown.

    Attributes:
        kind: Session or bin.
        id: The session's id or the bin's name.
        key: Of its record in the journal.
        view: The key under which it is viewed; ``None`` for those who know the id.
    """

    kind: Literal["session", "bin"]
    id: str
    key: str
    view: str | None = None

    @property
    def endpoint(self) -> str:
        """Path that its client talks to."""
        return "/mcp" if self.kind == "session" else f"/b/{self.id}/mcp"


def new_bin_name() -> str:
    """A name that nobody guesses."""
    return f"bin-{secrets.token_hex(12)}"


async def find(runtime: Runtime, journal: Journal, name: str) -> Subject | None:
    """The session or bin of this id; a bin exists as soon as it is asked for.

    What looks like a session's id is none, so that the page of a forgotten session is not taken for an unused bin.
    """
    if USABLE_ID.fullmatch(name) is None or name in RESERVED:
        return None
    session, bin_ = Subject("session", name, name), Subject("bin", name, key := bin_subject(name))
    # What is known is not read just to know it.
    if journal.knows(name) or journal.knows(key):
        return session if journal.knows(name) else bin_
    if await journal.read(name) is not None:
        return session
    if not _is_uuid(name) or await journal.read(key) is not None:
        return bin_
    with suppress(SessionNotFound, StoreUnavailable):
        if await runtime.sessions.peek(name, runtime.clock.wall()) is not None:
            return session
    return None


async def viewed(journal: Journal, view_key: str) -> Subject | None:
    """What a view key stands for."""
    key = await journal.shared(view_key) if USABLE_KEY.fullmatch(view_key) else None
    if key is None:
        return None
    name = key.removeprefix(bin_subject(""))
    return Subject("session" if name == key else "bin", name, key, view_key)


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
