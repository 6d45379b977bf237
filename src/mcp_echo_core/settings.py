"""Configuration: a frozen value, read once, from one table.

The table below makes parsing, the command line's flags and ``--help``, ``environmentDump`` and
``docs/configuration.md``. Flags beat environment variables; an environment variable that is set but empty counts as
not set, except where the table says that empty means something.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from mcp_echo_core.eras.versions import ALL_VERSIONS, HANDSHAKE_VERSIONS
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.parsing import (
    allowed_origins,
    boolean,
    choice,
    hosts,
    instance,
    integer,
    networks,
    origins,
    plain,
    rate,
    seconds,
    toolsets,
    versions,
)
from mcp_echo_core.stores.records import Rate

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class Settings(Struct, frozen=True, kw_only=True):
    """What a server was configured to do; field by field explained in ``TABLE``. Durations are seconds."""

    host: str
    port: int
    debug: bool
    workers: int
    max_requests: int
    connections: int
    keep_alive_timeout: float
    read_timeout: float
    drain_delay: float
    drain_timeout: float
    session_timeout: float
    session_cleanup_interval: float
    max_sessions: int
    session_queue_size: int
    session_rate_limit: Rate | None
    session_required: bool
    session_store: str
    sse_keepalive_interval: float
    protocol_version: str
    protocol_versions: tuple[str, ...]
    protocol_strict: bool
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    cors_origins: tuple[str, ...]
    forwarded_allow_ips: tuple[str, ...]
    max_message_size: int
    enable_binary: bool
    enable_compression: bool
    toolsets: tuple[str, ...]
    state_secret: str
    instance: str | None
    server_timing: bool
    journal_max_bytes: int
    dashboard: bool
    dashboard_token: str
    log_level: str
    log_format: str
    log_file: str

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str], variant: str, flags: Mapping[str, str | None] | None = None
    ) -> "Settings":
        """Read the settings of one variant.

        Args:
            environ: The environment variables.
            variant: ``stateful`` or ``stateless``; some defaults and variables differ.
            flags: Values from the command line by field name; ``None`` means not given.

        Raises:
            ConfigurationError: A value cannot be used; the message names variable, value and what is allowed.
        """
        values = {setting.field: setting.read(environ, variant, flags or {}) for setting in TABLE}
        if values["debug"]:
            values["log_level"] = "DEBUG"
        served = [version for version in values["protocol_versions"] if version in HANDSHAKE_VERSIONS]
        if values["protocol_version"] == "newest":
            values["protocol_version"] = served[0]
        elif values["protocol_version"] not in served:
            allowed = f"one of MCP_PROTOCOL_VERSIONS_SUPPORTED with a handshake ({', '.join(served)})"
            raise ConfigurationError("MCP_PROTOCOL_VERSION", values["protocol_version"], allowed)
        return cls(**values)


class Setting(Struct, frozen=True):
    """One row of the configuration table.

    Attributes:
        field: Name in ``Settings``; the command line flag is the same with dashes.
        variables: Environment variables by precedence; some count for one variant only, see ``variables_for``.
        parse: Text to value; raises ``ValueError`` whose text says what is allowed.
        default: As text, or per variant.
        help: One sentence, with units.
    """

    field: str
    variables: tuple[str, ...]
    parse: Callable[[str], Any]
    default: str | Mapping[str, str]
    help: str

    @property
    def flag(self) -> str:
        """The command line flag."""
        return "--" + self.field.replace("_", "-")

    def variables_for(self, variant: str) -> tuple[str, ...]:
        """The environment variables that count for a variant, first wins."""
        other = {"stateful": "ECHO_STATELESS_", "stateless": "ECHO_LOG_LEVEL"}[variant]
        return tuple(name for name in self.variables if not name.startswith(other))

    def default_for(self, variant: str) -> str:
        """The default as text."""
        return self.default if isinstance(self.default, str) else self.default[variant]

    def read(self, environ: Mapping[str, str], variant: str, flags: Mapping[str, str | None]) -> Any:
        """The value from flags, environment or default, in that order.

        Raises:
            ConfigurationError: The value cannot be used.
        """
        source, text = self.flag, flags.get(self.field)
        if text is None or (not text and not self.may_be_empty):
            names = self.variables_for(variant)
            source = next((name for name in names if environ.get(name) or (name in environ and self.may_be_empty)), "")
            text = environ[source].strip() if source else self.default_for(variant)
        try:
            return self.parse(text)
        except ValueError as error:
            raise ConfigurationError(source or self.variables[0], text, str(error)) from None

    @property
    def is_switch(self) -> bool:
        """Whether the flag alone means true."""
        return self.parse is boolean

    @property
    def may_be_empty(self) -> bool:
        """Whether an empty value means something other than not set."""
        return self.parse is instance


TABLE: tuple[Setting, ...] = (
    Setting("host", ("MCP_ECHO_HOST",), plain, {"stateful": "0.0.0.0", "stateless": "127.0.0.1"},  # noqa: S104 - as documented; a warning says what it means
            "Address to bind to."),
    Setting("port", ("MCP_ECHO_PORT",), integer(0, 65535, "a TCP port; 0 picks a free one"), "3000",
            "TCP port to bind to."),
    Setting("debug", ("MCP_ECHO_DEBUG",), boolean, "false",
            "Log at level DEBUG, one line per request."),
    Setting("workers", ("ECHO_STATELESS_WORKERS",), integer(1, 256, "processes"), "1",
            "Worker processes. The stateful server accepts more than 1 only with a store that they can share, such as redis://."),
    Setting("max_requests", ("ECHO_STATELESS_MAX_REQUESTS",), integer(0, 10**12, "requests; 0 is no limit"), "0",
            "Requests after which a worker is replaced by a fresh one; 0 never."),
    Setting("connections", ("WORKER_CONNECTIONS",), integer(1, 1_000_000, "connections"), "1000",
            "Connections and running requests per worker; further ones get 503."),
    Setting("keep_alive_timeout", ("MCP_KEEP_ALIVE_TIMEOUT",), seconds(1), "75",
            "Seconds after which an idle HTTP connection is closed."),
    Setting("read_timeout", ("MCP_READ_TIMEOUT",), seconds(0.05), "30",
            "Seconds a client may take to send a request's head, and again its body."),
    Setting("drain_delay", ("MCP_DRAIN_DELAY",), seconds(0), "0",
            "Seconds to go on answering after SIGTERM, with /readyz at 503, before connections are refused."),
    Setting("drain_timeout", ("MCP_DRAIN_TIMEOUT",), seconds(0.1), "10",
            "Seconds that requests in flight get to finish after SIGTERM."),
    Setting("session_timeout", ("MCP_SESSION_TIMEOUT",), seconds(0.05), "3600",
            "Seconds without a request or open stream after which a session is gone."),
    Setting("session_cleanup_interval", ("MCP_SESSION_CLEANUP_INTERVAL", "ECHO_CLEANUP_INTERVAL"),
            seconds(0.05), "60",
            "Seconds between sweeps that free expired sessions. ECHO_CLEANUP_INTERVAL is the older name."),
    Setting("max_sessions", ("MCP_MAX_SESSIONS",), integer(1, 10**9, "sessions"), "1000",
            "Living sessions; above it initialize answers 503."),
    Setting("session_queue_size", ("MCP_SESSION_QUEUE_SIZE",), integer(1, 1_000_000, "messages"), "100",
            "Messages a session's outbox holds; the oldest is dropped and counted."),
    Setting("session_rate_limit", ("MCP_SESSION_RATE_LIMIT",), rate, "off",
            "Requests a session may make, as 50/s, 100/m or 1000/h; above it they get 429. off is no limit."),
    Setting("session_required", ("MCP_SESSION_REQUIRED",), boolean, "false",
            "Answer 400 to requests without a session id instead of minting a session."),
    Setting("session_store", ("MCP_SESSION_STORE",), plain, "memory://",
            "URL of the session store: memory://, or the scheme of an installed store."),
    Setting("sse_keepalive_interval", ("MCP_SSE_KEEPALIVE_INTERVAL",), seconds(0.05), "15",
            "Seconds of silence after which an event stream carries a keep-alive event."),
    Setting("protocol_version", ("MCP_PROTOCOL_VERSION",), choice("newest", *HANDSHAKE_VERSIONS), "newest",
            "Revision that initialize offers when it cannot grant the wish; newest is the newest supported one."),
    Setting("protocol_versions", ("MCP_PROTOCOL_VERSIONS_SUPPORTED",), versions, ",".join(ALL_VERSIONS),
            "Comma list of the revisions that are served."),
    Setting("protocol_strict", ("MCP_PROTOCOL_STRICT",), boolean, "false",
            "Answer -32602 to an initialize with an unsupported revision instead of a counter-offer. "
            "What is no revision (YYYY-MM-DD) is answered so in any case."),
    Setting("allowed_hosts", ("MCP_ALLOWED_HOSTS",), hosts, "",
            "Comma list of accepted Host values (host, host:port, host:*; * is off). "
            "Unset: requests from loopback must name a loopback host."),
    Setting("allowed_origins", ("MCP_ALLOWED_ORIGINS",), allowed_origins, "",
            "Comma list of accepted Origin values (scheme://host[:port], port may be *; * is off). "
            "Unset: requests from loopback must name a loopback origin."),
    Setting("cors_origins", ("MCP_CORS_ORIGINS",), origins, {"stateful": "*", "stateless": "none"},
            "Comma list of origins that CORS headers are sent to; * is any, the word none turns CORS off."),
    Setting("forwarded_allow_ips", ("FORWARDED_ALLOW_IPS",), networks, "127.0.0.1,::1",
            "Comma list of peer addresses or networks whose X-Forwarded-* headers are believed; * is any."),
    Setting("max_message_size", ("ECHO_MAX_MESSAGE_SIZE",), integer(1, 1 << 30, "bytes"), "1048576",
            "Bytes of a request body; a larger one gets 413."),
    Setting("enable_binary", ("ECHO_ENABLE_BINARY",), boolean, "false",
            "Let echo take data (base64) and mimeType and return it as a content block."),
    Setting("enable_compression", ("ECHO_ENABLE_COMPRESSION",), boolean, "false",
            "Compress JSON answers with gzip when the client accepts it; event streams never."),
    Setting("toolsets", ("MCP_ECHO_TOOLSETS",), toolsets, "diagnostics",
            "Comma list of what is offered: diagnostics, and conformance for the fixtures of the official suite."),
    Setting("state_secret", ("MCP_ECHO_STATE_SECRET",), plain, "",
            "Key that signs state which travels through clients, the same for all instances; unset: a random one."),
    Setting("instance", ("MCP_ECHO_INSTANCE",), instance, "random",
            "Name of this process in /health; random makes one per process, empty shows none."),
    Setting("server_timing", ("MCP_ECHO_SERVER_TIMING",), boolean, "false",
            "Tell the phases of each request in the response header Server-Timing."),
    Setting("journal_max_bytes", ("MCP_JOURNAL_MAX_BYTES",), integer(0, 1 << 40, "bytes, 0 for none"), "33554432",
            "Bytes that the record of exchanges may take; 0 records nothing, and then there is no dashboard."),
    Setting("dashboard", ("MCP_ECHO_DASHBOARD",), boolean, "true",
            "Show the record of a session or bin under /dashboard."),
    Setting("dashboard_token", ("MCP_ECHO_DASHBOARD_TOKEN",), plain, "",
            "What the dashboard asks for beside the id of a session or bin; unset: nothing."),
    Setting("log_level", ("ECHO_LOG_LEVEL", "ECHO_STATELESS_LOG_LEVEL", "LOG_LEVEL"), choice(*LOG_LEVELS), "INFO",
            "Lowest level that is logged; the variant's own variable beats LOG_LEVEL."),
    Setting("log_format", ("LOG_FORMAT",), choice("text", "json"), "text",
            "One line per event: text, or json for collectors."),
    Setting("log_file", ("LOG_FILE",), plain, "",
            "File that log lines are appended to; unset: standard error."),
)  # fmt: skip
"""Every setting; a test holds it to the fields of ``Settings``."""
