"""echo and replayLastEcho."""

import base64
from typing import Any

import msgspec
import pytest
from msgspec import UNSET
from workbench import Bench, Fields

from harness import FakeClock
from mcp_echo_core.call import SILENT, Call
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
    """A channel that remembers what it was told.

    Args:
        clock: What moves on with each notification.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._clock = clock

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Remember a notification."""
        self.heard.append((method, params))
        self._clock.jump(0.5)

    @property
    def progress(self) -> list[dict[str, Any]]:
        """The params of the progress notifications."""
        return [params for method, params in self.heard if method == "notifications/progress"]


async def told(bench: Bench, arguments: dict[str, Any], headers: Fields = (), **facts: Any) -> Listener:
    """What the caller of an echo is told before the result."""
    listener = Listener(bench.clock)
    tool = bench.tool("echo")
    session = await bench.runtime.sessions.mint(bench.clock.wall)
    facts = {"progress_token": 7, "log_level": "info", "channel": listener, **facts}
    call = Call(runtime=bench.runtime, http=bench.request(headers), revision="2026-07-28", session=session, **facts)
    await tool.run(msgspec.convert({"message": "hi", **arguments}, tool.arguments), call)
    return listener


async def test_a_client_that_asked_gets_progress_and_log_messages(bench: Bench) -> None:
    listener = await told(bench, {})
    assert [params["progress"] for params in listener.progress] == [0, 1]
    assert listener.heard[-1] == ("notifications/message", {"level": "info", "logger": "echo", "data": "hi"})


@pytest.fixture(params=[("stateful", "false"), ("stateless", "false"), ("stateful", "true"), ("stateless", "true")])
def any_bench(request: pytest.FixtureRequest) -> Bench:
    """The tools of each of the two servers, without and with binary data."""
    variant, binary = request.param
    return Bench(variant, ECHO_ENABLE_BINARY=binary)


class TestSteps:
    async def test_each_step_says_which_one_it_is_and_when_it_was_sent(self, any_bench: Bench) -> None:
        any_bench.clock.wall = 1795154761.123456
        listener = await told(any_bench, {"progressSteps": 3, "progressInterval": 0.01})
        texts = ("1 of 3, sent at 2026-11-20T06:06:01.123456Z", "2 of 3, sent at 2026-11-20T06:06:01.623456Z",
                 "3 of 3, sent at 2026-11-20T06:06:02.123456Z")  # fmt: skip
        assert listener.progress == [
            {"progressToken": 7, "progress": number, "total": 3, "message": f"step {text}"}
            for number, text in enumerate(texts, 1)
        ]
        assert [method for method, _ in listener.heard].count("notifications/message") == 1

    async def test_the_text_is_as_ever(self, any_bench: Bench) -> None:
        tool = any_bench.tool("echo")
        session = await any_bench.runtime.sessions.mint(0.0)
        http = any_bench.request({"accept": "text/event-stream"})
        for steps in (UNSET, 1):
            arguments = tool.arguments(message="hi", progress_steps=steps, progress_interval=0.01)
            call = Call(runtime=any_bench.runtime, http=http, revision="2025-11-25", session=session,
                        progress_token=0, channel=Listener(any_bench.clock))  # fmt: skip
            result = await tool.run(arguments, call)
            assert tool.render is not None
            assert tool.render(result).partition("\n")[0] == "hi"

    @pytest.mark.parametrize(
        ("why", "facts"),
        [
            ("the request's _meta has no progressToken", {"progress_token": None}),
            ("a batch is answered in one piece", {"channel": SILENT}),
            ("the request's Accept does not allow text/event-stream", {"headers": {"accept": "application/json"}}),
        ],
    )
    async def test_steps_that_nobody_would_hear_of_are_a_failure_with_the_fix(
        self, any_bench: Bench, why: str, facts: dict[str, Any]
    ) -> None:
        with pytest.raises(ToolFailure, match=rf"{why}\. Send .*_meta\.progressToken.*text/event-stream"):
            await told(any_bench, {"progressSteps": 100, "progressInterval": 0.6}, **facts)

    async def test_steps_that_take_too_long_are_told_as_bad_arguments(self, any_bench: Bench) -> None:
        fault = (
            "Invalid arguments for echo: 'progressSteps' is the integer 61 and 'progressInterval' the number 1: "
            "expected a product of at most 60 seconds"
        )
        with pytest.raises(ToolFailure, match=fault):
            await told(any_bench, {"progressSteps": 61})

    @pytest.mark.parametrize(("steps", "remembered"), [(61, False), (60, True)])
    async def test_an_echo_whose_steps_take_too_long_is_not_remembered(self, steps: int, remembered: bool) -> None:
        for binary in ("false", "true"):
            tool = Bench("stateful", ECHO_ENABLE_BINARY=binary).tool("echo")
            assert tool.effect is not None
            effect = tool.effect(tool.arguments(message="hi", progress_steps=steps))
            assert (effect.echo == "hi") == remembered
