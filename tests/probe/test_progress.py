"""What a run shows of itself while it lasts."""

import io

from sample_checks import OPENING

from mcp_echo_core.probe import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, *, quiet: bool = False) -> str:
    with progress.shown(stream, quiet=quiet) as watch:
        for done, check in enumerate(OPENING):
            watch(done, len(OPENING), check)
    return stream.getvalue()


def test_elsewhere_it_is_one_line_a_check() -> None:
    assert shown(io.StringIO()).splitlines() == [
        "1/4 session-minted", "2/4 session-unknown", "3/4 session-across-calls", "4/4 client-persistence"
    ]  # fmt: skip


def test_quiet_it_is_nothing() -> None:
    assert shown(Terminal(), quiet=True) == ""


def test_on_a_terminal_it_is_a_bar_that_disappears(monkeypatch: object) -> None:
    monkeypatch.setenv("TERM", "xterm")
    told = shown(Terminal())
    assert "client-persistence" in told
    assert "3/4" in told
    assert told.rstrip("\r\n").endswith("\x1b[2K"), "the last thing it does is to clear its line"


def test_a_terminal_that_can_do_nothing_gets_plain_lines(monkeypatch: object) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert shown(Terminal()).splitlines()[0] == "1/4 session-minted"
