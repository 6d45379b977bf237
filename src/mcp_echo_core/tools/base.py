"""What a tool is: arguments and result as Structs, one function that measures, one that renders.

The JSON Schemas are derived from the Structs, so that there is one truth about a tool.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, field

from mcp_echo_core import redaction
from mcp_echo_core.call import Call
from mcp_echo_core.eras.versions import ANNOTATIONS, STRUCTURED_CONTENT
from mcp_echo_core.redaction import MAX_REDACTED_CHARACTERS
from mcp_echo_core.stores.records import Effect

A = TypeVar("A", bound=Struct)
R = TypeVar("R", bound=Struct)

COUNTED = Effect(requests=1)
"""What every request does to its session."""

SESSION_URI = "echo://session/current"
"""Resource that shows the session a request belongs to; echo changes it."""

READ_ONLY: Mapping[str, bool] = MappingProxyType(
    {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
)
"""Annotations of a tool that changes nothing (schema, ToolAnnotations)."""

MAX_FAULTS = 10
"""Bad arguments that are explained; of more it is only said that there are more."""

MAX_ARGUMENT_PREVIEW = 100
"""Characters of a bad argument that are quoted back."""


class State(Enum):
    """What a tool has to do with state that outlives a request."""

    NONE = "none"
    USED = "used"  # shows it if there is any
    NEEDED = "needed"  # makes no sense without
    MADE = "made"  # makes it if there is none


class NoArguments(Struct, forbid_unknown_fields=True):
    """A tool that takes nothing."""


class Tool(Struct, Generic[A, R], frozen=True, kw_only=True):
    """A diagnostic tool.

    Attributes:
        name: Name on the wire.
        title: Name for people.
        description: What it tells, for people and models.
        arguments: Struct of the arguments; unknown members are refused.
        result: Struct of ``structuredContent``; ``None`` if the answer has no structure, only content.
        run: Measures; raises ``ToolFailure`` when it cannot.
        render: The same result as text for people; ``None`` if ``blocks`` say everything.
        effect: What a call does to its session.
        state: What the tool has to do with state that outlives a request.
        blocks: Content blocks to put before the text, if any.
        annotations: Hints about its behaviour.
        stated_schema: JSON Schema of the arguments, where it says more than their Struct can.
        diagnoses_store: Runs even when the session store cannot be reached, then without a session.
    """

    name: str
    title: str
    description: str
    arguments: type[A]
    result: type[R] | None
    run: Callable[[A, Call], Awaitable[R]]
    render: Callable[[R], str] | None
    effect: Callable[[A], Effect] | None = None
    state: State = State.NONE
    blocks: Callable[[R], Sequence[dict[str, Any]]] | None = None
    annotations: Mapping[str, bool] = field(default_factory=lambda: READ_ONLY)
    stated_schema: Mapping[str, Any] | None = None
    diagnoses_store: bool = False

    def describe(self, revision: str) -> dict[str, Any]:
        """The tool's entry in ``tools/list`` of a revision."""
        entry: dict[str, Any] = {"name": self.name}
        if revision in STRUCTURED_CONTENT:
            entry["title"] = self.title
        entry["description"] = self.description
        entry["inputSchema"] = self.input_schema
        if self.result is not None and revision in STRUCTURED_CONTENT:
            entry["outputSchema"] = schema(self.result)
        if revision in ANNOTATIONS:
            entry["annotations"] = {"title": self.title, **self.annotations}
        return entry

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return schema(self.arguments) if self.stated_schema is None else dict(self.stated_schema)

    def faults(self, arguments: Mapping[str, Any]) -> list[str]:
        """What is wrong with the arguments, one by one: the field, what was given and what is expected."""
        every = list(islice(self._faults(arguments), MAX_FAULTS + 1))
        return every if len(every) <= MAX_FAULTS else [*every[:MAX_FAULTS], "and more"]

    def _faults(self, arguments: Mapping[str, Any]) -> Iterator[str]:
        properties: dict[str, Any] = self.input_schema.get("properties", {})
        fields = {member.encode_name: member for member in msgspec.structs.fields(self.arguments)}
        for name, member in fields.items():
            if member.required and name not in arguments:
                yield f"'{name}' is required: expected {_expectation(properties[name])}"
        known = ", ".join(f"'{member}'" for member in fields) or "none"
        for name, value in arguments.items():
            if name not in fields:
                yield f"'{_cut(name)}' is not an argument of {self.name}: expected {known}"
                continue
            try:
                msgspec.convert(value, fields[name].type)
            except msgspec.ValidationError:
                yield f"'{name}' is {_given(value)}: expected {_expectation(properties[name])}"


@cache
def schema(struct: type[Struct]) -> dict[str, Any]:
    """JSON Schema of a Struct with ``type: object`` at its root, as MCP wants it (server/tools, Tool)."""
    _, components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    root: dict[str, Any] = components.pop(struct.__name__)
    for component in [root, *components.values()]:
        component.pop("title", None)
        component.pop("description", None)
    if not root.get("properties"):
        root.pop("properties", None)
        root.pop("required", None)
    if not root.get("required"):
        root.pop("required", None)
    return root | {"$defs": components} if components else root


def _expectation(property_schema: Mapping[str, Any]) -> str:
    if "enum" in property_schema:
        return "one of " + ", ".join(map(str, property_schema["enum"]))
    if "$ref" in property_schema:
        return "object"
    if "anyOf" in property_schema:
        return " or ".join(_expectation(option) for option in property_schema["anyOf"])
    limits = {"maxLength": "at most {} characters", "minimum": "at least {}", "maximum": "at most {}"}
    details = [text.format(property_schema[key]) for key, text in limits.items() if key in property_schema]
    kind = str(property_schema.get("type", "any value"))
    return f"{kind} of {' and '.join(details)}" if details else kind


def _given(value: Any) -> str:
    names = {bool: "boolean", str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    if value is None:
        return "null"
    kind = names[type(value)]
    return (
        f"the {kind} {_cut(msgspec.json.encode(value).decode())}" if kind not in ("object", "array") else f"an {kind}"
    )


def _cut(text: str) -> str:
    shown = redaction.text(text[:MAX_REDACTED_CHARACTERS])
    return shown if len(shown) <= MAX_ARGUMENT_PREVIEW else f"{shown[:MAX_ARGUMENT_PREVIEW]}…"
