"""The whole check, against servers that stream and servers that break it on purpose."""

import asyncio
import zlib
from typing import Any

import pytest
from ticking_server import RESULT, TickingServer, listening, note

from mcp_echo_core.client.faults import PeerFault
from mcp_echo_core.stream_check.ask import Wanted
from mcp_echo_core.stream_check.check import Options, Report, check
from mcp_echo_core.stream_check.report import as_json, as_text
from mcp_echo_core.stream_check.talk import NoTool

STEPS, INTERVAL = 5, 0.06


async def checked(server: TickingServer, wanted: Wanted | None = None, timeout: float = 5.0, **options: Any) -> Report:
    """What the check finds."""
    async with listening(server) as url, asyncio.timeout(20):
        wanted = wanted or Wanted.ticks(STEPS, INTERVAL, timeout)
        return await check(Options(url=url, headers=(), wanted=wanted, timeout=timeout, **options))


def kinds(report: Report) -> list[str]:
    return [variant.verdict.kind for variant in report.variants]


class Holding(TickingServer):
    """Keeps everything until the end, the head included."""

    def open(self, writer: asyncio.StreamWriter, more: str = "") -> None:
        self.kept: list[Any] = []

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.kept.append(message)

    async def finish(self, writer: asyncio.StreamWriter, message: Any) -> None:
        super().open(writer)
        for each in self.kept:
            self.event(writer, each)
        await super().finish(writer, message)


class Batching(TickingServer):
    """Passes ticks on in groups."""

    size = 5

    def open(self, writer: asyncio.StreamWriter, more: str = "") -> None:
        super().open(writer, more)
        self.kept: list[Any] = []

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.kept.append(message)
        if len(self.kept) == self.size:
            for each in self.kept:
                self.event(writer, each)
            self.kept.clear()


class Losing(TickingServer):
    """Drops one tick."""

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        if message["params"]["progress"] != 3:
            await super().tick(writer, message)


class Cutting(TickingServer):
    """Breaks the connection after the third tick."""

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        await super().tick(writer, message)
        if message["params"]["progress"] == 3:
            await writer.drain()
            writer.close()
            raise EOFError


class Endless(TickingServer):
    """Never sends the response."""

    async def finish(self, writer: asyncio.StreamWriter, message: Any) -> None:
        await asyncio.Event().wait()


class Mute(TickingServer):
    """Not even sends the head."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        await asyncio.Event().wait()


class JsonMode(TickingServer):
    """Answers in one piece."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.result(writer, message, {**RESULT, "content": []})


class Complaining(TickingServer):
    """Answers in one piece that it cannot stream."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        content = [{"type": "text", "text": "Accept is missing"}]
        self.result(writer, message, {**RESULT, "content": content, "isError": True})


class Refusing(TickingServer):
    """Has an error for the call."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        error = {"code": -32602, "message": "Unknown argument"}
        self.whole(writer, 400, {"jsonrpc": "2.0", "id": message["id"], "error": error})


