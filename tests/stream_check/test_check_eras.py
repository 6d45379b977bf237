"""In which era the check asks, and as which kind of client."""

import pytest
from broken_ways import Legacy, Listless
from stream_runs import INTERVAL, STEPS, checked, kinds
from ticking_server import TickingServer

from mcp_echo_core.client.faults import PeerFault


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


async def test_a_server_that_lists_no_tools_is_asked_nevertheless() -> None:
    report = await checked(Listless())
    assert kinds(report) == ["streaming", "streaming"]
    assert "the tool is called nevertheless" in report.remarks[0]


async def test_an_older_server_is_asked_in_its_era_and_its_session_ended() -> None:
    server = Legacy()
    report = await checked(server)
    assert kinds(report) == ["streaming", "streaming"]
    assert (report.era, report.revision) == ("legacy", "2025-06-18")
    assert report.remarks == ("server/discover was answered 400, so the handshake was made.",)
    assert server.ended


async def test_an_era_that_the_server_does_not_speak_cannot_be_asked_in() -> None:
    with pytest.raises(PeerFault, match="does not speak 2026-07-28"):
        await checked(Legacy(), era="modern")
    with pytest.raises(PeerFault, match="initialize was answered"):
        await checked(TickingServer(), era="legacy")
