"""echo and replayLastEcho."""

import base64
from typing import Any

import pytest
from workbench import Bench

from mcp_echo_core.call import Call
from mcp_echo_core.errors import ToolFailure

PNG = base64.b64encode(b"\x89PNG\r\n").decode()


async def test_the_stateful_echo_prints_its_sample(stateful_bench: Bench) -> None:
    await stateful_bench.open_session()
    echoed = await stateful_bench.use("echo", {"message": "Hello, stateful world!", "uppercase": True})
    assert echoed.text == (
        "HELLO, STATEFUL WORLD!\n\nSession: 550e8400-e29b-41d4-a716-446655440000\nEcho count in session: 1"
    )


async def test_the_stateless_echo_prints_its_sample(stateless_bench: Bench) -> None:
    arguments = {"message": "Hello, MCP!", "uppercase": False, "reverse": True}
    assert (await stateless_bench.use("echo", arguments)).text == "!PCM ,olleH"


async def test_uppercase_comes_before_reverse(stateless_bench: Bench) -> None:
    arguments = {"message": "straße", "uppercase": True, "reverse": True}
    assert (await stateless_bench.use("echo", arguments)).text == "ESSARTS"


async def test_replay_prints_its_sample(stateful_bench: Bench) -> None:
    await stateful_bench.open_session()
    await stateful_bench.use("echo", {"message": "Hello, stateful world!", "uppercase": True})
    replayed = await stateful_bench.use("replayLastEcho")
    assert replayed.text == (
        "🔄 Replaying last echo:\nHELLO, STATEFUL WORLD!\n\n"
        "Original echo count: 1\nThis session has replayed 1 messages"
    )


async def test_replay_tells_which_echo_it_replays_and_counts_replays(stateful_bench: Bench) -> None:
    await stateful_bench.open_session()
    for message in ("first", "second"):
        await stateful_bench.use("echo", {"message": message})
    await stateful_bench.use("replayLastEcho")
    assert (await stateful_bench.use("replayLastEcho")).data == {
        "message": "second",
        "echoNumber": 2,
        "replayCount": 2,
    }


@pytest.mark.parametrize("with_session", [True, False])
async def test_replay_with_nothing_to_replay_says_to_echo_first(stateful_bench: Bench, with_session: bool) -> None:
    if with_session:
        await stateful_bench.open_session()
    with pytest.raises(ToolFailure, match="call echo first"):
        await stateful_bench.use("replayLastEcho")


class TestBinary:
    @pytest.fixture(params=("stateful", "stateless"))
    async def binary_bench(self, request: pytest.FixtureRequest) -> Bench:
        bench = Bench(request.param, ECHO_ENABLE_BINARY="true")
        if request.param == "stateful":
            await bench.open_session()
        return bench

    async def test_text_alone_is_echoed_as_ever(self, binary_bench: Bench) -> None:
        echoed = await binary_bench.use("echo", {"message": "hi"})
        assert echoed.text.startswith("hi")
        assert echoed.blocks == []
        assert echoed.data["binary"] is None

    @pytest.mark.parametrize(
        ("mime_type", "revision", "kind"),
        [
            ("image/png", "2025-06-18", "image"),
            ("IMAGE/png", "2024-11-05", "image"),
            ("audio/wav", "2025-06-18", "audio"),
        ],
    )
    async def test_media_come_back_as_their_own_block(
        self, binary_bench: Bench, mime_type: str, revision: str, kind: str
    ) -> None:
        arguments = {"message": "hi", "data": PNG, "mimeType": mime_type}
        echoed = await binary_bench.use("echo", arguments, revision=revision)
        assert echoed.blocks == [{"type": kind, "data": PNG, "mimeType": mime_type}]
        assert echoed.data["binary"] == {"block": kind, "data": PNG, "mimeType": mime_type, "size": 6}

    @pytest.mark.parametrize(
        ("mime_type", "revision"), [("audio/wav", "2024-11-05"), ('text/plain; charset="utf-8"', "2025-11-25")]
    )
    async def test_everything_else_comes_back_as_a_resource(
        self, binary_bench: Bench, mime_type: str, revision: str
    ) -> None:
        arguments = {"message": "hi", "data": PNG, "mimeType": mime_type}
        echoed = await binary_bench.use("echo", arguments, revision=revision)
        resource = {"uri": "echo://binary", "mimeType": mime_type, "blob": PNG}
        assert echoed.blocks == [{"type": "resource", "resource": resource}]

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ({"data": PNG}, "'mimeType' is missing"),
            ({"mimeType": "image/png"}, "'data' is missing"),
            ({"data": PNG, "mimeType": "png"}, "'mimeType' is the string \"png\": expected a MIME type"),
            ({"data": PNG, "mimeType": "image/png\n"}, "'mimeType'"),
            ({"data": "a-b_", "mimeType": "image/png"}, "'data' is the string \"a-b_\": expected base64"),
            ({"data": "QUJ", "mimeType": "image/png"}, "expected base64"),
            ({"data": "ä", "mimeType": "image/png"}, "expected base64"),
            ({"data": "!" * 10_000, "mimeType": "image/png"}, r"!{40}… \(10000 characters\)"),
        ],
    )
    async def test_bad_data_is_a_failure_with_field_given_and_expected(
        self, binary_bench: Bench, arguments: dict[str, str], named: str
    ) -> None:
        with pytest.raises(ToolFailure, match=named):
            await binary_bench.use("echo", {"message": "hi", **arguments})
        if binary_bench.session is not None:
            assert binary_bench.session.echo_count == 0


class Listener:
    """A channel that remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Remember a notification."""
        self.heard.append((method, params))


async def test_a_client_that_asked_gets_progress_and_log_messages(bench: Bench) -> None:
    listener = Listener()
    session = await bench.runtime.sessions.mint(0.0)
    tool = bench.tool("echo")
    call = Call(
        runtime=bench.runtime,
        http=bench.request(),
        revision="2026-07-28",
        session=session,
        progress_token=7,
        log_level="info",
        channel=listener,
    )
    await tool.run(tool.arguments(message="hi"), call)
    assert [params["progress"] for method, params in listener.heard if method == "notifications/progress"] == [0, 1]
    assert listener.heard[-1] == ("notifications/message", {"level": "info", "logger": "echo", "data": "hi"})
