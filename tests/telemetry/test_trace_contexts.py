"""Which trace a span belongs to: the message's own context is the parent, HTTP's a link."""

import dataclasses
from typing import Any

import pytest
from collector import Collector, Telling, Told

from harness import rpc, tool_call

OF_MESSAGE, OF_HTTP = ("a" * 32, "1" * 16), ("b" * 32, "2" * 16)


def traceparent(context: tuple[str, str], flags: str = "01") -> str:
    """A context as W3C writes it."""
    trace, span = context
    return f"00-{trace}-{span}-{flags}"


async def told(telling: Telling, collector: Collector, meta: dict[str, Any], **headers: str) -> Told:
    """The span of a call with this ``_meta`` and these headers."""
    async with telling("stateless") as server:
        answer = await server.post(tool_call("echo", {"message": "hi"}, _meta=meta), **headers)
        assert answer.status == 200, answer
    return collector.span("tools/call echo")


async def test_the_parent_is_the_context_of_the_message_and_that_of_http_a_link(
    telling: Telling, collector: Collector
) -> None:
    meta = {"traceparent": traceparent(OF_MESSAGE), "tracestate": "vendor=1", "baggage": "user=jane"}
    span = await told(telling, collector, meta, traceparent=traceparent(OF_HTTP))
    assert (span.trace, span.parent) == OF_MESSAGE
    assert span.links == [OF_HTTP]
    assert b"jane" not in b"".join(collector.raw), "baggage is passed on, not told"


async def test_without_a_context_in_the_message_that_of_http_is_the_parent(
    telling: Telling, collector: Collector
) -> None:
    span = await told(telling, collector, {}, traceparent=traceparent(OF_HTTP))
    assert (span.trace, span.parent, span.links) == (*OF_HTTP, [])


async def test_a_context_that_both_carry_is_the_parent_and_no_link(telling: Telling, collector: Collector) -> None:
    same = traceparent(OF_MESSAGE)
    span = await told(telling, collector, {"traceparent": same}, traceparent=same)
    assert (span.trace, span.parent, span.links) == (*OF_MESSAGE, [])


@pytest.mark.parametrize(
    "value", [7, None, [traceparent(OF_MESSAGE)], "00-zz-11-01", traceparent(("0" * 32, "0" * 16))]
)
async def test_what_is_no_context_is_as_good_as_none(telling: Telling, collector: Collector, value: Any) -> None:
    span = await told(telling, collector, {"traceparent": value}, traceparent="nonsense")
    assert (span.parent, span.links, span.failed) == ("", [], False)


async def test_two_traceparent_headers_are_none(telling: Telling, collector: Collector) -> None:
    async with telling("stateless") as server:
        request = server.posting(rpc("ping"))
        twice = [(b"traceparent", traceparent(context).encode()) for context in (OF_HTTP, OF_MESSAGE)]
        await server.send(dataclasses.replace(request, headers=[*request.headers, *twice]))
    assert collector.span("ping").parent == ""


async def test_a_caller_that_does_not_sample_is_followed(telling: Telling, collector: Collector) -> None:
    async with telling("stateless") as server:
        await server.post(rpc("ping", {"_meta": {"traceparent": traceparent(OF_MESSAGE, "00")}}))
    assert collector.spans == []


async def test_a_batch_is_one_span_with_links_to_the_contexts_of_its_messages(
    telling: Telling, collector: Collector
) -> None:
    batch = [
        rpc("ping", {"_meta": {"traceparent": traceparent(OF_MESSAGE)}}, 1),
        rpc("ping", {"_meta": {"traceparent": traceparent(OF_MESSAGE)}}, 2),
        rpc("ping", None, 3),
    ]
    async with telling("stateless") as server:
        answer = await server.post(batch, traceparent=traceparent(OF_HTTP), mcp_protocol_version="2025-03-26")
        assert answer.status == 200, answer
    span = collector.span("batch")
    assert (span.trace, span.parent) == OF_HTTP
    assert span.links == [OF_MESSAGE]
    assert span.attributes["mcp_echo.batch.size"] == 3
