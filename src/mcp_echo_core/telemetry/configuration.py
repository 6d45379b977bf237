"""What the standard ``OTEL_*`` variables ask for; nothing of OpenTelemetry is imported before they ask for something.

Source: OpenTelemetry specification, Environment Variable Specification; OpenTelemetry Protocol Exporter.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from mcp_echo_core import redaction
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.runtime import Runtime

EXPORTERS = ("otlp", "console", "none")
"""What ``OTEL_TRACES_EXPORTER`` and ``OTEL_METRICS_EXPORTER`` may name."""

PROTOCOL = "http/protobuf"
"""The one protocol that the extra brings."""

NUMBERS = ("OTEL_BSP_", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT")
"""Variables, or how they begin, that hold a whole number."""

INSTALL = "pip install 'mcp-echo-streamablehttp-server[otel]'"


class Signals(Struct, frozen=True):
    """What is wanted.

    Attributes:
        traces: Names of the exporters of spans.
        metrics: Names of the exporters of metrics.
        reason: The variable that asks for it.
    """

    traces: tuple[str, ...]
    metrics: tuple[str, ...]
    reason: str


class Telemetry(Protocol):
    """Tells what happens to whoever collects it."""

    def record(self, exchange: Exchange, seconds: float) -> None:
        """The exchange is over; ``seconds`` is how long it took."""

    def start(self) -> None:
        """Get ready; what is over before this is not told."""

    async def watch_sessions(self) -> None:
        """Tell which sessions have ended, again and again, until cancelled."""

    async def stop(self) -> None:
        """Deliver what has not been delivered, for a bounded time."""


def asked(environ: Mapping[str, str]) -> Signals | None:
    """What the variables ask for, ``None`` if nothing.

    Raises:
        ConfigurationError: An exporter or protocol is none that there is.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    traces, metrics = _exporters(environ, "TRACES"), _exporters(environ, "METRICS")
    if not traces and not metrics:
        return None
    _check_values(environ)
    reasons = [variable for signal in ("TRACES", "METRICS") for variable in _reasons(signal) if environ.get(variable)]
    return Signals(traces, metrics, reasons[0])


def open_telemetry(runtime: Runtime, *, own_sessions: bool) -> Telemetry | None:
    """What tells of a server, where the environment asks for it.

    Args:
        runtime: The server.
        own_sessions: Nobody else serves its sessions, so that it may tell of all that have ended.

    Raises:
        ConfigurationError: It cannot be had.
    """
    signals = asked(runtime.environ)
    if signals is None:
        return None
    try:
        from mcp_echo_core.telemetry.telemeter import Telemeter
    except ModuleNotFoundError:
        allowed = f"usable once the extra otel is installed: {INSTALL}; OTEL_SDK_DISABLED=true does without"
        raise ConfigurationError(signals.reason, runtime.environ[signals.reason], allowed) from None
    except ValueError as error:  # of a propagator that is not installed
        propagators = runtime.environ.get("OTEL_PROPAGATORS", "")
        raise ConfigurationError("OTEL_PROPAGATORS", propagators, f"installed propagators: {error}") from None
    return Telemeter(signals, runtime, own_sessions=own_sessions)


def _reasons(signal: str) -> tuple[str, ...]:
    return (f"OTEL_{signal}_EXPORTER", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def _exporters(environ: Mapping[str, str], signal: str) -> tuple[str, ...]:
    variable, *endpoints = _reasons(signal)
    value = environ.get(variable, "").strip()
    if not value:  # what is empty counts as unset
        value = "otlp" if any(environ.get(endpoint) for endpoint in endpoints) else "none"
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    if not set(names) <= set(EXPORTERS):
        raise ConfigurationError(variable, value, f"a comma list of {', '.join(EXPORTERS)}")
    if "otlp" in names:
        _check_protocol(environ, signal)
    return tuple(name for name in names if name != "none")


def _check_values(environ: Mapping[str, str]) -> None:
    """What the SDK would find out when it is too late to say which variable it was."""
    for variable, value in environ.items():
        text = value.strip()
        if not text or not variable.startswith("OTEL_"):
            continue
        if variable.startswith("OTEL_EXPORTER_OTLP_") and variable.endswith("ENDPOINT"):
            if not text.startswith(("http://", "https://")):
                raise ConfigurationError(variable, redaction.text(text), "a URL with http:// or https://")
        elif variable.startswith(NUMBERS) and not (text.isascii() and text.isdigit() and int(text)):
            raise ConfigurationError(variable, text, "a whole number above 0")


def _check_protocol(environ: Mapping[str, str], signal: str) -> None:
    for variable in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        value = environ.get(variable, "").strip()
        if value and value != PROTOCOL:
            raise ConfigurationError(variable, value, f"{PROTOCOL}, which collectors take on port 4318")
        if value:
            return
