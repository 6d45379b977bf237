"""deploy/grafana: every query of the dashboard is about metrics and labels that the server has."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
from prometheus_client.parser import text_string_to_metric_families

from asgi_bridge import Request, lifespan
from harness import Server, call, initialize, rpc

DASHBOARD = json.loads((Path(__file__).parents[2] / "deploy/grafana/mcp-echo.json").read_text(encoding="utf-8"))
VARIABLES: list[dict[str, Any]] = DASHBOARD["templating"]["list"]
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
GRAPHS = [panel for panel in PANELS if panel["type"] != "row"]
QUERIES: list[tuple[str, str, str]] = [
    (panel["title"], target["expr"], target["legendFormat"]) for panel in GRAPHS for target in panel["targets"]
]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
TARGET_LABELS = {"instance"}
"""Given by Prometheus, which knows whom it asked."""

Labels = dict[str, set[str]]


@pytest.fixture
async def scraped(make_app: Callable[..., Server]) -> Labels:
    """The labels of every metric of a server that has met every kind of request, and of Prometheus."""
    server = make_app("stateful")
    async with lifespan(server.app):
        session = await initialize(server)
        await call(server, "echo", {"message": "hello"}, session)
        await server.post(rpc("no such method"), session)
        await server.delete(session)
        answer = await server.send(Request(method="GET", path="/metrics", headers=[(b"host", b"localhost")]))
    labels: Labels = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels, TARGET_LABELS)
    return labels


def spelled_out(query: str) -> Iterator[str]:
    """A query as Prometheus gets it, for each choice that the dashboard offers."""
    query = query.replace("$__rate_interval", "5m").replace("$instance", "localhost:3000")
    (across,) = (variable for variable in VARIABLES if variable["name"] == "across")
    yield from {query.replace("$across", option["value"]) for option in across["options"]}


def parts(node: Any) -> Iterator[Any]:
    """A query's expressions, outermost first."""
    yield node
    for name in ("expr", "lhs", "rhs", "param", "vector_selector"):
        if (inner := getattr(node, name, None)) is not None:
            yield from parts(inner)
    for argument in getattr(node, "args", ()):
        yield from parts(argument)


def selectors(query: str) -> list[Any]:
    """The selections of series in a query."""
    return [part for part in parts(promql.parse(query)) if isinstance(part, promql.VectorSelector)]


@pytest.mark.parametrize(("title", "query", "legend"), QUERIES)
async def test_a_query_is_about_what_the_server_tells(title: str, query: str, legend: str, scraped: Labels) -> None:
    for spelled in spelled_out(query):
        found = selectors(spelled)
        assert found
        for selector in found:
            assert selector.name in scraped, f"{title}: the server has no such metric"
            matchers = {matcher.name for matcher in selector.matchers.matchers}
            assert "instance" in matchers, f"{title}: shows other instances than the chosen ones"
            assert matchers <= scraped[selector.name], f"{title}: {selector.name} has other labels"
        grouped = {
            label
            for part in parts(promql.parse(spelled))
            if isinstance(part, promql.AggregateExpr) and part.modifier is not None
            for label in part.modifier.labels
        }
        known = set.intersection(*(scraped[selector.name] for selector in found))
        assert grouped <= known, f"{title}: grouped by labels that there are not"
        assert set(re.findall(r"{{(\w+)}}", legend)) <= grouped, f"{title}: names series by labels they do not have"


def test_every_metric_of_the_server_is_shown(scraped: Labels) -> None:
    shown = {selector.name for _, query, _ in QUERIES for text in spelled_out(query) for selector in selectors(text)}
    stem = re.compile(r"_(total|bucket|count|sum|created)$")
    assert {stem.sub("", name) for name in scraped} == {stem.sub("", name) for name in shown}


def test_every_panel_and_variable_asks_the_chosen_data_source() -> None:
    asking = [*GRAPHS, *(target for panel in GRAPHS for target in panel["targets"])]
    asking += [variable for variable in VARIABLES if variable["type"] == "query"]
    assert [each["datasource"] for each in asking] == [SOURCE] * len(asking)
    assert [variable["name"] for variable in VARIABLES] == ["datasource", "instance", "across"]


def test_panels_and_their_queries_can_be_told_apart() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for panel in GRAPHS:
        names = [target["refId"] for target in panel["targets"]]
        assert len(set(names)) == len(names)


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
