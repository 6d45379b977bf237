"""One module per command of ``mcp-echo``; each has ``main(words)``, which returns the exit code."""
