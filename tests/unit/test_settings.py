"""The table of settings: complete, documented, with the documented defaults and precedence."""

import msgspec
import pytest

from mcp_echo_core.eras.versions import ALL_VERSIONS
from mcp_echo_core.settings import TABLE, Settings

STATEFUL_DOCUMENT = [
    "MCP_ECHO_HOST",
    "MCP_ECHO_PORT",
    "MCP_ECHO_DEBUG",
    "MCP_SESSION_TIMEOUT",
    "MCP_SESSION_CLEANUP_INTERVAL",
    "MCP_MAX_SESSIONS",
    "ECHO_CLEANUP_INTERVAL",
    "MCP_PROTOCOL_VERSION",
    "MCP_PROTOCOL_VERSIONS_SUPPORTED",
    "ECHO_ENABLE_BINARY",
    "ECHO_ENABLE_COMPRESSION",
    "ECHO_MAX_MESSAGE_SIZE",
    "ECHO_LOG_LEVEL",
    "LOG_FILE",
]
STATELESS_DOCUMENT = [
    "MCP_ECHO_HOST",
    "MCP_ECHO_PORT",
    "MCP_ECHO_DEBUG",
    "MCP_PROTOCOL_VERSION",
    "MCP_PROTOCOL_VERSIONS_SUPPORTED",
    "ECHO_STATELESS_WORKERS",
    "ECHO_STATELESS_MAX_REQUESTS",
    "WORKER_CONNECTIONS",
    "ECHO_STATELESS_LOG_LEVEL",
    "LOG_FILE",
    "LOG_LEVEL",
]


def variables_of(variant: str) -> set[str]:
    return {name for setting in TABLE for name in setting.variables_for(variant)}


def test_every_setting_has_one_row_and_every_row_a_setting() -> None:
    fields = [setting.field for setting in TABLE]
    assert sorted(fields) == sorted(field.name for field in msgspec.structs.fields(Settings))


def test_no_variable_and_no_flag_means_two_things() -> None:
    variables = [name for setting in TABLE for name in setting.variables]
    flags = [setting.flag for setting in TABLE]
    assert len(set(variables)) == len(variables)
    assert len(set(flags)) == len(flags)


def test_every_row_says_what_it_is_for() -> None:
    assert [setting.field for setting in TABLE if not setting.help.endswith(".") or len(setting.help) < 15] == []


@pytest.mark.parametrize("name", STATEFUL_DOCUMENT)
def test_the_stateful_server_reads_every_variable_of_its_document(name: str) -> None:
    assert name in variables_of("stateful")


@pytest.mark.parametrize("name", STATELESS_DOCUMENT)
def test_the_stateless_server_reads_every_variable_of_its_document(name: str) -> None:
    assert name in variables_of("stateless")


def test_a_server_does_not_read_the_variables_of_the_other() -> None:
    assert not any(name.startswith("ECHO_STATELESS_") for name in variables_of("stateful"))
    assert "ECHO_LOG_LEVEL" not in variables_of("stateless")


def test_the_stateful_server_has_the_documented_defaults() -> None:
    settings = Settings.from_env({}, "stateful")
    assert (settings.host, settings.port, settings.debug) == ("0.0.0.0", 3000, False)
    assert (settings.session_timeout, settings.session_cleanup_interval, settings.max_sessions) == (3600, 60, 1000)
    assert (settings.session_queue_size, settings.session_required, settings.session_store) == (100, False, "memory://")
    assert settings.sse_keepalive_interval == 15
    assert (settings.max_message_size, settings.enable_binary, settings.enable_compression) == (1 << 20, False, False)
    assert settings.cors_origins == ("*",)


def test_the_stateless_server_has_the_documented_defaults() -> None:
    settings = Settings.from_env({}, "stateless")
    assert (settings.host, settings.port, settings.debug) == ("127.0.0.1", 3000, False)
    assert (settings.workers, settings.max_requests, settings.connections) == (1, 0, 1000)
    assert settings.cors_origins == ()


def test_both_servers_share_all_other_defaults(variant: str) -> None:
    settings = Settings.from_env({}, variant)
    assert settings.protocol_versions == ALL_VERSIONS
    assert (settings.protocol_version, settings.protocol_strict) == ("2025-11-25", False)
    assert (settings.allowed_hosts, settings.allowed_origins) == ((), ())
    assert settings.forwarded_allow_ips == ("127.0.0.1", "::1")
    assert (settings.log_level, settings.log_format, settings.log_file) == ("INFO", "text", "")
    assert settings.instance is None


