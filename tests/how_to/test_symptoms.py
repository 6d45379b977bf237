"""Each how-to is true: what it says causes the symptom does, its command names the cause, and its fixes mend it.

``MCP_ECHO_UPDATE_EXAMPLES=1`` writes what the commands print into the pages instead of comparing it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from how_to_pages import CAUSE, FIX, FIXED, GATEWAY, SECTIONS, Page, moved, moved_back, pages
from how_to_sites import Servers, nginx, run, traefik

from mcp_echo_core import __version__
from shown_output import masked, updating

pytestmark = pytest.mark.peers

PAGES = pages()
UNASKED = re.compile(r"(?:^\d+/\d+ \S+\n)*(?:^\d\. .* ➖ not asked\n)+", re.MULTILINE)
"""What the probe tells of its progress and of questions that it was not to ask, left out on the pages."""

EVIDENCE = re.compile(r"(?:^  (?:#\d+ .*|[<>](?: .*)?)\n)+(?:^  … and \d+ more .*\n)?", re.MULTILINE)
"""Exchanges below a finding of the probe; the pages have one line in their place."""

VOLATILE = [
    (r"\b[0-9a-f]{16}\b", "<run>"),
    (r"\b[0-9a-f]{6}\b(?=\n|$)", "<digest>"),
    (r"\([HM]{10,}\)|\b[HM]{10,}\.", "<hits>"),
    (r"mcp-echo-instance: .*\n.*misses\)\.", "<instances>"),
    (r" +\d+    .*[o●].*", "<tick>"),
    (r"   end  .*", "<end>"),
    (r"\btick .*─.*", "<ticks>"),
    (r"\b\d+(?:\.\d+)? m?s\b", "<time>"),
    (r"\b\d+ (?:months?|years?)\b", "<span>"),
    (r"\breq_\w+", "<request>"),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield servers
    servers.close()


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[dict[Page, dict[int, int]]]:
    """The ports of each page whose fix for Traefik is a file."""
    mended = [page for page in PAGES if page.blocks(FIX, "yaml")]
    with traefik(tmp_path_factory.mktemp("traefik"), {page: servers.behind(page, CAUSE) for page in mended}) as ports:
        yield ports


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No session of another run is known to the commands."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def named(page: Page) -> str:
    return page.name


def asked(page: Page, section: str, ports: dict[int, int]) -> tuple[int, str]:
    """Exit code and output of the command of a section, with the ports of the page."""
    code, printed = run([moved(word, ports) for word in page.command(section)])
    return code, EVIDENCE.sub("  …\n", UNASKED.sub("…\n", moved_back(printed, ports))).strip()


def compare(page: Page, section: str, printed: str) -> None:
    if updating():
        page.show(section, "\n".join(line.rstrip() for line in printed.splitlines()))
    else:
        shown = page.block(section, "text")
        assert masked(printed, *VOLATILE) == masked(shown, *VOLATILE), f"{page.name} shows something else:\n{printed}"


def one_line(text: str) -> str:
    """A text whose lines were folded, on one line."""
    return " ".join(text.split())


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_command_names_what_causes_the_symptom(page: Page, tmp_path: Path, servers: Servers) -> None:
    assert tuple(page.sections) == SECTIONS
    with nginx(tmp_path, page, CAUSE, servers.behind(page, CAUSE)) as ports:
        _, printed = asked(page, "Ask", ports)
    compare(page, "Ask", printed)
    # What is shown is compared without the version; that it is ours is seen here.
    for server in re.findall(r"^Answered by: mcp-echo.*", printed, re.MULTILINE):
        assert server.endswith(f" {__version__}")
    assert page.causes
    for cause in page.causes:
        assert one_line(cause) in one_line(printed)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_fix_for_nginx_mends_it(page: Page, tmp_path: Path, servers: Servers) -> None:
    with nginx(tmp_path, page, FIX, servers.behind(page, CAUSE)) as ports:
        code, printed = asked(page, FIXED, ports)
    compare(page, FIXED, printed)
    mended(page, code, printed)


@pytest.mark.parametrize("page", [page for page in PAGES if page.blocks(FIX, "yaml")], ids=named)
def test_the_fix_for_traefik_mends_it(page: Page, routed: dict[Page, dict[int, int]]) -> None:
    code, printed = asked(page, FIXED, routed[page])
    mended(page, code, printed)


@pytest.mark.parametrize("page", [page for page in PAGES if page.servers(FIX)], ids=named)
def test_the_fix_at_the_server_mends_it_behind_the_same_gateway(page: Page, tmp_path: Path, servers: Servers) -> None:
    with nginx(tmp_path, page, CAUSE, servers.behind(page, FIX)) as ports:
        code, printed = asked(page, FIXED, ports)
    mended(page, code, printed)


@pytest.mark.parametrize("section", [CAUSE, FIX])
def test_a_refused_token_is_refused_with_a_reason_once_the_gateway_lets_it_pass(
    section: str, tmp_path: Path, servers: Servers
) -> None:
    page = next(page for page in PAGES if page.name == "refused-token")
    token = page.command("Ask")[-1]
    with nginx(tmp_path, page, section, servers.behind(page, CAUSE)) as ports:
        code, printed = run(["tools", f"http://127.0.0.1:{ports[GATEWAY]}/mcp", "--bearer", token])
    assert code == 2
    assert ("answered 401" in printed, "Signature has expired" in printed) == (section == FIX, section == FIX)


def mended(page: Page, code: int, printed: str) -> None:
    assert code == 0, printed
    for cause in page.causes:
        assert one_line(cause) not in one_line(printed)


def test_a_new_version_of_ours_changes_no_page() -> None:
    shown = "\n".join(page.block(section, "text") for page in PAGES for section in ("Ask", FIXED))
    ours = re.compile(r"^Answered by: mcp-echo\S* \d", re.MULTILINE)
    assert ours.search(shown)
    assert not ours.search(masked(shown, *VOLATILE))


def test_no_fix_routes_by_the_session_id() -> None:
    for page in PAGES:
        told = "".join(page.blocks(FIX, "nginx") + page.blocks(FIX, "yaml")).lower()
        assert "session_id" not in told
        assert "session-id`" not in told
