"""Is there one instance, or do several share their sessions?"""

import pytest
from balancers import (
    BALANCERS,
    Busy,
    Careless,
    Elsewhere,
    Forgetful,
    Instance,
    Numbering,
    Pingless,
    Refusing,
    RoundRobin,
    Sessionless,
    Streaming,
    separate,
    sharing,
)
from own_servers import own_server
from probe_runs import finding_on

from in_loop import Serve
from mcp_echo_core.probe.replicas import fingerprints, period, routing

HITS = "H" * 40
TURNS = "HM" * 20


@pytest.mark.parametrize("name", BALANCERS)
async def test_instances_that_share_their_sessions_are_well_whoever_is_next(serve: Serve, name: str) -> None:
    finding = await finding_on(await serve(BALANCERS[name](sharing())), "replicas")
    assert (finding.outcome, finding.facts["fresh"], finding.facts["routing"]) == ("passed", HITS, "shared")
    assert finding.answer == "2 instances that share their sessions"


@pytest.mark.parametrize("name", BALANCERS)
async def test_instances_without_a_shared_store_are_convicted_and_the_way_to_them_is_named(
    serve: Serve, name: str
) -> None:
    finding = await finding_on(await serve(BALANCERS[name](separate())), "replicas")
    assert (finding.outcome, finding.facts["routing"]) == ("failed", name)
    assert "store-response" in finding.fix
    assert "404" in finding.consequence


async def test_a_round_robin_is_told_in_one_line_with_hits_and_misses(serve: Serve) -> None:
    finding = await finding_on(await serve(RoundRobin(separate())), "replicas")
    fresh = finding.facts["fresh"]
    assert fresh in (TURNS, TURNS[::-1])
    assert finding.answer == f"round robin over 2 without a shared store: 20 of 40 calls missed ({fresh})"
    (line,) = [line for line in finding.details if line.startswith("x-served-by: ")]
    told = {f"{name} ({hits} hits, {20 - hits} misses)" for name in ("one", "two") for hits in (0, 20)}
    assert sum(each in line for each in told) == 2
    assert "(20 hits, 0 misses)" in line
    assert "(0 hits, 20 misses)" in line


async def test_a_sticky_connection_hits_where_new_connections_miss(serve: Serve) -> None:
    finding = await finding_on(await serve(BALANCERS["sticky-connection"](separate())), "replicas")
    assert finding.facts["kept"] == "H" * 10
    assert "M" in finding.facts["fresh"]
    assert "another connection" in finding.consequence


async def test_answers_on_event_streams_leave_the_connection_in_use(serve: Serve) -> None:
    url = await serve(BALANCERS["sticky-connection"]([Streaming("one"), Streaming("two")]))
    finding = await finding_on(url, "replicas")
    assert (finding.outcome, finding.facts["routing"]) == ("failed", "sticky-connection")


async def test_a_cookie_that_routes_is_used_and_never_shown(serve: Serve) -> None:
    finding = await finding_on(await serve(BALANCERS["sticky-cookie"](separate())), "replicas")
    assert finding.facts["cookie"] == HITS
    assert "cookie" in finding.consequence
    assert len(finding.facts["instances"]["cookie route"]) == 2
    assert all(name.startswith("value ") for name in finding.facts["instances"]["cookie route"])


async def test_one_instance_passes_and_it_is_said_what_that_does_not_show(serve: Serve) -> None:
    finding = await finding_on(await serve(Instance("one")), "replicas")
    assert (finding.outcome, finding.answer) == (
        "passed",
        "one instance, or all share their sessions, or it is always the same one for this client",
    )
    assert finding.facts["instances"]["x-served-by"].keys() == {"one"}
    assert "your address" in finding.details[-1]


async def test_a_session_that_ends_meanwhile_is_not_taken_for_a_lost_one(serve: Serve) -> None:
    finding = await finding_on(await serve(Forgetful("one")), "replicas")
    assert (finding.outcome, finding.facts["routing"]) == ("noted", "ended")


async def test_where_any_id_is_accepted_hits_prove_nothing(serve: Serve) -> None:
    finding = await finding_on(await serve(RoundRobin([Careless("one"), Careless("two")])), "replicas")
    assert finding.outcome == "noted"
    assert finding.answer == "cannot be told, any session id is accepted; 2 instances were seen"


