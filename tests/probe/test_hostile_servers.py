"""Reports about a server that means harm: nothing it says acts, and no credential that it repeats is shown."""

import json
import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from command_runs import ran
from markdown_it import MarkdownIt
from sample_checks import quoting, sample
from starlette.requests import Request
from starlette.responses import Response

from in_loop import Serve
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.reports import text
from mcp_echo_core.probe.runner import Report
from mcp_echo_core.probe.runner import probe as run_probe
from mcp_echo_core.probe.survey import Options
from model_server import ModelServer, failure

FORMATS = ("text", "json", "markdown", "junit", "html")
EVIL = (
    "evil | `a` ``` ```` <script>alert(1)</script> <img src=x> ![i](http://evil.invalid/i.png) [l](http://evil.invalid)"
    " ~~~ **b** &lt; ]]> [red]r[/red] \x1b[31m\x9b31m\x1b]8;;http://evil.invalid\x07 \u202e \r\n\n# h\n| a | b |\n\n"
    "```\n````\nout\n \x00\x0b\ufffe"
)
CANARY = "canary-4711-abcdefghijklmnop"
OTHER_CANARY = "canary-0815-qrstuvwxyzabcdef"


class Evil(ModelServer):
    """Says what would do harm if anybody believed it."""

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        body = json.loads(bytes(response.body))
        body["result"]["serverInfo"] = {"name": EVIL, "version": EVIL}
        body["result"]["instructions"] = EVIL
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        raw = json.dumps(body, ensure_ascii=False).encode() + b"\n\n```\n"
        return Response(raw, headers={**kept, "x-evil": "\x9b31m | ``` <b>"})


class Repeats(ModelServer):
    """Repeats the token it got: in a header, in the body, in its name."""

    async def answer(self, request: Request) -> Response:
        self.token = request.headers.get("authorization", "").removeprefix("Bearer ")
        response = await super().answer(request)
        response.headers["x-seen"] = f"the token {self.token}!"
        return response

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        body = json.loads(bytes(response.body))
        body["result"]["serverInfo"] = {"name": f"server of <{self.token}>", "version": "1"}
        body["result"]["instructions"] = f"hello{self.token}hello"
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(json.dumps(body), headers=kept)


class Tags(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.add(tag)


def tags(page: str) -> set[str]:
    parser = Tags()
    parser.feed(page)
    return parser.found


def controls(told: str) -> set[str]:
    """The characters that could act on a terminal or turn a text around."""
    return {
        character for character in told if unicodedata.category(character) in ("Cc", "Cf") and character != "\n"
    } - {"\u200d"}


async def report_of(url: str, *checks: Any) -> Report:
    async with Wire(5.0) as wire:
        return await run_probe(Options(url=url), checks, lambda *_: None, wire)


async def test_colours_are_for_terminals_and_ids_are_never_broken(serve: Serve) -> None:
    long = sample("a-check-whose-id-is-rather-long", quoting)
    report = await report_of(await serve(Evil()), long)
    coloured = text.render(report, colour=True, width=60)
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert controls(plain) == set()
    assert "\x1b[31m\\x9b" not in coloured
    for line in (plain, text.render(report, width=60)):
        assert len(re.findall(f"^{long.id} ", line, re.MULTILINE)) == 2


@pytest.mark.parametrize("shape", FORMATS)
async def test_nothing_that_a_server_says_acts_on_a_terminal(shape: str, serve: Serve, use: Any) -> None:
    use(sample("session-minted", quoting, "note"), sample("session-store", quoting))
    done = await ran(await serve(Evil()), "--format", shape, "--verbose")
    assert done.code == 1
    assert "evil" in done.out
    assert controls(done.out) == set()
    assert controls(done.err) == set()


async def test_nothing_that_a_server_says_gets_out_of_its_place_in_markdown(serve: Serve, use: Any) -> None:
    use(sample("session-minted", quoting, "note"), sample("session-store", quoting))
    told = (await ran(await serve(Evil()), "--format", "markdown")).out
    as_elsewhere = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    assert tags(as_elsewhere.render(told)) == tags(
        as_elsewhere.render("# a\n## b\n### c\n- d\n1. e\n\n| f |\n|---|\n| `g` |\n\n**h**\n```\ni\n```")
    )
    for table in re.findall(r"(?:^\|.*\n)+", told, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1
    headings = [token for token in as_elsewhere.parse(told) if token.type == "heading_open"]
    assert len(headings) == 1 + 8 + 2 + 2 + 2, "title, sections, results, findings, implications"


async def test_the_page_loads_nothing_and_runs_nothing(serve: Serve, use: Any) -> None:
    use(sample("session-minted", quoting, "note"), sample("session-store", quoting))
    page = (await ran(await serve(Evil()), "--format", "html")).out
    found = tags(page)
    assert not found & {"script", "img", "a", "link", "iframe", "object", "b", "del"}
    assert {"table", "pre", "h2", "style"} <= found
    assert "default-src &#x27;none&#x27;; style-src &#x27;sha256-" in page


class RepeatsAtTheCut(ModelServer):
    """Puts what it was sent where reports cut what servers say."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.before = before

    async def answer(self, request: Request) -> Response:
        self.said = "y" * self.before + request.headers.get("x-custom", "")
        return await super().answer(request)

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        body = json.loads(bytes(response.body))
        body["result"]["serverInfo"] = {"name": self.said, "version": self.said}
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(json.dumps(body), headers=kept)

    def session_fault(self, session: str | None) -> Response | None:
        return failure(400, -32600, self.said)


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("before", [56, 60, 70, 178, 190])
async def test_no_format_shows_a_piece_of_a_credential_where_something_is_cut(
    shape: str, before: int, serve: Serve
) -> None:
    url = await serve(RepeatsAtTheCut(before))
    words = ("--header", f"X-Custom: {CANARY}", "--only", "session-across-calls,session-store", "--verbose")
    done = await ran(url, "--format", shape, *words)
    assert "yyyy" in done.out
    pieces = {CANARY[at : at + 9] for at in range(len(CANARY) - 8)}
    assert not [piece for piece in pieces if piece in done.out + done.err]


@pytest.mark.parametrize("shape", FORMATS)
async def test_no_format_shows_a_credential_that_the_server_repeats(shape: str, serve: Serve, use: Any) -> None:
    use(sample("session-minted", quoting), sample("session-store", quoting))
    url = f"{await serve(Repeats())}?api_key={OTHER_CANARY}"
    done = await ran(url, "--format", shape, "--bearer", CANARY, "--header", f"X-Api-Key: {OTHER_CANARY}", "--verbose")
    assert done.code == 1
    assert "hello" in done.out
    for canary in (CANARY, OTHER_CANARY):
        assert canary not in done.out + done.err
