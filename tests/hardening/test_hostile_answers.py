"""What servers send to our commands is read without a fault, whatever it is."""

import json
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_echo_core.client.answers import object_in, response_in
from mcp_echo_core.client.arguments import arguments_of, signature, types_of
from mcp_echo_core.client.listed_tools import UnusableTool, listed
from mcp_echo_core.client.session_file import SessionFile
from mcp_echo_core.client.urls import origin_of
from mcp_echo_core.sse import EventReader
from mcp_echo_core.watching import lines
from mcp_echo_core.watching.findings import Findings
from mcp_echo_core.watching.place import place_of

few = settings(max_examples=60, deadline=None)

names = st.sampled_from([
    "name", "inputSchema", "type", "properties", "required", "annotations", "anyOf", "$ref", "x-mcp-header", "items",
    "sequence", "kind", "status", "rules", "findings", "level", "says", "report", "must", "should", "seconds", "at",
    "hops", "client", "session", "open", "id", "code", "pieces",
]) | st.text(max_size=6)  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(
    ["object", "string", "#", "#/properties/a", "#/x~1y", "must", 10**400, -1, "\x1b[31m", "\u202e"]
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6), max_leaves=16
)
objects = st.dictionaries(names, values, max_size=8)

FIELDS = (
    "data: {}",
    "id: 1",
    "retry: 5",
    "retry: " + "9" * 5000,
    "retry: \u0665",
    "event: x",
    ":",
    "",
    "data",
    "\ufeff",
    "é",
)
streams = st.lists(st.sampled_from(FIELDS) | st.text(max_size=8), max_size=12).flatmap(
    lambda parts: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join([*parts, "", ""]).encode())
) | st.binary(max_size=60)


@few
@given(streams, st.lists(st.integers(0, 80), max_size=4))
def test_a_stream_is_read_the_same_however_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    # A line end that is cut in half is none until its other half is there.
    whole, pieces = EventReader(), EventReader()
    read = [event for start, end in pairwise(places) for event in pieces.feed(stream[start:end], 0)]
    assert read + pieces.feed(b"\n\n", 0) == whole.feed(stream, 0) + whole.feed(b"\n\n", 0)


@few
@given(st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_an_object_or_none(body: bytes) -> None:
    for found in (object_in(body), response_in(body), object_in(body.decode("utf-8", "replace"))):
        assert found is None or isinstance(found, dict)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b'{"id":' + b"9" * 5000 + b"}", b"\xff"]
)
def test_a_body_made_to_fail_is_none(body: bytes) -> None:
    assert object_in(body) is None
    assert response_in(body) is None


@few
@given(values, st.booleans())
def test_any_tool_is_usable_or_said_not_to_be(entry: Any, modern: bool) -> None:
    try:
        tool = listed(entry, modern=modern)
    except UnusableTool:
        return
    assert isinstance(signature(tool), str)
    assert types_of(tool.schema, tool.schema) is not None
    arguments_of(["a=1", "b=[", "c=1e999"], tool)


@few
@given(objects)
def test_any_happening_is_told(told: dict[str, Any]) -> None:
    found = Findings()
    found.take(told)
    for parts in (lines.exchange(told, known=True), *lines.heading(told), *lines.ended(told), *lines.finding(told)):
        assert parts
    assert found.reached("must") in {True, False}
    list(found.new(told))


@few
@given(
    st.text(max_size=30)
    | st.sampled_from(["http://[", "http://[::1]:x/mcp", "http://a:99999/mcp", "//", "http://\udc80/"])
)
def test_any_url_names_an_origin_or_none_and_a_place_or_the_reason(url: str) -> None:
    assert isinstance(origin_of(url), str)
    with suppress(ValueError):
        assert place_of(url, "http://localhost:3000").page


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[" * 100_000, b'{"servers":1}', b'{"servers":{"a":[{"id":1}]}}', b"\x00", b'"\\ud800"']
)
def test_a_session_file_that_somebody_else_wrote_is_set_aside(content: bytes, tmp_path: Path) -> None:
    path, told = tmp_path / "sessions.json", list[str]()
    path.write_bytes(content)
    path.chmod(0o600)
    assert SessionFile(path, told.append).load("http://localhost/mcp") is None
    assert told
