"""stores/sqlite_file.py: which file a URL names, and which files cannot be used and why."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.sqlite import SqliteStore
from mcp_echo_core.stores.sqlite_file import APPLICATION_ID, SCHEMA_VERSION, path_of

HERE = Path.cwd()
PATHS = {
    "sqlite:///var/lib/x.db": Path("/var/lib/x.db"),
    "sqlite:////var/lib/x.db": Path("/var/lib/x.db"),
    "sqlite://x.db": HERE / "x.db",
    "sqlite://./x.db": HERE / "x.db",
    "sqlite:///./x.db": HERE / "x.db",
    "sqlite:///../x.db": HERE.parent / "x.db",
    "sqlite://folder/x.db": HERE / "folder" / "x.db",
    "sqlite:///a%20b/%C3%A9.db": Path("/a b/é.db"),
    "sqlite:///a b.db": Path("/a b.db"),
}


def opened(url: str) -> SqliteStore:
    """The store of a URL, not yet open."""
    return SqliteStore.from_settings(Settings.from_env({"MCP_SESSION_STORE": url}, "stateful"))


def refusal(url: str) -> str:
    """Why a URL cannot be used."""
    with pytest.raises(ConfigurationError) as refused:
        opened(url)
    assert refused.value.variable == "MCP_SESSION_STORE"
    return str(refused.value)


def database(path: Path, *statements: str) -> str:
    """A database with some content; its URL."""
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()
    return f"sqlite://{path}"


def modes(folder: Path) -> dict[str, int]:
    """The files of a folder and who may do what with them."""
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.parametrize("url", PATHS)
def test_a_url_names_a_file(url: str) -> None:
    assert path_of(url) == PATHS[url]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite://:memory:", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused_with_what_to_use_instead(url: str) -> None:
    assert "memory://" in refusal(url)


@pytest.mark.parametrize("url", ["sqlite:///x.db?mode=ro", "sqlite:///tmp/", "sqlite:///x%00"])
def test_what_is_no_plain_path_is_refused(url: str) -> None:
    assert "the path of a file and nothing else" in refusal(url)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert f"there is no folder {tmp_path / 'missing'}" in refusal(f"sqlite://{tmp_path}/missing/x.db")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "this is a folder" in refusal(f"sqlite://{tmp_path}")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"something precious " * 1000)
    assert "damaged or no SQLite database" in refusal(f"sqlite://{tmp_path}/x.db")
    assert (tmp_path / "x.db").read_bytes() == b"something precious " * 1000


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    assert "another program's database" in refusal(database(tmp_path / "x.db", "CREATE TABLE t (x)"))


async def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = database(
        tmp_path / "x.db", "CREATE TABLE sessions (x)", f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
    )  # fmt: skip
    assert f"schema {SCHEMA_VERSION + 1}, this one knows {SCHEMA_VERSION}" in refusal(url)
    with pytest.raises(StoreUnavailable, match="a newer version wrote the file"):
        await SqliteStore(tmp_path / "x.db", 100.0, 3, 4).open()


def test_looking_at_a_file_makes_none(tmp_path: Path) -> None:
    opened(f"sqlite://{tmp_path}/x.db")
    assert list(tmp_path.iterdir()) == []


async def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    store = opened(f"sqlite://{tmp_path}/x.db")
    await store.open()
    await store.sweep(1.0)
    assert modes(tmp_path) == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}
    await store.close()
    assert modes(tmp_path) == {"x.db": 0o600}


async def test_a_file_that_was_used_before_can_be_used_again(tmp_path: Path) -> None:
    for _ in range(2):
        store = opened(f"sqlite://{tmp_path}/x.db")
        await store.open()
        await store.ping()
        await store.close()


async def test_a_file_that_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    store = opened(f"sqlite://{tmp_path}/x.db")
    (tmp_path / "x.db").mkdir()
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        await store.open()
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.ping()
    await store.close()
