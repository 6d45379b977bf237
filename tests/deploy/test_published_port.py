"""Whom a container serves whose port is published on loopback: its peers are Docker's network, and not loopback."""

import re

import pytest
from deployed import DEPLOY, ROOT

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, Server, encoded, header_list, rpc

BRIDGE = ("172.17.0.1", 40000)
SETTINGS = dict(
    line.split("=", 1)
    for line in (DEPLOY / "loopback.env").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)


async def knock(make_app: type[Server], variant: str, host: str, origin: str | None) -> Answer:
    headers = header_list(POST_HEADERS, {"host": host, "origin": origin})
    return await make_app(variant, **SETTINGS).send(Request(headers=headers, body=encoded(rpc("ping")), client=BRIDGE))


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:3000", None, 200),
        ("localhost:3000", None, 200),
        ("localhost", "http://localhost:6274", 200),
        ("127.0.0.1:3000", "http://127.0.0.1", 200),
        ("127.0.0.1:3000", "https://evil.example", 403),
        ("127.0.0.1:3000", "null", 403),
        ("127.0.0.1:3000", "http://localhost.evil.example", 403),
        ("evil.example", None, 421),
        ("evil.example:3000", "http://evil.example:3000", 421),
    ],
)
async def test_it_serves_this_machine_and_its_pages_and_no_others(
    make_app: type[Server], variant: str, host: str, origin: str | None, status: int
) -> None:
    answer = await knock(make_app, variant, host, origin)
    assert answer.status == status


@pytest.mark.parametrize("page", ["docs/deployment.md", "Dockerfile"])
def test_every_command_that_publishes_a_port_gives_these_settings(page: str) -> None:
    text = re.sub(r"\\\n#? *", "", (ROOT / page).read_text(encoding="utf-8"))
    commands = re.findall(r"^[# ]*(docker run .*)$", text, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        assert "--publish 127.0.0.1:3000:3000" in command
        assert "--env-file deploy/loopback.env" in command
