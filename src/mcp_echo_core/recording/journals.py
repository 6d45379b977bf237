"""Which journal a server has."""

from urllib.parse import urlsplit

from mcp_echo_core.recording.journal import Journal, MemoryJournal
from mcp_echo_core.settings import Settings


def open_journal(settings: Settings) -> Journal | None:
    """The journal that goes with the session store; ``None`` when nothing shall be recorded.

    Raises:
        ConfigurationError: It cannot be kept where the sessions are.
    """
    if not settings.journal_max_bytes:
        return None
    scheme = urlsplit(settings.session_store).scheme
    if scheme == "sqlite":
        from mcp_echo_core.recording import sqlite_journal

        return sqlite_journal.open_journal(settings)
    if scheme in {"redis", "rediss"}:
        from mcp_echo_core.recording import redis_journal

        return redis_journal.open_journal(settings)
    return MemoryJournal(settings.journal_max_bytes)