@pytest.mark.parametrize(
    ("variant", "own", "foreign"),
    [
        ("stateful", "ECHO_LOG_LEVEL", "ECHO_STATELESS_LOG_LEVEL"),
        ("stateless", "ECHO_STATELESS_LOG_LEVEL", "ECHO_LOG_LEVEL"),
    ],
)
def test_a_flag_beats_the_variants_variable_which_beats_the_common_one(variant: str, own: str, foreign: str) -> None:
    environ = {"LOG_LEVEL": "ERROR", foreign: "CRITICAL"}
    assert Settings.from_env(environ, variant).log_level == "ERROR"
    environ[own] = "WARNING"
    assert Settings.from_env(environ, variant).log_level == "WARNING"
    assert Settings.from_env(environ, variant, {"log_level": "DEBUG"}).log_level == "DEBUG"


def test_a_flag_that_was_not_given_changes_nothing(variant: str) -> None:
    flags = {setting.field: None for setting in TABLE}
    assert Settings.from_env({"MCP_ECHO_PORT": "4000"}, variant, flags).port == 4000


def test_the_older_name_of_the_cleanup_interval_counts_only_when_the_new_one_is_unset() -> None:
    older = {"ECHO_CLEANUP_INTERVAL": "300"}
    assert Settings.from_env(older, "stateful").session_cleanup_interval == 300
    both = {**older, "MCP_SESSION_CLEANUP_INTERVAL": "30"}
    assert Settings.from_env(both, "stateful").session_cleanup_interval == 30
    assert Settings.from_env({**older, "MCP_SESSION_CLEANUP_INTERVAL": ""}, "stateful").session_cleanup_interval == 300


def test_an_empty_variable_counts_as_unset(variant: str) -> None:
    empty = {name: "" for setting in TABLE for name in setting.variables if name != "MCP_ECHO_INSTANCE"}
    assert Settings.from_env(empty, variant) == Settings.from_env({}, variant)


def test_an_empty_instance_name_means_none_is_shown(variant: str) -> None:
    assert Settings.from_env({"MCP_ECHO_INSTANCE": ""}, variant).instance == ""


def test_debug_means_the_lowest_log_level_whatever_else_is_set(variant: str) -> None:
    assert Settings.from_env({"MCP_ECHO_DEBUG": "true", "LOG_LEVEL": "ERROR"}, variant).log_level == "DEBUG"


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "on", " On "])
def test_switches_can_be_turned_on_in_several_words(text: str) -> None:
    assert Settings.from_env({"ECHO_ENABLE_BINARY": text}, "stateful").enable_binary is True


@pytest.mark.parametrize("text", ["false", "False", "0", "no", "off"])
def test_switches_can_be_turned_off_in_several_words(text: str) -> None:
    assert Settings.from_env({"MCP_PROTOCOL_STRICT": text}, "stateful").protocol_strict is False


def test_lists_ignore_blanks_and_empty_parts() -> None:
    settings = Settings.from_env({"MCP_ALLOWED_HOSTS": " a.example , ,b.example:* ,"}, "stateful")
    assert settings.allowed_hosts == ("a.example", "b.example:*")


def test_revisions_are_served_in_the_order_of_the_timeline_whatever_order_they_are_named_in() -> None:
    settings = Settings.from_env({"MCP_PROTOCOL_VERSIONS_SUPPORTED": "2024-11-05, 2025-06-18"}, "stateful")
    assert settings.protocol_versions == ("2025-06-18", "2024-11-05")


def test_the_offered_revision_follows_what_is_supported_unless_it_is_named() -> None:
    documented = {"MCP_PROTOCOL_VERSIONS_SUPPORTED": "2025-06-18,2024-11-05"}
    assert Settings.from_env(documented, "stateful").protocol_version == "2025-06-18"
    named = {**documented, "MCP_PROTOCOL_VERSION": "2024-11-05"}
    assert Settings.from_env(named, "stateful").protocol_version == "2024-11-05"


def test_settings_cannot_be_changed_afterwards(variant: str) -> None:
    settings = Settings.from_env({}, variant)
    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]