class Impatient(TickingServer):
    """A gateway that does not wait."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.whole(writer, 504)


class Compressing(TickingServer):
    """Compresses for clients that accept it, each event for itself or all together."""

    flush = zlib.Z_SYNC_FLUSH
    always = False

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.packer = zlib.compressobj(wbits=31) if self.always or headers["accept-encoding"] == "gzip" else None
        await super().call(writer, headers, message)

    def open(self, writer: asyncio.StreamWriter, more: str = "") -> None:
        super().open(writer, "Content-Encoding: gzip\r\n" if self.packer else "")

    def chunk(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        packed = self.packer.compress(data) + self.packer.flush(self.flush) if self.packer else data
        if packed:
            super().chunk(writer, packed)

    async def finish(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.event(writer, self.response(message))
        if self.packer:
            super().chunk(writer, self.packer.flush())
        writer.write(b"0\r\n\r\n")


class HoldingWhenCompressing(Compressing):
    flush = zlib.Z_NO_FLUSH


class AlwaysCompressing(Compressing):
    always = True


async def test_a_server_that_streams_is_clean() -> None:
    report = await checked(TickingServer())
    assert kinds(report) == ["streaming", "streaming"]
    assert (report.era, report.revision, report.remarks) == ("modern", "2026-07-28", ())
    assert report.gzip == "none: the stream is not compressed for a client that accepts gzip"
    assert report.exit_code == 0


async def test_a_clock_that_is_wrong_does_not_matter_and_is_told() -> None:
    server = TickingServer()
    server.skew = 3600.0
    report = await checked(server)
    assert kinds(report) == ["streaming", "streaming"]
    offset = report.variants[0].offset
    assert offset is not None
    assert -3600.0 <= offset < -3595.0


async def test_the_request_is_one_of_a_conforming_client() -> None:
    server = TickingServer()
    await checked(server)
    calls = [(headers, message) for _, headers, message in server.requests if message["method"] == "tools/call"]
    assert [headers["accept-encoding"] for headers, _ in calls] == ["identity", "gzip"]
    for headers, message in calls:
        assert headers["accept"] == "application/json, text/event-stream"
        assert headers["mcp-name"] == "echo"
        assert message["params"]["arguments"] == {
            "message": "stream check", "progressSteps": STEPS, "progressInterval": INTERVAL,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("server", "kind", "told"),
    [
        (Holding(), "held to the end", "5 ticks arrived together with the end"),
        (Losing(), "lost", "4 of 5 ticks arrived"),
        (Cutting(), "cut off", "when 3 of 5 ticks had arrived"),
        (Impatient(), "cut off", "a gateway answered 504"),
        (JsonMode(), "not a stream", "the whole answer came as application/json"),
        (Complaining(), "not a stream", "and says: Accept is missing"),
    ],
)
async def test_a_stream_that_is_broken_is_named_and_found(server: TickingServer, kind: str, told: str) -> None:
    report = await checked(server)
    assert kinds(report) == [kind, kind]
    assert told in report.variants[0].verdict.answer
    assert report.exit_code == 1


async def test_groups_are_named_with_their_sizes() -> None:
    report = await checked(Batching(), Wanted.ticks(10, 0.06, 5.0))
    assert kinds(report) == ["batched", "batched"]
    assert report.variants[0].verdict.groups == (5, 5)


@pytest.mark.parametrize("server", [Endless(), Mute()])
async def test_what_does_not_come_in_time_is_unfinished(server: TickingServer) -> None:
    report = await checked(server, Wanted.ticks(3, 0.02, 0.3))
    assert kinds(report) == ["unfinished", "unfinished"]
    assert report.exit_code == 1


async def test_a_refusal_is_told_and_is_no_finding() -> None:
    report = await checked(Refusing())
    assert kinds(report) == ["refused", "refused"]
    assert "-32602 Unknown argument" in report.variants[0].verdict.answer
    assert report.exit_code == 2


@pytest.mark.parametrize(
    ("server", "found", "effect", "code"),
    [
        (Compressing(), ["streaming"] * 2, "the stream is compressed (gzip), and every event still arrives in time", 0),
        (
            HoldingWhenCompressing(), ["streaming", "held to the end"],
            "the compression (gzip) holds the events back: without it they stream", 1,
        ),
        (AlwaysCompressing(), ["streaming"] * 2, "compressed (gzip) even for a client that asks for identity", 0),
    ],
)  # fmt: skip
async def test_the_effect_of_gzip_is_told(server: TickingServer, found: list[str], effect: str, code: int) -> None:
    report = await checked(server)
    assert (kinds(report), report.gzip, report.exit_code) == (found, effect, code)


class Slow(TickingServer):
    """A long-running tool that does not say when it sent what."""

    together = False

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.open(writer)
        for number in range(4):
            self.event(writer, note(message["params"]["_meta"]["progressToken"], number))
            await asyncio.sleep(0 if self.together else 0.05)
        await self.finish(writer, message)


SLOW = Wanted(tool="slow", words=("tenant=a",), steps=None, interval=0.0, seconds=5.0)


async def test_of_another_tool_the_gaps_are_judged() -> None:
    report = await checked(Slow(), SLOW)
    assert kinds(report) == ["streaming", "streaming"]
    assert "4 events arrived one by one" in report.variants[0].verdict.answer


async def test_of_another_tool_together_is_no_proof() -> None:
    server = Slow()
    server.together = True
    report = await checked(server, SLOW)
    assert kinds(report) == ["undecided", "undecided"]
    assert "held on the way, or sent so" in report.variants[0].verdict.answer
    assert report.exit_code == 2


async def test_arguments_that_headers_repeat_are_sent_as_headers() -> None:
    server = Slow()
    schema = {"type": "object", "properties": {"tenant": {"type": "string", "x-mcp-header": "Tenant"}}}
    server.tools = ({"name": "slow", "inputSchema": schema},)
    await checked(server, SLOW)
    assert server.requests[-1][1]["mcp-param-tenant"] == "a"


async def test_a_server_without_our_echo_cannot_be_measured() -> None:
    server = TickingServer()
    server.tools = ({"name": "echo", "inputSchema": {"type": "object"}},)
    with pytest.raises(NoTool, match="takes no progressSteps"):
        await checked(server)
    server.tools = ({"name": "other", "inputSchema": {"type": "object"}},)
    with pytest.raises(NoTool, match="does not name echo, only other"):
        await checked(server)


class Listless(TickingServer):
    """Does not list its tools."""

    async def answer(self, writer: asyncio.StreamWriter, method: str, headers: dict[str, str], message: Any) -> None:
        if message["method"] == "tools/list":
            error = {"code": -32601, "message": "Method not found"}
            self.whole(writer, 404, {"jsonrpc": "2.0", "id": message["id"], "error": error})
        else:
            await super().answer(writer, method, headers, message)


async def test_a_server_that_lists_no_tools_is_asked_nevertheless() -> None:
    report = await checked(Listless())
    assert kinds(report) == ["streaming", "streaming"]
    assert "the tool is called nevertheless" in report.remarks[0]


class Legacy(TickingServer):
    """Knows only the handshake, mints a session, has a stream that it keeps alive."""

    keep_alive = 0.1
    ended = False

    async def answer(self, writer: asyncio.StreamWriter, method: str, headers: dict[str, str], message: Any) -> None:
        if method == "DELETE":
            self.ended = headers["mcp-session-id"] == "one"
            self.whole(writer, 204)
        elif method == "GET":
            await self.listen(writer)
        elif message["method"] not in ("initialize", "server/discover") and headers.get("mcp-session-id") != "one":
            self.whole(writer, 404)
        else:
            await super().answer(writer, method, headers, message)

    def discover(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.whole(writer, 400)

    async def handshake(self, writer: asyncio.StreamWriter, message: Any) -> None:
        if "id" not in message:
            self.whole(writer, 202)
            return
        result = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "old", "version": "1"}}
        whole = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        self.whole(writer, 200, whole, "Mcp-Session-Id: one\r\n")

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        self.open(writer)
        while True:
            await writer.drain()
            await asyncio.sleep(self.keep_alive)
            self.chunk(writer, b": alive\n\n")


async def test_an_older_server_is_asked_in_its_era_and_its_session_ended() -> None:
    server = Legacy()
    report = await checked(server)
    assert kinds(report) == ["streaming", "streaming"]
    assert (report.era, report.revision) == ("legacy", "2025-06-18")
    assert report.remarks == ("server/discover was answered 400, so the handshake was made.",)
    assert server.ended


async def test_the_session_is_ended_even_if_nothing_can_be_measured() -> None:
    server = Legacy()
    server.tools = ({"name": "other", "inputSchema": {"type": "object"}},)
    with pytest.raises(NoTool):
        await checked(server, era="legacy")
    assert server.ended


async def test_an_era_that_the_server_does_not_speak_cannot_be_asked_in() -> None:
    with pytest.raises(PeerFault, match="does not speak 2026-07-28"):
        await checked(Legacy(), era="modern")
    with pytest.raises(PeerFault, match="initialize was answered"):
        await checked(TickingServer(), era="legacy")


async def test_an_idle_stream_that_lives_is_told_with_its_keep_alives() -> None:
    report = await checked(Legacy(), idle=0.5)
    assert (report.idle.kind, report.exit_code) == ("alive", 0)
    assert report.idle.watch is not None
    assert 0.09 < report.idle.watch.survived < 0.4
    assert "the longest silence it survived" in report.idle.answer


class Silencing(TickingServer):
    """Breaks streams on which nothing comes."""

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        self.open(writer)
        await writer.drain()
        await asyncio.sleep(0.2)
        raise EOFError


class Unlistenable(TickingServer):
    """Has no stream to leave alone."""

    status = 404

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        self.whole(writer, self.status)


class HoldingIdle(TickingServer):
    """Not even sends the head of a stream that stays open."""

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()


async def test_an_idle_stream_that_is_cut_is_found_with_the_setting_that_helps() -> None:
    report = await checked(Silencing(), idle=3.0)
    assert (report.idle.kind, report.exit_code) == ("cut when idle", 1)
    assert report.idle.answer.startswith("cut after 0.2")
    assert "MCP_SSE_KEEPALIVE_INTERVAL" in as_text(report)


async def test_a_gateway_that_gives_up_before_the_first_event_cuts_too() -> None:
    server = Unlistenable()
    server.status = 504
    report = await checked(server, idle=1.0)
    assert (report.idle.kind, report.exit_code) == ("cut when idle", 1)


async def test_an_idle_stream_of_which_nothing_arrives_is_held_back() -> None:
    report = await checked(HoldingIdle(), idle=0.3, timeout=0.3)
    assert (report.idle.kind, report.exit_code) == ("held back", 1)


async def test_a_server_without_such_a_stream_is_not_tested_and_not_blamed() -> None:
    report = await checked(Unlistenable(), idle=1.0)
    assert (report.idle.kind, report.exit_code) == ("not tested", 0)
    assert "subscriptions/listen was answered 404" in report.idle.answer


async def test_without_idle_that_is_said() -> None:
    report = await checked(TickingServer())
    assert "not tested: --idle SECONDS" in as_text(report)


async def test_the_report_for_programs_has_everything() -> None:
    report = await checked(Holding())
    facts = as_json(report)
    assert facts["exitCode"] == 1
    first = facts["variants"][0]
    assert first["verdict"]["kind"] == "held to the end"
    assert len(first["series"]["ticks"]) == len(first["verdict"]["lags"]) == STEPS
    assert [exchange["number"] for exchange in facts["exchanges"]] == [1, 2, 3, 4]


async def test_the_report_for_people_begins_with_the_verdict_and_draws_the_ticks() -> None:
    lines = as_text(await checked(Holding())).splitlines()
    assert lines[0].startswith("held to the end: 5 ticks arrived together with the end")
    assert lines[0].endswith("[identity]")
    first = next(line for line in lines if line.startswith("     1    0.000"))
    assert "o···" in first
    assert first.endswith("●")
    assert any(line.startswith("  - nginx: proxy_buffering off;") for line in lines)
    assert sum(line.startswith("Accept-Encoding") for line in lines) == 1


async def test_a_variant_that_differs_is_drawn_too() -> None:
    lines = as_text(await checked(HoldingWhenCompressing())).splitlines()
    assert [line for line in lines if line.startswith("Accept-Encoding")] == [
        "Accept-Encoding: identity", "Accept-Encoding: gzip",
    ]  # fmt: skip
    assert any(line.startswith("  Content-Encoding: gzip") for line in lines)


async def test_a_hundred_ticks_are_not_all_drawn() -> None:
    text = as_text(await checked(TickingServer(), Wanted.ticks(60, 0.01, 5.0)))
    assert "… and 20 more" in text
    assert "    40 " in text
    assert "    41 " not in text


class Babbling(TickingServer):
    """Sends more than was asked for: comments, what is no JSON, somebody else's progress, a question."""

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.chunk(writer, b": comment\n\ndata: {no json\n\ndata: []\n\n")
        self.event(writer, note("somebody else's", 1))
        self.event(writer, {"jsonrpc": "2.0", "id": 1, "method": "ping"})
        self.event(writer, {"jsonrpc": "2.0", "method": "notifications/message", "params": []})
        await super().tick(writer, message)


