"""Does initialize give a session id, and what is it?"""

import uuid

import pytest
from broken_sessions import Minting, RefusesEverybody, Sessionless
from probe_runs import finding_on

from in_loop import Serve
from mcp_echo_core.probe.session_ids import form, shown
from model_server import ModelServer


async def test_a_server_that_mints_an_id_is_told_so(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "session-minted")
    assert (finding.outcome, finding.answer) == ("passed", "YES")
    assert finding.facts == {"minted": True, "format": "UUID version 4"}


async def test_the_form_of_the_id_is_told(serve: Serve) -> None:
    finding = await finding_on(await serve(Minting(iter([uuid.UUID(int=15).hex]))), "session-minted")
    assert finding.details == ("Mcp-Session-Id: 0000000000000000000000000000000f (hex, 32 characters)",)


async def test_a_server_without_sessions_is_not_blamed(serve: Serve) -> None:
    finding = await finding_on(await serve(Sessionless()), "session-minted")
    assert (finding.outcome, finding.answer) == ("noted", "NO (sessionless)")


async def test_nothing_is_said_when_initialize_is_refused(serve: Serve) -> None:
    finding = await finding_on(await serve(RefusesEverybody()), "session-minted")
    assert finding.outcome == "untested"
    assert finding.answer == "initialize was answered 401; give --bearer or --header"


def test_an_id_is_printed_without_control_characters_and_without_tokens() -> None:
    assert shown("\x9b2Jgone") == "\\x9b2Jgone"
    assert "c2lnbmF0dXJl" not in shown("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlc2lnbmF0dXJl")


@pytest.mark.parametrize(
    ("session_id", "name"),
    [
        ("eb8aee3c-7ab4-4a11-b87f-2d3a6b8ab84d", "UUID version 4"),
        ("EB8AEE3C-7AB4-1A11-B87F-2D3A6B8AB84D", "UUID version 1"),
        ("00000000-0000-0000-0000-000000000000", "UUID without a version"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "JWT (HS256)"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "JWT (none)"),
        ("12345", "integer"),
        ("deadbeefdeadbeef", "hex, 16 characters"),
        ("deadbeef", "other, 8 characters"),
        ("g3atiX2tdihgO-JHGuLBVw", "base64url, 22 characters"),
        ("sess:one", "other, 8 characters"),
        ("", "other, 0 characters"),
    ],
)
def test_every_usual_form_is_recognised(session_id: str, name: str) -> None:
    assert form(session_id) == name
