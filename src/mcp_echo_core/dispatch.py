"""Where the eras meet: a method and its params become a plan; the plan and a Call become a result (``plans.py``).

Knows no HTTP and no session header, and of the eras only which methods the older one has besides.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from mcp_echo_core.catalog import Catalog
from mcp_echo_core.errors import InvalidParams, ResourceNotFound
from mcp_echo_core.plans import Answer, ArgumentFaults, Listing, Plan, PromptGet, ResourceRead, ToolCall
from mcp_echo_core.stores.records import LOG_LEVELS, Effect
from mcp_echo_core.tools.base import COUNTED

E = TypeVar("E")
Params = Mapping[str, Any]
Planner = Callable[[Params], Plan]
Listings = Mapping[str, Mapping[str, Raw]]
"""Encoded results of the list methods, by method and revision."""

MAX_COMPLETIONS = 100
"""Values one completion may offer (server/utilities/completion)."""


class Dispatcher:
    """Plans the methods of both eras.

    Args:
        catalog: What is on offer.
        listings: The lists of it.
    """

    def __init__(self, catalog: Catalog, listings: Listings) -> None:
        self.tools = {tool.name: tool for tool in catalog.tools}
        self._prompts = {prompt.name: prompt for prompt in catalog.prompts}
        self._resources = {resource.uri: resource for resource in catalog.resources}
        self._templates = catalog.templates
        self._subscribable = catalog.subscribable
        self.methods: dict[str, Planner] = {
            "tools/call": self.call_tool,
            "prompts/get": self.get_prompt,
            "resources/read": self.read_resource,
            "completion/complete": self.complete,
        }
        for method, by_revision in listings.items():
            self.methods[method] = partial(_list, Listing(by_revision))

    def legacy_methods(self, *, listens: bool) -> dict[str, Planner]:
        """The methods of the legacy era; ``listens``: its clients can be sent messages outside requests."""
        methods: dict[str, Planner] = {**self.methods, "ping": lambda _: Answer({})}
        if listens:
            methods["logging/setLevel"] = self.set_level
            methods["resources/subscribe"] = self.subscribe
            methods["resources/unsubscribe"] = self.unsubscribe
        return methods

    def call_tool(self, params: Params) -> Plan:
        """Plan ``tools/call``.

        Raises:
            InvalidParams: No tool of that name, or params that are not those of the method.
        """
        name, arguments = params.get("name"), params.get("arguments")
        tool = self.tools.get(name) if type(name) is str else None
        if tool is None:
            tool = _named(self.tools, params, "tool", "server/tools, Error Handling")
        if type(arguments) is not dict:
            arguments = _arguments(params, "server/tools, Error Handling")
        try:
            fitting = msgspec.convert(arguments, tool.arguments)
        except msgspec.ValidationError:
            return ArgumentFaults(tool, tool.faults(arguments))
        return ToolCall(tool, fitting, tool.effect(fitting) if tool.effect else COUNTED)

    def get_prompt(self, params: Params) -> Plan:
        """Plan ``prompts/get``.

        Raises:
            InvalidParams: No prompt of that name, or arguments that do not fit it.
        """
        prompt = _named(self._prompts, params, "prompt", "server/prompts, Error Handling")
        arguments = _arguments(params, "server/prompts, Error Handling")
        missing = [a.name for a in prompt.arguments if a.required and a.name not in arguments]
        wrong = [name for name, value in arguments.items() if type(value) is not str]
        if missing or wrong:
            raise InvalidParams(
                f"The argument {(missing or wrong)[0]!r} is {'missing' if missing else 'not a string'}",
                seen=arguments,
                rule="Arguments of a prompt are strings, and the required ones are given",
                spec="server/prompts, Error Handling",
                fix="Read the arguments in prompts/list.",
            )
        return PromptGet(prompt, arguments)

    def read_resource(self, params: Params) -> Plan:
        """Plan ``resources/read``.

        Raises:
            InvalidParams: The URI is no string.
            ResourceNotFound: No resource has this URI.
        """
        uri = _text(params, "uri", "server/resources, Error Handling")
        resource = self._resources.get(uri)
        if resource is not None:
            return ResourceRead(uri, resource.mime_type, resource.read)
        for template in self._templates:
            variables = template.match(uri)
            if variables is not None:
                return ResourceRead(uri, template.mime_type, partial(template.read, variables))
        raise self._unknown_resource(uri)

    def complete(self, params: Params) -> Plan:
        """Plan ``completion/complete``.

        Raises:
            InvalidParams: The reference or the argument cannot be read, or names nothing.
        """
        ref, argument = params.get("ref"), params.get("argument")
        if type(ref) is not dict or type(argument) is not dict:
            raise _completion_fault("ref and argument are not both objects", params)
        name, prefix = argument.get("name"), argument.get("value")
        if type(name) is not str or type(prefix) is not str:
            raise _completion_fault("argument has no strings name and value", argument)
        matching = [value for value in self._completions(ref, name) if value.lower().startswith(prefix.lower())]
        values = matching[:MAX_COMPLETIONS]
        found = {"values": values, "total": len(matching), "hasMore": len(values) < len(matching)}
        return Answer({"completion": found})

    def set_level(self, params: Params) -> Plan:
        """Plan ``logging/setLevel``.

        Raises:
            InvalidParams: The level is unknown.
        """
        level = params.get("level")
        if level not in LOG_LEVELS:
            raise InvalidParams(
                "There is no such log level",
                seen=level,
                rule=f"A level is one of {', '.join(LOG_LEVELS)}",
                spec="server/utilities/logging, Log Levels",
                fix="Name one of these levels.",
            )
        return Answer({}, Effect(requests=1, log_level=level))

    def subscribe(self, params: Params) -> Plan:
        """Plan ``resources/subscribe``.

        Raises:
            InvalidParams: The URI is no string.
            ResourceNotFound: There is nothing at this URI; a resource that never changes may be watched in vain.
        """
        uri = _text(params, "uri", "server/resources, Subscriptions")
        if uri not in self._subscribable and uri not in self._resources:
            raise self._unknown_resource(uri)
        return Answer({}, Effect(requests=1, subscribe=uri))

    def unsubscribe(self, params: Params) -> Plan:
        """Plan ``resources/unsubscribe``; ending what was never begun is no error.

        Raises:
            InvalidParams: The URI is no string.
        """
        return Answer({}, Effect(requests=1, unsubscribe=_text(params, "uri", "server/resources, Subscriptions")))

    def _completions(self, ref: Params, argument: str) -> Sequence[str]:
        kind = ref.get("type")
        if kind == "ref/resource" and any(t.uri_template == ref.get("uri") for t in self._templates):
            return ()
        prompt = self._prompts.get(str(ref.get("name"))) if kind == "ref/prompt" else None
        if prompt is None:
            raise _completion_fault("ref names no prompt or resource template", ref)
        values = {a.name: a.values for a in prompt.arguments}
        if argument not in values:
            raise _completion_fault(f"the prompt has no such argument; it has {', '.join(values) or 'none'}", argument)
        return values[argument]

    def _unknown_resource(self, uri: str) -> ResourceNotFound:
        always = [resource.uri for resource in self._resources.values() if not resource.needs_session]
        return ResourceNotFound(
            "There is no such resource",
            seen=uri,
            rule="A resource is one from resources/list or fits a template from resources/templates/list",
            spec="server/resources, Error Handling",
            fix=f"Read one of {', '.join(always)}, or another from resources/list.",
            extra={"uri": uri},
        )


def _list(listing: Listing, params: Params) -> Plan:
    """Plan a list method: one page, so that every cursor is foreign."""
    if params.get("cursor") is not None:
        raise InvalidParams(
            "The cursor is not one this server gave out",
            seen=params["cursor"],
            rule="A cursor comes from the nextCursor of an earlier answer; this list has one page",
            spec="server/utilities/pagination, Error Handling",
            fix="Ask without a cursor.",
        )
    return listing


def _named(entries: Mapping[str, E], params: Params, what: str, spec: str) -> E:
    name = params.get("name")
    entry = entries.get(name) if type(name) is str else None
    if entry is not None:
        return entry
    raise InvalidParams(
        f"There is no such {what}" if type(name) is str else 'The param "name" is not a string',
        seen=name,
        rule=f"The name is one from {what}s/list",
        spec=spec,
        fix=f"Name one of {', '.join(entries)}.",
        extra={f"{what}s": list(entries)},
    )


def _arguments(params: Params, spec: str) -> dict[str, Any]:
    arguments = params.get("arguments")
    if arguments is None:
        return {}
    if type(arguments) is dict:
        return arguments
    raise InvalidParams(
        'The param "arguments" is not an object',
        seen=arguments,
        rule="Arguments are an object whose members are the arguments by name",
        spec=spec,
        fix='Send "arguments": {…}.',
    )


def _text(params: Params, name: str, spec: str) -> str:
    value = params.get(name)
    if type(value) is str:
        return value
    raise InvalidParams(
        f'The param "{name}" is {"missing" if value is None else "not a string"}',
        seen=value,
        rule=f"The method takes {name}, a string",
        spec=spec,
        fix=f'Send "{name}": "…".',
    )


def _completion_fault(problem: str, seen: Any) -> InvalidParams:
    return InvalidParams(
        f"The completion cannot be made: {problem}",
        seen=seen,
        rule="ref is {type: ref/prompt, name} or {type: ref/resource, uri}; argument is {name, value}",
        spec="server/utilities/completion, Error Handling",
        fix="Refer to a prompt from prompts/list or a template from resources/templates/list.",
    )