async def test_only_progress_of_the_call_counts_as_ticks() -> None:
    report = await checked(Babbling())
    assert kinds(report) == ["streaming", "streaming"]
    assert len(report.variants[0].series.ticks) == STEPS


class Failing(TickingServer):
    """Fails in a stream."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.open(writer)
        result = {**RESULT, "isError": True, "content": [{"type": "text", "text": "Invalid arguments"}]}
        self.event(writer, {"jsonrpc": "2.0", "id": message["id"], "result": result})
        writer.write(b"0\r\n\r\n")


class Resetting(TickingServer):
    """Hangs up instead of an answer."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        raise EOFError


@pytest.mark.parametrize(
    ("server", "told"), [(Failing(), "echo failed: Invalid arguments"), (Resetting(), "Server disconnected")]
)
async def test_a_call_that_fails_measures_nothing(server: TickingServer, told: str) -> None:
    report = await checked(server)
    assert kinds(report) == ["refused", "refused"]
    assert told in report.variants[0].verdict.answer
    assert report.gzip == "cannot be told without a stream to compare"
    assert report.exit_code == 2


async def test_credentials_are_in_no_report() -> None:
    secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlc2lnbmF0dXJl"
    server = Complaining()
    async with listening(server) as url, asyncio.timeout(20):
        headers = (("Authorization", f"Bearer {secret}"),)
        report = await check(Options(url=url, headers=headers, wanted=Wanted.ticks(3, 0.01, 5.0)))
    assert server.requests[-1][1]["authorization"] == f"Bearer {secret}"
    assert secret not in repr(report)
