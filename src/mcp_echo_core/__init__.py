"""The core that both diagnostic MCP servers share; start reading at ``app.py``."""

__version__ = "0.3.0"
