"""Which traces an exchange belongs to: its parent is what the message names in ``params._meta``, HTTP's context a link.

Source: OpenTelemetry semantic conventions, Model Context Protocol, Context propagation; W3C Trace Context; SEP-414.
"""

from collections.abc import Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagate import extract
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import Link, SpanContext, get_current_span

from mcp_echo_core.http import HttpRequest

_EMPTY: Mapping[str, Any] = {}


class _Members(Getter[Mapping[str, Any]]):
    """Reads ``_meta``; what is no text is not there."""

    def get(self, carrier: Mapping[str, Any], key: str) -> list[str] | None:
        value = carrier.get(key)
        return [value] if type(value) is str else None

    def keys(self, carrier: Mapping[str, Any]) -> list[str]:
        return list(carrier)


class _Fields(Getter[HttpRequest]):
    """Reads header fields; several of one name are one, so that a repeated ``traceparent`` is none."""

    def get(self, carrier: HttpRequest, key: str) -> list[str] | None:
        value = carrier.header(key.lower())
        return None if value is None else [value]

    def keys(self, carrier: HttpRequest) -> list[str]:
        return [name.decode("latin-1") for name in carrier.fields]


_members, _fields = _Members(), _Fields()


def around(http: HttpRequest, message: Any) -> tuple[Context, list[Link]]:
    """The context that is an exchange's parent, and links to the others it belongs to.

    Args:
        http: The request's head.
        message: The posted JSON value; a batch has HTTP's context as its parent and links to those of its messages.
    """
    outer = extract(http, Context(), _fields)
    outer_span = _span(outer)
    if type(message) is list:
        inners = [_span(_context_of(each)) for each in message]
        return outer, _links(inners, outer_span)
    inner = _context_of(message)
    inner_span = _span(inner)
    if not inner_span.is_valid:
        return outer, []
    return inner, _links([outer_span], inner_span)


def _context_of(message: Any) -> Context:
    params = message.get("params") if type(message) is dict else None
    meta = params.get("_meta") if type(params) is dict else None
    return extract(meta if type(meta) is dict else _EMPTY, Context(), _members)


def _span(context: Context) -> SpanContext:
    return get_current_span(context).get_span_context()


def _links(spans: list[SpanContext], parent: SpanContext) -> list[Link]:
    different = {(span.trace_id, span.span_id): span for span in spans if span.is_valid}
    different.pop((parent.trace_id, parent.span_id), None)
    return [Link(span) for span in different.values()]
