"""What ``mcp-echo watch`` looks at, and how ``mcp-echo call`` tells where that is."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from client_runs import ran, remember
from feeds import Feeds, told
from odd_servers import LegacyOnly
from starlette.responses import PlainTextResponse

from harness import Server, initialize
from in_loop import Serve
from live import BIN, environment, serving
from mcp_echo_core.watching.place import place_of

HERE = "http://127.0.0.1:3000"
TOKEN = "sesame-sesame"


def site(url: str) -> str:
    return url.removesuffix("/mcp")


async def test_the_token_is_given_by_flag_variable_or_url(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    url = site(await serve(Server("stateful", MCP_ECHO_DASHBOARD_TOKEN=TOKEN).app))
    refused = await ran("watch", "x", "--server", url, "--for", "0.1")
    assert refused.code == 2
    assert "no access (HTTP 401): give --token or MCP_ECHO_DASHBOARD_TOKEN" in refused.err
    assert (await ran("watch", "x", "--server", url, "--for", "0.1", "--token", TOKEN)).code == 0
    assert (await ran("watch", f"{url}/dashboard/x?token={TOKEN}", "--for", "0.1")).code == 0
    monkeypatch.setenv("MCP_ECHO_DASHBOARD_TOKEN", TOKEN)
    assert (await ran("watch", "x", "--server", url, "--for", "0.1")).code == 0


async def test_a_view_is_watched_without_token_and_ids(serve: Serve) -> None:
    server = Server("stateful", MCP_ECHO_DASHBOARD_TOKEN=TOKEN)
    url = site(await serve(server.app))
    session = await initialize(server)
    journal = server.app.runtime.journal
    assert journal is not None
    assert session is not None
    key = await journal.share(session)
    done = await ran("watch", f"{url}/dashboard/view/{key}", "--for", "0.1")
    assert done.out.startswith("session session-1 on ")
    assert session[:8] not in done.out


async def test_an_endpoint_stands_for_the_session_that_calls_keep_of_it(serve: Serve, state: Path) -> None:
    feeds = Feeds([told("gone", {})])
    url = site(await serve(feeds.app))
    remember(state, f"{url}/mcp", era="legacy", version="2025-11-25", session="b")
    assert (await ran("watch", f"{url}/mcp")).code == 0
    assert feeds.asked == ["0"]


@pytest.mark.parametrize(
    ("target", "page", "token"),
    [
        ("my-bin", f"{HERE}/dashboard/my-bin", ""),
        ("https://h/x/b/my-bin/mcp/", "https://h/x/dashboard/my-bin", ""),
        ("https://h/x/b/my-bin/mcp?a=b", "https://h/x/dashboard/my-bin", ""),
        ("https://h/mcp", "https://h/dashboard/kept", ""),
        ("https://h/dashboard/my-bin/", "https://h/dashboard/my-bin", ""),
        ("https://h/dashboard/my-bin/report.json?token=t", "https://h/dashboard/my-bin", "t"),
        ("https://h/p/dashboard/view/0123456789abcdef", "https://h/p/dashboard/view/0123456789abcdef", ""),
        ("https://u:secret@h/b/b/mcp", "https://u:secret@h/dashboard/b", ""),
    ],
)
def test_the_page_is_found_from_whatever_names_it(target: str, page: str, token: str) -> None:
    assert place_of(target, HERE + "/", "kept") == (page, token)


@pytest.mark.parametrize("target", ["a/b", "", "-x", "https://h/", "https://h/mcp", "https://h/b/-/mcp", "x" * 65])
async def test_what_names_no_page_is_refused(target: str) -> None:
    done = await ran("watch", "--", target)
    assert done.code == 2
    assert done.err.startswith("mcp-echo watch: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--for", "0"),
        ("--for", "soon"),
        ("--token", "a b"),
        ("--token", "t", "--header", "Authorization: x"),
        ("--server", "nowhere"),
        ("--header", "x"),
    ],
)
async def test_what_cannot_be_used_is_said_in_one_line(words: tuple[str, ...]) -> None:
    done = await ran("watch", "b", *words)
    assert done.code == 2
    assert done.err.count("\n") == 1


async def test_without_a_dashboard_it_says_what_answers_instead(serve: Serve) -> None:
    page = site(await serve(PlainTextResponse("<html>")))
    assert "what answers is no dashboard: HTTP 200, text/plain" in (await ran("watch", "b", "--server", page)).err
    off = site(await serve(Server("stateful", MCP_ECHO_DASHBOARD="off").app))
    assert "no such record (HTTP 404)" in (await ran("watch", "b", "--server", off)).err
    nowhere = await ran("watch", "b", "--server", "http://127.0.0.1:1")
    assert nowhere.code == 2
    assert "no answer: no connection" in nowhere.err


def test_an_interrupt_ends_it_with_130_and_no_traceback(tmp_path: Path) -> None:
    with serving("stateful", tmp_path) as live:
        command = [str(BIN / "mcp-echo"), "watch", "b", "--server", f"http://127.0.0.1:{live.port}"]
        watch = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment({"PYTHONUNBUFFERED": "1"}),
        )
        assert watch.stdout is not None
        assert watch.stdout.readline().startswith("bin b on ")
        watch.send_signal(signal.SIGINT)
        _, errors = watch.communicate(timeout=5)
    assert watch.returncode == 130
    assert "Traceback" not in errors


async def test_call_tells_the_page_of_its_session_each_time_the_same(serve: Serve, stateful: Server) -> None:
    url = await serve(stateful.app)
    for era in ("legacy", "modern"):
        place = f"{site(url)}/b/{era}/mcp"
        runs = [await ran("call", place, "echo", "message=hi", "--era", era) for _ in range(2)]
        assert all(f"dashboard: {site(url)}/dashboard/{era}\n" in each.err for each in runs)
    runs = [await ran("call", url, "echo", "message=hi", "--era", "legacy") for _ in range(2)]
    pages = [each.err.partition("dashboard: ")[2].splitlines()[0] for each in runs]
    assert pages[0] == pages[1]
    assert (await ran("watch", pages[0], "--for", "0.1")).out.startswith("session ")


async def test_call_tells_no_page_where_there_is_none(serve: Serve) -> None:
    for app in (LegacyOnly(), Server("stateful", MCP_ECHO_DASHBOARD="off").app, Server("stateless").app):
        done = await ran("call", await serve(app), "echo", "message=hi")
        assert done.code == 0
        assert "dashboard" not in done.err
    closed = await serve(Server("stateful", MCP_ECHO_DASHBOARD_TOKEN=TOKEN).app)
    assert "(asks for its token)" in (await ran("call", closed, "echo", "message=hi")).err


async def test_runs_that_share_a_session_share_no_ids(serve: Serve, stateful: Server) -> None:
    place = f"{site(await serve(stateful.app))}/b/own/mcp"
    for message in ("one", "two"):
        await ran("call", place, "echo", f"message={message}", "--era", "legacy")
    done = await ran("watch", place, "--for", "0.1", "--json")
    record: dict[str, Any] = json.loads(done.out.splitlines()[0])["data"]
    ids = [each["id"] for each in record["exchanges"] if each["id"] is not None]
    assert len(ids) == len(set(ids)) >= 5
    assert record["report"]["findings"] == []
