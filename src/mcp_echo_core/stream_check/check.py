"""The whole check: an era, the ticks with and without compression, an idle stream if wanted."""

from msgspec import Struct

from mcp_echo_core import __version__
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.secrecy import Secrecy
from mcp_echo_core.client.session_file import Choice, Era
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.stream_check.ask import STEPS, Wanted, ask
from mcp_echo_core.stream_check.heads import Field, coding, read_head
from mcp_echo_core.stream_check.idle import IDLE_FINDINGS, NOT_ASKED, Idle, watch_idle
from mcp_echo_core.stream_check.outcome import verdict_on
from mcp_echo_core.stream_check.talk import Talk, begin
from mcp_echo_core.stream_check.verdict import Series, Verdict

ENCODINGS = ("identity", "gzip")
"""Values of ``Accept-Encoding``, each asked with."""

UNKNOWN = ("refused", "undecided")
"""Verdicts that say nothing about streaming."""


class Options(Struct, frozen=True, kw_only=True):
    """What to check.

    Attributes:
        url: The MCP endpoint.
        headers: Sent with every request.
        wanted: What to ask for.
        era: Which era to ask in.
        idle: Seconds to leave a stream alone; 0 does not.
        timeout: Seconds that an answer may take.
        verify: Whether certificates are checked.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    wanted: Wanted
    era: Choice = "auto"
    idle: float = 0.0
    timeout: float = 10.0
    verify: bool = True


class Variant(Struct, frozen=True, kw_only=True):
    """What came of asking with one ``Accept-Encoding``.

    Attributes:
        encoding: Its value.
        verdict: What the times show.
        head: The fields of the answer's head that matter.
        series: The times.
        offset: Arrival of the first tick by this clock less its sending by the server's, in seconds.
        evidence: Number of the exchange.
    """

    encoding: str
    verdict: Verdict
    head: tuple[Field, ...]
    series: Series
    offset: float | None
    evidence: int


class Report(Struct, frozen=True, kw_only=True):
    """Everything a check found.

    Attributes:
        url: What was asked, without credentials.
        tool: Who asked.
        era: In which the requests were sent.
        revision: Of the protocol.
        remarks: What was odd before the first tick.
        called: The tool that was called.
        variants: One for each ``Accept-Encoding``.
        gzip: What compression does.
        idle: What became of an idle stream.
        exchanges: The evidence.
    """

    url: str
    tool: str
    era: Era
    revision: str
    remarks: tuple[str, ...]
    called: str
    variants: tuple[Variant, ...]
    gzip: str
    idle: Idle
    exchanges: tuple[Exchange, ...]

    @property
    def exit_code(self) -> int:
        """0 when everything streams, 1 when something does not, 2 when nothing can be said."""
        kinds = {variant.verdict.kind for variant in self.variants}
        if kinds - {"streaming", *UNKNOWN} or self.idle.kind in IDLE_FINDINGS:
            return 1
        return 0 if kinds == {"streaming"} else 2


async def check(options: Options) -> Report:
    """Ask a server.

    Raises:
        PeerFault: Nothing can be asked of it.
    """
    wanted = options.wanted
    secrecy = Secrecy(options.url, options.headers)
    async with Wire(options.timeout, verify=options.verify, secrecy=secrecy) as wire:
        talk = await begin(wire, Requests(options.url, options.headers), options.era)
        try:
            talk.require(wanted.tool, STEPS if wanted.steps else None)
            variants = tuple([await _variant(wire, talk, wanted, encoding) for encoding in ENCODINGS])
            idle = await watch_idle(wire, talk, options.idle) if options.idle else NOT_ASKED
        finally:
            await talk.end(wire)
        return _report(options, wire, talk, variants, idle)


def _report(options: Options, wire: Wire, talk: Talk, variants: tuple[Variant, ...], idle: Idle) -> Report:
    return Report(
        url=redacted(options.url),
        tool=f"mcp-echo {__version__}",
        era=talk.state.era,
        revision=talk.state.version,
        remarks=tuple(map(redacted, talk.remarks)),
        called=options.wanted.tool,
        variants=variants,
        gzip=effect_of_gzip(*variants),
        idle=idle,
        exchanges=wire.evidence,
    )


def effect_of_gzip(identity: Variant, gzip: Variant) -> str:
    """What compression does to the stream."""
    plain, packed = identity.verdict.kind, gzip.verdict.kind
    if plain in UNKNOWN or packed in UNKNOWN or "not a stream" in (plain, packed):
        return "cannot be told without a stream to compare"
    name = coding(gzip.head)
    if coding(identity.head):
        return f"compressed ({coding(identity.head)}) even for a client that asks for identity"
    if name is None:
        same = "" if plain == packed else f", but what arrives differs: {plain} without, {packed} with gzip allowed"
        return f"none: the stream is not compressed for a client that accepts gzip{same}"
    if packed == "streaming":
        return f"the stream is compressed ({name}), and every event still arrives in time"
    if plain == "streaming":
        return f"the compression ({name}) holds the events back: without it they stream"
    return (
        f"the stream is compressed ({name}); without that it is {plain}, too"
        if plain == packed
        else (f"the stream is compressed ({name}); {plain} without, {packed} with it")
    )


async def _variant(wire: Wire, talk: Talk, wanted: Wanted, encoding: str) -> Variant:
    asked = await ask(wire, talk, wanted, encoding)
    answer = asked.answer
    return Variant(
        encoding=encoding,
        verdict=verdict_on(answer, asked.series, wanted),
        head=read_head(answer.exchange.headers, ours=asked.series.stamped) if answer.is_stream else (),
        series=asked.series,
        offset=asked.offset,
        evidence=answer.number,
    )
