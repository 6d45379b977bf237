"""``mcp-echo probe``: ask any MCP server how it treats sessions, streams, versions, origins and tokens."""

from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    raise NotImplementedError(words)
