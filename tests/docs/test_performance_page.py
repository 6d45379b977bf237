"""What becomes of measurements: checked answers, medians, ratios, verdicts, tables, the page."""

import json
import sys
from http.client import HTTPResponse
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Appended, so that no module of the tests is hidden by a script of the same name.
sys.path += [str(ROOT / "scripts"), str(ROOT / "benchmarks")]

import exchange  # noqa: E402
import figures  # noqa: E402
import goals  # noqa: E402
import performance_page  # noqa: E402
from subjects import COUNTER, OURS, STATELESS  # noqa: E402
from summaries import limits, scaling, summarize  # noqa: E402
from tables import Table, markdown, text  # noqa: E402

MACHINE = {"cpu": "Some CPU", "cores": 2, "system": "Linux"}
VERSIONS = {"python": "3.11", "mcp-echo-streamablehttp-server": "0.3.0"}


def passed(rate: float, **more: float) -> dict[str, float]:
    figures = {"requests_per_second": rate, "p50_ms": 1.0, "p99_ms": 2.0, "load_cpu": 0.4, "server_cpu": 1.0}
    return {**figures, "connections": 32, "errors": 0, **more}


def measured(rate: float, **more: Any) -> dict[str, Any]:
    sizes = {"start_ms": 200.0, "rss_idle": 40 << 20, "rss_loaded": 50 << 20, "answer": "application/json"}
    return {"fault": None, "many": passed(rate), "one": passed(rate / 4), **sizes, **more}


def echo_document(**summaries: dict[str, Any]) -> dict[str, Any]:
    named = {name.replace("_", "-"): row for name, row in summaries.items()}
    return {
        "date": "2026-01-02T03:04:05+00:00", "machine": MACHINE, "versions": VERSIONS,
        "settings": {"rounds": 5, "connections": [32, 1], "pinned": True},
        "subjects": {name: {"setup": "as it comes", "peer": None} for name in named},
        "peers": {}, "missing": {}, "limits": limits(named), "summaries": named,
    }  # fmt: skip


def test_a_ratio_compares_with_the_ceiling_of_its_own_round() -> None:
    ceiling = [measured(1000), measured(2000), measured(4000)]
    mine = [measured(500), measured(1200), measured(1600)]
    summary = summarize(mine, ceiling)
    assert summary["many_ratios"] == [0.5, 0.6, 0.4]
    assert summary["many_requests_per_second"] == 1200
    assert summary["many_cpu_us"] == pytest.approx(1e6 / 1200)


def test_one_round_with_a_fault_makes_the_figure_void() -> None:
    summary = summarize([measured(500), measured(500, fault="3 errors")], [measured(1000), measured(1000)])
    assert summary["fault"] == "3 errors"
    tables = figures.echo(echo_document(stateless=summary))
    assert tables[0].rows == [["stateless", "VOID"]]
    assert "stateless is VOID: 3 errors" in tables[0].notes


def test_a_subject_that_never_answered_is_void_without_figures() -> None:
    summary = summarize([{"fault": "it does not answer"}], [measured(1000)])
    assert summary == {"fault": "it does not answer", "rounds": 1}
    assert figures.echo(echo_document(stateless=summary))[1].rows == [["stateless", "VOID"]]


def test_a_load_generator_or_a_neighbour_that_limits_is_named() -> None:
    busy = summarize([measured(10, many=passed(10, load_cpu=0.95, server_cpu=0.5))], [])
    starved = summarize([measured(10, many=passed(10, server_cpu=0.5))], [])
    calm = summarize([measured(10)], [])
    assert "busy: lower bounds" in limits({"busy": busy, "calm": calm})[0]
    assert "starved got less" in limits({"starved": starved, "calm": calm})[1]
    assert len(limits({"calm": calm})) == 1


def test_workers_are_compared_by_the_processor_time_they_got() -> None:
    # The second worker got half a core only, and both lost a tenth by working side by side.
    rounds = [{"one": passed(1000, server_cpu=1.0), "two": passed(1350, server_cpu=1.5)}]
    assert scaling(rounds) == pytest.approx({"ratio": 1.35, "cpu_ratio": 1.5, "per_cpu_ratio": 0.9, "scaled": 1.8})


def test_recording_is_shown_where_both_were_measured() -> None:
    both = {"stateful": summarize([measured(800)], []), "stateful_unrecorded": summarize([measured(1000)], [])}
    table = figures.echo(echo_document(**both))[-1]
    assert table.rows == [["stateful", "1000.0", "1250.0", "250.0", "0.80"]]


def rows(documents: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {name: rest for name, *rest in goals.table(documents).rows}


def test_a_goal_is_met_missed_or_not_measured() -> None:
    ceiling = [measured(1000)]
    document = echo_document(
        stateless=summarize([measured(600)], ceiling), stateful=summarize([measured(490)], ceiling)
    )
    told = rows({"echo": document})
    assert told["stateless: requests/s, of the ceiling"] == ["≥ 0.6", "0.60", "yes"]
    assert told["stateful: requests/s, of the ceiling"] == ["≥ 0.5", "0.49", "**no**"]
    assert told["stateful-modern: p99"] == ["≤ 5 ms", "–", "not measured"]
    assert told["stateful: errors at full load for long"][1] == "–"


def test_a_void_figure_meets_no_goal() -> None:
    void = summarize([measured(900, fault="wrong answer")], [measured(1000)])
    assert rows({"echo": echo_document(stateless=void)})["stateless: p50"] == ["≤ 1 ms", "–", "not measured"]


def test_growth_and_errors_of_a_long_run_are_judged() -> None:
    row = {"rss_first": 100, "rss_last": 103, "errors": 0}
    told = rows({"endurance": {"figures": {"stateful": row}}})
    assert told["stateful: growth of memory under it"] == ["≤ 2 %", "3.0 %", "**no**"]
    assert told["stateful: errors at full load for long"] == ["≤ 0", "0", "yes"]


def test_tables_are_aligned_on_a_terminal_and_complete_on_a_page() -> None:
    table = Table("Sums", ["name", "n"], [["a", "12345"], ["long name"]], ["a note"])
    assert text(table).splitlines() == ["Sums", "name           n", "a          12345", "long name", "a note"]
    assert markdown(table)[2:] == [
        "| name | n |",
        "| --- | ---: |",
        "| a | 12345 |",
        "| long name |  |",
        "",
        "- a note",
    ]


LONG = {
    "rss_idle": 1 << 20, "requests_first": 100, "rss_first": 2 << 20, "requests_last": 2000, "rss_last": 2 << 20,
    "errors": 0, "long": passed(1000, max_ms=9.0),
}  # fmt: skip
ALONE = {"create": 9e4, "sweep": 8e4, "sweep_gap": 0.002, "bytes": 1200, "apply_1": 1e5, "apply_64": 2e5}
ECHOES = {"many": passed(9), "one": passed(3)}
STREAMS = {
    "asked": 20, "wanted": 10, "opened": 10, "seconds": 0.5, "rss_sessions": 0, "rss_streams": 10 << 10,
    "cpu_open": 0.001, "cpu_idle_before": 0.1, "cpu_idle": 0.4, "before": ECHOES, "during": ECHOES, "carrying": ECHOES,
}  # fmt: skip
WORKERS = [{"one": passed(1000, rss=1), "two": passed(1500, rss=2, server_cpu=1.5)}]
DOCUMENTS = {
    "echo": echo_document(ceiling=summarize([measured(1000)], [measured(1000)])),
    "streams": {"settings": {"keep_alive_seconds": 15}, "figures": STREAMS},
    "sessions": {
        "settings": {"concurrent": 64},
        "figures": {"memory": {"handshakes": passed(7000), "store": ALONE}},
    },
    "endurance": {"settings": {"seconds": 60}, "figures": {"stateless": LONG}},
    "workers": {"settings": {"pinned": False}, "rounds": WORKERS, "summary": scaling(WORKERS)},
}  # fmt: skip


def test_the_page_shows_each_file_there_is_and_how_to_measure_the_others(tmp_path: Path) -> None:
    shown = {
        "echo": "| ceiling | 1,000 | 1.00 |",
        "streams": "| memory per stream | 1.0 KiB |",
        "sessions": "| memory | 7,000 | 90,000 | 80,000 | 2.0 | 1,200 |",
        "endurance": "| stateless | 1,000 | 1.00 | 2.00 | 9.0 | 0 |",
        "workers": "| 2 / 1 | 1.50 | 1.50 |  | 1.00 |",
    }
    head = {"date": "2026-01-02T03:04:05+00:00", "machine": MACHINE, "versions": VERSIONS}
    for kind, line in shown.items():
        assert performance_page.parts(tmp_path)[kind] == [f"Not measured yet: `scripts/bench {kind} --save`."]
        (tmp_path / f"{kind}.json").write_text(json.dumps({**head, **DOCUMENTS[kind]}), encoding="utf-8")
        page = "\n".join(performance_page.parts(tmp_path)[kind])
        assert page.startswith("2026-01-02 on Some CPU, 2 cores, Linux; python 3.11")
        assert line in page


def test_fewer_streams_than_were_asked_for_are_told() -> None:
    assert figures.streams(DOCUMENTS["streams"])[0].notes == ["20 were asked for; the limit of open files allows 10."]


def test_the_page_names_the_software_of_every_server(tmp_path: Path) -> None:
    document = echo_document(stateless=summarize([measured(1)], []), sdk=summarize([measured(1)], []))
    document["subjects"]["sdk"]["peer"] = "sdk-environment"
    document["peers"] = {"sdk-environment": {"mcp": "2.3.0"}}
    (tmp_path / "echo.json").write_text(json.dumps(document), encoding="utf-8")
    lines = performance_page.parts(tmp_path)["servers"]
    assert lines[2:] == ["| stateless | mcp-echo 0.3.0 | as it comes |", "| sdk | mcp 2.3.0 | as it comes |"]


def fault(body: str, status: int = 200, kind: str = "application/json", number: int = 7) -> str | None:
    answer = SimpleNamespace(status=status, getheader={"Content-Type": kind}.get)
    server = SimpleNamespace(subject=STATELESS)
    return exchange._fault(cast("Any", server), cast("HTTPResponse", answer), body.encode(), number)


def echoed(number: int = 7, said: str = "message 7", **more: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": {"content": [{"type": "text", "text": said}], **more}})


def test_an_answer_counts_only_with_the_id_and_the_message_that_were_sent() -> None:
    assert fault(echoed()) is None
    assert fault(echoed(said="Echo: message 7")) is None
    assert fault(echoed(number=6)) == "id 6 instead of 7"
    assert fault(echoed(said="message 6")) == "no echo of message 7"
    assert fault(echoed(isError=True)) == "no echo of message 7"
    assert fault(json.dumps({"jsonrpc": "2.0", "id": 7, "error": {"code": -32600}})) == "no echo of message 7"
    assert fault("", status=404) == "status 404"


def test_an_answer_on_an_event_stream_counts_as_well() -> None:
    assert fault(f"id: 1\ndata: \n\nevent: message\nid: 2\ndata: {echoed()}\n\n", kind="text/event-stream") is None
    told = fault(f"event: message\ndata: {echoed(number=8)}\n\n", kind="text/event-stream; charset=utf-8")
    assert told == "id 8 instead of 7"
    assert fault(": nothing yet\n\n", kind="text/event-stream") == "id None instead of 7"


@pytest.mark.parametrize("subject", OURS, ids=[subject.name for subject in OURS])
def test_the_measured_request_stays_as_long_as_its_head_says_when_the_number_is_put_in(subject: Any) -> None:
    head, _, body = subject.request(3000, "a-session").replace(COUNTER.encode(), b"123456789").partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["id"] == 123456789
