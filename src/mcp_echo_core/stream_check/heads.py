"""What the head of an event stream tells of the way it came."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from mcp_echo_core.sse import HEADERS

WATCHED = (
    "Content-Type", "Cache-Control", "X-Accel-Buffering", "Content-Encoding", "Transfer-Encoding", "Content-Length",
)  # fmt: skip
"""The fields that decide whether a stream is held back."""

SENT = {name.decode(): value.decode() for name, value in HEADERS}
"""What our own servers send."""

NO_BUFFERING = "X-Accel-Buffering"


class Field(Struct, frozen=True):
    """One field of the answer's head.

    Attributes:
        name: As the standards write it.
        value: As it arrived; ``None`` when it did not.
        remark: What that means; empty when it means nothing special.
    """

    name: str
    value: str | None
    remark: str


def read_head(headers: Sequence[tuple[str, str]], *, ours: bool) -> tuple[Field, ...]:
    """The fields that matter, each with what it tells.

    Args:
        headers: As they arrived.
        ours: The answer is one of our own servers', of which is known what was sent.
    """
    arrived: dict[str, str] = {}
    for name, value in headers:
        arrived[name.lower()] = f"{arrived[name.lower()]}, {value}" if name.lower() in arrived else value
    fields = (Field(name, arrived.get(name.lower()), _remark(name, arrived, ours=ours)) for name in WATCHED)
    return tuple(field for field in fields if field.value is not None or field.remark)


def coding(fields: Sequence[Field]) -> str | None:
    """The content coding, if the stream has one."""
    value = next((field.value for field in fields if field.name == "Content-Encoding"), None)
    return value if value not in (None, "identity") else None


def _remark(name: str, arrived: Mapping[str, str], *, ours: bool) -> str:
    value, sent = arrived.get(name.lower()), SENT.get(name.lower()) if ours else None
    if name == "Cache-Control":
        return _of_caching(value, sent)
    if name == NO_BUFFERING:
        return _of_buffering(value, sent)
    if name == "Content-Encoding" and value not in (None, "identity"):
        return "compressed on the way: our servers never compress a stream" if ours else "compressed"
    if name == "Content-Length" and value is not None:
        return "a stream whose length is known was complete before its head was sent"
    return ""


def _of_caching(value: str | None, sent: str | None) -> str:
    if value is not None and "no-transform" in value.lower():
        return "asks gateways not to compress it; not all obey"
    if sent is not None:
        return f"was sent as {sent!r}"
    return "no no-transform, which would ask gateways not to compress it"


def _of_buffering(value: str | None, sent: str | None) -> str:
    if value is not None:
        return "asks nginx not to hold it back; no nginx has taken it off" if value.lower() == "no" else ""
    if sent is not None:
        return "was sent as 'no' and has been taken off, as an nginx does; the next nginx on the way does not see it"
    return "not sent, or taken off by an nginx"
