"""What the OTEL_* variables switch on, and what they cannot."""

import logging
import subprocess
import sys
from collections.abc import Mapping

import pytest

from live import environment, finished
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.telemetry.complaints import SILENCE_SECONDS, Complaints
from mcp_echo_core.telemetry.configuration import Signals, asked

URL = "http://collector:4318"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
BOTH = Signals(("otlp",), ("otlp",), ENDPOINT)


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, None),
        ({"OTEL_SERVICE_NAME": "echo", "OTEL_TRACES_SAMPLER": "always_on"}, None),
        ({ENDPOINT: ""}, None),
        ({ENDPOINT: URL}, BOTH),
        ({ENDPOINT: URL, "OTEL_SDK_DISABLED": "TRUE"}, None),
        ({ENDPOINT: URL, "OTEL_SDK_DISABLED": "false"}, BOTH),
        ({ENDPOINT: URL, "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}, None),
        ({ENDPOINT: URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, BOTH),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, Signals(("otlp",), (), "OTEL_TRACES_EXPORTER")),
        ({"OTEL_METRICS_EXPORTER": "console, otlp"}, Signals((), ("console", "otlp"), "OTEL_METRICS_EXPORTER")),
        (
            {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": URL},
            Signals((), ("otlp",), "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"),
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": URL, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"},
            Signals(("otlp",), (), "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        ),
    ],
)
def test_an_endpoint_or_an_exporter_switches_telemetry_on(variables: Mapping[str, str], wanted: Signals | None) -> None:
    assert asked(variables) == wanted


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_METRIC_EXPORT_INTERVAL": "-1"},
            "OTEL_METRIC_EXPORT_INTERVAL",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_BSP_MAX_QUEUE_SIZE": "0"}, "OTEL_BSP_MAX_QUEUE_SIZE"),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER='zipkin' cannot be used: a comma list of otlp"),
        ({ENDPOINT: URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL='grpc' cannot be used"),
    ],
)
def test_what_cannot_be_had_is_told(variables: Mapping[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        asked(variables)
    assert str(refused.value).startswith(named)


def test_nothing_of_opentelemetry_is_loaded_unless_it_is_asked_for() -> None:
    program = (
        "import sys\nfrom mcp_echo_streamablehttp_server_stateless import app\n"
        "print([name for name in sys.modules if 'opentelemetry' in name or 'google.protobuf' in name][:1])"
    )
    assert finished([sys.executable, "-c", program], OTEL_SERVICE_NAME="echo").stdout == "[]\n"


@pytest.mark.parametrize(
    ("missing", "variables", "told"),
    [
        (
            "import sys; sys.modules['opentelemetry.exporter.otlp.proto.http.trace_exporter'] = None",
            {ENDPOINT: "http://jane:open-sesame@collector:4318"},
            "pip install 'mcp-echo-streamablehttp-server[otel]'",
        ),
        ("", {ENDPOINT: URL, "OTEL_PROPAGATORS": "pigeon"}, "OTEL_PROPAGATORS='pigeon' cannot be used"),
    ],
)
def test_what_is_missing_ends_the_start_with_a_line_that_names_it(
    missing: str, variables: Mapping[str, str], told: str
) -> None:
    program = (
        f"{missing}\nfrom mcp_echo_core.cli import main\nraise SystemExit(main(['serve', '--variant', 'stateless']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("configuration error: OTEL_")
    assert told in ended.stderr
    assert "open-sesame" not in ended.stderr


def test_complaints_are_one_line_a_minute_without_credentials(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    complaints = Complaints(lambda: now)
    monkeypatch.setattr(logging.getLogger("mcp_echo_core"), "propagate", True)
    record = logging.makeLogRecord({"msg": "cannot reach http://jane:open-sesame@collector:4318"})
    for _ in range(3):
        complaints.handle(record)
    now += SILENCE_SECONDS
    complaints.handle(record)
    assert [(line.levelname, vars(line)["unsaid"]) for line in caplog.records] == [("WARNING", None), ("WARNING", 2)]
    assert "http://*******@collector:4318" in vars(caplog.records[0])["problem"]
