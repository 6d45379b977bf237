"""A request and all that happens until its answer is there: notifications, and questions the server asks back."""

from collections.abc import Callable, Mapping
from typing import Any

from mcp_echo_core.client.answers import Answer, response_in
from mcp_echo_core.client.incoming import Incoming, Outgoing
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.errors import METHOD_NOT_FOUND, Refusal
from mcp_echo_core.messages import decode

Watch = Callable[[str, Mapping[str, Any]], None]
"""Is given method and params of each notification."""

Reply = Callable[[Mapping[str, Any]], Outgoing]
"""Makes a request of the answer (``id`` and ``result`` or ``error``) to a question of the server's."""


async def converse(wire: Wire, request: Outgoing, watch: Watch, reply: Reply) -> Answer:
    """Send a request and wait for its answer.

    Every message on the way starts the wire's timeout anew, as progress may (basic/utilities/progress). A ``ping`` of
    the server's is answered; what else it asks is refused as a method this client does not have, because a server
    would wait for ever otherwise.
    """
    async with wire.open(request, fresh=False) as incoming:
        deadline = wire.clock() + wire.timeout
        while not incoming.ended:
            event = await incoming.event(deadline - wire.clock())
            if event is None:
                _note_silence(incoming, wire.timeout)
            if event is None or (event.kind == "event" and response_in(event.data) is not None):
                break
            message = _message(event.data) if event.kind == "event" else None
            if message is None:
                continue
            deadline = wire.clock() + wire.timeout
            if "id" in message:
                await wire.send(reply(_reply_to(message)), fresh=True)
            else:
                params = message.get("params")
                watch(message["method"], params if isinstance(params, dict) else {})
    return wire.answer(incoming)


def _message(data: str) -> Mapping[str, Any] | None:
    try:
        value = decode(data.encode())
    except Refusal:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("method"), str) else None


def _reply_to(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if message["method"] == "ping":
        return {"id": message["id"], "result": {}}
    error = {"code": METHOD_NOT_FOUND, "message": f"This client has no {message['method']}"}
    return {"id": message["id"], "error": error}


def _note_silence(incoming: Incoming, seconds: float) -> None:
    if not incoming.ended and incoming.failure is None:
        incoming.failure = f"the answer was not complete within {seconds:g} s"
