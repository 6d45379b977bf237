"""``mcp-echo diff`` through a real nginx: what it does by itself, and what its settings do, is named as what it is."""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live import Live, free_port, serving
from mcp_echo_core.cli import main
from nginx_process import proxy

pytestmark = pytest.mark.peers

UNDERSCORE = ("removed", "Mcp-Param-Under_Score")
"""What nginx takes out wherever it is not told otherwise."""


@pytest.fixture(scope="module", params=["stateful", "stateless"])
def each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(request.param, tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def stateful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving("stateful", tmp_path_factory.mktemp("server")) as server:
        yield server


def diff(port: int, *words: str) -> tuple[int, Any]:
    """Exit code of the command, and what it tells programs."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(["diff", f"http://127.0.0.1:{port}/mcp", "--json", *words])
    assert not err.getvalue(), err.getvalue()
    return code, json.loads(out.getvalue())


def told(lines: list[Any]) -> list[tuple[str, str]]:
    return [(line["change"], line["name"]) for line in lines]


def named(folder: Path, server: Live, *directives: str) -> tuple[list[tuple[str, str]], Any]:
    """What matters of what the diff finds through an nginx with these settings, and everything."""
    with proxy(folder, server.port, *directives) as port:
        code, report = diff(port)
    assert code == (1 if report["differences"] else 0)
    return told(report["differences"]), report


def test_without_anything_in_the_way_both_servers_are_clean(each: Live) -> None:
    code, report = diff(each.port)
    assert (code, report["verdict"]) == (0, "clean: the request arrived as it was sent")
    assert report["differences"] == report["notes"] == []
    spellings = {field["name"] for field in report["requests"][0]["arrived"]}
    assert {"X-mCp-EcHo-CaSe", "MCP-Protocol-Version", "traceparent"} <= spellings


def test_nginx_as_it_is_takes_out_underscores_and_what_belongs_to_one_hop(tmp_path: Path, each: Live) -> None:
    differences, report = named(tmp_path, each)
    assert differences == [UNDERSCORE]
    assert "underscores_in_headers on" in report["differences"][0]["fix"]
    notes = {(line["change"], line["name"]): line for line in report["notes"]}
    assert notes["changed", "Host"]["arrived"] == [f"127.0.0.1:{each.port}"]
    assert notes["changed", "Connection"]["arrived"] == ["close"]
    assert ("removed", "Expect") in notes
    assert ("passed on", "X-Mcp-Echo-Hop") in notes
    assert "buffer" in notes["removed", "X-Accel-Buffering"]["meaning"]
    assert notes["added", "Server"]["arrived"][0].startswith("nginx/")


def test_nginx_as_it_should_be_set_up_is_clean(tmp_path: Path, each: Live) -> None:
    directives = (
        "underscores_in_headers on;", "proxy_buffering off;", "proxy_http_version 1.1;", "proxy_set_header Host $host;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;", 'proxy_set_header X-Forwarded-User "";',
    )  # fmt: skip
    differences, report = named(tmp_path, each, *directives)
    assert differences == []
    assert report["verdict"].startswith("clean: everything that matters arrived as it was sent; ")
    notes = told(report["notes"])
    assert ("appended", "X-Forwarded-For") in notes
    assert ("removed", "X-Forwarded-User") in notes
    assert not {("passed on", "X-Forwarded-For"), ("passed on", "X-Forwarded-User")} & set(notes)


@pytest.mark.parametrize(
    "header", ["Authorization", "Mcp-Method", "Mcp-Name", "MCP-Protocol-Version", "Mcp-Session-Id"]
)
def test_a_header_that_is_stripped_is_named(tmp_path: Path, stateful: Live, header: str) -> None:
    differences, report = named(tmp_path, stateful, f'proxy_set_header {header} "";')
    assert sorted(differences) == sorted([("removed", header), UNDERSCORE])
    line = next(line for line in report["differences"] if line["name"] == header)
    assert f'proxy_set_header {header} "";' in line["fix"] or "$http_authorization" in line["fix"]
    assert line["meaning"]
    assert line["reference"]


def test_a_header_that_is_replaced_is_named(tmp_path: Path, each: Live) -> None:
    differences, report = named(tmp_path, each, "proxy_set_header Accept application/json;")
    assert differences == [("changed", "Accept"), UNDERSCORE]
    line = report["differences"][0]
    assert (line["sent"], line["arrived"]) == (["application/json, text/event-stream"], ["application/json"])


@pytest.mark.parametrize(("status", "words"), [(301, "repeat the request as GET"), (308, "repeat the POST")])
def test_a_redirect_of_the_path_is_named_and_the_rest_is_looked_at(
    tmp_path: Path, each: Live, status: int, words: str
) -> None:
    differences, report = named(tmp_path, each, f"location = /mcp {{ return {status} /mcp/; }}")
    assert differences == [("redirected", "POST"), UNDERSCORE]
    assert words in report["differences"][0]["meaning"]
    assert re.fullmatch(rf"{status} to http://127\.0\.0\.1:\d+/mcp/", report["differences"][0]["arrived"][0])


def test_compression_is_a_note_for_json_and_matters_for_streams(tmp_path: Path, each: Live) -> None:
    json_only, all_types = (tmp_path / name for name in ("json", "all"))
    json_only.mkdir()
    all_types.mkdir()
    differences, report = named(json_only, each, "gzip on;", "gzip_types application/json;")
    assert differences == [UNDERSCORE]
    assert ("compressed", "Content-Encoding") in told(report["notes"])
    differences, _ = named(all_types, each, "gzip on;", "gzip_types application/json text/event-stream;")
    assert differences == [UNDERSCORE, ("compressed", "Content-Encoding (of the event stream)")]


def test_a_header_that_is_too_large_is_named_and_the_rest_is_looked_at(tmp_path: Path, each: Live) -> None:
    differences, report = named(tmp_path, each, "client_header_buffer_size 1k;", "large_client_header_buffers 4 4k;")
    assert differences == [("refused", "X-Mcp-Echo-Large"), UNDERSCORE]
    assert re.fullmatch(r"(400|494) from nginx/\S+", report["differences"][0]["arrived"][0])
    assert "large_client_header_buffers" in report["differences"][0]["fix"]
    assert len(report["requests"]) == 2


def test_what_is_done_to_answers_is_named(tmp_path: Path, stateful: Live) -> None:
    directives = ("proxy_hide_header Mcp-Session-Id;", "add_header Access-Control-Allow-Origin *;",
                  "add_header Set-Cookie sticky=0123456789abcdef0123;")  # fmt: skip
    differences, report = named(tmp_path, stateful, *directives)
    assert differences == [UNDERSCORE, ("repeated", "Access-Control-Allow-Origin"), ("removed", "Mcp-Session-Id")]
    assert ("added", "Set-Cookie") in told(report["notes"])


def test_a_gateway_without_a_server_behind_it_is_named(tmp_path: Path) -> None:
    with proxy(tmp_path, free_port()) as port:
        code, report = diff(port)
    assert code == 2
    assert re.match(r"could not run: nginx/\S+ answered 502: it got no usable answer", report["verdict"])


def test_a_gateway_that_wants_a_password_is_passed_with_the_users_own(tmp_path: Path, each: Live) -> None:
    (tmp_path / "users").write_text("me:{PLAIN}secret-word\n")
    with proxy(tmp_path, each.port, "auth_basic gate;", f"auth_basic_user_file {tmp_path}/users;") as port:
        assert diff(port)[0] == 2
        code, report = diff(port, "--header", "Authorization: Basic bWU6c2VjcmV0LXdvcmQ=")
    assert (code, told(report["differences"])) == (1, [UNDERSCORE])
    assert "bWU6c2VjcmV0LXdvcmQ" not in json.dumps(report)
