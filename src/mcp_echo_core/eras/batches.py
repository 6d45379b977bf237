"""Batches, which one revision of this transport has (2025-03-26 basic/index, Batching; JSON-RPC 2.0 section 6)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcp_echo_core.call import SILENT
from mcp_echo_core.eras.versions import BATCHES
from mcp_echo_core.errors import InvalidRequest, Refusal
from mcp_echo_core.exchange import ERROR, Exchange
from mcp_echo_core.messages import Request, RequestId, encode, error_object, parse

if TYPE_CHECKING:
    from mcp_echo_core.eras.legacy import LegacyEra

MAX_BATCH = 100
"""Messages in one batch."""

_SPEC = "2025-03-26 basic/index, Batching; 2025-06-18 changelog"


async def answer_batch(era: "LegacyEra", exchange: Exchange, values: Sequence[Any], version: str | None) -> None:
    """Answer all messages of a batch in one array, or with 202 if none of them wants an answer.

    Raises:
        Refusal: The batch as a whole is not served.
    """
    exchange.kind = "batch"
    revision = await era.revision(exchange, version)
    if revision not in BATCHES or not values:
        raise InvalidRequest(
            "The body is an empty array" if not values else f"Revision {revision} has no batches",
            rule="Batches exist in 2025-03-26 only, and hold at least one message",
            spec=_SPEC,
            fix="Send each message in a POST of its own.",
        )
    if len(values) > MAX_BATCH:
        raise InvalidRequest(
            "The batch is too long",
            seen=f"{len(values)} messages",
            rule=f"A batch holds at most {MAX_BATCH} messages",
            spec=_SPEC,
            fix="Send several batches.",
        )
    answers = [answer for value in values if (answer := await _answer(era, exchange, value, version)) is not None]
    exchange.kind, exchange.target = "batch", ""
    if answers:
        await exchange.answer(encode(answers))
    else:
        await exchange.reply(202)


async def _answer(era: "LegacyEra", exchange: Exchange, value: Any, version: str | None) -> dict[str, Any] | None:
    request_id: RequestId | None = None
    try:
        message = parse(value)
        if type(message) is not Request:
            await era.notice(exchange, message)
            return None
        request_id = message.id
        if message.method == "initialize":
            raise InvalidRequest(
                "initialize is part of a batch",
                rule="initialize is sent alone",
                spec="2025-03-26 basic/lifecycle, Initialization",
                fix="Send initialize in a POST of its own.",
            )
        return {"jsonrpc": "2.0", "id": request_id, "result": await era.result(exchange, message, version, SILENT)}
    except Refusal as refusal:
        exchange.outcome, exchange.error_code = ERROR, refusal.code
        era.refused(refusal)
        return error_object(refusal, request_id)
