"""The client report judges real clients, and says of each what ``docs/clients.md`` says.

Whatever a client is accused of here was compared with its raw requests and with the specification.
"""

import os
from pathlib import Path

import clients_page
import pytest
from judged_clients import Judged, judge_all, visitors

pytestmark = pytest.mark.peers

WILDCARD = {"accept-wildcard-only": "note"}
DEPRECATED = {"deprecated-features": "note"}
CANCELLED = {"modern-legacy-mechanisms": "note"}

EXPECTED: dict[str, dict[str, str]] = {
    "sdk1-legacy": {},
    "sdk2-legacy": {},
    "sdk2-auto": {},
    "sdk2-fallback": {},
    "sdk2-2026-07-28": {},
    "fastmcp-legacy": {},
    "fastmcp-auto": DEPRECATED,
    "fastmcp-fallback": {},
    "fastmcp-2026-07-28": DEPRECATED,
    "typescript1-legacy": {},
    "typescript2-legacy": {},
    "typescript2-auto": CANCELLED,
    "typescript2-fallback": {},
    "typescript2-2026-07-28": CANCELLED,
    "inspector-legacy": {},
    "inspector-auto": DEPRECATED,
    "inspector-fallback": DEPRECATED,
    "inspector-modern": DEPRECATED,
    "curl-quick-start": {"initialize-params-complete": "must", **WILDCARD},
    "curl-session": {"initialized-sent": "must", "version-header-after-init": "must", **WILDCARD},
    "curl-health": {},
    "curl-stateless": {"initialize-first": "must", **WILDCARD},
    "own-legacy": {},
    "own-auto": {},
    "own-fallback": {},
    "own-modern": {},
}
"""The rules that each client breaks, and their levels."""

FALLBACKS = [name for name in EXPECTED if name.endswith("-fallback")]


@pytest.fixture(scope="session")
def judged(installed_peers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """All clients, after their visits."""
    assert installed_peers.is_dir()
    return judge_all(visitors(), tmp_path_factory.mktemp("visits"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_client_is_accused_of_what_it_does_and_of_nothing_else(judged: dict[str, Judged], name: str) -> None:
    found = judged[name]
    assert found.rules == EXPECTED[name], found.findings
    assert found.report["complete"] is True


def test_nobody_is_left_out(judged: dict[str, Judged]) -> None:
    assert set(judged) == set(EXPECTED)


def test_on_the_loopback_interface_no_gateway_is_seen(judged: dict[str, Judged]) -> None:
    assert {name: each.report["gateway"] for name, each in judged.items() if each.report["gateway"]} == {}


@pytest.mark.parametrize("name", FALLBACKS)
def test_a_client_that_falls_back_is_judged_by_both_eras(judged: dict[str, Judged], name: str) -> None:
    assert judged[name].revisions == ["2025-11-25", "2026-07-28"]


def test_every_finding_was_checked(judged: dict[str, Judged]) -> None:
    assert {rule for each in judged.values() for rule in each.rules} == set(clients_page.CHECKED)


def test_the_page_says_what_the_report_says(judged: dict[str, Judged]) -> None:
    page = clients_page.render(judged.values())
    if os.environ.get("MCP_ECHO_UPDATE_EXAMPLES") == "1":
        clients_page.PAGE.write_text(page, encoding="utf-8")
    said = clients_page.verdicts(clients_page.PAGE.read_text(encoding="utf-8"))
    assert said == clients_page.verdicts(page)
    assert len(said) == len(EXPECTED)
