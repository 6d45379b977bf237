"""SessionManager as documented, imported from where the documentation imports it, with time that tests move."""

import subprocess
import sys

import pytest

from harness import FakeClock
from mcp_echo_streamablehttp_server_stateful import SessionManager


@pytest.fixture
def manager(clock: FakeClock) -> SessionManager:
    """A manager whose sessions live for a second."""
    return SessionManager(session_timeout=1, clock=lambda: clock.wall)


def test_a_session_lives_until_it_expires(manager: SessionManager, clock: FakeClock) -> None:
    session_id = manager.create_session()
    assert manager.get_session(session_id) is not None
    clock.jump(2)
    manager.cleanup_expired_sessions()
    assert manager.get_session(session_id) is None


def test_an_expired_session_is_gone_before_it_is_cleaned_up(manager: SessionManager, clock: FakeClock) -> None:
    session_id = manager.create_session()
    clock.jump(1)
    assert manager.get_session(session_id) is None
    assert list(manager.get_message_queue(session_id)) == []


def test_cleaning_up_says_how_many_it_freed(manager: SessionManager, clock: FakeClock) -> None:
    for _ in range(3):
        manager.create_session()
    clock.jump(0.5)
    living = manager.create_session()
    clock.jump(0.5)
    assert manager.cleanup_expired_sessions() == 3
    assert manager.cleanup_expired_sessions() == 0
    assert manager.get_session(living) is not None


def test_a_queue_keeps_the_newest_hundred() -> None:
    manager = SessionManager()
    session_id = manager.create_session()
    for number in range(150):
        manager.queue_message(session_id, {"msg": number})
    queue = manager.get_message_queue(session_id)
    assert len(queue) == 100
    assert queue[0]["msg"] == 50
    assert queue[-1]["msg"] == 149


def test_queues_belong_to_their_sessions() -> None:
    manager = SessionManager()
    first, second = manager.create_session(), manager.create_session()
    manager.queue_message(first, {"for": "first"})
    assert list(manager.get_message_queue(first)) == [{"for": "first"}]
    assert list(manager.get_message_queue(second)) == []


@pytest.mark.parametrize("session_id", ["", "nope", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_session_is_nothing_and_takes_nothing(session_id: str) -> None:
    manager = SessionManager()
    assert manager.get_session(session_id) is None
    assert list(manager.get_message_queue(session_id)) == []
    with pytest.raises(KeyError):
        manager.queue_message(session_id, {})


def test_a_session_is_described_as_the_documents_print_it(manager: SessionManager, clock: FakeClock) -> None:
    session_id = manager.create_session()
    described = manager.get_session(session_id)
    assert described is not None
    assert described["created_at"] == described["last_activity"] == clock.wall
    assert described["initialized"] is False
    assert manager.session_timeout == 1


def test_importing_the_manager_builds_no_server() -> None:
    code = (
        "import sys; from mcp_echo_streamablehttp_server_stateful import SessionManager;"
        "SessionManager().create_session();"
        "sys.exit('mcp_echo_core.app' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0
