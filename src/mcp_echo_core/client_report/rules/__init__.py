"""All rules; each module holds those of one area, a function and a row of its table each."""

from mcp_echo_core.client_report.rules import accept

RULES = (*accept.RULES,)
