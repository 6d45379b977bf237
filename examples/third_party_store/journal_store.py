"""``journal:///path``: sessions in memory, and a line in a file for each that begins or is ended by its client.

What a store has to do is in ``mcp_echo_core/stores/base.py``. This one lets the memory store do it, and writes.
"""

from pathlib import Path
from urllib.parse import urlsplit

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.memory import MemoryStore
from mcp_echo_core.stores.records import Session


class JournalStore(MemoryStore):
    """The memory store with a journal."""

    journal: Path

    @classmethod
    def from_settings(cls, settings: Settings) -> "JournalStore":
        """The store for a URL; the server calls this at its start and opens nothing before ``open``.

        Raises:
            ConfigurationError: The URL names no file; the start ends with this text.
        """
        path = Path(urlsplit(settings.session_store).path)
        if not path.parent.is_dir() or path.is_dir():
            allowed = "journal:/// and the path of a file in a folder that exists"
            raise ConfigurationError("MCP_SESSION_STORE", settings.session_store, allowed)
        store = cls(
            settings.session_timeout, settings.max_sessions, settings.session_queue_size, settings.session_rate_limit
        )
        store.journal = path
        return store

    async def create(self, session: Session, now: float) -> None:
        """Write before it happens: what cannot be written must not happen."""
        self._write(now, "begins", session.id)
        await super().create(session, now)

    async def delete(self, session_id: str, now: float) -> bool:
        """Write only what was there to be ended."""
        there = await super().delete(session_id, now)
        if there:
            self._write(now, "ends", session_id)
        return there

    def _write(self, now: float, what: str, session_id: str) -> None:
        try:
            with self.journal.open("a", encoding="utf-8") as file:
                file.write(f"{now:.3f} {what} {session_id}\n")
        except OSError as error:  # clients are told to try again with the same session
            raise StoreUnavailable(f"the journal cannot be written: {error.strerror}") from None
