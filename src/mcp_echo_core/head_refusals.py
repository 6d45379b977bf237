"""What a request is told that is refused for its HTTP head: the value, the rule, where it stands, the fix."""

from mcp_echo_core.errors import HttpRefusal
from mcp_echo_core.http import HttpRequest


def host_refusal(host: bytes | None, allowed: tuple[str, ...]) -> HttpRefusal:
    """421 for a Host that is missing or not allowed."""
    return HttpRefusal(
        421,
        "Misdirected request",
        problem="Host is not one this server answers to" if host else "Host is missing",
        seen=_without_password((host or b"").decode("latin-1")),
        rule=(
            f"MCP_ALLOWED_HOSTS allows {', '.join(allowed)}"
            if allowed
            else "A request from loopback names a loopback host: protection against DNS rebinding"
        ),
        spec="basic/transports, Security Warning",
        fix=(
            "Add the host to MCP_ALLOWED_HOSTS (host, host:port or host:*), or have the proxy send a loopback Host."
            if host
            else "Send a Host header, as HTTP/1.1 demands."
        ),
    )


def two_hosts_refusal(request: HttpRequest) -> HttpRefusal:
    """400 for more than one Host."""
    return HttpRefusal(
        400,
        "Bad request",
        problem="Host was sent more than once",
        seen=", ".join(map(_without_password, request.values("host"))),
        rule="A request has one Host: proxies disagree about which of two counts",
        spec="RFC 9112 section 3.2",
        fix="Send Host once; look for a proxy that adds it again.",
    )


def _without_password(host: str) -> str:
    userinfo, _, rest = host.rpartition("@")
    return f"*******@{rest}" if ":" in userinfo else host


def origin_refusal(origin: bytes, allowed: tuple[str, ...]) -> HttpRefusal:
    """403 for an Origin that is not allowed."""
    return HttpRefusal(
        403,
        "Forbidden origin",
        problem="Origin is not one this server serves",
        seen=origin.decode("latin-1"),
        rule=(
            f"MCP_ALLOWED_ORIGINS allows {', '.join(allowed)}"
            if allowed
            else "A request from loopback names a loopback origin: protection against DNS rebinding"
        ),
        spec="basic/transports, Security Warning",
        fix="Add the origin to MCP_ALLOWED_ORIGINS (scheme://host, scheme://host:port or scheme://host:*).",
    )


def coding_refusal(coding: bytes) -> HttpRefusal:
    """415 for a compressed body."""
    return HttpRefusal(
        415,
        "Unsupported media type",
        headers=[(b"accept-encoding", b"identity")],
        problem="The body is compressed",
        seen=coding.decode("latin-1"),
        rule="A message is posted without content coding",
        spec="RFC 9110 section 15.5.16",
        fix="Send the body as it is, without Content-Encoding.",
    )


def accept_refusal(request: HttpRequest, rule: str) -> HttpRefusal:
    """406 for an Accept that allows nothing this answer can be."""
    return HttpRefusal(
        406,
        "Not acceptable",
        problem="Accept allows nothing that this answer can be",
        seen=request.header("accept"),
        rule=rule,
        spec="basic/transports, Sending Messages to the Server; RFC 9110 section 12.5.1",
        fix="Send 'Accept: application/json, text/event-stream'.",
    )
