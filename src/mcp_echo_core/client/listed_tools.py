"""The tools of a server as it lists them, good and bad ones told apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from mcp_echo_core.eras.mirrors import ANNOTATION, Mirror, mirrors_of

HANDLE = "session"
"""The argument, and the member of a structured result, that hold a state handle."""

_NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_VALUES = frozenset({"enum", "const", "default", "examples"})
_NOTHING: Mapping[str, Any] = {}


class UnusableTool(ValueError):
    """An entry of a list that is no tool, or one that a client must not use."""


class ListedTool(Struct, frozen=True, kw_only=True):
    """A tool.

    Attributes:
        name: What calls name it.
        entry: All that the list says about it.
        mirrors: The arguments that headers repeat in the modern era.
    """

    name: str
    entry: Mapping[str, Any]
    mirrors: tuple[Mirror, ...] = ()

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of its arguments."""
        return _object(self.entry.get("inputSchema"))

    @property
    def arguments(self) -> Mapping[str, Mapping[str, Any]]:
        """The schemas of its arguments by name."""
        return {name: _object(facts) for name, facts in _object(self.schema.get("properties")).items()}

    @property
    def required(self) -> Sequence[str]:
        """The arguments it cannot do without."""
        required = self.schema.get("required")
        return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []

    @property
    def is_read_only(self) -> bool:
        """Whether it says of itself that it changes nothing outside of its session."""
        return _object(self.entry.get("annotations")).get("readOnlyHint") is True

    @property
    def takes_handle(self) -> bool:
        """Whether a state handle can be given to it."""
        return HANDLE in self.arguments


def listed(entry: Any, *, modern: bool) -> ListedTool:
    """A tool out of an entry of ``tools/list``.

    Args:
        entry: Any JSON value.
        modern: Whether the rules for mirrored arguments apply.

    Raises:
        ValueError: It is not one, or a client must not use it (2026-07-28 basic/transports/streamable-http, Schema
            Extension).
    """
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise UnusableTool("it has no name")
    schema = entry.get("inputSchema")
    return ListedTool(name=name, entry=entry, mirrors=_mirrors(_object(schema)) if modern else ())


def _mirrors(schema: Mapping[str, Any]) -> tuple[Mirror, ...]:
    annotations = _annotations(schema)
    if not annotations:
        return ()
    mirrors = mirrors_of(schema)
    if len(mirrors) != len(annotations):
        raise UnusableTool(f"an {ANNOTATION} is where no header can be taken from")
    return mirrors


def _annotations(schema: Any) -> list[Any]:
    """Every mirror annotation in a schema, wherever it is."""
    if isinstance(schema, list):
        return [found for each in schema for found in _annotations(each)]
    if not isinstance(schema, dict):
        return []
    found = [schema[ANNOTATION]] if ANNOTATION in schema else []
    for keyword, value in schema.items():
        if keyword in _NAMED_SCHEMAS and isinstance(value, dict):
            found += [each for inner in value.values() for each in _annotations(inner)]
        elif keyword not in _VALUES and keyword != ANNOTATION:
            found += _annotations(value)
    return found


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING
