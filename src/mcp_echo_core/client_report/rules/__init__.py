"""All rules; each module holds those of one area, a function and a row of its table each."""

from mcp_echo_core.client_report.rules import accept, jsonrpc, session, streams, transport, version

RULES = (
    *transport.RULES,
    *accept.RULES,
    *streams.RULES,
    *version.RULES,
    *session.RULES,
    *jsonrpc.RULES,
)
