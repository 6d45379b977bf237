"""environmentDump."""

from pathlib import Path

import msgspec
import pytest
from workbench import Bench, has_lines

from mcp_echo_core import system
from mcp_echo_core.system import Container

SECRET = "Zx8Qm1Vt5Kp9Lr3Ns7Wd2Yb6"


async def test_the_stateful_environment_dump_prints_its_sample() -> None:
    bench = Bench(
        "stateful",
        MCP_ECHO_HOST="0.0.0.0",
        MCP_ECHO_PORT="3000",
        MCP_SESSION_TIMEOUT="3600",
        MCP_ECHO_DEBUG="true",
        ECHO_ENABLE_BINARY="true",
    )
    shown = await bench.use("environmentDump")
    has_lines(
        shown.text,
        """🔧 Environment Configuration

MCP Settings:
- MCP_ECHO_HOST: 0.0.0.0
- MCP_ECHO_PORT: 3000
- MCP_SESSION_TIMEOUT: 3600

Feature Flags:
- Debug Mode: ✅ Enabled
- Binary Support: ✅ Enabled
- Compression: ❌ Disabled""",
    )
    assert "Sensitive" not in shown.text


async def test_the_stateless_environment_dump_prints_its_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        system, "container", lambda _: Container(docker=True, container_id="abc123def456", kubernetes=False)
    )
    bench = Bench(
        "stateless",
        MCP_ECHO_HOST="0.0.0.0",
        MCP_ECHO_PORT="3000",
        MCP_ECHO_DEBUG="false",
        MCP_PROTOCOL_VERSION="2025-06-18",
        MCP_PROTOCOL_VERSIONS_SUPPORTED="2025-06-18,2024-11-05",
        JWT_SECRET=SECRET,
        DATABASE_PASSWORD=SECRET,
        API_KEY=SECRET,
        NODE_ENV="production",
        LOG_LEVEL="INFO",
        TZ="UTC",
    )
    shown = await bench.use("environmentDump")
    sample = """🔧 Environment Configuration (Sanitized)

🌟 MCP Configuration:
  MCP_ECHO_HOST: 0.0.0.0
  MCP_ECHO_PORT: 3000
  MCP_ECHO_DEBUG: false
  MCP_PROTOCOL_VERSION: 2025-06-18
  MCP_PROTOCOL_VERSIONS_SUPPORTED: 2025-06-18,2024-11-05

🔐 Sensitive Values (Hidden):
  API_KEY: ******* (hidden)
  DATABASE_PASSWORD: ******* (hidden)
  JWT_SECRET: ******* (hidden)

📊 Runtime Environment:
  NODE_ENV: production
  LOG_LEVEL: INFO
  TZ: UTC

🐳 Container Detection:
  Running in Docker: ✅ Yes
  Container ID: abc123def456
  Kubernetes: ❌ No"""
    has_lines(shown.text, sample)


async def test_defaults_and_flags_are_told_from_the_environment() -> None:
    bench = Bench("stateful", {"port": "4000"}, MCP_ECHO_HOST="::1", MCP_ECHO_PORT="3000")
    shown = await bench.use("environmentDump")
    has_lines(
        shown.text,
        """- MCP_ECHO_HOST: ::1
- MCP_ECHO_PORT: 4000 (flag)
- MCP_SESSION_TIMEOUT: 3600 (default)
- MCP_ALLOWED_HOSTS: (none) (default)""",
    )


async def test_a_flag_may_overrule_a_variable_that_cannot_be_used() -> None:
    bench = Bench("stateful", {"port": "4000"}, MCP_ECHO_PORT="three thousand", MCP_ECHO_DEBUG="true")
    shown = await bench.use("environmentDump")
    has_lines(shown.text, "- MCP_ECHO_PORT: 4000 (flag)\n- MCP_PROTOCOL_VERSION: 2025-11-25 (default)")
    has_lines(shown.text, "- ECHO_LOG_LEVEL: DEBUG (default)")


