"""The corpus of ``scripts/fuzz`` is answered as it should be, and the judges of its answers do convict."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import fuzz_corpus
import pytest
from fuzz_choices import Choices
from fuzz_exchange import Finding, Got, exchange
from fuzz_messages import BODY_CANARY, HEAD_CANARY
from fuzz_oracles import SERVER_CANARY, LogLines, check
from fuzz_requests import Known, Sent, request
from fuzz_target import Target, watching

JSON = (b"content-type", b"application/json")


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as entered:
        yield entered


def test_every_input_of_the_corpus_is_answered_as_it_should_be(target: Target) -> None:
    inputs = fuzz_corpus.load()
    with watching() as told:
        for data in inputs:
            target.run(data)
        target.inspect()
    assert not told
    assert len(inputs) > 100
    assert {200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 421} <= target.statuses.keys()


def test_no_bytes_are_the_plainest_request() -> None:
    sent = request(Choices(b""), Known())
    assert (sent.method, sent.path, sent.whole) == ("POST", "/mcp", True)
    assert b'"method": "tools/call"' in sent.body


def answer(
    status: int = 200, body: bytes = b'{"jsonrpc":"2.0","id":1,"result":{}}', *fields: tuple[bytes, bytes]
) -> Got:
    return Got(status, [JSON, *fields], bytearray(body), ended=True)


WRONG = {
    "status": answer(500),
    "strange-status": answer(299),
    "no-json": answer(200, b"{"),
    "constant": answer(200, b'{"jsonrpc":"2.0","id":1,"result":NaN}'),
    "no-rpc": answer(200, b'{"id":1}'),
    "fault": answer(200, b'{"jsonrpc":"2.0","id":1,"error":{"data":{"problem":"The server failed to answer"}}}'),
    "split": answer(200, b"", (b"x-a", b"1\r\nset-cookie: a=b")),
    "nul": answer(200, b"", (b"x-a", b"\x00")),
    "name": answer(200, b"", (b"X A", b"1")),
    "length": answer(200, b"{}", (b"content-length", b"3")),
    "two-lengths": answer(204, b"", (b"content-length", b"0"), (b"content-length", b"1")),
    "body-of-204": answer(204, b"x"),
    "no-allow": answer(405),
    "credential": answer(200, b'{"jsonrpc":"2.0","id":1,"result":"' + HEAD_CANARY.encode() + b'"}'),
    "secret": answer(200, b'{"jsonrpc":"2.0","id":1,"result":"' + SERVER_CANARY.encode() + b'"}'),
    "credential-in-a-field": answer(202, b"", (b"x-a", HEAD_CANARY.encode())),
    "traceback": answer(200, b"Traceback (most recent call last)"),
    "nothing": Got(),
}


@pytest.mark.parametrize("got", WRONG.values(), ids=WRONG)
def test_an_answer_that_is_wrong_is_a_finding(got: Got) -> None:
    check(answer(), "POST", "/mcp")
    with pytest.raises(Finding):
        check(got, "POST", "/mcp")


def test_what_a_body_says_may_be_echoed_and_not_be_shown() -> None:
    got = answer(200, b'{"jsonrpc":"2.0","id":1,"result":"' + BODY_CANARY.encode() + b'"}')
    check(got, "POST", "/mcp")
    with pytest.raises(Finding):
        check(got, "GET", "/dashboard/bin-a/export.json")


@pytest.mark.parametrize("text", ["evil\nline", f"Bearer {HEAD_CANARY}", BODY_CANARY, SERVER_CANARY])
def test_a_log_line_that_shows_too_much_is_a_finding(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LogLines()
    monkeypatch.setattr("mcp_echo_core.logs._escaped", lambda line: line)
    for level in (logging.INFO, logging.INFO):
        lines.handle(logging.LogRecord("mcp_echo_core", level, "", 1, text, (), None))
    with pytest.raises(Finding):
        lines.check()


def test_an_error_in_the_log_is_a_finding() -> None:
    lines = LogLines()
    lines.handle(logging.LogRecord("mcp_echo_core", logging.ERROR, "", 1, "request failed", (), None))
    with pytest.raises(Finding):
        lines.check()


async def twice(scope: Any, receive: Any, send: Any) -> None:
    for _ in range(2):
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def half(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def silent(scope: Any, receive: Any, send: Any) -> None:
    pass


async def endless(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("app", [twice, half, silent, endless])
async def test_an_application_that_breaks_the_protocol_is_found(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz_exchange.HANG", 0.05)
    with pytest.raises(Finding):
        await exchange(app, Sent("POST", "/mcp", "", [], [b""]))
