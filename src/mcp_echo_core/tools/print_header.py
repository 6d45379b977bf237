"""printHeader: the header fields that arrived here, after every proxy on the way."""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mcp_echo_core import headers
from mcp_echo_core.call import Call
from mcp_echo_core.headers import Category, HeaderField
from mcp_echo_core.tools.base import NoArguments, Tool

SESSION_SHOWN = 8
"""Characters of a session id that the stateful server shows; there it is the key to a session."""

Filter = Literal["auth", "standard", "mcp", "custom"]
Section = tuple[str, tuple[Category, ...]]

_STATEFUL_SECTIONS: dict[Filter, Section] = {
    "auth": ("🔐 Authentication Headers", ("auth",)),
    "standard": ("🌐 Standard Headers", ("standard",)),
    "mcp": ("🔄 MCP Headers", ("mcp",)),
    "custom": ("📦 Custom Headers", ("forwarded", "custom")),
}

_STATELESS_SECTIONS: tuple[Section, ...] = (
    ("🔐 Authentication Headers", ("auth",)),
    ("🌐 Standard HTTP Headers", ("standard",)),
    ("🔧 MCP Protocol Headers", ("mcp",)),
    ("🚀 Traefik Headers", ("forwarded",)),
    ("📦 Custom Headers", ("custom",)),
)


class StatefulArguments(Struct, forbid_unknown_fields=True):
    """Arguments of the stateful server's printHeader."""

    category: (
        Annotated[Filter, Meta(description="Print only this category; custom includes what proxies add")] | UnsetType
    ) = UNSET


class Result(Struct):
    """All fields in the order they arrived, whatever was asked to be printed."""

    headers: list[HeaderField]


class StatefulResult(Result):
    """All fields, and which category is printed."""

    category: Filter | None


async def run_stateful(arguments: StatefulArguments, call: Call) -> StatefulResult:
    """Read the header fields, session ids cut."""
    category = None if arguments.category is UNSET else arguments.category
    return StatefulResult([_cut(field) for field in headers.fields(call.http)], category)


async def run_stateless(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Read the header fields."""
    return Result(headers.fields(call.http))


def render_stateful(result: StatefulResult) -> str:
    """The fields by category, and how many there are of each."""
    sections = _STATEFUL_SECTIONS
    chosen = list(sections.values()) if result.category is None else [sections[result.category]]
    statistics = [
        "📊 Header Statistics:",
        f"  Total headers: {len(result.headers)}",
        f"  Auth headers: {_count(result, sections['auth'])}",
        f"  Custom headers: {_count(result, sections['custom'])}",
    ]
    parts = ["📋 HTTP Headers Analysis", *_sections(result, chosen, _title_case), "\n".join(statistics)]
    return "\n\n".join(parts)


def render_stateless(result: Result) -> str:
    """The fields by category."""
    title = f"📋 HTTP Headers Analysis ({len(result.headers)} total headers)"
    return "\n\n".join([title, *_sections(result, _STATELESS_SECTIONS, str)])


def _sections(result: Result, sections: list[Section] | tuple[Section, ...], spell: Callable[[str], str]) -> list[str]:
    parts = []
    for title, categories in sections:
        rows = [f"  {spell(field.name)}: {field.value}" for field in result.headers if field.category in categories]
        if rows or len(sections) == 1:
            parts.append("\n".join([f"{title}:", *(rows or ["  (none)"])]))
    return parts


def _count(result: Result, section: Section) -> int:
    return sum(field.category in section[1] for field in result.headers)


def _title_case(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _cut(field: HeaderField) -> HeaderField:
    if field.name != "mcp-session-id" or len(field.value) <= SESSION_SHOWN:
        return field
    return msgspec.structs.replace(field, value=f"{field.value[:SESSION_SHOWN]}...")


STATEFUL = Tool(
    name="printHeader",
    title="Print headers",
    description="Display all HTTP headers that arrived, categorized by type, credentials masked",
    arguments=StatefulArguments,
    result=StatefulResult,
    run=run_stateful,
    render=render_stateful,
)

STATELESS = Tool(
    name="printHeader",
    title="Print headers",
    description="Display all HTTP headers that arrived, organized by category, credentials masked",
    arguments=NoArguments,
    result=Result,
    run=run_stateless,
    render=render_stateless,
)
