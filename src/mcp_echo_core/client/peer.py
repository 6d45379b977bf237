"""One server, spoken to in the era it speaks, with the session that an earlier run has left.

Modern first; the handshake where the server does not speak 2026-07-28 (its basic/versioning and
basic/transports/streamable-http, Backward Compatibility). What an earlier run learnt is taken for granted until the
server shows otherwise. Not done: resuming a stream that broke, and the HTTP+SSE transport of 2024-11-05.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from mcp_echo_core.client.answers import Answer, object_in
from mcp_echo_core.client.conversation import Watch, converse
from mcp_echo_core.client.faults import InputWanted, NotServed, RequestRefused, fault_in
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.openings import DISCOVER, NEITHER, is_modern, opening
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.session_file import Choice, SavedSession, Tell
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.eras.mirrors import Mirror
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS
from mcp_echo_core.redaction import session_id as shortened


class Peer:
    """A server.

    Attributes:
        state: What the next run needs to know; ``None`` before the first answer.

    Args:
        wire: Where the requests go.
        requests: Makes them.
        saved: What an earlier run has left.
        choice: The era, or ``auto``.
        keep: Is given the state whenever it changes.
        tell: Is told what the user should know.
        watch: Is given the notifications that come while an answer is awaited.
    """

    def __init__(
        self,
        wire: Wire,
        requests: Requests,
        *,
        saved: SavedSession | None,
        choice: Choice,
        keep: Callable[[SavedSession], None],
        tell: Tell,
        watch: Watch,
    ) -> None:
        self.state = saved if saved is not None and choice in ("auto", saved.era) else None
        self._wire = wire
        self._requests = requests
        self._choice = choice
        self._keep = keep
        self._tell = tell
        self._watch = watch
        # Where there is no id to send, an earlier run's handshake counts for nothing; the era stays known.
        self._is_open = self.state is not None and (self.state.era == "modern" or self.state.session is not None)
        self._is_proven = False
        self._is_renewed = False
        # One request is in flight at a time, so that one token does for all; another process needs another one.
        self._token = f"mcp-echo-{secrets.token_hex(4)}"

    @property
    def is_modern(self) -> bool:
        """Whether the server is spoken to in the modern era; nobody knows before the first answer."""
        return self.state is not None and self.state.era == "modern"

    async def ask(
        self, method: str, params: Mapping[str, Any], *, purpose: str, mirrors: Sequence[Mirror] = ()
    ) -> Mapping[str, Any]:
        """A request and its result, in whichever era.

        Args:
            method: Of JSON-RPC.
            params: Without ``_meta``.
            purpose: For the evidence.
            mirrors: Arguments that headers repeat in the modern era.

        Raises:
            PeerFault: There is no result.
        """
        answer = await self._send(method, params, purpose, mirrors)
        if await self._renew(answer):
            answer = await self._send(method, params, purpose, mirrors)
        if answer.result is None:
            raise fault_in(method, answer)
        self._is_proven = True
        if answer.result.get("resultType") == "input_required":
            requests = answer.result.get("inputRequests")
            raise InputWanted(requests if isinstance(requests, dict) else {})
        return answer.result

    def keep_handle(self, handle: str | None) -> None:
        """Remember another state handle, or none."""
        if self.state is not None and self.state.handle != handle:
            self._set(msgspec.structs.replace(self.state, handle=handle, created=_now()))

    async def _send(self, method: str, params: Mapping[str, Any], purpose: str, mirrors: Sequence[Mirror]) -> Answer:
        state = self.state if self._is_open and self.state is not None else await self._begin()
        if state.era == "modern":
            return await self._converse(
                self._requests.modern(
                    method, params, purpose=purpose, version=state.version, progress_token=self._token, mirrors=mirrors
                )
            )
        params = {**params, "_meta": {"progressToken": self._token}}
        request = self._requests.legacy(method, params, purpose=purpose, session=state.session, version=state.version)
        return await self._converse(request, self._cancellation(request, state))

    def _cancellation(self, request: Outgoing, state: SavedSession) -> Outgoing:
        """What tells the server that a request is not waited for any more (2025-11-25 basic/utilities/cancellation)."""
        number = (object_in(request.body) or {}).get("id")
        return self._requests.notification(
            "notifications/cancelled", {"requestId": number, "reason": "no answer in time"},
            purpose="the answer is not waited for any more", session=state.session, version=state.version,
        )  # fmt: skip

    async def _renew(self, answer: Answer) -> bool:
        """Begin anew, once, if this answer says that what was taken for granted is over; whether that was done."""
        state = self.state
        if state is None or self._is_renewed:
            return False
        if state.session is not None and answer.status == HTTPStatus.NOT_FOUND:
            self._is_renewed = True
            await self._handshake()
            self._tell(f"Session {shortened(state.session)} is not known there any more (404): began a new one.")
            return True
        if self._is_proven or not _lapsed(state, answer):
            return False
        self._tell(f"The server answered {answer.told()} to what worked before ({state.era} era): asked it anew.")
        self._is_renewed = True
        self.state = None
        await self._begin()
        return True

    async def _begin(self) -> SavedSession:
        """Find out the era, unless it is known or chosen, and open it."""
        if self._choice == "legacy":
            return await self._handshake()
        if self.state is not None and self.state.era == "legacy":
            try:
                return await self._handshake()
            except (NotServed, RequestRefused) as fault:
                self._tell(f"The legacy era worked before, but now {fault}: asked the server anew.")
        discover = await self._converse(self._requests.modern(DISCOVER, purpose="does it speak 2026-07-28?"))
        found = opening(discover)
        if found.era == "modern":
            return self._set(SavedSession(era="modern", version=found.version, created=_now()))
        if self._choice == "modern":
            raise NotServed(f"the server does not speak 2026-07-28: {DISCOVER} was answered {discover.told()}")
        try:
            return await self._handshake(found.version)
        except NotServed as fault:
            raise NotServed(
                f"{DISCOVER} was answered {discover.told()}, and {fault}. Is this an MCP endpoint?"
            ) from None

    async def _handshake(self, version: str = HANDSHAKE_VERSIONS[0]) -> SavedSession:
        answer = await self._converse(self._requests.initialize(purpose="begin a session", version=version))
        if answer.result is None:
            raise fault_in("initialize", answer)
        negotiated = answer.result.get("protocolVersion")
        if negotiated not in HANDSHAKE_VERSIONS:
            raise NotServed(f"initialize was answered with revision {negotiated!r}, which this client does not speak")
        state = SavedSession(era="legacy", version=negotiated, created=_now(), session=answer.session)
        ready = self._requests.initialized(purpose="the session has begun", session=state.session, version=negotiated)
        told = await self._converse(ready)
        if not told.ok:
            self._tell(f"notifications/initialized was answered {told.told()}.")
        return self._set(state)

    def _set(self, state: SavedSession) -> SavedSession:
        self.state = state
        self._is_open = self._is_proven = True
        self._keep(state)
        return state

    async def _converse(self, request: Outgoing, cancel: Outgoing | None = None) -> Answer:
        return await converse(self._wire, request, self._watch, self._reply, cancel)

    def _reply(self, answer: Mapping[str, Any]) -> Outgoing:
        state = self.state
        return self._requests.response(
            answer,
            purpose="the server asked back",
            session=state.session if state is not None else None,
            version=state.version if state is not None else None,
        )


async def end_session(wire: Wire, requests: Requests, state: SavedSession) -> Answer | None:
    """Ask a server to end a session (2025-11-25 basic/transports, Session Management 5).

    Returns:
        What it said; ``None`` when there is no session, so that it was not asked.
    """
    if state.session is None:
        return None
    version = [("MCP-Protocol-Version", state.version)]
    ended = requests.bare("DELETE", purpose="end the session", session=state.session, headers=version)
    return await wire.send(ended, fresh=True)


def _lapsed(state: SavedSession, answer: Answer) -> bool:
    """Whether an answer shows that a server is not any more as an earlier run has found it."""
    if answer.status is None or answer.failure is not None or answer.status in NEITHER:
        return False
    if state.era == "legacy":
        return answer.status == HTTPStatus.BAD_REQUEST
    return not is_modern(answer) and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