async def test_an_older_name_is_shown_where_it_is_the_one_in_force() -> None:
    shown = await Bench("stateful", ECHO_CLEANUP_INTERVAL="300").use("environmentDump")
    has_lines(shown.text, "- ECHO_CLEANUP_INTERVAL: 300")
    assert "MCP_SESSION_CLEANUP_INTERVAL" not in shown.text


async def test_a_variable_that_only_looks_like_a_setting_is_named_but_not_shown() -> None:
    shown = await Bench("stateful", MCP_SESION_TIMEOUT="typo-value").use("environmentDump")
    has_lines(shown.text, "- MCP_SESION_TIMEOUT: ⚠️ not a setting of this server (ignored)")
    assert "typo-value" not in shown.text


async def test_settings_of_sessions_are_not_shown_without_sessions(stateless_bench: Bench) -> None:
    assert "SESSION" not in (await stateless_bench.use("environmentDump")).text


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
@pytest.mark.parametrize(
    "variable",
    ["DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MCP_API_KEY", "SENTRY_DSN", "MY_PRIVATE_KEY", "PGPASS",
     "HARMLESS", "TZ_TOKEN", "DATABASE_URL", "DB_PWD", "SESSION_KEY"],
)  # fmt: skip
async def test_no_value_of_an_unknown_variable_is_shown(variant: str, variable: str) -> None:
    shown = await Bench(variant, **{variable: SECRET}).use("environmentDump")
    assert SECRET not in shown.text + msgspec.json.encode(shown.data).decode()


async def test_a_setting_that_is_a_secret_is_hidden_too() -> None:
    shown = await Bench("stateful", MCP_ECHO_STATE_SECRET=SECRET).use("environmentDump")
    has_lines(shown.text, "- MCP_ECHO_STATE_SECRET: ******* (hidden)")
    assert SECRET not in shown.text + msgspec.json.encode(shown.data).decode()


@pytest.mark.parametrize(
    "url", [f"redis://user:{SECRET}@host:6379/0", f"redis://:{SECRET}@host", f"redis://user:a/{SECRET}@host"]
)
async def test_userinfo_in_the_store_url_is_hidden(url: str) -> None:
    bench = Bench("stateful")
    settings = msgspec.structs.replace(bench.settings, session_store=url)
    bench.runtime = msgspec.structs.replace(bench.runtime, settings=settings, environ={"MCP_SESSION_STORE": url})
    shown = await bench.use("environmentDump")
    assert SECRET not in shown.text + msgspec.json.encode(shown.data).decode()
    assert "MCP_SESSION_STORE: redis://*******@host" in shown.text


async def test_names_and_values_cannot_smuggle_lines_in() -> None:
    shown = await Bench("stateless", **{"A_TOKEN\nFAKE: ✅": "x", "TZ": "a\nb\x1b"}).use("environmentDump")
    has_lines(shown.text, "  A_TOKEN\\nFAKE: ✅: ******* (hidden)\n  TZ: a\\nb\\x1b")


def test_containers_are_recognised_by_the_traces_of_their_engines(tmp_path: Path) -> None:
    identifier = "abc123def456" + "0" * 52
    assert system.container({}, tmp_path) == Container(docker=False, container_id=None, kubernetes=False)
    (tmp_path / ".dockerenv").touch()
    assert system.container({"HOSTNAME": "abc123def456"}, tmp_path) == Container(True, "abc123def456", False)
    assert system.container({"HOSTNAME": "web-1"}, tmp_path).container_id is None
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(f"1 2 0:1 /var/lib/docker/containers/{identifier}/hosts /etc/hosts\n")
    assert system.container({}, tmp_path).container_id == "abc123def456"
    (tmp_path / ".dockerenv").unlink()
    (tmp_path / "proc/self/mountinfo").unlink()
    (tmp_path / "proc/self/cgroup").write_text(f"0::/system.slice/docker-{identifier}.scope\n")
    assert system.container({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path) == Container(True, "abc123def456", True)
