"""Every command and program that the package documents print works on the servers, unchanged except for the port."""

import ast
import inspect
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from printed import EXAMPLES, run, run_text, source
from processes import Server, free_port, running_command

from mcp_echo_streamablehttp_server_stateful import SessionManager

pytestmark = pytest.mark.peers


def answers(output: str) -> list[dict[str, Any]]:
    """The JSON-RPC answers that curl calls printed one after the other, without line ends between them."""
    found, decoder, rest = [], json.JSONDecoder(), output
    while (start := rest.find("{")) >= 0:
        answer, end = decoder.raw_decode(rest[start:])
        found.append(answer)
        rest = rest[start + end :]
    return found


def text_of(answer: dict[str, Any]) -> str:
    text: str = answer["result"]["content"][0]["text"]
    return text


def test_the_stateful_quick_start_initializes_a_session(stateful: Server) -> None:
    (answer,) = answers(run("stateful_quick_start.sh", stateful))
    assert answer["id"] == 1
    assert answer["result"]["protocolVersion"] == "2025-06-18"


def test_the_stateless_quick_start_echoes(stateless: Server) -> None:
    (answer,) = answers(run("stateless_quick_start.sh", stateless))
    assert text_of(answer) == "Hello!"


def test_the_stateless_basic_example_echoes(stateless: Server) -> None:
    (answer,) = answers(run("stateless_basic.sh", stateless))
    assert text_of(answer) == "Hello, World!"


def test_the_python_client_example_replays_its_echo(stateful: Server) -> None:
    answer = ast.literal_eval(run("stateful_client.py.txt", stateful))
    assert answer["id"] == 3
    assert text_of(answer).startswith("🔄 Replaying last echo:\nFirst message")


def test_the_bash_testing_script_keeps_one_session(stateful: Server) -> None:
    output = run("stateful_session.sh", stateful)
    session = output.splitlines()[0].removeprefix("Session ID: ")
    assert len(session) == 36, "the script's grep must find one Mcp-Session-Id line"
    echo, info = answers(output)
    assert text_of(echo) == f"Hello from bash!\n\nSession: {session}\nEcho count in session: 1"
    assert f"- Session ID: {session}" in text_of(info)
    assert "- Echo Count: 1" in text_of(info)


def test_the_session_management_script_of_the_service_document_shows_its_session(stateful: Server) -> None:
    (info,) = answers(run("stateful_service_session.sh", stateful))
    assert "- Initialized: ✅" in text_of(info)
    assert "- Client: test v1.0" in text_of(info)


async def test_the_oauth_context_example_shows_the_user(stateful: Server) -> None:
    async with httpx.AsyncClient() as client:
        hello = {"jsonrpc": "2.0", "method": "initialize", "params": {"protocolVersion": "2025-06-18"}, "id": 1}
        session_id = (await client.post(stateful.url, json=hello)).headers["mcp-session-id"]
        # The fragment awaits at its top level and uses names that the document defined before it.
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(
            source("stateful_oauth_context.py.txt", stateful.port), "stateful_oauth_context.py.txt", "exec", flags
        )
        names: dict[str, Any] = {"client": client, "session_id": session_id}
        pending = eval(code, names)
        assert inspect.iscoroutine(pending)
        await pending
    text = text_of(names["auth_response"].json())
    assert "- User ID: 12345" in text
    assert "- Username: johndoe" in text
    assert f"- Session: {session_id}" in text


def test_the_authentication_debugging_example_prints_the_context(stateless: Server) -> None:
    assert "🔐 Authentication Context Analysis" in run("stateless_auth.py.txt", stateless)


def test_the_troubleshooting_script_gets_an_answer_from_all_nine_tools(stateless: Server) -> None:
    output = run("stateless_troubleshooting.py.txt", stateless)
    sections = output.split("\n=== Testing ")[1:]
    assert len(sections) == 9
    for section in sections:
        tool, _, printed = section.partition(" ===\n")
        answer = ast.literal_eval(printed)
        assert answer["id"] == 1, tool
        # It calls echo without the message that echo requires, and bearerDecode without any token.
        failed = answer.get("result", {}).get("isError", "error" in answer)
        assert not failed or tool in ("echo", "bearerDecode"), printed


def test_the_javascript_performance_example_completes(stateless: Server, node: Path) -> None:
    program = source("stateless_performance.js", stateless.port) + "\nperformanceTest();\n"
    assert run_text(program, str(node), "-") == "Completed 100 requests\n"


@pytest.mark.parametrize("name", ["healthcheck_initialize.sh", "healthcheck_health.sh"])
def test_the_health_checks_of_the_containers_succeed(server: Server, name: str) -> None:
    run(name, server, "sh")


@pytest.mark.parametrize("name", ["healthcheck_probe.sh", "healthcheck_probe_without_arguments.sh"])
def test_the_health_checks_of_the_stateless_containers_report_health(stateless: Server, name: str) -> None:
    (answer,) = answers(run(name, stateless, "sh"))
    assert "HEALTHY" in text_of(answer)


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
def test_the_debug_mode_commands_start_a_server(variant: str, tmp_path: Path) -> None:
    started = Server(variant, free_port(), tmp_path / "log")
    script = (EXAMPLES / f"{variant}_debug.sh").read_text(encoding="utf-8")
    with running_command(["bash", "-c", script], started, {"MCP_ECHO_PORT": str(started.port)}):
        assert httpx.get(f"http://127.0.0.1:{started.port}/health").json()["status"] == "healthy"


def test_the_container_command_starts_four_workers_of_the_stateless_server(tmp_path: Path) -> None:
    started = Server("stateless", free_port(), tmp_path / "log")
    script = source("stateless_uvicorn.sh", started.port)
    with running_command(["bash", "-c", script], started, {}):
        instances = {httpx.get(f"http://127.0.0.1:{started.port}/health").json()["instance"] for _ in range(50)}
    assert 1 <= len(instances) <= 4


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
def test_the_printed_configuration_is_accepted_and_offers_the_printed_revision(variant: str, tmp_path: Path) -> None:
    started = Server(variant, free_port(), tmp_path / "log")
    lines = source(f"{variant}.env", started.port).replace("/logs/", f"{tmp_path}/")
    script = f"set -a\n{lines}\nexec python -m mcp_echo_streamablehttp_server_{variant}\n"
    hello = {"jsonrpc": "2.0", "method": "initialize", "params": {"protocolVersion": "2025-03-26"}, "id": 1}
    with running_command(["bash", "-c", script], started, {}):
        answer = httpx.post(started.url, json=hello).json()
    assert answer["result"]["protocolVersion"] == "2025-06-18"
    assert (tmp_path / f"mcp-echo-{variant}.log").stat().st_size > 0


def test_the_stateless_metrics_have_the_printed_names(stateless: Server) -> None:
    run("stateless_quick_start.sh", stateless)
    exposition = httpx.get(f"http://127.0.0.1:{stateless.port}/metrics").text
    for name in ("requests_total", "request_duration_seconds", "errors_total", "active_requests"):
        assert f"mcp_echo_{name}" in exposition


@pytest.mark.parametrize("name", ["session_manager_units.py.txt", "session_manager_service_units.py.txt"])
def test_the_unit_tests_of_the_session_manager_pass_as_printed(name: str) -> None:
    names: dict[str, Any] = {"SessionManager": SessionManager, "time": time}
    exec((EXAMPLES / name).read_text(encoding="utf-8"), names)
    printed_tests = [value for key, value in names.items() if key.startswith("test_")]
    assert printed_tests
    for printed_test in printed_tests:
        printed_test()
