"""The phases of a request, as ``requestTiming`` and the header ``Server-Timing`` tell them."""

import re
from collections.abc import Callable

import pytest
from modern_requests import ask, call_of

from harness import FakeClock, Server, call, initialize, note, rpc, tool_call
from mcp_echo_core import endpoint
from mcp_echo_core.runtime import Clock
from mcp_echo_core.timing import PHASES

ENTRY = re.compile(r"([a-z]+);dur=(\d+\.\d{3})")


def told(header: str | None) -> dict[str, float]:
    """Milliseconds by phase; the header is what its grammar allows."""
    assert header is not None
    entries = [ENTRY.fullmatch(part) for part in header.split(", ")]
    assert all(entries), header
    return {entry[1]: float(entry[2]) for entry in entries if entry}


class Ticking(FakeClock):
    """A clock that goes on by a millisecond whenever somebody looks."""

    def as_clock(self) -> Clock:
        def monotonic() -> float:
            self.monotonic += 0.001
            return self.monotonic

        return Clock(wall=lambda: self.wall, monotonic=monotonic)


@pytest.fixture
def ticking(variant: str) -> Server:
    return Server(variant, Ticking(), MCP_ECHO_SERVER_TIMING="true")


async def test_a_tool_call_goes_through_every_phase(ticking: Server) -> None:
    session = await initialize(ticking)
    legacy_answer = await ticking.post(tool_call("echo", {"message": "a"}), session)
    modern_answer = await ask(ticking, call_of("echo", {"message": "a"}))
    for answer in (legacy_answer, modern_answer):
        times = told(answer.header("server-timing"))
        assert list(times) == [*PHASES, "total"]
        assert all(times[phase] == 1 for phase in PHASES)
        assert times["total"] == len(PHASES) + 1


@pytest.mark.parametrize(
    ("body", "last"), [(b"{", "decode"), (b"[1]", "session"), (rpc("no/such"), "session"), (note("x"), "session")]
)
async def test_what_ends_early_tells_the_phase_in_which_it_ended(ticking: Server, body: object, last: str) -> None:
    times = told((await ticking.post(body)).header("server-timing"))
    assert list(times) == [*PHASES[: PHASES.index(last) + 1], "total"]


async def test_a_refused_head_was_being_read(ticking: Server) -> None:
    times = told((await ticking.post(rpc("ping"), host="evil.example")).header("server-timing"))
    assert list(times) == ["read", "total"]


async def test_the_phases_add_up_to_the_total(ticking: Server) -> None:
    session = await initialize(ticking)
    for body in (tool_call("echo", {"message": "a"}), rpc("no/such"), note("x"), rpc("tools/list"), b"{"):
        times = told((await ticking.post(body, session)).header("server-timing"))
        # The clock is looked at once more than there are phases.
        assert sum(times.values()) - times["total"] == pytest.approx(times["total"], abs=1.01)


async def test_an_event_stream_tells_what_came_before_it(ticking: Server) -> None:
    steps = call_of("echo", {"message": "a", "progressSteps": 1, "progressInterval": 0.01}, progressToken=1)
    times = told((await ask(ticking, steps)).header("server-timing"))
    assert list(times) == ["read", "decode", "classify", "session", "tool", "total"]


async def test_nobody_who_did_not_ask_is_told(server: Server) -> None:
    assert (await server.post(rpc("ping"))).header("server-timing") is None


async def test_request_timing_tells_its_own_phases(variant: str) -> None:
    server = Server(variant, Ticking())
    session = await initialize(server)
    result = await call(server, "requestTiming", {}, session, **{"MCP-Protocol-Version": "2025-11-25"})
    phases = result["structuredContent"]["timing"]["phases"]
    assert list(phases) == [f"{phase}Seconds" for phase in PHASES]
    spent = {name: round(seconds, 6) for name, seconds in phases.items()}
    assert all(seconds >= 0.001 for seconds in spent.values())
    assert spent["readSeconds"] == spent["decodeSeconds"] == spent["classifySeconds"] == spent["encodeSeconds"] == 0.001


@pytest.fixture
def slowed(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeClock], None]:
    """Makes decoding take 2 seconds and classifying 3."""

    def slow(clock: FakeClock) -> None:
        decode, classify = endpoint.decode, endpoint.classify

        def slow_decode(body: bytes) -> object:
            clock.monotonic += 2
            return decode(body)

        def slow_classify(*facts: object) -> object:
            clock.monotonic += 3
            return classify(*facts)

        monkeypatch.setattr(endpoint, "decode", slow_decode)
        monkeypatch.setattr(endpoint, "classify", slow_classify)

    return slow


async def test_each_phase_has_its_own_time(server: Server, slowed: Callable[[FakeClock], None]) -> None:
    session = await initialize(server)
    slowed(server.clock)
    headers = {"MCP-Protocol-Version": "2025-11-25"}
    result = await call(server, "requestTiming", {}, session, **headers)
    timing = result["structuredContent"]["timing"]
    assert (timing["phases"]["decodeSeconds"], timing["phases"]["classifySeconds"]) == (2, 3)
    assert timing["processingSeconds"] == 5


async def test_a_batch_adds_up_what_its_messages_took(variant: str) -> None:
    server = Server(variant, Ticking(), MCP_ECHO_SERVER_TIMING="true")
    session = await initialize(server, "2025-03-26")
    batch = [tool_call("echo", {"message": "a"}, number) for number in range(3)]
    answer = await server.post(batch, session, **{"MCP-Protocol-Version": "2025-03-26"})
    times = told(answer.header("server-timing"))
    assert (times["session"], times["tool"]) == (3, 3)
