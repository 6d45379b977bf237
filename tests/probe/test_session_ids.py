"""Are ids visible, distinct, impossible to guess? And may requests other than initialize get one?"""

import base64
import itertools
import json
import random
import secrets
import time
import uuid

import pytest
from broken_session_use import Crowded
from broken_sessions import (
    LabelsRefusals,
    Minting,
    MintsForEverybody,
    RawHeader,
    RefusesEverybody,
    ServesWithoutId,
    Sessionless,
)
from probe_runs import finding_on, report_on

from in_loop import Serve
from mcp_echo_core.probe.session_ids import invented, pattern_in, random_bits
from model_server import ModelServer


def unsigned(number: int) -> str:
    parts = ({"alg": "none"}, {"session": number + 1000})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


async def test_visible_ascii_is_recognised(serve: Serve) -> None:
    assert (await finding_on(await serve(ModelServer()), "session-id-visible-ascii")).outcome == "passed"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((b"a blank",), "0x20"),
        ("sitzung-\u00fc\u65e5".encode(), "0xBC, 0xC3"),
        ((b"\xe9t\xe9",), "0xE9"),
        ((b"",), "empty"),
        ((b"one", b"two"), "came 2 times"),
    ],
)
async def test_an_id_of_other_bytes_is_convicted(serve: Serve, values: tuple[bytes, ...] | bytes, told: str) -> None:
    server = RawHeader(*([values] if isinstance(values, bytes) else values))
    finding = await finding_on(await serve(server), "session-id-visible-ascii")
    assert (finding.outcome, finding.answer) == ("failed", "NO")
    assert told in " ".join(finding.details)


async def test_a_server_whose_ids_cannot_be_sent_back_is_judged_to_the_end(serve: Serve) -> None:
    report = await report_on(await serve(RawHeader("\u65e5\u672c".encode())))
    crashed = [line.id for line in report.lines if line.crashed and line.id.startswith(("session", "client"))]
    assert crashed == []
    across = report.line("session-across-calls")
    assert across is not None
    assert across.finding.outcome == "failed"


@pytest.mark.parametrize(
    "mint",
    [
        lambda: str(uuid.uuid4()),
        lambda: uuid.uuid4().hex,
        lambda: secrets.token_urlsafe(9),
        lambda: f"sess_{secrets.token_hex(16)}",
        lambda: str(random.getrandbits(120) + 10**40),
    ],
)
async def test_ids_of_chance_pass(serve: Serve, mint: "type[str]") -> None:
    server = Minting(mint() for _ in itertools.count())
    finding = await finding_on(await serve(server), "session-id-unguessable")
    assert finding.outcome == "passed", finding
    assert finding.facts["distinct"] == 50
    assert server.sessions.keys() == set(), "sessions are ended"


@pytest.mark.parametrize(
    ("mint", "weakness"),
    [
        (lambda number: f"session-{number}", "sequential"),
        (lambda number: f"{number:08x}", "sequential"),
        (lambda number: f"00000000-0000-4000-8000-{number:012x}", "sequential"),
        (lambda number: str(time.time_ns() + number * 1000), "the time"),
        (lambda number: f"{time.time_ns() + number * 1000:x}", "the time"),
        (lambda _: str(uuid.uuid1()), "UUID version 1"),
        (unsigned, "JWT (none)"),
        (lambda _: secrets.token_hex(4), "only about 32 bits"),
        (lambda _: "the-one-and-only", "1 distinct"),
        (lambda number: f"id-{number % 30}-{uuid.UUID(int=number % 30)}", "30 distinct"),
    ],
)
async def test_ids_that_can_be_guessed_are_convicted(serve: Serve, mint: "type[str]", weakness: str) -> None:
    server = Minting(mint(number) for number in itertools.count())
    finding = await finding_on(await serve(server), "session-id-unguessable")
    assert finding.outcome == "failed"
    assert weakness in finding.answer
    assert "secure random" in finding.fix


async def test_mixed_forms_are_told(serve: Serve) -> None:
    server = Minting(secrets.token_hex(20) if number % 2 else str(uuid.uuid4()) for number in itertools.count())
    finding = await finding_on(await serve(server), "session-id-unguessable")
    assert finding.outcome == "passed"
    assert finding.facts["formats"] == {"UUID version 4": 25, "hex, 40 characters": 25}


async def test_too_few_ids_prove_nothing(serve: Serve) -> None:
    finding = await finding_on(await serve(Crowded()), "session-id-unguessable")
    assert (finding.outcome, finding.answer) == (
        "untested",
        "of 50 initializations, only 4 gave an id: 503, -32000 too many sessions",
    )


@pytest.mark.parametrize("check", ["session-id-unguessable", "session-id-visible-ascii"])
async def test_without_an_id_there_is_nothing_to_look_at(serve: Serve, check: str) -> None:
    assert (await finding_on(await serve(Sessionless()), check)).answer == "the server gives no session id"
    assert "401" in (await finding_on(await serve(RefusesEverybody()), check)).answer


async def test_ids_that_only_initialize_gives_are_told(serve: Serve) -> None:
    finding = await finding_on(await serve(ServesWithoutId()), "session-minted-elsewhere")
    assert (finding.outcome, finding.answer) == ("passed", "NO, only initialize")


async def test_ids_for_every_request_are_told(serve: Serve) -> None:
    server = MintsForEverybody()
    finding = await finding_on(await serve(server), "session-minted-elsewhere")
    assert (finding.outcome, finding.answer) == ("noted", "YES (ping, tools/list)")
    assert server.sessions == {}, "they are ended, too"


async def test_an_id_on_a_refusal_is_no_session(serve: Serve) -> None:
    finding = await finding_on(await serve(LabelsRefusals()), "session-minted-elsewhere")
    told = "NO, only initialize; but ping, tools/list, GET got the id of no session"
    assert (finding.outcome, finding.answer) == ("noted", told)
    assert "grow in number" not in finding.consequence


async def test_minting_elsewhere_needs_a_server_that_answers(serve: Serve) -> None:
    assert (await finding_on(await serve(Sessionless()), "session-minted-elsewhere")).answer == "NO, nothing gets one"
    assert (await finding_on(await serve(RefusesEverybody()), "session-minted-elsewhere")).outcome == "untested"


def test_an_invented_id_looks_like_the_others_and_is_nobodys() -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    made = invented(first, second)
    assert made not in (first, second)
    assert uuid.UUID(made).version == 4
    assert uuid.UUID(invented(first, first)).version == 4


@pytest.mark.parametrize(("first", "second"), [("session-41", "session-42"), ("7", "8"), ("a", "a"), ("", "")])
def test_an_invented_id_is_long_enough_not_to_be_somebodys(first: str, second: str) -> None:
    made = {invented(first, second) for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) >= 16 for each in made)


def test_lengths_that_differ_too_much_allow_no_estimate() -> None:
    assert random_bits(["x" * length for length in range(1, 20)]) is None


def test_numbers_far_apart_are_no_pattern() -> None:
    assert pattern_in(["1000000000000000000", "5000000000000000000000", "77"], 1.8e9) is None
