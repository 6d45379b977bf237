"""The file that keeps sessions survives other processes, crashes, damage and disks that are full or closed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_echo_core.client import session_file
from mcp_echo_core.client.session_file import SavedSession, SessionFile, default_path, server_key

URL = "http://127.0.0.1:3000/mcp"
CREATED = "2026-01-02T03:04:05+00:00"


def saved(session: str = "abc") -> SavedSession:
    return SavedSession(era="legacy", version="2025-11-25", created=CREATED, session=session)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def file(state: Path, told: list[str]) -> SessionFile:
    return SessionFile(state, told.append, lock_seconds=0.05)


def python(code: str, *words: str) -> "subprocess.Popen[str]":
    """Another process that has the names of this module's imports."""
    head = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from mcp_echo_core.client.session_file import SavedSession, SessionFile\n"
        f"new = SavedSession(era='legacy', version='2025-11-25', created={CREATED!r}, session='new')\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + code, *words], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )


def test_what_is_saved_is_there_for_the_next_reader(file: SessionFile, state: Path) -> None:
    file.save(URL, saved())
    assert SessionFile(state, print).load(URL) == saved()


def test_nothing_is_kept_of_a_server_that_was_never_called(file: SessionFile, state: Path) -> None:
    assert file.load(URL) is None
    assert not state.parent.exists()


def test_only_the_owner_can_read_file_and_folder(file: SessionFile, state: Path) -> None:
    file.save(URL, saved())
    assert state.stat().st_mode & 0o777 == 0o600
    assert state.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_could_read_is_closed_and_that_is_said(
    file: SessionFile, state: Path, told: list[str]
) -> None:
    file.save(URL, saved())
    state.chmod(0o644)
    assert file.load(URL) == saved()
    assert state.stat().st_mode & 0o777 == 0o600
    assert len(told) == 1
    assert "could be read by others (mode 644)" in told[0]


def test_a_file_that_cannot_be_closed_to_others_is_used_and_that_is_said(
    file: SessionFile, state: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    file.save(URL, saved())
    state.chmod(0o640)
    monkeypatch.setattr(Path, "chmod", refuse)
    assert file.load(URL) == saved()
    assert told == [f"{state} can be read by others (mode 640), and that stays so: Operation not permitted."]


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(
    file: SessionFile, state: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    file.save(URL, saved())
    monkeypatch.setattr("os.fsync", full)
    file.save(URL, saved("new"))
    assert file.load(URL) == saved()
    assert sorted(each.name for each in state.parent.iterdir()) == ["sessions.json", "sessions.json.lock"]
    assert told == [f"{state} cannot be changed (No space left on device): it stays as it was."]


def test_credentials_in_a_url_are_not_written(file: SessionFile, state: Path) -> None:
    file.save("https://me:hunter2hunter2@example.com/mcp?api_key=sesame-sesame&team=a", saved())
    assert list(json.loads(state.read_text())["servers"]) == ["https://example.com/mcp?api_key=*******&team=a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP://Example.com:80/mcp#top", "http://example.com/mcp"),
        ("https://example.com:443", "https://example.com/"),
        ("http://[::1]:3000/mcp", "http://[::1]:3000/mcp"),
    ],
)
def test_spellings_of_one_url_are_one_server(one: str, other: str) -> None:
    assert server_key(one) == other


def test_a_forgotten_server_is_gone_and_the_others_stay(file: SessionFile) -> None:
    file.save(URL, saved())
    file.save("http://other/mcp", saved("other"))
    assert file.forget(URL)
    assert not file.forget(URL)
    assert list(file.all()) == ["http://other/mcp"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"servers": {"u": {"era": "none"}}}', b"\xff\xfe",
     b'{"servers": {"u": {"era": "legacy", "version": "1", "created": "", "session": "a\\r\\nEvil: 1"}}}'],
)  # fmt: skip
def test_a_damaged_file_is_kept_aside_and_a_new_one_begins(
    file: SessionFile, state: Path, told: list[str], content: bytes
) -> None:
    state.parent.mkdir(parents=True)
    state.write_bytes(content)
    state.chmod(0o600)
    assert file.load(URL) is None
    file.save(URL, saved())
    assert file.load(URL) == saved()
    assert state.with_name("sessions.json.damaged").read_bytes() == content
    assert len(told) == 1
    assert "is damaged" in told[0]


def test_a_folder_that_cannot_be_written_is_said_once(state: Path, told: list[str]) -> None:
    state.parent.parent.mkdir()
    state.parent.write_text("in the way")
    file = SessionFile(state, told.append)
    file.save(URL, saved())
    file.save(URL, saved("later"))
    assert [text.partition(" (")[0] for text in told] == [f"{state} cannot be changed"]


def test_a_file_that_cannot_be_read_is_said_and_not_replaced(state: Path, told: list[str]) -> None:
    state.mkdir(parents=True)
    file = SessionFile(state, told.append)
    assert file.load(URL) is None
    file.save(URL, saved())
    assert state.is_dir()
    assert ["cannot be read" in told[0], "cannot be changed" in told[1]] == [True, True]


def test_a_session_id_that_no_header_can_carry_is_not_kept(file: SessionFile, told: list[str]) -> None:
    file.save(URL, saved("with space"))
    assert file.load(URL) is None
    assert "characters that no session id may have" in told[0]


def test_processes_that_save_at_once_lose_nothing(file: SessionFile, state: Path) -> None:
    code = (
        "file = SessionFile(Path(sys.argv[1]), print)\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for number in range(20): file.save(f'http://{sys.argv[2]}-{number}/mcp', new)\n"
    )
    processes = [python(code, str(state), name) for name in ("one", "two", "three")]
    assert [process.stdout and process.stdout.readline() for process in processes] == ["ready\n"] * 3
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in processes] == [""] * 3
    assert len(file.all()) == 60


def test_a_writer_that_is_killed_in_the_middle_leaves_the_old_file_and_no_lock(file: SessionFile, state: Path) -> None:
    file.save(URL, saved())
    code = (
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "SessionFile(Path(sys.argv[1]), print).save(sys.argv[2], new)"
    )
    process = python(code, str(state), URL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert file.load(URL) == saved()
    file.save(URL, saved("after"))
    assert file.load(URL) == saved("after")


def test_a_lock_that_is_never_released_stops_nobody_for_long(file: SessionFile, state: Path, told: list[str]) -> None:
    file.save(URL, saved())
    code = (
        "file = SessionFile(Path(sys.argv[1]), print)\n"
        "with file._locked():\n    print('held', flush=True)\n    sys.stdin.readline()\n"
    )
    process = python(code, str(state))
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    file.save(URL, saved("other"))
    assert "another process has held the lock for 0.05 s" in told[0]
    assert file.load(URL) == saved()
    process.communicate("done\n", timeout=60)


def test_without_file_locks_sessions_are_kept_and_the_risk_is_said(
    file: SessionFile, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_file, "fcntl", None)
    file.save(URL, saved())
    assert file.load(URL) == saved()
    assert told == ["This platform has no file locks: of two runs that end at once, one may lose its session."]


@pytest.mark.parametrize("environment", [{}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "relative"}])
def test_without_an_absolute_state_home_the_default_counts(environment: dict[str, str]) -> None:
    assert default_path(environment) == Path.home() / ".local" / "state" / "mcp-echo" / "sessions.json"
