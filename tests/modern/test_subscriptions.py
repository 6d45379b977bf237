"""2026-07-28 basic/patterns/subscriptions: what an open subscription carries, and what it never does."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from modern_requests import SUBSCRIPTION, ask, begin, call_of, modern, refused

from asgi_bridge import Exchange
from harness import Server
from mcp_echo_core.catalog import Catalog
from mcp_echo_core.changes import Change
from mcp_echo_core.eras.subscriptions import ID_KEY
from mcp_echo_core.toolsets import TOOLSETS

WATCHED, CURRENT = "test://watched", "echo://session/current"
CHANGES = {
    "toolsListChanged": (Change("tools"), "notifications/tools/list_changed"),
    "promptsListChanged": (Change("prompts"), "notifications/prompts/list_changed"),
    "resourcesListChanged": (Change("resources"), "notifications/resources/list_changed"),
}
EVERYTHING = {**dict.fromkeys(CHANGES, True), "resourceSubscriptions": [WATCHED]}


@pytest.fixture
def changing(variant: str, make_app: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Server:
    """Each of the two servers, whose lists and one of whose resources may change."""
    diagnostics = TOOLSETS["diagnostics"]

    def catalog(*facts: Any) -> Catalog:
        return msgspec.structs.replace(diagnostics(*facts), subscribable=frozenset({WATCHED}), changes=True)

    monkeypatch.setitem(TOOLSETS, "diagnostics", catalog)
    return make_app(variant, MCP_SSE_KEEPALIVE_INTERVAL="0.05")


def asked(notifications: Any = ..., request_id: Any = 1, **meta: Any) -> dict[str, Any]:
    """A ``subscriptions/listen`` request."""
    params = {} if notifications is ... else {"notifications": notifications}
    return modern("subscriptions/listen", params, request_id, **meta)


async def message(stream: Exchange) -> Any:
    """The next message; comments are no events."""
    while True:
        event = await stream.event()
        assert event is not None, "the stream has ended"
        if event.data is not None:
            assert event.id is None
            return event.message


async def opened(server: Server, notifications: Any, request_id: Any = 1) -> tuple[Exchange, Any]:
    """An open subscription, and what was acknowledged."""
    stream = begin(server, asked(notifications, request_id))
    assert (await stream.head()).status == 200
    first = await message(stream)
    assert first["method"] == "notifications/subscriptions/acknowledged"
    assert first["params"]["_meta"][SUBSCRIPTION] == request_id
    return stream, first["params"]["notifications"]


def publish(server: Server, *changes: Change) -> None:
    for change in changes:
        server.app.runtime.changes.publish(change)


ALL = [*(change for change, _ in CHANGES.values()), Change("resource", WATCHED), Change("resource", "test://other")]


def test_the_key_is_the_one_of_the_schema() -> None:
    assert ID_KEY == SUBSCRIPTION


@pytest.mark.parametrize("request_id", [0, 1, -5, 2**53, "", "1", "a", "é"])
async def test_every_message_names_its_subscription_with_the_type_of_its_id(request_id: Any, changing: Server) -> None:
    stream, _ = await opened(changing, EVERYTHING, request_id)
    publish(changing, *ALL)
    for _ in range(4):
        found = (await message(stream))["params"]["_meta"][SUBSCRIPTION]
        assert found == request_id
        assert type(found) is type(request_id)
    await stream.leave()


@pytest.mark.parametrize(
    ("notifications", "honoured"),
    [
        (EVERYTHING, EVERYTHING),
        ({}, {}),
        *(({flag: True}, {flag: True}) for flag in CHANGES),
        *(({flag: False}, {}) for flag in CHANGES),
        ({"resourceSubscriptions": []}, {}),
        ({"resourceSubscriptions": [WATCHED, "test://other"]}, {"resourceSubscriptions": [WATCHED]}),
        ({"resourceSubscriptions": ["test://other"]}, {}),
        ({"somethingNew": True, "toolsListChanged": True}, {"toolsListChanged": True}),
    ],
)
async def test_the_acknowledgement_names_what_is_honoured(notifications: Any, honoured: Any, changing: Server) -> None:
    stream, acknowledged = await opened(changing, notifications)
    assert acknowledged == honoured
    await stream.leave()


async def test_a_server_whose_lists_never_change_honours_nothing_and_declares_nothing(server: Server) -> None:
    stream, acknowledged = await opened(
        server, {**EVERYTHING, "resourceSubscriptions": ["echo://session/current", "x"]}
    )
    assert acknowledged == {}
    await stream.leave()
    capabilities = (await ask(server, modern("server/discover"))).message["result"]["capabilities"]
    declared = [kind for kind, facts in capabilities.items() for fact in facts.values() if fact]
    assert declared == []


async def test_what_may_change_is_declared(changing: Server) -> None:
    capabilities = (await ask(changing, modern("server/discover"))).message["result"]["capabilities"]
    assert capabilities["tools"] == capabilities["prompts"] == {"listChanged": True}
    assert capabilities["resources"] == {"listChanged": True, "subscribe": True}


@pytest.mark.parametrize("flag", CHANGES)
async def test_only_what_was_asked_for_arrives(flag: str, changing: Server) -> None:
    stream, _ = await opened(changing, {flag: True})
    publish(changing, *ALL, *ALL)
    for _ in range(2):
        assert await message(stream) == {
            "jsonrpc": "2.0", "method": CHANGES[flag][1], "params": {"_meta": {SUBSCRIPTION: 1}},
        }  # fmt: skip
    stream.disconnect()
    await stream.task
    assert await stream.event() is None


async def test_only_the_watched_resource_is_reported(changing: Server) -> None:
    stream, _ = await opened(changing, {"resourceSubscriptions": [WATCHED]})
    publish(changing, *ALL)
    assert (await message(stream))["params"] == {"_meta": {SUBSCRIPTION: 1}, "uri": WATCHED}
    await stream.leave()


async def test_nothing_precedes_the_acknowledgement(changing: Server) -> None:
    stream = begin(changing, asked(EVERYTHING), held="http.response.start")
    publish(changing, *ALL)
    stream.release()
    assert (await message(stream))["method"] == "notifications/subscriptions/acknowledged"
    await stream.leave()


async def test_silence_is_broken_by_comments_that_are_no_events(changing: Server) -> None:
    stream, _ = await opened(changing, EVERYTHING)
    for _ in range(3):
        assert await stream.chunk() == b":\n\n"
    publish(changing, Change("tools"))
    assert (await message(stream))["method"] == "notifications/tools/list_changed"
    await stream.leave()


async def test_several_subscriptions_are_open_at_once_and_each_gets_its_own(changing: Server) -> None:
    tools, _ = await opened(changing, {"toolsListChanged": True}, "t")
    prompts, _ = await opened(changing, {"promptsListChanged": True}, "p")
    both, _ = await opened(changing, EVERYTHING, "t")
    publish(changing, Change("tools"), Change("prompts"))
    assert (await message(tools))["method"] == "notifications/tools/list_changed"
    assert (await message(prompts))["params"]["_meta"][SUBSCRIPTION] == "p"
    assert [(await message(both))["method"] for _ in range(2)] == [found for _, found in list(CHANGES.values())[:2]]
    await tools.leave()
    publish(changing, Change("prompts"))
    assert (await message(prompts))["method"] == "notifications/prompts/list_changed"
    for stream in (prompts, both):
        await stream.leave()


async def test_other_requests_leave_no_trace_on_a_subscription(changing: Server) -> None:
    stream, _ = await opened(changing, EVERYTHING)
    await ask(changing, call_of("echo", {"message": "x"}, progressToken=1, logLevel="debug"))
    publish(changing, Change("tools"))
    assert (await message(stream))["method"] == "notifications/tools/list_changed"
    await stream.leave()


@pytest.mark.parametrize("wish", [{"progressToken": 1}, {"logLevel": "debug"}])
async def test_a_subscription_carries_no_progress_and_no_log_messages(wish: Any, changing: Server) -> None:
    stream = begin(changing, asked(EVERYTHING, **wish))
    assert (await message(stream))["method"] == "notifications/subscriptions/acknowledged"
    publish(changing, Change("tools"))
    assert (await message(stream))["method"] == "notifications/tools/list_changed"
    await stream.leave()


async def test_a_client_that_leaves_is_forgotten(changing: Server) -> None:
    runtime = changing.app.runtime
    streams = [(await opened(changing, EVERYTHING, number))[0] for number in range(3)]
    assert len(runtime.changes._listeners) == 3
    for left, stream in enumerate(streams, 1):
        await stream.leave()
        assert len(runtime.changes._listeners) == 3 - left
        publish(changing, *ALL)
    assert runtime.changes._listeners == set()
    assert runtime.metrics.active == 0


async def test_a_slow_client_loses_the_oldest_changes_and_nothing_else(changing: Server) -> None:
    stream, _ = await opened(changing, EVERYTHING)
    publish(changing, *[Change("tools")] * 150, Change("prompts"))
    found = [(await message(stream))["method"] for _ in range(100)]
    assert found == ["notifications/tools/list_changed"] * 99 + ["notifications/prompts/list_changed"]
    await stream.leave()


async def test_a_subscription_has_the_headers_that_keep_proxies_from_holding_it_back(changing: Server) -> None:
    stream, _ = await opened(changing, EVERYTHING)
    head = await stream.head()
    assert head.header("content-type") == "text/event-stream"
    assert head.header("x-accel-buffering") == "no"
    assert head.header("content-length") is None
    assert head.header("mcp-session-id") is None
    await stream.leave()


@pytest.mark.parametrize("accept", ["application/json", "application/*", "text/event-stream;q=0, application/json"])
async def test_a_client_that_cannot_read_streams_gets_406(accept: str, server: Server) -> None:
    status, code = await refused(server, asked({}), accept=accept)
    assert (status, code) == (406, -32600)


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*", "text/*"])
async def test_a_client_that_reads_only_streams_can_listen(accept: str, server: Server) -> None:
    stream = begin(server, asked({}), accept=accept)
    assert (await message(stream))["method"] == "notifications/subscriptions/acknowledged"
    await stream.leave()


MALFORMED = [
    ...,
    None,
    [],
    "x",
    1,
    *({flag: value} for flag in CHANGES for value in ("true", 1, None, [], {})),
    *({"resourceSubscriptions": value} for value in ("x", 1, {}, [1], ["x", None], [["x"]], True)),
]


@pytest.mark.parametrize("notifications", MALFORMED, ids=str)
async def test_a_malformed_filter_is_invalid_params_and_opens_no_stream(notifications: Any, server: Server) -> None:
    assert await refused(server, asked(notifications, "f")) == (400, -32602)
    assert server.app.runtime.changes._listeners == set()
