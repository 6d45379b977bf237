"""The verdict on an answer, be it an event stream or not."""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer, media_type
from mcp_echo_core.stream_check.ask import Wanted
from mcp_echo_core.stream_check.verdict import Series, Verdict, duration, judge
from mcp_echo_core.text import line

MAX_SAID = 300
"""Characters of what a tool says that are repeated."""


def verdict_on(answer: Answer, series: Series, wanted: Wanted) -> Verdict:
    """What one answer to the call shows."""
    if answer.status is None:
        return _without_head(answer, series, wanted)
    if answer.status == HTTPStatus.GATEWAY_TIMEOUT:
        told = f"a gateway answered 504 after {duration(series.watched)}, without waiting for the end"
        return Verdict(kind="cut off", answer=told)
    if not answer.ok or answer.error is not None:
        return Verdict(kind="refused", answer=f"{wanted.tool} was answered {line(answer.told())}")
    failed = failure_in(answer)
    if not answer.is_stream:
        kind = media_type(answer.headers) or "no content"
        says = f", and says: {failed}" if failed else ""
        return Verdict(kind="not a stream", answer=f"the whole answer came as {line(kind)}{says}")
    if failed and not series.ticks:
        return Verdict(kind="refused", answer=f"{wanted.tool} failed: {failed}")
    return judge(series)


def failure_in(answer: Answer) -> str:
    """What a tool says of its failure; empty when it did not fail."""
    result = answer.result
    if result is None or result.get("isError") is not True:
        return ""
    content = result.get("content")
    blocks = content if isinstance(content, list) else []
    texts = [str(block["text"]) for block in blocks if isinstance(block, dict) and "text" in block]
    return answer.quoted(texts[0], MAX_SAID) if texts else "no reason"


def _without_head(answer: Answer, series: Series, wanted: Wanted) -> Verdict:
    if series.watched < wanted.seconds:
        return Verdict(kind="refused", answer=answer.told())
    told = f"after {duration(series.watched)} not even the head of the answer had arrived"
    return Verdict(kind="unfinished", answer=told)
