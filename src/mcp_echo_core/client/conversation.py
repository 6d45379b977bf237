"""A request and all that happens until its answer is there: notifications, and questions the server asks back."""

from collections.abc import Callable, Mapping
from typing import Any

from mcp_echo_core.client.answers import Answer, object_in, response_in
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.errors import METHOD_NOT_FOUND

Watch = Callable[[str, Mapping[str, Any]], None]
"""Is given method and params of each notification."""

CANCEL_SECONDS = 2.0
"""How long a server that has not answered in time may take to hear that its answer is not waited for any more."""

Reply = Callable[[Mapping[str, Any]], Outgoing]
"""Makes a request of the answer (``id`` and ``result`` or ``error``) to a question of the server's."""


async def converse(wire: Wire, request: Outgoing, watch: Watch, reply: Reply, cancel: Outgoing | None = None) -> Answer:
    """Send a request and wait for its answer.

    Every message on the way starts the wire's timeout anew, as progress may (basic/utilities/progress). A ``ping`` of
    the server's is answered; what else it asks is refused as a method this client does not have, because a server
    would wait for ever otherwise.

    Args:
        wire: Where the request goes.
        request: What is asked.
        watch: Is given the notifications.
        reply: Makes the answers to the server's questions.
        cancel: Is sent when no answer came in time (2025-11-25 basic/lifecycle, Timeouts).
    """
    async with wire.open(request, fresh=False) as incoming:
        deadline = wire.clock() + incoming.timeout
        while not incoming.ended:
            event = await incoming.event(deadline - wire.clock())
            if event is None:
                incoming.note_silence()
            if event is None or (event.kind == "event" and response_in(event.data) is not None):
                break
            message = _message(event.data) if event.kind == "event" else None
            if message is None:
                continue
            deadline = wire.clock() + incoming.timeout
            if "id" in message:
                await wire.send(reply(_reply_to(message)), fresh=True)
            else:
                params = message.get("params")
                watch(message["method"], params if isinstance(params, dict) else {})
    if incoming.timed_out and cancel is not None:
        async with wire.open(cancel, seconds=CANCEL_SECONDS) as told:
            await told.response()
    return wire.answer(incoming)


def _message(data: str) -> Mapping[str, Any] | None:
    value = object_in(data)
    return value if value is not None and isinstance(value.get("method"), str) else None


def _reply_to(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if message["method"] == "ping":
        return {"id": message["id"], "result": {}}
    error = {"code": METHOD_NOT_FOUND, "message": f"This client has no {message['method']}"}
    return {"id": message["id"], "error": error}
