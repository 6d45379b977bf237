"""The sessions that a run has brought into being, wanted or not: remembered by their ids, and ended.

Source: 2025-11-25 basic/transports, Session Management 5.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from mcp_echo_core.client.answers import SESSION_HEADER, Answer, object_in, session_in
from mcp_echo_core.client.incoming import Incoming
from mcp_echo_core.client.requests import Requests

SIDE_BY_SIDE = 10
"""Requests that are under way at the same time, where there are many of them."""

TRIES = 3
"""Sessions that are tried one by one before it is believed that none can be ended."""

ROUNDS = 8
"""How often those that are left are tried again, as long as some of them end: each round may reach other instances."""

OF_ONE_REQUEST = frozenset(
    {
        "accept", "access-control-request-headers", "access-control-request-method", "content-length", "content-type",
        "host", "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version", SESSION_HEADER, "origin",
        "transfer-encoding",
    }
)  # fmt: skip
"""Headers that belong to a request, not to the caller who makes it."""

ENDED = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})
"""Answers to DELETE that say that it has been, or will be, done (RFC 9110 section 9.3.5)."""

Ask = Callable[[Requests, str], Awaitable[Answer]]
"""Sends the DELETE of the caller's session with this id."""


class Living:
    """Sessions and whose they are."""

    def __init__(self) -> None:
        self.unfindable = False
        """Sessions live where not every request finds them, so that 404 does not say that one is over."""
        self.nameless = 0
        """Answers to ``initialize`` without an id, as of a server without sessions or behind somebody who hides ids."""
        self.last: str | None = None
        """What the last DELETE was answered that ended nothing."""
        self._owners: dict[str, Requests] = {}
        self._over: set[str] = set()

    def __len__(self) -> int:
        return len(self._owners)

    def note(self, incoming: Incoming) -> None:
        """Remember the session whose id an answer carries, unless the request had brought it along or ended it."""
        sent = {name.lower(): value for name, value in incoming.request.headers}.get(SESSION_HEADER)
        session_id = session_in(incoming.headers)
        if sent is not None and incoming.request.method == "DELETE" and incoming.status in ENDED:
            self._forget(sent)
        self.nameless += session_id is None and incoming.status == HTTPStatus.OK and _begins(incoming)
        if session_id is not None and session_id != sent:
            caller = [field for field in incoming.request.headers if field[0].lower() not in OF_ONE_REQUEST]
            self.add(session_id, Requests(incoming.request.url, caller))

    def add(self, session_id: str, owner: Requests) -> None:
        """Remember a session, unless it has been ended before."""
        if session_id and session_id not in self._over:
            self._owners.setdefault(session_id, owner)

    def ids(self) -> list[str]:
        """Those that are not known to have ended."""
        return list(self._owners)

    async def end(self, ids: list[str], ask: Ask, seconds: float) -> None:
        """End sessions, several at a time; those for which that does not work stay remembered.

        Args:
            ids: Of sessions.
            ask: Sends the DELETE.
            seconds: How long all of it may take.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if any([await self._end(each, ask) for each in ids[:TRIES]]) or self.unfindable:
                    await self._rounds(ids, ask)

    async def _rounds(self, ids: list[str], ask: Ask) -> None:
        turns = asyncio.Semaphore(SIDE_BY_SIDE)

        async def end(session_id: str) -> bool:
            async with turns:
                return await self._end(session_id, ask)

        for _ in range(ROUNDS):
            ids = [each for each in reversed(ids) if each in self._owners]  # reversed: by turns is another one's turn
            if not ids or not (any(await asyncio.gather(*map(end, ids))) or self.unfindable):
                return

    async def _end(self, session_id: str, ask: Ask) -> bool:
        owner = self._owners.get(session_id)
        if owner is None:
            return True
        answer = await ask(owner, session_id)
        gone = answer.status == HTTPStatus.NOT_FOUND and not self.unfindable
        if not (answer.ok or gone):
            self.last = answer.told()
            return False
        self._forget(session_id)
        return True

    def _forget(self, session_id: str) -> None:
        self._owners.pop(session_id, None)
        self._over.add(session_id)


def _begins(incoming: Incoming) -> bool:
    message = object_in(incoming.request.body) or {}
    return message.get("method") == "initialize"
