"""``mcp-echo stream``: asks for events that say when they were sent, and compares that with when they arrive."""
