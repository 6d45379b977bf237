"""protocol rules 3.2: of two faults in one modern request, the one on the earlier step is answered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest
from modern_requests import CAPABILITIES, LOG_LEVEL, MODERN, VERSION, call_of, mirrored

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, Server, encoded, header_list

UNKNOWN = "2031-01-01"


@dataclass
class Draft:
    """A request that is served until a fault is put into it."""

    message: dict[str, Any] = field(
        default_factory=lambda: call_of("asking", {"region": "eu"}, clientCapabilities={"sampling": {}})
    )
    headers: dict[str, str | None] = field(default_factory=dict)
    twice: list[tuple[bytes, bytes]] = field(default_factory=list)
    batch: bool = False

    @property
    def meta(self) -> dict[str, Any]:
        meta: dict[str, Any] = self.message["params"]["_meta"]
        return meta

    def request(self) -> Request:
        """The POST; a header follows the body unless a fault says otherwise."""
        truthful = mirrored(self.message, mcp_param_region="eu", mcp_method=self.message["method"])
        fields = header_list(POST_HEADERS, truthful | self.headers)
        return Request(headers=[*fields, *self.twice], body=encoded([self.message] if self.batch else self.message))


@dataclass(frozen=True)
class Step:
    """A step of the ladder: how a request falls there, and how it is answered."""

    number: int
    status: int
    code: int | None
    spoil: Callable[[Draft], None]
    header: str | None = None
    without: frozenset[int] = frozenset()
    """Later steps that a request which falls here does not have."""


def no_id(draft: Draft) -> None:
    del draft.message["id"]


def batch(draft: Draft) -> None:
    draft.batch = True


def listen_without_stream(draft: Draft) -> None:
    draft.message["method"] = "subscriptions/listen"
    draft.headers["accept"] = "application/json"


def twice(draft: Draft) -> None:
    draft.twice.append((b"mcp-method", b"tools/call"))


def no_capabilities(draft: Draft) -> None:
    draft.meta.pop(CAPABILITIES)


def other_version(draft: Draft) -> None:
    draft.headers.setdefault("mcp_protocol_version", MODERN)
    draft.meta[VERSION] = "2030-01-01"


def other_method(draft: Draft) -> None:
    draft.headers["mcp_method"] = "Tools/Call"


def other_name(draft: Draft) -> None:
    draft.headers["mcp_name"] = "echo"


def unserved(draft: Draft) -> None:
    draft.headers["mcp_protocol_version"] = draft.meta[VERSION] = UNKNOWN


def other_param(draft: Draft) -> None:
    draft.headers["mcp_param_region"] = "us"


def no_such_method(draft: Draft) -> None:
    draft.message["method"] = "nope"


def bad_level(draft: Draft) -> None:
    draft.meta[LOG_LEVEL] = "loud"


def undeclared(draft: Draft) -> None:
    if CAPABILITIES in draft.meta:
        draft.meta[CAPABILITIES] = {"roots": {}}


LADDER = [
    Step(10, 202, None, no_id, without=frozenset({11, 18})),
    Step(11, 400, -32600, batch, without=frozenset({18})),
    Step(12, 406, -32600, listen_without_stream, without=frozenset({20})),
    Step(13, 400, -32020, twice, "mcp-method"),
    Step(14, 400, -32602, no_capabilities),
    Step(15, 400, -32020, other_version, "MCP-Protocol-Version"),
    Step(16, 400, -32020, other_method, "Mcp-Method"),
    Step(17, 400, -32020, other_name, "Mcp-Name", without=frozenset({20})),
    Step(18, 400, -32022, unserved),
    Step(19, 400, -32020, other_param, "Mcp-Param-Region", without=frozenset({20})),
    Step(20, 404, -32601, no_such_method),
    Step(21, 400, -32602, bad_level),
    Step(22, 400, -32021, undeclared),
]

PAIRS = [(first, second) for first, second in combinations(LADDER, 2) if second.number not in first.without]


async def fall(server: Server, *steps: Step) -> Answer:
    """The answer to a request with faults; the later ones are put in first, as they are the more general."""
    draft = Draft()
    for step in reversed(steps):
        step.spoil(draft)
    return await server.send(draft.request())


def check(answer: Answer, step: Step) -> None:
    """The answer is that of this step."""
    assert answer.status == step.status, answer
    if step.code is None:
        assert answer.body == b""
        return
    error = answer.message["error"]
    assert error["code"] == step.code, error
    assert (step.number == 11) == ("id" not in answer.message)
    if step.header is not None:
        assert error["data"]["header"] == step.header


async def test_a_request_without_fault_reaches_the_top(workshop: Server) -> None:
    answer = await fall(workshop)
    assert answer.message["result"]["resultType"] == "input_required"


@pytest.mark.parametrize("step", LADDER, ids=lambda step: f"step {step.number}")
async def test_each_step_refuses_what_breaks_only_it(step: Step, workshop: Server) -> None:
    check(await fall(workshop, step), step)


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda step: f"step {step.number}")
async def test_the_earlier_step_decides(first: Step, second: Step, workshop: Server) -> None:
    check(await fall(workshop, first, second), first)


async def test_an_envelope_that_is_no_json_rpc_falls_before_the_ladder(server: Server) -> None:
    body = {"method": "notifications/x"}
    answer = await server.post(body, mcp_protocol_version=MODERN)
    assert (answer.status, answer.message["error"]["code"]) == (400, -32600)


@pytest.mark.parametrize("step", LADDER[3:], ids=lambda step: f"step {step.number}")
async def test_a_request_that_would_stream_is_refused_before_its_stream_is_opened(step: Step, workshop: Server) -> None:
    draft = Draft()
    draft.meta["progressToken"] = 1
    draft.headers["accept"] = "text/event-stream"
    step.spoil(draft)
    answer = await workshop.send(draft.request())
    assert answer.header("content-type") == "application/json"
    check(answer, step)


async def test_a_missing_capability_is_named_as_an_object_of_capabilities(workshop: Server) -> None:
    answer = await fall(workshop, LADDER[-1])
    assert answer.message["error"]["data"]["requiredCapabilities"] == {"sampling": {}}
