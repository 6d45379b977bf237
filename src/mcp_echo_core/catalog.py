"""What a server offers, as values: tools, prompts, resources; a toolset is a catalog, and catalogs add up."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from mcp_echo_core.call import Call
from mcp_echo_core.eras.versions import STRUCTURED_CONTENT
from mcp_echo_core.tools.base import Tool


class PromptArgument(Struct, frozen=True):
    """An argument of a prompt; ``values`` are what completion offers."""

    name: str
    description: str
    required: bool = False
    values: tuple[str, ...] = ()


class Prompt(Struct, frozen=True, kw_only=True):
    """A prompt (server/prompts)."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...] = ()
    get: Callable[[Mapping[str, str], Call], Awaitable[list[dict[str, Any]]]]

    def describe(self, revision: str) -> dict[str, Any]:
        """The prompt's entry in ``prompts/list`` of a revision."""
        arguments = [{"name": a.name, "description": a.description, "required": a.required} for a in self.arguments]
        entry = {"name": self.name, "description": self.description, "arguments": arguments}
        return entry | {"title": self.title} if revision in STRUCTURED_CONTENT else entry


class Resource(Struct, frozen=True, kw_only=True):
    """A resource (server/resources).

    Attributes:
        read: Its content, text or bytes.
        needs_session: It exists only for requests that belong to a legacy session.
    """

    uri: str
    name: str
    title: str
    description: str
    mime_type: str
    read: Callable[[Call], Awaitable[str | bytes]]
    needs_session: bool = False

    def describe(self, revision: str) -> dict[str, Any]:
        """The resource's entry in ``resources/list`` of a revision."""
        return {"uri": self.uri, **_described(self, revision)}


class ResourceTemplate(Struct, frozen=True, kw_only=True):
    """Resources whose URIs follow a pattern (server/resources, Resource Templates).

    Attributes:
        uri_template: With simple variables, such as ``scheme://{id}/data`` (RFC 6570 level 1).
        read: Their content, from the variables.
    """

    uri_template: str
    name: str
    title: str
    description: str
    mime_type: str
    read: Callable[[Mapping[str, str], Call], Awaitable[str | bytes]]

    def describe(self, revision: str) -> dict[str, Any]:
        """The template's entry in ``resources/templates/list`` of a revision."""
        return {"uriTemplate": self.uri_template, **_described(self, revision)}

    def match(self, uri: str) -> dict[str, str] | None:
        """The variables of a URI that follows the template."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.uri_template))
        found = re.fullmatch(pattern, uri)
        return found.groupdict() if found else None


class Catalog(Struct, frozen=True, kw_only=True):
    """What a server offers.

    Attributes:
        subscribable: URIs of resources whose changes can be watched.
        changes: The lists may change while the server runs.
    """

    tools: tuple[Tool[Any, Any], ...] = ()
    prompts: tuple[Prompt, ...] = ()
    resources: tuple[Resource, ...] = ()
    templates: tuple[ResourceTemplate, ...] = ()
    subscribable: frozenset[str] = frozenset()
    changes: bool = False

    def __add__(self, other: "Catalog") -> "Catalog":
        return Catalog(
            tools=self.tools + other.tools,
            prompts=self.prompts + other.prompts,
            resources=self.resources + other.resources,
            templates=self.templates + other.templates,
            subscribable=self.subscribable | other.subscribable,
            changes=self.changes or other.changes,
        )

    @property
    def subscribable_without_session(self) -> frozenset[str]:
        """What modern clients, who have no session, can watch."""
        return self.subscribable - {resource.uri for resource in self.resources if resource.needs_session}

    def capabilities(self, *, listens: bool, modern: bool) -> dict[str, Any]:
        """What is declared to clients.

        Args:
            listens: Clients of the legacy era can be sent messages outside requests.
            modern: For ``server/discover``; else for ``initialize``.
        """
        changed = {"listChanged": self.changes and modern}
        subscribe = {"subscribe": bool(self.subscribable_without_session if modern else self.subscribable and listens)}
        declared: dict[str, Any] = {
            "tools": changed, "prompts": changed, "resources": subscribe | changed, "completions": {},
        }  # fmt: skip
        return declared | {"logging": {}} if listens or modern else declared


def _described(entry: Resource | ResourceTemplate, revision: str) -> dict[str, Any]:
    facts = {"name": entry.name, "description": entry.description, "mimeType": entry.mime_type}
    return facts | {"title": entry.title} if revision in STRUCTURED_CONTENT else facts
