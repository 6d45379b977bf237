"""whoIStheGOAT."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import Bench, shared_bench

from mcp_echo_core.legends import LEGENDS


async def test_the_stateful_goat_prints_its_sample(stateful_bench: Bench) -> None:
    shown = await stateful_bench.use("whoIStheGOAT")
    assert (
        shown.text
        == """🐐 GOAT Analysis Complete

Subject: MCP Protocol
Excellence Score: 95/100
Greatness Factor: Legendary

Top Qualities:
- Stateful session management
- Protocol compliance
- Developer experience

Verdict: Certified GOAT 🏆"""
    )


async def test_the_stateless_goat_prints_its_sample(stateless_bench: Bench) -> None:
    shown = await stateless_bench.use("whoIStheGOAT", {"subject": "dennis  ritchie"})
    assert (
        shown.text
        == """🐐 Excellence Analysis: Dennis Ritchie

🌟 Why Dennis Ritchie is the GOAT:

Dennis Ritchie created the C programming language and co-developed Unix, forming the foundation of modern computing. \
His work influences virtually every device and system today.

💡 Key Contributions:
• Created C (1972) - the language that built the world
• Co-created Unix with Ken Thompson
• Influenced all modern programming languages
• Enabled portable system software

📖 Wisdom: "The only way to learn a new programming language is by writing programs in it."

🎯 Legacy Impact: Every time you use a computer, phone, or any digital device, you're using technology built on \
Ritchie's foundations.

Humble, brilliant, and transformative - a true GOAT! 🙌"""
    )


async def test_without_a_subject_every_legend_gets_a_turn(stateless_bench: Bench) -> None:
    praised = set()
    for number in range(len(LEGENDS)):
        request = stateless_bench.request()
        request.number = number
        praised.add((await stateless_bench.use("whoIStheGOAT", http=request)).data["subject"])
    assert praised == {legend.name for legend in LEGENDS}


@given(st.text(max_size=200), st.sampled_from(["stateful", "stateless"]))
async def test_the_verdict_on_a_subject_is_always_the_same_kind_and_on_one_line(subject: str, variant: str) -> None:
    bench = shared_bench(variant)
    first = await bench.use("whoIStheGOAT", {"subject": subject})
    assert first == await bench.use("whoIStheGOAT", {"subject": subject})
    assert "\n" not in first.data["subject"]
    assert "GOAT" in first.text
    if variant == "stateful":
        assert 90 <= first.data["score"] <= 100
        assert len(set(first.data["qualities"])) == 3


def test_a_subject_that_is_too_long_is_refused(bench: Bench) -> None:
    tool = bench.tool("whoIStheGOAT")
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"subject": "a" * 201}, tool.arguments)
    assert tool.faults({"subject": "a" * 201})[0].endswith("expected string of at most 200 characters")
