"""Traefik's files: which router takes which request by Traefik's documented rules; a real one reads them elsewhere."""

import re
from typing import Any

import pytest
import yaml
from deployed import DEPLOY, document

from mcp_echo_core.identity import HEADER_NAMES

TEMPLATE = (DEPLOY / "traefik" / "routes.yml").read_text(encoding="utf-8")
ROUTES = yaml.safe_load(TEMPLATE.replace('{{ env "BASE_DOMAIN" }}', "example.com"))
ROUTERS: dict[str, Any] = ROUTES["http"]["routers"]
MIDDLEWARES: dict[str, Any] = ROUTES["http"]["middlewares"]
MATCHER = re.compile(r"(\w+)\(`([^`]*)`\)")


def matches(rule: str, method: str, host: str, path: str) -> bool:
    """Whether a rule takes a request: matchers with ``&&``, ``||`` and parentheses, as Traefik v3 documents them."""
    judges = {
        "Host": lambda wanted: host == wanted,
        "Method": lambda wanted: method == wanted,
        "PathPrefix": path.startswith,
        "PathRegexp": lambda wanted: re.search(wanted, path) is not None,
    }
    judged = MATCHER.sub(lambda found: str(judges[found[1]](found[2])), rule)
    assert re.fullmatch(r"(True|False|&&|\|\||[() ])+", judged), judged
    return bool(eval(judged.replace("&&", "and").replace("||", "or")))


def router(method: str, host: str, path: str) -> str | None:
    """The router that takes a request: of those that match, the one of the highest priority."""
    found = [name for name, each in ROUTERS.items() if matches(each["rule"], method, host, path)]
    return max(found, key=lambda name: ROUTERS[name]["priority"], default=None)


def test_whatever_a_router_names_exists() -> None:
    for each in ROUTERS.values():
        assert each["service"] in ROUTES["http"]["services"]
        assert set(each["middlewares"]) <= set(MIDDLEWARES)


@pytest.mark.parametrize(
    ("method", "path", "taken_by"),
    [
        ("POST", "/mcp", "stateful"),
        ("POST", "/mcp/", "stateful"),
        ("GET", "/mcp", "stateful"),
        ("DELETE", "/mcp", "stateful"),
        ("POST", "/b/phone/mcp", "stateful"),
        ("OPTIONS", "/mcp", "stateful-options"),
        ("OPTIONS", "/b/phone/mcp/", "stateful-options"),
        ("GET", "/.well-known/oauth-protected-resource/mcp", "discovery"),
        ("OPTIONS", "/.well-known/oauth-protected-resource", "discovery"),
        ("GET", "/dashboard/phone", "dashboard"),
        ("GET", "/metrics", None),
        ("GET", "/health", None),
        ("GET", "/readyz", None),
        ("POST", "/mcp/other", None),
        ("POST", "/mcpx", None),
    ],
)
def test_each_request_finds_its_router(method: str, path: str, taken_by: str | None) -> None:
    assert router(method, "stateful.example.com", path) == taken_by


def test_each_name_leads_to_its_own_server() -> None:
    assert router("POST", "stateless.example.com", "/mcp") == "stateless"
    assert router("OPTIONS", "stateless.example.com", "/mcp") == "stateless-options"
    assert router("POST", "other.example.com", "/mcp") is None


def test_only_discovery_and_options_pass_without_authentication() -> None:
    without = {name for name, each in ROUTERS.items() if "auth" not in each["middlewares"]}
    assert without == {"discovery", "stateless-options", "stateful-options"}


@pytest.mark.parametrize("name", ["stateless", "stateful"])
def test_the_endpoint_adds_cors_before_it_asks_who_it_is(name: str) -> None:
    order = ROUTERS[name]["middlewares"]
    assert order.index("no-identity") < order.index("cors") < order.index("auth")


def test_no_client_says_who_it_is_by_itself() -> None:
    cleared = MIDDLEWARES["no-identity"]["headers"]["customRequestHeaders"]
    assert {name.lower() for name, value in cleared.items() if value == ""} >= HEADER_NAMES
    for each in ROUTERS.values():
        assert each["middlewares"][0] == "no-identity"
    told = MIDDLEWARES["auth"]["forwardAuth"]["authResponseHeaders"]
    assert {name.lower() for name in told} <= HEADER_NAMES


def test_an_instance_that_drains_is_left_out_in_time() -> None:
    compose = document(DEPLOY / "compose.yml")
    delay = float(compose["x-server-environment"]["MCP_DRAIN_DELAY"])
    for name in ("stateless", "stateful"):
        check = ROUTES["http"]["services"][name]["loadBalancer"]["healthCheck"]
        assert check["path"] == "/readyz"
        assert seconds(check["interval"]) + seconds(check["timeout"]) < delay


def test_its_servers_are_those_of_the_compose_file() -> None:
    services = document(DEPLOY / "compose.yml")["services"]
    for each in ROUTES["http"]["services"].values():
        for server in each["loadBalancer"]["servers"]:
            assert re.fullmatch(r"http://([\w-]+):\d+", server["url"])[1] in services  # type: ignore[index]


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
