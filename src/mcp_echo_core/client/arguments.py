"""``key=value`` words as arguments of a tool, typed by what its ``inputSchema`` says about them.

The server is the judge: a value that does not fit is sent as it is, and an argument the tool does not name goes too;
both are only remarked upon. ``key:=json`` says the type itself.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mcp_echo_core.client.listed_tools import ListedTool
from mcp_echo_core.errors import Refusal
from mcp_echo_core.messages import decode

_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
"""Digits that Python converts: its limit is 4300 of them."""

_MAX_REFERENCES = 20
"""References and alternatives that are followed into a schema."""


class Arguments(NamedTuple):
    """What is sent, and what may be wrong with it.

    Attributes:
        values: The arguments.
        remarks: Sentences about what does not fit the tool's schema.
    """

    values: Mapping[str, Any]
    remarks: Sequence[str]


def arguments_of(words: Sequence[str], tool: ListedTool | None) -> Arguments:
    """Arguments out of words of a command line.

    Args:
        words: ``key=value`` or ``key:=json``.
        tool: Whose arguments they are; ``None`` when its schema is not known.

    Raises:
        ValueError: A word is neither, its JSON cannot be read, or a key comes twice.
    """
    known = tool.arguments if tool is not None else {}
    values: dict[str, Any] = {}
    remarks = []
    for word in words:
        name, value, remark = _argument(word, known, tool.schema if tool is not None else {})
        if name in values:
            raise ValueError(f"argument {name!r} is given twice")
        values[name] = value
        remarks += [remark] if remark else []
    return Arguments(values, [*remarks, *(_absences(values, tool) if tool is not None else [])])


def signature(tool: ListedTool) -> str:
    """The arguments of a tool in one line, such as ``message (string, required), uppercase (boolean)``."""
    told = []
    for name, facts in tool.arguments.items():
        kinds = "|".join(types_of(facts, tool.schema)) or "any"
        told.append(f"{name} ({kinds}{', required' if name in tool.required else ''})")
    return ", ".join(told) or "none"


def types_of(schema: Mapping[str, Any], root: Mapping[str, Any], budget: int = _MAX_REFERENCES) -> list[str]:
    """The JSON types that a schema allows, as far as it says so; none means any."""
    if budget <= 0:
        return []
    stated = schema.get("type")
    if isinstance(stated, str):
        return [stated]
    if isinstance(stated, list):
        return [kind for kind in stated if isinstance(kind, str)]
    inner = [each for word in ("anyOf", "oneOf", "allOf") for each in _schemas(schema.get(word))]
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        inner.append(_resolved(reference, root))
    each_share = budget // max(1, len(inner)) - 1
    found = [kind for each in inner for kind in types_of(each, root, each_share)]
    return list(dict.fromkeys(found)) or _types_of_values(schema)


def _argument(
    word: str, known: Mapping[str, Mapping[str, Any]], root: Mapping[str, Any]
) -> tuple[str, Any, str | None]:
    name, equals, text = word.partition("=")
    if not equals or not name.removesuffix(":"):
        raise ValueError(f"{word!r} is neither key=value nor key:=json")
    try:
        word.encode()
    except UnicodeEncodeError:
        raise ValueError(f"argument {name!r} is not UTF-8") from None
    if name.endswith(":"):
        name = name.removesuffix(":")
        try:
            return name, decode(text.encode()), None
        except Refusal:
            raise ValueError(f"{name}:= wants JSON, which {text[:80]!r} is not") from None
    if name not in known:
        return name, _json_or_text(text), None
    return name, *_typed(name, text, types_of(known[name], root))


def _typed(name: str, text: str, kinds: Sequence[str]) -> tuple[Any, str | None]:
    """A text as one of these types, and a remark when it is none of them."""
    if not kinds:
        return _json_or_text(text), None
    for kind in kinds:
        if kind != "string" and (value := _as(kind, text)) is not _UNFIT:
            return value, None
    if "string" in kinds:
        return text, None
    return _json_or_text(text), f"argument {name} wants {' or '.join(kinds)}, and {text[:80]!r} is none: sent as it is"


_UNFIT = object()


def _as(kind: str, text: str) -> Any:
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) else _UNFIT
    if kind == "number":
        return _number(text)
    value = _json(text)
    types = {"boolean": bool, "array": list, "object": dict, "null": type(None)}
    return value if kind in types and isinstance(value, types[kind]) else _UNFIT


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return _UNFIT
    return number if math.isfinite(number) and "_" not in text else _UNFIT


def _json_or_text(text: str) -> Any:
    value = _json(text)
    return text if value is _UNFIT else value


def _json(text: str) -> Any:
    try:
        return decode(text.encode())
    except Refusal:
        return _UNFIT


def _absences(values: Mapping[str, Any], tool: ListedTool) -> list[str]:
    unknown = [name for name in values if name not in tool.arguments]
    missing = [name for name in tool.required if name not in values]
    remarks = [f"{tool.name} names no argument {name}" for name in unknown]
    remarks += [f"{tool.name} requires the argument {name}" for name in missing]
    return [*remarks, f"arguments of {tool.name}: {signature(tool)}"] if remarks else []


def _types_of_values(schema: Mapping[str, Any]) -> list[str]:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    texts = isinstance(values, list) and bool(values) and all(isinstance(value, str) for value in values)
    return ["string"] if texts else []


def _schemas(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _resolved(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    value: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        value = value.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) and step else value
    return value if isinstance(value, dict) else {}
