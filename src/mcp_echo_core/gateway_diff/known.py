"""The request that is sent: its fields, why each is in it, and what is lost when one does not arrive as it was sent.

What gateways rightly do with a field is told with it (``usual``); everything else that happens to it matters. No value
has bytes beyond ASCII: the protocol writes those in base64 (2026-07-28 streamable-http, Value Encoding).
"""

import secrets
from collections.abc import Mapping

from msgspec import Struct

from mcp_echo_core.gateway_diff.compare import Change

LARGE = 8000
"""Bytes of the large value, as an access token with many groups has; with its name, less than 8 KiB."""

STATEFUL_SERVER = "mcp-echo-streamablehttp-server-stateful"
"""How the one of our servers introduces itself that gives sessions."""

SPOOFED_ADDRESS = "203.0.113.7"
"""An address of nobody (RFC 5737)."""

_HTTP = "2026-07-28 basic/transports/streamable-http"
_LEGACY = "2025-11-25 basic/transports"
_MIRROR = f"{_HTTP}, Server Behavior for Custom Headers"
_HOP = "RFC 9110 section 7.6.1"
_ORDER = "RFC 9110 section 5.3"
_REFUSED = "a server refuses the request with 400 and -32020"
_CLAIMS = "gateways replace what clients claim of themselves"


class Known(Struct, frozen=True, kw_only=True):
    """A field of the request.

    Attributes:
        name: As it is written.
        value: ``{run}``, ``{secret}``, ``{trace}`` and ``{span}`` are replaced; ``None`` where the
            request has it anyway.
        why: Why it is sent.
        breaks: What goes wrong when it does not arrive as it was sent; empty where nothing can.
        reference: Where that stands.
        usual: What may well happen to it, and what it means.
        fix: What helps, where it is something of its own.
        passed_on: What it means that a gateway passes it on as the client wrote it, where it should not.
    """

    name: str
    why: str
    reference: str
    value: str | None = None
    breaks: str = ""
    usual: Mapping[Change, str] = {}
    fix: str = ""
    passed_on: str = ""


def _number(number: int) -> Known:
    return Known(
        name=f"X-Mcp-Echo-{number:02}", value=f"{number} of 5", why="shows the order of the fields", reference=_ORDER,
        breaks="headers that nobody knows are dropped: so will be Mcp-Param-* and those of later revisions",
    )  # fmt: skip


def _claim(name: str, value: str, passed_on: str, reference: str) -> Known:
    rewritten = f"what the client claimed was replaced: {_CLAIMS}"
    return Known(
        name=name, value=value, why="a claim that only a gateway may make", reference=reference,
        passed_on=passed_on,
        usual={
            "removed": f"what the client claimed was taken out: {_CLAIMS}", "changed": rewritten,
            "repeated": "the gateway's own was added: a server must trust only the last",
            "appended": "the gateway's own was appended: a server must trust only the end",
        },
    )  # fmt: skip


PROTOCOL = (
    Known(
        name="Host", why="every request has it", reference="RFC 9110 section 7.2",
        usual={"changed": "the server sees another host: its list of allowed hosts and the URLs it gives out go by it"},
    ),
    Known(
        name="Content-Type", why="says that the body is JSON", reference=f"{_HTTP}, Sending Messages",
        breaks="servers refuse a body that is not declared as JSON with 415",
    ),
    Known(
        name="Accept", why="both types: a server chooses between JSON and an event stream",
        reference=f"{_HTTP}, Sending Messages",
        breaks="servers refuse clients that do not take both types with 406, or never stream",
    ),
    Known(
        name="Content-Length", why="the length of the body", reference="RFC 9112 section 6",
        breaks="the body that arrived is not the one that was sent",
        usual={"removed": "the body came in chunks, without a length"},
    ),
    Known(
        name="MCP-Protocol-Version", why="tells the revision", reference=f"{_HTTP}, Protocol Version Header",
        breaks=f"{_REFUSED}, or takes an older revision for granted",
    ),
    Known(
        name="Mcp-Method", why="repeats the method for gateways", reference=f"{_HTTP}, Standard Request Headers",
        breaks=f"{_REFUSED}: no client of 2026-07-28 gets through",
    ),
    Known(
        name="Mcp-Name", why="repeats the tool's name for gateways", reference=f"{_HTTP}, Standard Request Headers",
        breaks=f"{_REFUSED}: no client of 2026-07-28 calls a tool",
    ),
    Known(
        name="Mcp-Session-Id", why="names the session", reference=f"{_LEGACY}, Session Management",
        breaks="every request begins a session of its own or is refused with 400: nothing is remembered",
    ),
)  # fmt: skip
"""What the requests of the protocol have by themselves."""

