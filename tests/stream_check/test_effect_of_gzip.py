"""What compression does to a stream, from what came without and with it."""

import pytest

from mcp_echo_core.stream_check.check import Variant, effect_of_gzip
from mcp_echo_core.stream_check.heads import Field
from mcp_echo_core.stream_check.verdict import Kind, Series, Verdict


def variant(kind: Kind, coding: str | None = None) -> Variant:
    head = (Field("Content-Encoding", coding, ""),) if coding else ()
    verdict = Verdict(kind=kind, answer="")
    return Variant(encoding="", verdict=verdict, head=head, series=Series(ticks=()), offset=None, evidence=1)


@pytest.mark.parametrize(
    ("plain", "packed", "told"),
    [
        (variant("streaming"), variant("streaming"), "none: the stream is not compressed"),
        (
            variant("streaming"),
            variant("batched"),
            "what arrives differs: streaming without, batched with gzip allowed",
        ),
        (variant("streaming"), variant("streaming", "gzip"), "every event still arrives in time"),
        (variant("streaming"), variant("held to the end", "gzip"), "holds the events back"),
        (variant("batched"), variant("batched", "gzip"), "without that it is batched, too"),
        (variant("batched"), variant("held to the end", "gzip"), "batched without, held to the end with it"),
        (variant("streaming", "br"), variant("streaming", "gzip"), "compressed (br) even for a client that asks for"),
        (variant("refused"), variant("streaming"), "cannot be told"),
        (variant("streaming"), variant("not a stream"), "cannot be told"),
    ],
)
def test_the_two_verdicts_and_the_codings_decide(plain: Variant, packed: Variant, told: str) -> None:
    assert told in effect_of_gzip(plain, packed)
