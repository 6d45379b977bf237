"""The Kubernetes files: the overlays by the published schemas, and what their parts say of each other."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from deployed import DEPLOY, documents

from live import serving
from mcp_echo_core.settings import Settings

FOLDER = DEPLOY / "kubernetes"
OVERLAYS = ("stateless", "stateful")
WORKLOADS = ("Deployment", "StatefulSet")
KUBECTL = shutil.which("kubectl")


@cache
def objects(overlay: str) -> list[Any]:
    """What ``kubectl apply --kustomize`` would send."""
    if KUBECTL is None:
        absent = "kubectl is not installed; Debian 12 has none that knows these files' kustomize"
        if os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
            pytest.fail(absent)
        pytest.skip(absent)
    command = [KUBECTL, "kustomize", str(FOLDER / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return documents(done.stdout)


def of_kind(overlay: str, *kinds: str) -> list[Any]:
    return [each for each in objects(overlay) if each["kind"] in kinds]


def server(overlay: str) -> Any:
    """The pod of the server itself."""
    (deployment,) = of_kind(overlay, "Deployment")
    return deployment["spec"]["template"]


def settings(overlay: str) -> Settings:
    """What the server reads there."""
    (config,) = of_kind(overlay, "ConfigMap")
    return Settings.from_env(config["data"], overlay)


@pytest.mark.parametrize("file", sorted((FOLDER / "base").glob("*.yaml")), ids=lambda file: file.name)
def test_each_file_of_the_base_keeps_the_schema(file: Path) -> None:
    for each in documents(file.read_text(encoding="utf-8")):
        if each["apiVersion"].startswith("kustomize."):
            continue
        kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everything_of_an_overlay_keeps_the_schema(overlay: str) -> None:
    kinds = {each["kind"] for each in objects(overlay)}
    assert {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"} <= kinds
    for each in objects(overlay):
        kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)


def test_a_misspelled_field_would_be_found() -> None:
    broken = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_keep_the_restricted_pod_security_standard(overlay: str) -> None:
    for workload in of_kind(overlay, *WORKLOADS):
        pod = workload["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["automountServiceAccountToken"]
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["readOnlyRootFilesystem"]
            assert not context["allowPrivilegeEscalation"]
            assert {"requests", "limits"} <= set(container["resources"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_server_takes_its_settings_and_its_variant(overlay: str) -> None:
    (container,) = server(overlay)["spec"]["containers"]
    assert container["args"] == ["mcp-echo", "serve", "--variant", overlay]
    assert settings(overlay).cors_origins == ()
    assert settings(overlay).allowed_hosts == (f"{overlay}.example.com",)


def test_only_the_stateful_server_has_a_store_and_it_is_the_redis_beside_it() -> None:
    (redis,) = [
        each for each in of_kind("stateful", "Service") if each["metadata"]["name"].startswith("mcp-echo-redis")
    ]
    assert settings("stateful").session_store == f"redis://{redis['metadata']['name']}:6379/0"
    assert not of_kind("stateless", "StatefulSet")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_gets_longer_to_end_than_its_drain_takes(overlay: str) -> None:
    drain = settings(overlay).drain_delay + settings(overlay).drain_timeout
    assert server(overlay)["spec"]["terminationGracePeriodSeconds"] > drain + 1


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_gateway_has_time_to_see_that_a_pod_is_not_ready_before_it_stops(overlay: str) -> None:
    (container,) = server(overlay)["spec"]["containers"]
    probe = container["readinessProbe"]
    noticed = probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]
    assert settings(overlay).drain_delay > noticed


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_service_sets_the_servers_own_variables(overlay: str) -> None:
    assert server(overlay)["spec"]["enableServiceLinks"] is False


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_selector_chooses_the_pods_of_one_workload(overlay: str) -> None:
    pods = [each["spec"]["template"]["metadata"]["labels"] for each in of_kind(overlay, *WORKLOADS)]
    specs = [(each["kind"], each["spec"]) for each in objects(overlay) if "spec" in each]
    selectors = [spec["selector"] for kind, spec in specs if kind == "Service"]
    selectors += [
        spec["selector"]["matchLabels"] for kind, spec in specs if kind in (*WORKLOADS, "PodDisruptionBudget")
    ]
    selectors += [spec["podSelector"]["matchLabels"] for kind, spec in specs if kind == "NetworkPolicy"]
    assert len(selectors) >= 4
    for selector in selectors:
        assert sum(selector.items() <= labels.items() for labels in pods) == 1, selector


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_the_gateway_and_prometheus_reach_the_server_and_it_believes_nobody_unasked(overlay: str) -> None:
    (policy,) = [each for each in of_kind(overlay, "NetworkPolicy") if "redis" not in each["metadata"]["name"]]
    (rule,) = policy["spec"]["ingress"]
    names = [each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in rule["from"]]
    assert names == ["gateway", "monitoring"]
    assert settings(overlay).forwarded_allow_ips == Settings.from_env({}, overlay).forwarded_allow_ips


def test_redis_has_room_to_copy_what_it_holds_while_it_rewrites_its_file() -> None:
    (redis,) = [each["spec"]["template"]["spec"]["containers"][0] for each in of_kind("stateful", "StatefulSet")]
    held = int(redis["args"][redis["args"].index("--maxmemory") + 1].removesuffix("mb"))
    assert int(redis["resources"]["limits"]["memory"].removesuffix("Mi")) > 2 * held


def test_probes_are_answered_whatever_their_host_header_says(tmp_path: Path) -> None:
    (container,) = server("stateless")["spec"]["containers"]
    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    with serving("stateless", tmp_path, MCP_ALLOWED_HOSTS="stateless.example.com") as live:
        for path in paths:
            assert live.send("GET", path, headers={"host": "10.1.2.3:3000"}).status == 200
