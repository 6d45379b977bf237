"""No spelling of a bin's name or a session's id gets into a shared view."""

import base64
import json
import time
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from dashboards import DATA, Onlooker, in_bin

from harness import Server, rpc, tool_call
from mcp_echo_core.dashboard.concealing import Concealer
from mcp_echo_core.dashboard.spelling import plain
from mcp_echo_core.dashboard.subjects import Subject

SESSION = "5f0c1d0e-1111-4222-8333-444455556666"


def concealer(name: str) -> Concealer:
    return Concealer(Subject("bin", name, f"b:{name}", "key"))


def spellings(word: str) -> list[str]:
    """Ways to write a word."""
    percent = "".join(f"%{ord(letter):02x}" for letter in word)
    return [
        word, word.upper(), quote(word), percent, percent.replace("%", "%25"), percent.replace("%", "%2525"),
        "".join(f"\\u{ord(letter):04x}" for letter in word), "".join(f"&#{ord(letter)};" for letter in word),
        f"%{ord(word[0]):02x}{word[1:]}", word.replace("-", "%2D"),
    ]  # fmt: skip


async def everything(onlooker: Onlooker, view: str) -> str:
    shown = "".join([(await onlooker.get(f"/dashboard/{view}/{name}")).body.decode() for name in DATA])
    return f"{shown} {plain(shown)}".lower()


@pytest.mark.parametrize("name", ["acme", "myprivatebin", "demo-bin1", "Teams"])
async def test_a_view_never_tells_the_name_however_it_was_sent(onlooker: Onlooker, stateful: Server, name: str) -> None:
    said = [f"/b/{each}/mcp" for each in spellings(name)] + [f"%2Fb%2F{each}%2Fmcp" for each in spellings(name)]
    said += [rf"\/b\/{name}\/mcp", rf"\\/dashboard\\/{name}", f"http://h/dashboard/{name}?x={name}", name]
    for each in said:
        await in_bin(stateful, name, tool_call("echo", {"message": each}), x_original_url=each, x_bin=name)
    view = f"view/{await onlooker.share(name)}"
    shown = await everything(onlooker, view)
    assert name.lower() not in shown
    assert "bin-1" in shown
    record = await onlooker.record(view)
    assert record["subject"] == {"kind": "bin", "id": "bin-1", "endpoint": "/b/bin-1/mcp", "shared": True}
    assert record["report"]["subject"] == "bin-1"


@pytest.mark.parametrize("spelling", spellings(SESSION))
def test_a_session_s_id_is_found_however_it_is_written(spelling: str) -> None:
    concealing = Concealer(Subject("session", SESSION, SESSION, "key"))
    for text in (f"id={spelling};", f'{{"a":"{spelling}"}}', f"/x/{spelling}/y", spelling, f"{SESSION[:8]}..."):
        shown = plain(concealing.text(text)).lower()
        assert SESSION[9:] not in shown
        assert SESSION[:8] not in shown


@pytest.mark.parametrize("name", ["echo", "id", "tools", "42", "2025-11-25"])
async def test_a_name_that_is_a_common_word_goes_from_paths_and_own_fields_and_leaves_messages_whole(
    onlooker: Onlooker, stateful: Server, name: str
) -> None:
    await in_bin(
        stateful, name, tool_call("echo", {"message": "words"}, 42), referer=f"http://h/b/{name}/mcp", x_my_bin=name
    )
    view = f"view/{await onlooker.share(name)}"
    detail = await onlooker.json(f"/dashboard/{view}/exchanges/1")
    assert json.loads(detail["request_body"]) == tool_call("echo", {"message": "words"}, 42)
    headers = {each["name"]: each["value"] for each in detail["request_headers"]}
    assert (headers["referer"], headers["x-my-bin"]) == ("http://h/b/bin-1/mcp", "bin-1")


def test_what_is_encoded_and_tells_nothing_stays_as_it_is() -> None:
    text = r'{"url":"a%2Fb%20c","text":"\u00e4 \/ &amp; %zz","plain":"b\/c"}'
    assert concealer("acme-team").text(text) == text


def test_bodies_stay_json_when_a_name_in_them_was_encoded() -> None:
    shown = concealer("acme").text(r'{"a":"say \"\u002fb\u002facme\u002fmcp\" now","b":"%22%2Fb%2Facme%22"}')
    assert "acme" not in shown
    assert set(json.loads(shown)) == {"a", "b"}


def test_thousands_of_ids_take_no_time() -> None:
    concealing = concealer("flooded-bin-1")
    body = base64.b64encode(bytes(range(256)) * 45).decode()
    before = time.perf_counter()
    for _ in range(1000):
        concealing._learn_session(str(uuid.uuid4()))
        concealing.text(body[:3000])
    assert time.perf_counter() - before < 3.0


async def test_ids_that_begin_alike_are_told_apart(onlooker: Onlooker, stateful: Server) -> None:
    ids = [f"{SESSION[:-1]}{digit}" for digit in "12"]
    for each in ids:
        await in_bin(stateful, "two-alike-1", rpc("ping"), mcp_session_id=each, x_seen=each)
    view = f"view/{await onlooker.share('two-alike-1')}"

    async def seen(number: int) -> Any:
        headers = (await onlooker.json(f"/dashboard/{view}/exchanges/{number}"))["request_headers"]
        return next(each["value"] for each in headers if each["name"] == "x-seen")

    assert await seen(1) != await seen(2)
