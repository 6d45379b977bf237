"""Values that cannot be used: refused at once, naming the variable, the value and what is allowed."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import TABLE, Settings

BAD = [
    ("MCP_ALLOWED_HOSTS", "http://gw.example", "host:port"),
    ("MCP_ALLOWED_ORIGINS", "foo", "scheme://host"),
    ("MCP_CORS_ORIGINS", "foo", "scheme://host"),
    ("FORWARDED_ALLOW_IPS", "foo", "address or network"),
    ("MCP_SESSION_RATE_LIMIT", "50", "number per s, m or h"),
    ("MCP_SESSION_RATE_LIMIT", "0/s", "number per s, m or h"),
    ("MCP_SESSION_RATE_LIMIT", "5/d", "number per s, m or h"),
    ("MCP_SESSION_RATE_LIMIT", "-1/s", "number per s, m or h"),
    ("MCP_ECHO_PORT", "abc", "integer from 0 to 65535"),
    ("MCP_ECHO_PORT", "65536", "integer from 0 to 65535"),
    ("MCP_ECHO_PORT", "-1", "integer from 0 to 65535"),
    ("MCP_ECHO_PORT", "3000.0", "integer from 0 to 65535"),
    ("MCP_ECHO_PORT", "٣٠٠٠", "integer from 0 to 65535"),
    ("MCP_ECHO_PORT", "9" * 5000, "integer from 0 to 65535"),
    ("MCP_ECHO_DEBUG", "maybe", "true, 1, yes, on, false, 0, no, off"),
    ("MCP_ECHO_SERVER_TIMING", "2", "true, 1, yes, on, false, 0, no, off"),
    ("WORKER_CONNECTIONS", "0", "integer from 1"),
    ("MCP_KEEP_ALIVE_TIMEOUT", "0", "seconds from 1 "),
    ("MCP_READ_TIMEOUT", "soon", "number of seconds"),
    ("MCP_DRAIN_DELAY", "-0.1", "seconds from 0 "),
    ("MCP_DRAIN_TIMEOUT", "nan", "number of seconds"),
    ("MCP_SESSION_TIMEOUT", "0", "seconds from 0.05"),
    ("MCP_SESSION_TIMEOUT", "inf", "to 3.1536e+07"),
    ("MCP_SESSION_CLEANUP_INTERVAL", "1h", "number of seconds"),
    ("ECHO_CLEANUP_INTERVAL", "1h", "number of seconds"),
    ("MCP_MAX_SESSIONS", "0", "integer from 1"),
    ("MCP_SESSION_QUEUE_SIZE", "1e3", "integer from 1"),
    ("MCP_SESSION_REQUIRED", "2", "true, 1, yes"),
    ("MCP_SSE_KEEPALIVE_INTERVAL", "never", "number of seconds"),
    ("MCP_PROTOCOL_VERSION", "2025-13-01", "2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05"),
    ("MCP_PROTOCOL_VERSION", "2026-07-28", "2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05"),
    ("MCP_PROTOCOL_VERSIONS_SUPPORTED", "2025-06-18,1999-01-01,latest", "1999-01-01, latest is not a known revision"),
    ("MCP_PROTOCOL_VERSIONS_SUPPORTED", ",", "comma list of 2026-07-28"),
    ("MCP_PROTOCOL_VERSIONS_SUPPORTED", "2026-07-28", "at least one revision with a handshake"),
    ("ECHO_MAX_MESSAGE_SIZE", "1MB", "integer from 1"),
    ("MCP_JOURNAL_MAX_BYTES", "32MiB", "integer from 0"),
    ("MCP_ECHO_DASHBOARD", "perhaps", "allowed are true"),
    ("ECHO_ENABLE_BINARY", "enabled", "true, 1, yes"),
    ("ECHO_ENABLE_COMPRESSION", "gzip", "true, 1, yes"),
    ("MCP_PROTOCOL_STRICT", "strict", "true, 1, yes"),
    ("MCP_ECHO_TOOLSETS", "diagnostics,nonsense", "comma list of "),
    ("MCP_ECHO_INSTANCE", "two words", "visible ASCII characters"),
    ("MCP_ECHO_INSTANCE", "x" * 65, "up to 64"),
    ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ("LOG_FORMAT", "xml", "text, json"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), BAD)
def test_a_bad_value_is_refused_by_its_name_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env({name: value}, "stateful")
    assert (caught.value.variable, caught.value.value) == (name, value)
    assert allowed in caught.value.allowed
    assert str(caught.value).startswith(f"{name}={value!r} ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["ECHO_STATELESS_WORKERS", "ECHO_STATELESS_MAX_REQUESTS", "ECHO_STATELESS_LOG_LEVEL"])
def test_a_bad_value_of_the_stateless_servers_own_variables_is_refused_there_only(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env({name: "many"}, "stateless")
    assert caught.value.variable == name
    assert Settings.from_env({name: "many"}, "stateful") == Settings.from_env({}, "stateful")


def test_a_bad_flag_is_named_as_the_flag(variant: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env({"MCP_ECHO_PORT": "3001"}, variant, {"port": "x"})
    assert caught.value.variable == "--port"


def test_the_older_name_is_the_one_that_is_named_when_it_is_the_one_that_is_bad() -> None:
    with pytest.raises(ConfigurationError, match=r"^ECHO_CLEANUP_INTERVAL='x'"):
        Settings.from_env({"ECHO_CLEANUP_INTERVAL": "x"}, "stateful")


def test_an_offered_revision_that_is_not_supported_is_refused_and_the_supported_ones_are_named() -> None:
    environ = {"MCP_PROTOCOL_VERSION": "2025-11-25", "MCP_PROTOCOL_VERSIONS_SUPPORTED": "2025-06-18,2024-11-05"}
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env(environ, "stateful")
    assert caught.value.variable == "MCP_PROTOCOL_VERSION"
    assert "2025-06-18, 2024-11-05" in caught.value.allowed


def test_every_parser_that_refuses_anything_is_among_the_cases_above() -> None:
    named = {name for name, _, _ in BAD} | {"ECHO_STATELESS_WORKERS", "ECHO_STATELESS_MAX_REQUESTS"}
    never_refused = ["x y\x00\u2028", "😀", ""]
    for setting in TABLE:
        if setting.variables[0] in named or setting.variables[-1] in named:
            continue
        for text in never_refused:
            setting.parse(text)


VARIABLES = [name for setting in TABLE for name in setting.variables]
EDGES = st.sampled_from(["0", "-0", "1_0", "1e400", "nan", ",", "*", "\x00", "²", "[::1", "true ", "9" * 30, "\ud800"])


def outcome(
    environ: Mapping[str, str], variant: str, flags: Mapping[str, str | None] | None = None
) -> Settings | ConfigurationError:
    """What reading gives; any other exception is raised."""
    try:
        return Settings.from_env(environ, variant, flags)
    except ConfigurationError as error:
        return error


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    environ=st.dictionaries(st.sampled_from(VARIABLES), st.text() | EDGES | st.integers().map(str)),
    flags=st.dictionaries(st.sampled_from([setting.field for setting in TABLE]), st.none() | st.text() | EDGES),
    variant=st.sampled_from(["stateful", "stateless"]),
)
def test_any_text_gives_settings_or_a_configuration_error(
    environ: dict[str, str], flags: dict[str, str | None], variant: str
) -> None:
    result = outcome(environ, variant, flags)
    if isinstance(result, ConfigurationError):
        assert result.variable in {*VARIABLES, *(setting.flag for setting in TABLE)}
        assert result.allowed
    else:
        assert result.protocol_version in result.protocol_versions


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(variable=st.sampled_from(VARIABLES), text=st.text(min_size=1) | EDGES)
def test_one_odd_variable_is_the_one_that_is_named(variable: str, text: str) -> None:
    for variant in ("stateful", "stateless"):
        result = outcome({variable: text}, variant)
        assert not isinstance(result, ConfigurationError) or result.variable == variable