async def test_without_sessions_only_the_instances_are_told(serve: Serve) -> None:
    finding = await finding_on(await serve(RoundRobin([Sessionless("one"), Sessionless("two")])), "replicas")
    assert (finding.outcome, finding.answer) == ("noted", "no sessions to lose; 2 instances were seen")
    assert finding.facts["fresh"] == ""


async def test_a_session_that_nobody_who_is_asked_has_minted_is_lost(serve: Serve) -> None:
    finding = await finding_on(await serve(Elsewhere(separate())), "replicas")
    assert (finding.outcome, finding.facts["routing"]) == ("failed", "lost")
    assert finding.answer.startswith("initialize is answered by one instance, the calls by another: 40 of 40 calls")


async def test_where_no_call_is_answered_nothing_is_said_of_instances(serve: Serve) -> None:
    finding = await finding_on(await serve(Refusing("one")), "replicas")
    assert finding.outcome == "untested"
    assert "400" in finding.answer


async def test_a_hash_of_the_session_id_is_told_by_sessions(serve: Serve) -> None:
    finding = await finding_on(await serve(BALANCERS["by-session"](separate())), "replicas")
    sessions = finding.facts["fresh"][0] + finding.facts["sessions"]
    assert {"H", "M"} == set(sessions)
    assert f"{sessions.count('M')} of 9 sessions were never found ({sessions})" in finding.answer


async def test_refusals_for_lack_of_time_are_no_misses(serve: Serve) -> None:
    finding = await finding_on(await serve(Busy("one")), "replicas")
    assert finding.outcome == "untested"
    assert "429" in finding.answer


async def test_a_server_without_ping_is_asked_for_its_tools(serve: Serve) -> None:
    finding = await finding_on(await serve(RoundRobin([Pingless("one"), Pingless("two")])), "replicas")
    assert (finding.outcome, finding.facts["routing"]) == ("failed", "round-robin")


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
async def test_our_own_servers_are_named_by_their_instance(serve: Serve, variant: str) -> None:
    finding = await finding_on(await serve(own_server(variant, MCP_ECHO_INSTANCE="mine")), "replicas")
    expected = {"stateful": ("passed", "one"), "stateless": ("noted", "sessionless")}
    assert (finding.outcome, finding.facts["routing"]) == expected[variant]
    assert finding.facts["instances"]["mcp-echo-instance"].keys() == {"mine"}


@pytest.mark.parametrize(
    ("fresh", "kept", "cookie", "expected"),
    [
        ("HHHH", "HHHH", "", "one"),
        ("HH?H", "HHHH", "", "one"),
        ("????", "??", "", "unseen"),
        ("MMMM", "MM", "", "lost"),
        ("MMMM", "HH", "", "sticky-connection"),
        ("HMHMHMHM", "MHMH", "", "round-robin"),
        ("HMMHMMHMM", "MHM", "", "round-robin"),
        ("HMHMHMHM", "", "HHHH", "sticky-cookie"),
        ("HMHMHMHM", "MH", "HMHM", "round-robin"),
        ("HMMHHHMHMMMHHM", "MHHM", "", "random"),
        ("HHHHHMMMMM", "HHH", "", "ended"),
    ],
)
def test_patterns_are_read(fresh: str, kept: str, cookie: str, expected: str) -> None:
    assert routing(fresh, kept, cookie) == expected


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [(TURNS, 2), ("HMM" * 13 + "H", 3), ("HHM" * 13 + "H", 3), ("HMMHHHMHMMMHHMMHHHHM", None), ("M" * 39 + "H", None)],
)
def test_the_length_of_a_round_is_found(fresh: str, expected: int | None) -> None:
    assert period(fresh) == expected


async def test_what_differs_with_every_answer_names_no_instance(serve: Serve) -> None:
    finding = await finding_on(await serve(Numbering("one")), "replicas")
    assert "x-served-by" in finding.facts["instances"]
    assert "x-backend" not in finding.facts["instances"]
    assert fingerprints([]) == {}
