"""Which journal a server has."""

from mcp_echo_core.recording.journal import Journal, MemoryJournal
from mcp_echo_core.settings import Settings


def open_journal(settings: Settings) -> Journal | None:
    """The journal that goes with the session store; ``None`` when nothing shall be recorded."""
    if not settings.journal_max_bytes:
        return None
    return MemoryJournal(settings.journal_max_bytes)
