"""Why a server gave no result, as one tree.

::

    PeerFault
    ├── Unreachable         no answer, or not all of it
    ├── NotServed           an answer that is not of this protocol: a gateway's page, a redirect, another revision
    ├── CredentialsWanted   HTTP 401 or 403
    ├── RequestRefused      a JSON-RPC error
    └── InputWanted         the server wants to ask the user something first (2026-07-28 basic/patterns/mrtr)
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from mcp_echo_core.client.answers import Answer

MAX_BODY, MAX_VALUE = 200, 300
"""Characters of a foreign body, and of a header's value, that are quoted."""


class PeerFault(Exception):
    """There is no result."""


class Unreachable(PeerFault):
    """No answer came, or not all of it."""


class NotServed(PeerFault):
    """What answers is no MCP endpoint, or none that this client has a revision in common with."""


class CredentialsWanted(PeerFault):
    """HTTP 401 or 403: which says nothing about eras or sessions."""


class RequestRefused(PeerFault):
    """A JSON-RPC error.

    Attributes:
        method: What was asked.
        status: HTTP status.
        code: Of the error; ``None`` when it has none.
        text: The error's message.
        data: The error's data, any JSON value.
    """

    def __init__(self, method: str, answer: Answer) -> None:
        error = answer.error or {}
        super().__init__(f"{method} was answered {answer.told()}")
        self.method = method
        self.status = answer.status
        self.code = answer.code
        self.text = str(error.get("message", ""))
        self.data = error.get("data")


class InputWanted(PeerFault):
    """The server asks back before there is a result.

    Attributes:
        requests: What it asks, by its keys.
    """

    def __init__(self, requests: Mapping[str, Any]) -> None:
        super().__init__("the server wants input first")
        self.requests = requests


def fault_in(method: str, answer: Answer) -> PeerFault:
    """Why an answer holds no result."""
    if answer.status is None:
        return Unreachable(answer.failure or "no answer")
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return CredentialsWanted(f"{method} was answered {answer.told()}{_challenge(answer)}")
    if answer.error is not None:
        return RequestRefused(method, answer)
    if answer.failure is not None:
        return Unreachable(f"{method} was answered {answer.status}, but {answer.failure}")
    if is_redirect(answer):
        target = answer.quoted(answer.headers.get("location", "nowhere"), MAX_VALUE)
        return NotServed(f"{method} was answered {answer.status}, a redirect that is not followed, to {target}")
    body = answer.quoted(answer.body.decode("utf-8", "replace").strip(), MAX_BODY)
    reason = f"which cannot be read: {answer.unreadable}" if answer.unreadable else "without a JSON-RPC result"
    return NotServed(f"{method} was answered {answer.told()} {reason}" + (f": {body}" if body else ""))


def is_redirect(answer: Answer) -> bool:
    """Whether an answer sends the client elsewhere (RFC 9110 section 15.4)."""
    return answer.status is not None and answer.status // 100 == 3  # noqa: PLR2004 - the class of the status


def _challenge(answer: Answer) -> str:
    challenge = answer.quoted(answer.headers.get("www-authenticate", ""), MAX_VALUE)
    return f"; WWW-Authenticate: {challenge}" if challenge else ""
