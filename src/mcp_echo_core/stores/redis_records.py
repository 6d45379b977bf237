"""Sessions as Redis keeps them: what never changes as one JSON text, everything that counts as a field of its own."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from mcp_echo_core.messages import encode, encode_notification
from mcp_echo_core.stores.records import SEVERITY, ClientInfo, Effect, Session
from mcp_echo_core.stores.redis_wire import Word

LEVELS = tuple(SEVERITY)


class Fixed(Struct, frozen=True, omit_defaults=True):
    """What is known of a session from its beginning."""

    explicit: bool = True
    protocol_version: str | None = None
    client: ClientInfo | None = None
    capabilities: dict[str, Any] | None = None
    minted_by: str = ""


_decode_fixed = msgspec.json.Decoder(Fixed).decode
_decode_subscriptions = msgspec.json.Decoder(tuple[str, ...]).decode


def record_of(session: Session) -> list[Word]:
    """Names and values of the fields of a new session."""
    fixed = Fixed(session.explicit, session.protocol_version, session.client, session.capabilities, session.minted_by)
    fields: dict[str, Word] = {
        "fixed": encode(fixed),
        "created": session.created_at,
        "last": session.last_activity,
        "level": SEVERITY[session.log_level],
    }
    if session.initialized:
        fields["initialized"] = 1
    return [word for field in fields.items() for word in field]


def session_from(session_id: str, values: Sequence[Any], echo: str | None = None) -> Session:
    """A session from the values of ``FIELDS`` (``lua/session.lua``).

    Args:
        session_id: Its id.
        values: What the script returned.
        echo: The text that this call has just made its last echo, and that was therefore not returned.
    """
    fixed = _decode_fixed(values[0])
    subscriptions, last_echo = values[10], values[13]
    return Session(
        id=session_id,
        created_at=float(values[1]),
        last_activity=float(values[2]),
        explicit=fixed.explicit,
        initialized=values[3] is not None,
        protocol_version=fixed.protocol_version,
        client=fixed.client,
        capabilities=fixed.capabilities,
        requests=int(values[4] or 0),
        echo_count=int(values[5] or 0),
        replay_count=int(values[6] or 0),
        last_echo=last_echo.decode() if last_echo is not None else echo,
        last_echo_number=int(values[7] or 0),
        busy_seconds=float(values[8] or 0),
        log_level=LEVELS[int(values[9])],
        subscriptions=_decode_subscriptions(subscriptions) if subscriptions is not None else (),
        minted_by=fixed.minted_by,
        queued=values[14],
        dropped=int(values[11] or 0),
        rate_mark=float(values[12] or 0),
    )


def words_of(effect: Effect, busy: float) -> list[Word]:
    """Names and values of what an effect does, and seconds to add to the time spent."""
    words: list[Word] = []
    if effect.requests:
        words += ("requests", effect.requests)
    if busy:
        words += ("busy", busy)
    if effect.echo is not None:
        words += ("echo", effect.echo)
    if effect.message is not None:
        words += ("message", effect.message, "severity", SEVERITY[effect.message_level])
    return words + _rarer(effect)


def _rarer(effect: Effect) -> list[Word]:
    words: list[Word] = []
    if effect.replay:
        words += ("replay", 1)
    if effect.initialized:
        words += ("initialized", 1)
    if effect.log_level is not None:
        words += ("level", SEVERITY[effect.log_level])
    if effect.subscribe is not None:
        words += ("subscribe", effect.subscribe)
    if effect.unsubscribe is not None:
        words += ("unsubscribe", effect.unsubscribe)
    if effect.updated is not None:
        message = encode_notification("notifications/resources/updated", {"uri": effect.updated})
        words += ("updated", effect.updated, "updated_message", message)
    return words
