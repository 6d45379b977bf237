"""The probe judges servers of every make: our own with each store, and those of others.

Whatever a third-party server is accused of here was compared with its raw answers and with the specification.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import peers_page
import pytest
from probed_servers import Probed, Target, ours, printed, probe_all, third_party

import redis_process
from mcp_echo_core.probe.reports.summary import OPENING

pytestmark = pytest.mark.peers

QUICK = 10.0
"""Seconds a complete probe of one of our servers may take."""

BOUNDED = 30.0
"""Seconds a complete probe of any other may take, on a machine that it shares."""

HANDSHAKE, DUAL = ("legacy",), ("legacy", "modern")
STORING = ("YES", "YES", "YES", "YES")
NO_OP = ("YES", "NO (NoOpSessionStore)", "YES", "YES")
SESSIONLESS = (
    "NO (sessionless)",
    "NO (sessionless: ids are ignored)",
    "there is no id; every call is served without one",
    "nothing to persist: the server gives no session id",
)
REBOUND = {"origin-policy": "NO: every page may use it", "host-policy": "NO: DNS rebinding works"}
NO_STREAM = {"stream-get": "neither a stream nor 405: 400, -32700 Unsupported Media Type"}


def believes(header: str) -> dict[str, str]:
    """The accusation of a server that goes by the version header, whatever the body says."""
    return {"modern-header-mismatch": f"NO, MCP-Protocol-Version: {header}"}


class Expected(NamedTuple):
    """What the probe has to say of a server: kind of store, the opening, eras, settled revision, accusations."""

    store: str
    opening: tuple[str, ...]
    eras: tuple[str, ...] = DUAL
    version: str = "2025-11-25"
    failed: Mapping[str, str] = {}


OURS = {
    "ours-memory": Expected("validating", STORING),
    "ours-sqlite": Expected("validating", STORING),
    "ours-redis": Expected("validating", STORING),
    "ours-noop": Expected("no-op", NO_OP, failed={"session-ended": "NO: POST and GET with the ended id is served"}),
    "ours-stateless": Expected("sessionless", SESSIONLESS),
}

OTHERS = {
    "awslabs-noop": Expected(
        "no-op",
        NO_OP,
        HANDSHAKE,
        "2024-11-05",
        {"session-ended": "NO: POST with the ended id is served", **NO_STREAM, **REBOUND},
    ),
    "awslabs-stored": Expected("validating", STORING, HANDSHAKE, "2024-11-05", {**NO_STREAM, **REBOUND}),
    "sdk1-stateful": Expected("validating", STORING, HANDSHAKE),
    "sdk1-stateless": Expected("sessionless", SESSIONLESS, HANDSHAKE),
    "sdk2-stateful": Expected("validating", STORING, failed=believes("400, -32600 Bad Request: Missing session ID")),
    "sdk2-stateless": Expected("sessionless", SESSIONLESS, failed=believes("200, -32601 Method not found")),
    "fastmcp-stateful": Expected(
        "validating", STORING, failed={**believes("400, -32600 Bad Request: Missing session ID"), **REBOUND}
    ),
    "fastmcp-stateless": Expected(
        "sessionless", SESSIONLESS, failed={**believes("200, -32601 Method not found"), **REBOUND}
    ),
    "everything": Expected(
        "wrong status",
        ("YES", "POST, GET: 400 instead of 404", "YES", "YES"),
        HANDSHAKE,
        failed={
            "session-unknown": "POST, GET: 400 instead of 404",
            "session-ended": "the ended id gets 400 instead of 404",
            "stream-resumption": "NO: what belongs to another stream is sent on the continued one",
            **REBOUND,
        },
    ),
}


@pytest.fixture(scope="session")
def our_servers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Probed]:
    """Our servers, asked; without Redis, all but that one."""
    folder = tmp_path_factory.mktemp("ours")
    redis = redis_process.shared_redis().url if redis_process.BINARY else None
    return probe_all(ours(folder, redis), folder)


@pytest.fixture(scope="session")
def other_targets(installed_peers: Path) -> dict[str, Target]:
    """The servers of others, installed."""
    return {target.name: target for target in third_party()}


@pytest.fixture(scope="session")
def other_servers(other_targets: dict[str, Target], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Probed]:
    """The servers of others, asked."""
    return probe_all(other_targets.values(), tmp_path_factory.mktemp("others"))


def assert_judged(probed: Probed, expected: Expected) -> None:
    report = probed.report
    assert probed.finding("session-store").facts["store"] == expected.store
    assert tuple(probed.finding(check_id).answer for _, check_id in OPENING) == expected.opening
    assert (report.eras, report.version) == (expected.eras, expected.version)
    assert probed.failed == expected.failed
    assert probed.code == bool(expected.failed)


@pytest.mark.parametrize("name", OURS)
def test_our_servers_are_judged_as_what_they_are(our_servers: dict[str, Probed], name: str) -> None:
    if name == "ours-redis":
        redis_process.require()
    assert_judged(our_servers[name], OURS[name])
    assert our_servers[name].report.seconds < QUICK


@pytest.mark.parametrize("name", OTHERS)
def test_servers_of_others_are_judged_as_what_they_are(other_servers: dict[str, Probed], name: str) -> None:
    assert_judged(other_servers[name], OTHERS[name])
    assert other_servers[name].report.seconds < BOUNDED


@pytest.mark.parametrize(
    ("name", "second"), [("awslabs-noop", "⚠️ NO (NoOpSessionStore)"), ("awslabs-stored", "✅ YES")]
)
def test_the_report_opens_with_the_four_lines(
    other_targets: dict[str, Target], tmp_path: Path, name: str, second: str
) -> None:
    checks = ",".join(check_id for _, check_id in OPENING)
    code, text = printed(other_targets[name], tmp_path, "--only", checks)
    assert code == 0
    assert text.splitlines()[:4] == [
        "1. Server generates new session ID: ✅ YES",
        f"2. Server rejects invalid session ID: {second}",
        "3. Server accepts session across calls: ✅ YES",
        "4. Client persists sessions: ✅ YES",
    ]


def test_an_id_that_a_refusal_carries_is_not_taken_for_a_session(other_servers: dict[str, Probed]) -> None:
    for name in ("sdk1-stateful", "sdk2-stateful", "fastmcp-stateful"):
        facts = other_servers[name].finding("session-minted-elsewhere").facts
        assert facts == {"minting": [], "dead": ["ping", "tools/list", "GET"]}


def test_the_page_says_what_the_probe_says(our_servers: dict[str, Probed], other_servers: dict[str, Probed]) -> None:
    redis_process.require()
    page = peers_page.render([*other_servers.values(), *our_servers.values()])
    if os.environ.get("MCP_ECHO_UPDATE_EXAMPLES") == "1":
        peers_page.PAGE.write_text(page, encoding="utf-8")
    assert peers_page.undated(peers_page.PAGE.read_text(encoding="utf-8")) == peers_page.undated(page)
