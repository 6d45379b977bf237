"""The protocol revisions as an enumerated timeline, and what exists in which; never compared as text.

Source: the specification's ``docs/specification/<revision>/changelog`` pages.
"""

MODERN_VERSIONS = ("2026-07-28",)
"""Revisions without a handshake: every request carries its revision in ``params._meta``."""

HANDSHAKE_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Revisions that ``initialize`` negotiates, newest first."""

ALL_VERSIONS = MODERN_VERSIONS + HANDSHAKE_VERSIONS

ASSUMED_VERSION = "2025-03-26"
"""What a request without any version counts as (2025-06-18 basic/transports, Protocol Version Header)."""

BATCHES = frozenset({"2025-03-26"})
"""Revisions that define JSON-RPC batches on this transport (2025-03-26 basic/index, Batching)."""

STRUCTURED_CONTENT = frozenset({"2026-07-28", "2025-11-25", "2025-06-18"})
"""Revisions with ``title``, ``outputSchema`` and ``structuredContent`` on tools (2025-06-18 changelog)."""

ANNOTATIONS = frozenset(ALL_VERSIONS) - {"2024-11-05"}
"""Revisions with tool ``annotations`` (2025-03-26 changelog)."""

ARGUMENT_ERRORS_ARE_RESULTS = frozenset({"2026-07-28", "2025-11-25"})
"""Revisions in which bad tool arguments give ``isError: true`` (2025-11-25 server/tools, Error Handling)."""

PRIMED_STREAMS = frozenset({"2025-11-25"})
"""Revisions in which an event stream opens with an empty event and a ``retry`` (2025-11-25 basic/transports)."""

AUDIO_CONTENT = frozenset(ALL_VERSIONS) - {"2024-11-05"}
"""Revisions with the ``audio`` content block (2025-03-26 changelog)."""
