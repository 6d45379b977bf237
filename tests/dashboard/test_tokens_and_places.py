"""Tokens as clients send them, names that no bin may have, and the page below another path."""

import re
from collections.abc import Callable

import pytest
from dashboards import Onlooker, in_bin

from asgi_bridge import Request
from harness import Server, rpc

TOKEN = "canary-dashboard-token-0123456789"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
async def test_a_token_with_other_letters_is_taken_in_either_encoding(
    make_app: Callable[..., Server], encoding: str
) -> None:
    secret = "Tok3n-für-alle-0123456789"
    server = make_app("stateful", MCP_ECHO_DASHBOARD_TOKEN=secret)
    headers = [(b"host", b"localhost"), (b"authorization", b"Bearer " + secret.encode(encoding))]
    answer = await server.send(Request(method="GET", path="/dashboard/any-bin/record.json", headers=headers))
    assert answer.status == 200
    wrong = [(b"host", b"localhost"), (b"authorization", b"Bearer Tok3n-f\xc3r-alle-0123456789")]
    assert (
        await server.send(Request(method="GET", path="/dashboard/any-bin/record.json", headers=wrong))
    ).status == 401


async def test_what_changes_something_is_done_at_once_with_the_token_in_the_address(
    make_app: Callable[..., Server],
) -> None:
    server = make_app("stateful", MCP_ECHO_DASHBOARD_TOKEN=TOKEN)
    onlooker = Onlooker(server)
    await in_bin(server, "owned-1", rpc("ping"))
    assert (await onlooker.send("POST", f"/b?token={TOKEN}")).status == 201
    made = await onlooker.send("POST", f"/dashboard/owned-1/share?token={TOKEN}")
    assert made.status == 201
    key = made.message["key"]
    assert (await onlooker.send("DELETE", f"/dashboard/owned-1/share/{key}?token={TOKEN}")).status == 204
    assert (await onlooker.send("POST", "/b?token=wrong")).status == 401


@pytest.mark.parametrize("name", ["static", "view"])
async def test_bins_that_would_have_no_dashboard_are_refused_with_the_reason(stateful: Server, name: str) -> None:
    answer = await in_bin(stateful, name, rpc("ping"))
    assert answer.status == 404
    assert "choose another name" in answer.message["fix"]
    assert (await in_bin(stateful, f"{name}s", rpc("ping"))).status != 404


@pytest.mark.parametrize(("path", "files"), [("/dashboard/any-bin", "static/"), ("/dashboard/view/{}", "../static/")])
async def test_the_page_finds_its_files_also_below_another_path(
    onlooker: Onlooker, session: str, path: str, files: str
) -> None:
    page = (await onlooker.get(path.format(await onlooker.share(session)))).body.decode()
    found = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert found
    assert all(each.startswith(files) for each in found)
