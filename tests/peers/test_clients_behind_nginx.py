"""An nginx as it comes, but for Host, makes no client look guilty: what it does is told as a gateway's doing."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from judged_clients import Judged, judge_all, visitors

from nginx_process import proxy

pytestmark = pytest.mark.peers

SOFTWARE = ("sdk1-", "sdk2-", "fastmcp-", "typescript")


@contextlib.contextmanager
def _through_nginx(folder: Path, port: int) -> Iterator[int]:
    own = Path(tempfile.mkdtemp(prefix="nginx", dir=folder))
    with proxy(own, port, "proxy_set_header Host $host;") as entrance:
        yield entrance


@pytest.fixture(scope="module")
def judged(installed_peers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """Clients that are known to keep the rules, after their visits."""
    assert installed_peers.is_dir()
    conforming = [each for each in visitors() if each.name.startswith(SOFTWARE)]
    return judge_all(conforming, tmp_path_factory.mktemp("visits"), _through_nginx)


def test_no_client_is_accused(judged: dict[str, Judged]) -> None:
    accused = {name: each.findings for name, each in judged.items() if set(each.rules.values()) - {"note"}}
    assert accused == {}
    assert len(judged) >= 10


def test_the_gateway_is_seen(judged: dict[str, Judged]) -> None:
    for name, each in judged.items():
        seen = {observation["id"] for observation in each.report["gateway"]}
        assert "gw-proxy-markers" in seen, name
        assert seen <= {"gw-proxy-markers", "gw-host-missing-or-changed"}, name
