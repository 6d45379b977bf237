"""The request that is sent, and what is said of each of its fields."""

import re
from pathlib import Path
from typing import get_args

import pytest

from mcp_echo_core import redaction
from mcp_echo_core.gateway_diff.compare import ORDER, SPELLING, Change, Difference
from mcp_echo_core.gateway_diff.known import EXTRA, LARGE, PROTOCOL, STATEFUL_SERVER, SUSPECTS, Known, Run
from mcp_echo_core.gateway_diff.meaning import judged
from mcp_echo_core.variants import VARIANTS


def test_runs_differ_in_everything_that_tells_them_apart() -> None:
    one, other = Run.new(), Run.new()
    assert not set(one.__struct_fields__) - {"run", "secret", "trace", "span"}
    assert all(getattr(one, name) != getattr(other, name) for name in one.__struct_fields__)
    unlike = {name for (name, mine), (_, theirs) in zip(one.fields(), other.fields(), strict=True) if mine != theirs}
    assert {"X-Mcp-Echo-Run", "Authorization", "traceparent", "Mcp-Param-Unknown", "Cookie"} <= unlike


def test_every_value_is_one_that_a_header_can_carry() -> None:
    for name, value in Run.new().fields():
        assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
        assert re.fullmatch(r"(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?", value), name


def test_the_request_has_what_gateways_are_known_to_touch() -> None:
    sent = Run.new().fields()
    names = [name for name, _ in sent]
    assert names.count("X-Mcp-Echo-Twice") == 2
    assert [name for name in names if re.search(r"\d$", name)] == [f"X-Mcp-Echo-0{number}" for number in range(1, 6)]
    assert len(dict(sent)["X-Mcp-Echo-Large"]) == LARGE
    assert dict(sent)["Mcp-Param-Empty"] == ""
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", dict(sent)["traceparent"])
    assert set(SUSPECTS) <= set(names)


def test_the_canary_is_masked_wherever_it_is_shown() -> None:
    run = Run.new()
    value = dict(run.fields())["Authorization"]
    assert run.secret in value
    assert run.secret not in redaction.header("Authorization", value)


@pytest.mark.parametrize("known", [*PROTOCOL, *EXTRA], ids=lambda known: known.name)
def test_each_field_says_why_it_is_sent_and_what_may_happen_to_it(known: Known) -> None:
    assert known.why
    assert known.reference
    assert known.breaks or known.usual or known.name == "X-Mcp-Echo-Twice"


def test_the_page_has_every_field_that_is_sent() -> None:
    page = (Path(__file__).parents[2] / "docs" / "diff.md").read_text(encoding="utf-8")
    assert {known.name for known in (*PROTOCOL, *EXTRA)} <= set(re.findall(r"`([\w-]+)`", page))


def test_the_server_with_sessions_introduces_itself_under_the_name_that_is_looked_for() -> None:
    assert VARIANTS["stateful"].distribution == STATEFUL_SERVER


@pytest.mark.parametrize("change", get_args(Change))
@pytest.mark.parametrize("name", [*(known.name for known in EXTRA), "X-Of-The-User", "Host", ORDER, SPELLING])
def test_there_is_a_sentence_for_whatever_happens_to_any_field(name: str, change: Change) -> None:
    line = judged(Difference(name, change, ("a", "b"), ("b", "a")))
    assert line.meaning
    assert "{" not in line.fix
    assert bool(line.fix) == line.matters


MATTERS = [
    ("Mcp-Method", "removed"), ("Mcp-Name", "repeated"), ("MCP-Protocol-Version", "changed"), ("Accept", "changed"),
    ("Authorization", "removed"), ("Mcp-Session-Id", "removed"), ("Mcp-Param-List", "split"),
    ("Mcp-Param-Under_Score", "removed"), ("X-Mcp-Echo-Twice", "reordered"), ("X-Mcp-Echo-Twice", "removed"),
    ("Content-Length", "changed"), ("X-Mcp-Echo-Run", "changed"), ("Origin", "added"), ("X-Api-Key", "removed"),
    ("traceparent", "removed"),
]  # fmt: skip
IS_USUAL = [
    ("Host", "changed"), ("Connection", "removed"), ("Expect", "removed"), ("X-Forwarded-For", "appended"),
    ("X-Forwarded-For", "changed"), ("X-Mcp-Echo-Hop", "removed"), ("Via", "added"), ("X-Forwarded-Proto", "added"),
    ("X-Of-The-Gateway", "added"), ("traceparent", "changed"), ("baggage", "appended"), ("Content-Length", "removed"),
    ("X-Mcp-Echo-Twice", "joined"), (ORDER, "reordered"), (SPELLING, "respelled"), ("Accept-Encoding", "changed"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change"), MATTERS)
def test_what_the_protocol_or_its_users_need_matters(name: str, change: Change) -> None:
    assert judged(Difference(name, change)).matters


@pytest.mark.parametrize(("name", "change"), IS_USUAL)
def test_what_every_gateway_does_is_a_note(name: str, change: Change) -> None:
    assert not judged(Difference(name, change)).matters
