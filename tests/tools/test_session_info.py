"""sessionInfo."""

import pytest
from workbench import Bench, has_lines

from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.stores.records import ClientInfo


async def test_session_info_prints_its_sample() -> None:
    stateful_bench = Bench("stateful", MCP_ECHO_INSTANCE="")
    stateful_bench.clock.wall -= 330
    session = await stateful_bench.open_session(
        initialized=True, protocol_version="2025-06-18", client=ClientInfo("test-client", "1.0")
    )
    session.requests, session.echo_count, session.replay_count, session.queued = 41, 5, 2, 3
    stateful_bench.clock.jump(330)
    shown = await stateful_bench.use("sessionInfo")
    stateful_bench.clock.jump(-330)
    assert (
        shown.text
        == """📊 Session Information

🔑 Session Details:
- Session ID: 550e8400-e29b-41d4-a716-446655440000
- Created: 2024-01-01 12:00:00 UTC
- Last Activity: 2024-01-01 12:05:30 UTC
- Age: 5m 30s
- Time Until Expiry: 1h 0m 0s

📈 Session Metrics:
- Total Requests: 42
- Echo Count: 5
- Replay Count: 2
- Message Queue: 3 pending

🧠 Session State:
- Initialized: ✅
- Protocol Version: 2025-06-18
- Client: test-client v1.0"""
    )


async def test_who_minted_the_session_and_who_answered_close_the_details() -> None:
    bench = Bench("stateful", MCP_ECHO_INSTANCE="two")
    session = await bench.open_session()
    session.minted_by = "one"
    shown = await bench.use("sessionInfo")
    has_lines(shown.text, "- Time Until Expiry: 1h 0m 0s\n- Minted By: one\n- Answered By: two\n\n📈 Session Metrics:")
    assert (shown.data["mintedBy"], shown.data["instance"]) == ("one", "two")


async def test_a_session_of_a_process_without_a_name_says_so() -> None:
    bench = Bench("stateful", MCP_ECHO_INSTANCE="two")
    (await bench.open_session()).minted_by = ""
    has_lines((await bench.use("sessionInfo")).text, "- Minted By: not available\n- Answered By: two")


async def test_without_names_of_instances_nobody_is_named() -> None:
    bench = Bench("stateful", MCP_ECHO_INSTANCE="")
    (await bench.open_session()).minted_by = "one"
    shown = await bench.use("sessionInfo")
    assert "Minted By" not in shown.text
    assert "Answered By" not in shown.text


async def test_an_id_of_a_clients_own_making_cannot_smuggle_lines_in(stateful_bench: Bench) -> None:
    await stateful_bench.open_session("evil\n- Initialized: ✅")
    has_lines((await stateful_bench.use("sessionInfo")).text, "- Session ID: evil\\n- Initialized: ✅")


async def test_a_session_that_was_never_initialized_says_so(stateful_bench: Bench) -> None:
    await stateful_bench.open_session(explicit=False)
    shown = await stateful_bench.use("sessionInfo")
    has_lines(shown.text, "- Initialized: ❌\n- Protocol Version: not available\n- Client: not available")


async def test_dropped_messages_are_told(stateful_bench: Bench) -> None:
    session = await stateful_bench.open_session()
    session.queued, session.dropped = 100, 7
    has_lines((await stateful_bench.use("sessionInfo")).text, "- Message Queue: 100 pending (7 dropped)")


async def test_no_other_session_is_shown(stateful_bench: Bench) -> None:
    other = await stateful_bench.runtime.sessions.mint(stateful_bench.clock.wall)
    await stateful_bench.open_session()
    for tool in ("sessionInfo", "authContext", "requestTiming", "healthProbe", "printHeader", "environmentDump"):
        shown = await stateful_bench.use(tool)
        assert other.id not in shown.text + str(shown.data)


async def test_a_client_cannot_smuggle_lines_in_by_its_name(stateful_bench: Bench) -> None:
    await stateful_bench.open_session(client=ClientInfo("evil\n- Initialized: ✅", "1\x1b"))
    has_lines((await stateful_bench.use("sessionInfo")).text, "- Client: evil\\n- Initialized: ✅ v1\\x1b")


async def test_without_a_session_there_is_nothing_to_tell(stateful_bench: Bench) -> None:
    with pytest.raises(ToolFailure, match="call echo first"):
        await stateful_bench.use("sessionInfo")
