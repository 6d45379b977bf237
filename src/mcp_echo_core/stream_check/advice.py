"""What a verdict means for a client, and what to change."""

from msgspec import Struct

from mcp_echo_core.stream_check.idle import KEEP_ALIVE_SETTING, IdleKind
from mcp_echo_core.stream_check.verdict import Kind


class Advice(Struct, frozen=True):
    """What follows from a verdict.

    Attributes:
        meaning: What a client experiences.
        fixes: What to change, a sentence each.
    """

    meaning: str
    fixes: tuple[str, ...] = ()


_UNBUFFER = (
    (
        "nginx: proxy_buffering off; in the location. X-Accel-Buffering: no does the same, but the first nginx obeys "
        "it and takes it off, so that each further one needs the setting."
    ),
    "nginx: no gzip for text/event-stream (gzip_types without it and without *), no sub_filter, no proxy_cache there.",
    "Traefik: no buffering middleware on the router; compress with excludedContentTypes: [text/event-stream].",
    (
        "AWS API Gateway holds every response unless the integration of its REST API has responseTransferMode STREAM; "
        "other clouds and CDNs: turn off response buffering and transformation for this path."
    ),
)

_PATIENCE = (
    "nginx: proxy_read_timeout (60 s if not set) longer than the longest silence.",
    "Traefik: respondingTimeouts.writeTimeout of the entry point bounds the whole response; 0 turns it off.",
    "Load balancers and clouds have an idle timeout of their own, often 60 s; some also bound the whole request.",
)

ADVICE: dict[Kind, Advice] = {
    "streaming": Advice("Events reach a client as they are sent."),
    "batched": Advice(
        "Something on the way collects events and passes them on in groups: progress jumps, and a question of the "
        "server waits until its buffer is full.",
        _UNBUFFER,
    ),
    "held to the end": Advice(
        "Something on the way keeps the whole stream until it is complete: a client sees no progress, a stream that "
        "stays open delivers nothing at all, and long calls run into time-outs.",
        _UNBUFFER,
    ),
    "slowed": Advice(
        "Events pass one by one, but more slowly than they are sent, and queue up.",
        ("Look for a rate limit (nginx: proxy_limit_rate, limit_rate) and for an overloaded hop.",),
    ),
    "lost": Advice(
        "Notifications vanish on the way: something reads and rewrites the stream.",
        ("Look for a gateway that parses MCP; ask the server directly to compare.",),
    ),
    "cut off": Advice(
        "The stream ends before the response: a client has to treat the call as failed, and may not know what it did.",
        _PATIENCE,
    ),
    "unfinished": Advice(
        "Either something on the way holds the stream back, or the server is slower than --timeout allows.",
        ("Ask again with a longer --timeout; ask the server directly to compare.", *_UNBUFFER[:1]),
    ),
    "not a stream": Advice(
        "The answer comes in one piece: a client sees no progress.",
        (
            (
                "Accept may be lost or changed on the way: it must arrive as 'application/json, text/event-stream'; "
                "'mcp-echo diff' shows what arrives."
            ),
            "The server may answer in JSON only (its JSON mode), or the tool may not report progress.",
        ),
    ),
    "refused": Advice(
        "Without an answer there is nothing to measure.",
        ("Give --tool with a tool of this server that reports progress, and its --argument; credentials by --bearer.",),
    ),
    "undecided": Advice(
        "Cannot tell batched from slow: for that, events have to say when they were sent, and to be enough.",
        ("Put one of our servers in the place of this one, or ask for more events, farther apart.",),
    ),
}
"""By verdict."""

_SHORTER = f"Shorten the keep-alives below that: {KEEP_ALIVE_SETTING} on our servers, in seconds."

IDLE_ADVICE: dict[IdleKind, Advice] = {
    "alive": Advice("A client can wait on such a stream for as long as was tried."),
    "cut when idle": Advice(
        "Something on the way ends streams that are silent (a read timeout of a proxy?): a client loses what is sent "
        "until it has opened the next one.",
        (_SHORTER, *_PATIENCE),
    ),
    "cut": Advice(
        "Something on the way ends streams, whether silent or not: a client has to reopen them.", _PATIENCE[1:]
    ),
    "ended": Advice("The server ended it, or a gateway that does so in its place: a client has to reopen it."),
    "held back": Advice(
        "Something on the way keeps the stream until it is complete, which it never is; or the server does not answer.",
        _UNBUFFER,
    ),
    "not tested": Advice(""),
}
"""By what became of an idle stream."""
