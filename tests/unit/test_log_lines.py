"""Log lines: one per event whatever a client sends, in both formats, with what operators look for, no credentials."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asgi_bridge import Request
from harness import Server, header_list, introduction, note, rpc, tool_call
from mcp_echo_core import logs
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings

HOSTILE = "evil\n2026-01-01T00:00:00.000Z ERROR forged\r\x1b[31m\x00\x7f\x85\u2028\u202e\ud800end"
CANARY = "c4n4ry-c4n4ry-c4n4ry-c4n4ry"
LOGGERS = ("mcp_echo_core", "uvicorn")

Log = Callable[[], list[str]]


@pytest.fixture
def untouched_loggers() -> Iterator[None]:
    """Puts the loggers back as they were."""
    before = [(name, logger.handlers, logger.level, logger.propagate) for name, logger in _loggers()]
    yield
    for name, handlers, level, propagate in before:
        logger = logging.getLogger(name)
        for handler in set(logger.handlers) - set(handlers):
            handler.close()
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def _loggers() -> list[tuple[str, logging.Logger]]:
    return [(name, logging.getLogger(name)) for name in LOGGERS]


@pytest.fixture
def log_to(tmp_path: Path, untouched_loggers: None) -> Callable[..., Log]:
    """Turns logging on: ``log_to(LOG_FORMAT="json")``; the result reads the lines."""
    file = tmp_path / "server.log"

    def start(**variables: str) -> Log:
        logs.configure(Settings.from_env({"LOG_FILE": str(file), **variables}, "stateful"))
        return lambda: file.read_text(encoding="utf-8").splitlines()

    return start


@pytest.fixture(params=["text", "json"])
def log_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def event(message: str, **fields: Any) -> logging.LogRecord:
    record = logging.LogRecord("mcp_echo_core.test", logging.INFO, "file", 1, message, (), None)
    vars(record).update(fields)
    record.created, record.msecs = 1_800_000_000.25, 250.0
    return record


def test_a_text_line_has_time_level_logger_event_and_fields_in_order() -> None:
    line = logs.TextFormatter().format(event("answered", request_id="req_1", status=200, nothing=None))
    assert line == "2027-01-15T08:00:00.250Z INFO mcp_echo_core.test answered request_id=req_1 status=200"


def test_a_json_line_is_one_object_with_the_same() -> None:
    line = logs.JsonFormatter().format(event("answered", request_id="req_1", status=200, nothing=None))
    assert json.loads(line) == {
        "time": "2027-01-15T08:00:00.250Z",
        "level": "INFO",
        "logger": "mcp_echo_core.test",
        "event": "answered",
        "request_id": "req_1",
        "status": 200,
    }


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_an_exception_stays_on_the_line_of_its_event(formatter: logging.Formatter) -> None:
    record = event("request failed")
    record.exc_info = (ValueError, ValueError("two\nlines"), None)
    line = formatter.format(record)
    assert len(line.splitlines()) == 1
    assert "ValueError: two" in line


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_what_a_client_sends_neither_breaks_the_line_nor_moves_the_cursor(formatter: logging.Formatter) -> None:
    line = formatter.format(event("session created", client_name=HOSTILE))
    assert len(line.splitlines()) == 1
    assert not any(char in line for char in "\n\r\x1b\x00\x85\u2028\u202e\ud800")
    assert "evil" in line
    assert "end" in line


def test_a_value_with_blanks_cannot_pretend_to_be_further_fields() -> None:
    line = logs.TextFormatter().format(event("refused", request_id="abc status=200", status=403))
    assert 'request_id="abc status=200" status=403' in line


def test_an_event_appears_on_one_line_of_the_log_file_however_the_client_is_called(
    log_to: Callable[..., Log], make_app: Callable[..., Server], log_format: str
) -> None:
    lines = log_to(LOG_FORMAT=log_format)
    logging.getLogger("mcp_echo_core.sessions").info("session created", extra={"client_name": HOSTILE})
    logging.getLogger("mcp_echo_core.sessions").info("session ended", extra={"session_id": "s"})
    assert len(lines()) == 2


async def test_a_client_whose_name_holds_newlines_gets_one_line(
    log_to: Callable[..., Log], stateful: Server, log_format: str
) -> None:
    lines = log_to(LOG_FORMAT=log_format)
    params = introduction()
    params["clientInfo"]["name"] = HOSTILE.replace("\ud800", "")
    assert (await stateful.post(rpc("initialize", params))).status == 200
    assert len(lines()) == 1
    assert "session created" in lines()[0]


async def test_every_answer_has_a_line_at_debug_with_its_request_id(log_to: Callable[..., Log], variant: str) -> None:
    lines = log_to(LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    server = Server(variant, LOG_LEVEL="DEBUG")
    await server.post(rpc("ping"), x_request_id="abc-123")
    (answered,) = [json.loads(line) for line in lines() if '"answered"' in line]
    assert (answered["level"], answered["request_id"], answered["kind"]) == ("DEBUG", "abc-123", "ping")
    assert (answered["status"], answered["peer"]) == (200, "127.0.0.1")


async def test_answers_have_no_line_at_info(log_to: Callable[..., Log], server: Server) -> None:
    lines = log_to()
    await server.post(rpc("tools/list"))
    assert not [line for line in lines() if "answered" in line]


async def test_every_refusal_has_a_line_at_info_with_request_id_status_code_and_problem(
    log_to: Callable[..., Log], server: Server
) -> None:
    lines = log_to(LOG_FORMAT="json")
    await server.post(b"{", x_request_id="abc-123")
    (refused,) = [json.loads(line) for line in lines()]
    assert (refused["event"], refused["level"], refused["request_id"]) == ("refused", "INFO", "abc-123")
    assert (refused["status"], refused["code"], refused["peer"]) == (400, -32700, "127.0.0.1")
    assert refused["problem"]


@pytest.mark.parametrize("given", [None, "", "x" * 129, "tab\tinside", "umlaut-ü"])
async def test_a_request_without_a_usable_id_gets_one_of_ours(
    log_to: Callable[..., Log], server: Server, given: str | None
) -> None:
    lines = log_to(LOG_FORMAT="json")
    await server.post(b"{", x_request_id=given)
    await server.post(b"{", x_request_id=given)
    first, second = (json.loads(line)["request_id"] for line in lines())
    assert first.startswith("req_")
    assert second.startswith("req_")
    assert first != second


async def test_no_line_holds_a_credential(log_to: Callable[..., Log], server: Server, log_format: str) -> None:
    lines = log_to(LOG_FORMAT=log_format, LOG_LEVEL="DEBUG")
    secrets = {"authorization": f"Bearer {CANARY}", "cookie": f"sid={CANARY}", "x_api_key": CANARY}
    bodies = [
        b"{", rpc("initialize", introduction()), rpc("ping"), rpc("no/such"), note("notifications/initialized"),
        tool_call("echo", {"message": CANARY}), tool_call("echo", {"message": 1}), tool_call("none", {}),
    ]  # fmt: skip
    for body in bodies:
        await server.post(body, **secrets)
    await server.post(rpc("ping"), content_type="text/plain", **secrets)
    await server.post(rpc("ping"), origin=f"http://user:{CANARY}@evil.example", **secrets)
    fields = header_list({"host": "localhost"}, secrets)
    for method in ("GET", "DELETE", "OPTIONS", "PATCH"):
        await server.send(Request(method=method, path=f"/mcp?access_token={CANARY}", headers=fields))
    await server.send(Request(method="GET", path=f"/{CANARY}", headers=fields))
    assert len(lines()) >= len(bodies)
    assert not [line for line in lines() if CANARY in line]


async def test_a_failure_of_the_server_is_logged_once_with_its_request_id_and_answered_blandly(
    log_to: Callable[..., Log], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = log_to(LOG_FORMAT="json")

    def broken(*_: Any) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(type(server.app.runtime.sessions), "enter", broken)
    answer = await server.post(rpc("ping"), x_request_id="abc-123")
    assert CANARY not in answer.body.decode()
    failed = [json.loads(line) for line in lines() if "request failed" in line]
    assert [(line["request_id"], line["level"]) for line in failed] == [("abc-123", "ERROR")]


def test_lines_are_appended_to_the_log_file(log_to: Callable[..., Log], tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("from before\n", encoding="utf-8")
    lines = log_to()
    logging.getLogger("mcp_echo_core").info("now")
    assert lines()[0] == "from before"
    assert lines()[1].endswith(" INFO mcp_echo_core now")


def test_a_rotated_log_file_is_opened_anew(log_to: Callable[..., Log], tmp_path: Path) -> None:
    lines = log_to()
    logging.getLogger("mcp_echo_core").info("first")
    (tmp_path / "server.log").rename(tmp_path / "server.log.1")
    logging.getLogger("mcp_echo_core").info("second")
    assert [line.split()[-1] for line in lines()] == ["second"]


def test_configuring_again_replaces_the_handler_and_closes_the_old_one(log_to: Callable[..., Log]) -> None:
    log_to()
    (old,) = logging.getLogger("mcp_echo_core").handlers
    log_to()
    (new,) = logging.getLogger("mcp_echo_core").handlers
    assert new is not old
    assert isinstance(old, logging.FileHandler)
    assert old.stream is None or old.stream.closed


@pytest.mark.parametrize("target", ["missing/folder/server.log", "."])
def test_a_log_file_that_cannot_be_written_is_a_configuration_error(
    untouched_loggers: None, tmp_path: Path, target: str
) -> None:
    file = str(tmp_path / target)
    with pytest.raises(ConfigurationError) as caught:
        logs.configure(Settings.from_env({"LOG_FILE": file}, "stateful"))
    assert (caught.value.variable, caught.value.value) == ("LOG_FILE", file)
    assert "cannot be opened" in caught.value.allowed


def test_the_engines_lines_below_warning_stay_out(log_to: Callable[..., Log]) -> None:
    lines = log_to(LOG_LEVEL="DEBUG")
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").warning("Exceeded concurrency limit.")
    assert [line.split()[1] for line in lines()] == ["WARNING"]