EXTRA = (
    _number(1),
    Known(
        name="X-Mcp-Echo-Run", value="{run}", why="tells this run from others", reference="RFC 9111 section 4",
        breaks="what was answered belongs to another request: something on the way caches answers or mixes them up",
    ),
    Known(
        name="User-Agent", value="mcp-echo-diff", why="says who asks", reference="RFC 9110 section 10.1.5",
        usual=dict.fromkeys(("removed", "changed"), "logs and limits behind the gateway cannot tell clients apart"),
    ),
    Known(
        name="Authorization", value="Bearer mcp-echo-canary-{secret}", why="a token that is valid nowhere",
        reference="2026-07-28 basic/authorization, Token Requirements",
        breaks="the server does not see the client's token: it answers 401, or serves everybody as nobody",
        fix="nginx: 'proxy_set_header Authorization $http_authorization;'; Traefik: 'removeHeader: false' of basicAuth"
            " and digestAuth. A gateway that checks tokens itself may keep them.",
    ),
    Known(
        name="X-mCp-EcHo-CaSe", value="1", why="a name in odd case", reference="RFC 9110 section 5.1",
        breaks="headers that nobody knows are dropped",
    ),
    _number(2),
    Known(
        name="X-Mcp-Echo-Twice", value="first {run}", why="the first of two lines of one name", reference=_ORDER,
        breaks="of several lines of one name not all arrive in their order: lists such as Forwarded, Via and baggage"
               " lose members",
    ),
    Known(name="X-Mcp-Echo-Twice", value="second {run}", why="the second of them", reference=_ORDER),
    Known(
        name="Mcp-Param-List", value="one, two,three", why="a value with commas", reference=_MIRROR,
        breaks=f"an argument with commas does not match its header: {_REFUSED}",
    ),
    Known(
        name="Mcp-Param-Unknown", value="{run}", why="a mirrored argument that nobody on the way knows",
        reference=_MIRROR,
        breaks=f"arguments that tools mirror into headers get lost: {_REFUSED}. Intermediaries must forward them",
    ),
    Known(
        name="Mcp-Param-Under_Score", value="{run}", why="an argument's name may have an underscore",
        reference=f"{_HTTP}, Schema Extension",
        breaks=f"tools with an underscore in a mirrored name cannot be called: {_REFUSED}",
        fix="nginx: 'underscores_in_headers on;' in the server block; Envoy: headers_with_underscores_action ALLOW.",
    ),
    Known(
        name="Mcp-Param-Sentinel", value="=?base64?w6nDpMO8?=", why="how a value beyond ASCII is sent",
        reference=f"{_HTTP}, Value Encoding", breaks=f"an argument beyond ASCII does not match its header: {_REFUSED}",
    ),
    Known(
        name="Mcp-Param-Empty", value="", why="an empty argument", reference=f"{_HTTP}, Value Encoding",
        breaks=f"a tool cannot be called with an empty text in a mirrored argument: {_REFUSED}",
    ),
    Known(
        name="Mcp-Param-Blanks", value="two  blanks", why="blanks within a value", reference=f"{_HTTP}, Value Encoding",
        breaks=f"an argument with several blanks does not match its header: {_REFUSED}",
    ),
    _number(3),
    Known(
        name="X-Mcp-Echo-Large", value="0123456789" * (LARGE // 10), why=f"{LARGE} bytes, as large tokens have",
        reference="RFC 6585 section 5", breaks="clients with a large token or cookie get no answer",
        fix="nginx: 'large_client_header_buffers 4 16k;'; Traefik:"
            " entryPoints.<name>.http.maxHeaderBytes; Apache: LimitRequestFieldSize; Node.js: --max-http-header-size.",
    ),
    Known(
        name="Last-Event-ID", value="mcp-echo-{run}", why="resumes a stream",
        reference=f"{_LEGACY}, Resumability and Redelivery",
        breaks="a stream that broke off is not resumed: what was sent meanwhile is lost",
    ),
    Known(
        name="traceparent", value="00-{trace}-{span}-01", why="the trace this request belongs to",
        reference="W3C Trace Context", breaks="traces end at the gateway",
        usual={"changed": "a gateway that traces puts its own span there"},
    ),
    Known(
        name="tracestate", value="mcpecho={span}", why="goes with traceparent", reference="W3C Trace Context",
        breaks="tracing systems lose their own part of the trace",
        usual={"changed": "a gateway that traces puts its own entry first"},
    ),
    Known(
        name="baggage", value="mcp-echo-run={run}", why="facts that travel with the trace", reference="W3C Baggage",
        breaks="facts that travel with a trace get lost",
        usual={"appended": "a gateway that traces added its own"},
    ),
    Known(
        name="Cookie", value="mcp_echo={secret}", why="what browsers and sticky gateways use",
        reference="RFC 6265 section 5.4", breaks="sessions that stick to an instance by cookie move to another one",
    ),
    _number(4),
    Known(
        name="Accept-Encoding", value="gzip", why="allows compression", reference="RFC 9110 section 12.5.3",
        usual=dict.fromkeys(("removed", "changed"), "the gateway decides on compression itself"),
    ),
    _claim(
        "X-Forwarded-For", SPOOFED_ADDRESS,
        "a server that believes X-Forwarded-For believes the client: its logs and limits can be fooled",
        "RFC 7239 section 8.1",
    ),
    _claim(
        "X-Forwarded-Host", "spoofed.example",
        "a server that makes URLs of X-Forwarded-Host, as for OAuth metadata, makes them of the client's choice",
        "RFC 7239 section 8.1",
    ),
    _claim(
        "Forwarded", f"for={SPOOFED_ADDRESS}", "a server that believes Forwarded believes the client",
        "RFC 7239 section 8.1",
    ),
    _claim(
        "X-Forwarded-User", "mcp-echo-spoofed",
        "a server that takes the user from X-Forwarded-User takes anybody for anybody",
        "RFC 9110 section 17",
    ),
    Known(
        name="Expect", value="100-continue", why="asks before a body is sent", reference="RFC 9110 section 10.1.1",
        breaks="clients that wait for 100 before they send the body wait in vain",
        usual={"removed": "the gateway answered it itself"},
    ),
    Known(
        name="Connection", value="keep-alive, X-Mcp-Echo-Hop", why="ends at the next hop, with what it names",
        reference=_HOP, usual=dict.fromkeys(("removed", "changed"), "it belongs to one connection only"),
    ),
    Known(
        name="X-Mcp-Echo-Hop", value="1", why="named by Connection", reference=_HOP,
        usual={"removed": "Connection names it, so that it ends at the next hop"},
        passed_on="fields that Connection names must be taken out; whatever relies on that sees them",
    ),
    _number(5),
)  # fmt: skip
"""What is sent beyond that, in this order."""

BY_NAME: Mapping[str, Known] = {known.name.lower(): known for known in reversed((*PROTOCOL, *EXTRA))}
"""The fields by lower-case name; of two lines the first."""

SUSPECTS = ("X-Mcp-Echo-Large", "Authorization", "Expect", "X-Forwarded-User", "X-Forwarded-Host", "Connection")
"""What gateways most likely refuse a request for, the likeliest first."""


class Run(Struct, frozen=True):
    """What makes the requests of one run its own; nothing of it is valid anywhere.

    Attributes:
        run: 16 hexadecimal digits.
        secret: 32 of them, for what is shown only in part.
        trace: 32, the trace.
        span: 16, its span.
    """

    run: str
    secret: str
    trace: str
    span: str

    @classmethod
    def new(cls) -> "Run":
        """A run with an id of its own."""
        return cls(*(secrets.token_hex(length) for length in (8, 16, 16, 8)))

    def fields(self) -> list[tuple[str, str]]:
        """The fields of ``EXTRA`` with their values."""
        facts = {name: getattr(self, name) for name in self.__struct_fields__}
        return [(known.name, known.value.format_map(facts)) for known in EXTRA if known.value is not None]
