"""Tools whose input schemas say more than types: JSON Schema 2020-12 in full, and arguments mirrored into headers."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mcp_echo_core.call import Call
from mcp_echo_core.eras.mirrors import ANNOTATION
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.toolsets.conformance.fixtures import Block, Tools, text, tool


class Address(Struct):
    """Where somebody lives."""

    street: str | UnsetType = UNSET
    city: str | UnsetType = UNSET


class Contact(Struct, forbid_unknown_fields=True, rename="camel"):
    """How somebody can be reached; ``CONTACT_SCHEMA`` says which members go together."""

    name: str | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    contact_method: Literal["phone", "email"] | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    email: str | UnsetType = UNSET


CONTACT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        },
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""Reaches clients as it stands here (basic/index, JSON Schema Usage)."""


class Mirrored(Struct, forbid_unknown_fields=True, rename="camel"):
    """Arguments that a modern client repeats in headers, one of each type that may be."""

    region: Annotated[str, Meta(description="Any text", extra_json_schema={ANNOTATION: "Region"})]
    priority: Annotated[int, Meta(description="Any integer", extra_json_schema={ANNOTATION: "Priority"})] = 0
    dry_run: Annotated[bool, Meta(description="Either", extra_json_schema={ANNOTATION: "Dry-Run"})] = False


async def _contact(arguments: Contact, call: Call) -> list[Block]:  # noqa: ARG001
    needed = "phone" if arguments.contact_method == "phone" else "email"
    if getattr(arguments, needed) is UNSET:
        raise ToolFailure(f"Invalid arguments: '{needed}' is required with this contactMethod: expected string")
    return [text(f"The arguments fit the schema: {msgspec.json.encode(arguments).decode()}")]


async def _mirrored(arguments: Mirrored, call: Call) -> list[Block]:  # noqa: ARG001
    return [text(f"Header and body agree: {msgspec.json.encode(arguments).decode()}")]


TOOLS: Tools = (
    tool(
        "json_schema_2020_12_tool",
        "Takes arguments that a schema with conditions and references describes.",
        _contact,
        arguments=Contact,
        stated_schema=CONTACT_SCHEMA,
    ),
    tool(
        "test_custom_headers",
        "Takes arguments that clients of revision 2026-07-28 repeat in Mcp-Param headers.",
        _mirrored,
        arguments=Mirrored,
    ),
)
