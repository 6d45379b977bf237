"""The analysis of any MCP server: questions (``checks``), what they share (``survey``), the answers (``reports``)."""
