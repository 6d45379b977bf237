"""``python -m mcp_echo_streamablehttp_server_stateful``: run the server."""

import sys

from mcp_echo_core.commands.serve import serve_variant


def main() -> int:
    """Run the server with the process's arguments; returns the exit code."""
    return serve_variant("stateful")


if __name__ == "__main__":
    sys.exit(main())
