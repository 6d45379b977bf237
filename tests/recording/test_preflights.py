"""Preflights, which gateways let through unasked: what strangers send must not push out what others look at."""

import dataclasses

from asgi_bridge import Request
from harness import Server, rpc


def preflight(path: str) -> Request:
    return Request(method="OPTIONS", path=path, headers=[(b"host", b"localhost"), (b"origin", b"http://localhost")])


async def test_preflights_begin_no_record(stateful: Server) -> None:
    assert (await stateful.send(preflight("/b/unknown/mcp"))).status == 204
    journal = stateful.app.runtime.journal
    assert journal is not None
    assert not journal.knows("b:unknown")


async def test_preflights_fill_no_record(stateful: Server) -> None:
    post = stateful.posting(rpc("ping"))
    await stateful.send(dataclasses.replace(post, path="/b/known/mcp"))
    for _ in range(1200):
        await stateful.send(preflight("/b/known/mcp"))
    journal = stateful.app.runtime.journal
    assert journal is not None
    record = await journal.read("b:known")
    assert record is not None
    assert [entry.event.method for entry in record.entries] == ["POST", "OPTIONS"]
