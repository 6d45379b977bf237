"""``awslabs-mcp-lambda-handler`` behind HTTP, as an API Gateway with a proxy integration puts it there.

Usage: ``awslabs_shim.py PORT noop|stored``: with the store that a handler has by default, or with one that keeps.
"""

import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from awslabs.mcp_lambda_handler import MCPLambdaHandler
from awslabs.mcp_lambda_handler.session import SessionStore

PATH = "/mcp"


class DictSessionStore(SessionStore):
    """Keeps sessions as the package's own DynamoDB store does, in this process."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[str, Any]] = {}

    def create_session(self, session_data: dict[str, Any] | None = None) -> str:
        session_id = str(uuid.uuid4())
        self._sessions[session_id] = dict(session_data or {})
        return session_id

    def get_session(self, session_id: str) -> dict[str, Any] | None:
        return self._sessions.get(session_id)

    def update_session(self, session_id: str, session_data: dict[str, Any]) -> bool:
        if session_id not in self._sessions:
            return False
        self._sessions[session_id] = session_data
        return True

    def delete_session(self, session_id: str) -> bool:
        return self._sessions.pop(session_id, None) is not None


def lambda_function(store: str) -> MCPLambdaHandler:
    """The handler with tools that use its session."""
    handler = MCPLambdaHandler("awslabs", session_store=None if store == "noop" else DictSessionStore())

    @handler.tool()
    def echo(message: str) -> str:
        """Send the text back."""
        handler.update_session(lambda session: session.set("last", message))
        return message

    @handler.tool()
    def replayLastEcho() -> str:  # noqa: N802 - a tool has the name of its function
        """Repeat the last echo of the session."""
        session = handler.get_session()
        return (session.get("last") if session else None) or "nothing was echoed"

    return handler


class Gateway(BaseHTTPRequestHandler):
    """Turns requests into events of a Lambda function, and its responses into HTTP."""

    protocol_version = "HTTP/1.1"
    function: MCPLambdaHandler

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path != PATH:
            self.reply({"statusCode": 404})
            return
        event = {
            "httpMethod": self.command,
            "path": self.path,
            "headers": dict(self.headers.items()),
            "body": body or None,
            "isBase64Encoded": False,
        }
        self.reply(self.function.handle_request(event, None))

    do_GET = do_POST = do_DELETE = do_OPTIONS = forward  # noqa: N815 - names that the base class looks for

    def reply(self, response: dict[str, Any]) -> None:
        body = (response.get("body") or "").encode()
        self.send_response(response["statusCode"])
        for name, value in response.get("headers", {}).items():
            self.send_header(name, value)
        if response["statusCode"] != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Lets many callers wait at once, as a gateway does; beyond the queue they would come back after a second."""

    request_queue_size = 128


def main() -> None:
    """Serve until the process is ended."""
    port, store = sys.argv[1:]
    Gateway.function = lambda_function(store)
    Server(("127.0.0.1", int(port)), Gateway).serve_forever()


if __name__ == "__main__":
    main()
