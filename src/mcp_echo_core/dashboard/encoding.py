"""JSON for everything that is shown; what clients sent may hold values that no strict encoder takes."""

import json
from typing import Any

import msgspec

from mcp_echo_core.messages import encode


def as_json(value: Any) -> bytes:
    """A value as JSON in UTF-8, on one line."""
    try:
        return encode(value)
    except (UnicodeEncodeError, OverflowError, ValueError, TypeError):
        return json.dumps(_plain(value), ensure_ascii=True).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value - value != 0:  # infinite or no number
        return str(value)
    return value
