"""Whatever modern clients send and servers answer, judging it raises nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scripted import META, MODERN
from synthetic import exchange, record, report
from test_every_rule import ODD

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway import observe
from mcp_echo_core.recording.events import Credential, Head


def some(**members: Any) -> st.SearchStrategy[Any]:
    """An object with some of these members, each of them odd at times."""
    return st.fixed_dictionaries({}, optional={name: value | ODD for name, value in members.items()})


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


METHODS = one_of(
    "tools/call", "tools/list", "prompts/get", "resources/read", "subscriptions/listen", "tasks/get", "tasks/update",
    "initialize", "ping", "server/discover", "notifications/cancelled",
)  # fmt: skip
ENVELOPES = some(
    **{
        f"{META}protocolVersion": one_of(MODERN),
        f"{META}clientInfo": one_of({"name": "a", "version": "1"}),
        f"{META}clientCapabilities": some(roots=ODD, extensions=ODD, tasks=ODD),
    }
)
PARAMS = some(
    _meta=ENVELOPES,
    name=one_of("t", "u"),
    arguments=some(a=ODD),
    requestState=one_of("x", "y"),
    inputResponses=some(a=ODD),
    taskId=ODD,
    notifications=some(toolsListChanged=ODD, resourceSubscriptions=ODD, tools_list_changed=ODD),
)
MESSAGES = st.fixed_dictionaries({"method": METHODS, "params": PARAMS}, optional={"id": one_of(1, 2) | ODD})
MARKED = some(type=one_of("string", "integer", "boolean"), **{"x-mcp-header": one_of("A", "B", "Token")})
TOOLS = some(name=one_of("t", "u"), inputSchema=some(properties=some(a=MARKED, b=MARKED)))
RESULTS = some(
    tools=st.lists(TOOLS, max_size=3),
    resultType=one_of("input_required"),
    requestState=one_of("x", "y"),
    inputRequests=some(a=ODD),
    ttlMs=one_of(100_000),
)
ERRORS = some(
    code=one_of(-32020, -32021, -32022, -32601),
    data=some(header=one_of("Mcp-Param-A"), supported=st.lists(one_of(MODERN) | ODD, max_size=3)),
)
ANSWERS = some(id=one_of(1, 2), result=RESULTS, error=ERRORS, method=one_of("notifications/x"))
NAMES = one_of(
    "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-param-a", "mcp-param-token", "mcp-param-", "forwarded",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "host", "origin", "connection", "te", "via", "accept",
    "content-length", "mcp-session-id",
)  # fmt: skip
VALUES = st.text(st.characters(max_codepoint=255), max_size=8) | one_of(
    MODERN, "a", "=?base64?YQ==?=", "=?BASE64?YQ==?=", "%41", "=?utf-8?q?a?=", "host=[a", "1.1.1.1, b", "sNaN", "1e9999"
)
CREDENTIALS = st.builds(
    Credential, st.just("authorization"), one_of("Bearer", ""), one_of("1"), st.none(), st.none() | some(aud=ODD)
)
HEADS = st.builds(
    lambda fields, credentials: Head(tuple(fields), tuple(name for name, _ in fields), tuple(credentials)),
    st.lists(st.tuples(NAMES, VALUES), max_size=5),
    st.lists(CREDENTIALS, max_size=1),
)
ANSWERED = one_of(
    (),
    (("www-authenticate", 'Bearer error="insufficient_scope", resource_metadata="https://a/x"'),),
    (("www-authenticate", 'Bearer resource_metadata="http://[x"'),),
    (("content-type", "text/event-stream"),),
)
EXCHANGES = st.builds(
    exchange,
    MESSAGES | st.lists(MESSAGES, max_size=2) | st.just(b""),
    method=one_of("POST", "POST", "GET", "DELETE"),
    at=st.floats(0, 100),
    seconds=st.none() | st.floats(0, 10),
    status=one_of(200, 400, 401, 403, 404, 499),
    answer=ANSWERS | ODD,
    answer_fields=ANSWERED,
    head=HEADS,
    path=one_of("/b/made/mcp", "/.well-known/oauth-protected-resource"),
    ended_by=one_of(None, "client", "server"),
)


@given(st.lists(EXCHANGES, max_size=4))
def test_it_is_judged_and_looked_at_without_a_fault(events: list[Any]) -> None:
    assert report(*events).exchanges == len(events)
    assert isinstance(observe(Conversation(record(*events))), list)
