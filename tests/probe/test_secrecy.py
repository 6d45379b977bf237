"""Credentials that a server repeats are masked wherever they turn up."""

from datetime import UTC, datetime

import pytest

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.probe.secrecy import without_credentials
from mcp_echo_core.probe.survey import Options

SECRET = "opaque-credential-0123456789"


def report(said: str) -> Report:
    finding = Finding(
        outcome="failed", answer=said, details=(said,), consequence=said, fix=said, facts={"all": [{"said": said}]}
    )
    exchange = Exchange(
        number=1, purpose="?", method="POST", url="http://a/mcp", request_headers=(("X-A", said),),
        request_body=said, status=200, headers=(("X-B", said),), body=said, failure=said,
    )  # fmt: skip
    line = Line(id="failed", question="?", level="must", spec=("here",), finding=finding)
    return Report(
        url="http://a/mcp", began=datetime(2026, 1, 1, tzinfo=UTC), seconds=1.0, tool="mcp-echo", server={"name": said},
        version=None, eras=(), lines=(line,), exchanges=(exchange,),
    )  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        Options(url="http://a/mcp", headers=(("Authorization", f"Bearer {SECRET}"),)),
        Options(url="http://a/mcp", other_headers=(("X-Api-Key", SECRET),)),
        Options(url="http://a/mcp", headers=(("Cookie", f"theme=dark; sid={SECRET}"),)),
        Options(url=f"http://user:{SECRET}@a/mcp"),
        Options(url=f"http://a/mcp?api_key={SECRET}"),
    ],
)
def test_a_credential_is_masked_in_every_field(options: Options) -> None:
    masked = without_credentials(report(f"<{SECRET}{SECRET}>"), options)
    assert SECRET not in repr(masked)
    assert masked.lines[0].finding.answer == "<opaque...456789opaque...456789>"


def test_what_is_no_credential_stays() -> None:
    whole = report(SECRET)
    assert without_credentials(whole, Options(url="http://a/mcp", headers=(("User-Agent", SECRET),))) == whole


def test_a_header_of_any_name_may_hold_a_credential() -> None:
    options = Options(url="http://a/mcp", headers=(("X-Custom", SECRET),))
    assert SECRET not in repr(without_credentials(report(f"<{SECRET}>"), options))


def test_a_short_credential_is_masked_as_a_word_and_breaks_nothing_else() -> None:
    options = Options(url="http://a/mcp", headers=(("Authorization", "Bearer failed"),))
    masked = without_credentials(report("failed, unfailed"), options)
    assert masked.lines[0].finding.outcome == "failed"
    assert masked.lines[0].finding.answer == "******* (hidden), unfailed"
