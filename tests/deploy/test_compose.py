"""The compose file: by the published schema, and what its parts say of each other."""

import re
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from deployed import DEPLOY, ROOT, against_schema, document

from mcp_echo_core.settings import Settings

COMPOSE = document(DEPLOY / "compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
SERVERS = ("stateless-1", "stateless-2", "stateless-3", "stateful-1", "stateful-2")
GIVEN = {"MCP_ECHO_STATE_SECRET": "secret", "TOKENS_FILE": "tokens.json"}


def filled(text: str) -> str:
    """A text with its ``${NAME:-default}`` and ``${NAME:?why}`` as compose fills them."""
    return re.sub(
        r"\$\{(\w+):([-?])([^}]*)\}", lambda found: GIVEN.get(found[1], found[3] if found[2] == "-" else ""), text
    )


def settings(name: str) -> Settings:
    variables = {variable: filled(str(value)) for variable, value in SERVICES[name]["environment"].items()}
    return Settings.from_env({"MCP_ECHO_HOST": "0.0.0.0", **variables}, name.partition("-")[0])


def test_it_keeps_the_schema() -> None:
    assert against_schema(COMPOSE, "compose-spec") == []


def test_a_misspelled_key_would_be_found() -> None:
    broken = {**COMPOSE, "services": {"x": {"image": "x", "cap_dorp": ["ALL"]}}}
    assert against_schema(broken, "compose-spec")


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened_limited_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["image"] == "mcp-echo" or service["user"].partition(":")[0] != "0"


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_takes_its_settings_and_its_variant(name: str) -> None:
    variant, found = name.partition("-")[0], settings(name)
    assert SERVICES[name]["command"] == ["mcp-echo", "serve", "--variant", variant]
    assert found.instance == name
    assert found.cors_origins == ()
    assert found.allowed_hosts == (f"{variant}.localhost", f"{variant}.localhost:*")
    assert found.session_store == ("redis://redis:6379/0" if variant == "stateful" else "memory://")


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_gets_longer_to_end_than_its_drain_takes(name: str) -> None:
    drain = settings(name).drain_delay + settings(name).drain_timeout
    assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > drain + 1


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_believes_the_network_that_it_shares_with_traefik(name: str) -> None:
    (pool,) = COMPOSE["networks"]["gateway"]["ipam"]["config"]
    assert [str(network) for network in settings(name).forwarded_allow_ips] == [pool["subnet"]]
    assert "gateway" in SERVICES["traefik"]["networks"]


def test_only_traefik_is_reachable_and_only_from_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["traefik"]
    assert SERVICES["traefik"]["ports"] == ["127.0.0.1:8080:8080"]
    assert COMPOSE["networks"]["gateway"]["internal"]
    assert SERVICES["redis"]["networks"] == ["store"]


def test_traefik_is_the_version_that_the_tests_run() -> None:
    pinned = re.search(r"==(\d+\.\d+)\.", (ROOT / "tests/peers/requirements/traefik.txt").read_text(encoding="utf-8"))
    assert pinned is not None
    assert SERVICES["traefik"]["image"] == f"traefik:v{pinned[1]}"


def test_who_ends_tls_on_this_machine_has_an_address_that_does_not_change() -> None:
    (pool,) = COMPOSE["networks"]["outside"]["ipam"]["config"]
    assert ip_address(pool["gateway"]) in ip_network(pool["subnet"])
    assert pool["gateway"] in (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def test_all_files_that_are_mounted_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), volume
