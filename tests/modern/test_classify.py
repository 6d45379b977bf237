"""protocol rules 2: which era a message belongs to, from its version header and its body alone."""

from typing import Any

import pytest
from modern_requests import CAPABILITIES, MODERN, VERSION

from harness import REVISIONS, note, rpc
from mcp_echo_core.eras.classify import Era, classify

SERVED = (MODERN,)
UNKNOWN = "2031-01-01"
LEGACY_ERA, MODERN_ERA = Era.LEGACY, Era.MODERN


def enveloped(method: str = "tools/list", version: Any = MODERN) -> dict[str, Any]:
    return rpc(method, {"_meta": {VERSION: version}})


RESPONSE = {"jsonrpc": "2.0", "id": 1, "result": {}}

TABLE = [
    ("E1 initialize without header", None, rpc("initialize", {}), LEGACY_ERA),
    *((f"E1 initialize with {revision}", revision, rpc("initialize", {}), LEGACY_ERA) for revision in REVISIONS),
    ("E2 initialize of the modern era", MODERN, enveloped("initialize"), MODERN_ERA),
    ("E3 initialize with a modern header", MODERN, rpc("initialize", {}), MODERN_ERA),
    ("E4 request of the modern era", MODERN, enveloped(), MODERN_ERA),
    ("E5 request without envelope", MODERN, rpc("tools/list"), MODERN_ERA),
    ("E6 envelope without header", None, enveloped(), MODERN_ERA),
    *((f"E7 envelope with {revision}", revision, enveloped(), MODERN_ERA) for revision in REVISIONS),
    ("E8 unknown version twice", UNKNOWN, enveloped(version=UNKNOWN), MODERN_ERA),
    ("E9 two versions", UNKNOWN, enveloped(), MODERN_ERA),
    ("E10 unknown header", UNKNOWN, rpc("tools/list"), LEGACY_ERA),
    ("E10 unknown header on initialize", UNKNOWN, rpc("initialize", {}), LEGACY_ERA),
    ("E11 no header", None, rpc("tools/list"), LEGACY_ERA),
    ("E12 notification with a modern header", MODERN, note("notifications/x"), MODERN_ERA),
    ("E12 notification with an unknown header", UNKNOWN, note("notifications/x"), MODERN_ERA),
    *((f"E13 notification with {h}", h, note("notifications/x"), LEGACY_ERA) for h in (None, *REVISIONS)),
    ("response without header", None, RESPONSE, LEGACY_ERA),
    ("response with a modern header", MODERN, RESPONSE, MODERN_ERA),
    ("batch without header", None, [enveloped()], LEGACY_ERA),
    ("batch with a modern header", MODERN, [rpc("ping")], MODERN_ERA),
    ("bare _meta", None, rpc("tools/list", {"_meta": {"progressToken": 1}}), LEGACY_ERA),
    ("other key of the envelope", None, rpc("tools/list", {"_meta": {CAPABILITIES: {}}}), LEGACY_ERA),
    ("key in another case", None, rpc("tools/list", {"_meta": {VERSION.upper(): MODERN}}), LEGACY_ERA),
    ("version null", None, enveloped(version=None), MODERN_ERA),
    ("version of a legacy revision", None, enveloped(version="2025-11-25"), MODERN_ERA),
    ("two headers joined", f"{MODERN}, {MODERN}", rpc("tools/list"), LEGACY_ERA),
    *((f"body {value!r}", None, value, LEGACY_ERA) for value in (None, 1, "x", [], {}, True)),
    *((f"body {value!r} with a modern header", MODERN, value, MODERN_ERA) for value in (None, 1, "x", [], {}, True)),
    *(
        (f"params {p!r}", None, {"id": 1, "params": p}, LEGACY_ERA)
        for p in (None, [], "x", {"_meta": None}, {"_meta": []})
    ),
]


@pytest.mark.parametrize(("header", "body", "era"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_header_and_body_decide_the_era(header: str | None, body: Any, era: Era) -> None:
    assert classify(header, body, SERVED) is era


@pytest.mark.parametrize(("header", "body"), [row[1:3] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_server_without_modern_revisions_knows_only_one_era(header: str | None, body: Any) -> None:
    assert classify(header, body, ()) is Era.LEGACY
