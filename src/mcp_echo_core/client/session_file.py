"""Sessions that outlive a run: one JSON file for a user, in which each server has one entry for each era.

The file is ``$XDG_STATE_HOME/mcp-echo/sessions.json`` (XDG Base Directory Specification), for its owner only, and is
replaced as a whole, so that a reader or a crash never meets half of one. Writers take turns by a lock on a file beside
it. It holds no header and no token. Nothing here raises because of the disk: what goes wrong is told, and the run goes
on without memory.
"""

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Meta, Struct

from mcp_echo_core.client.urls import origin_of
from mcp_echo_core.redaction import text as redacted

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK_SECONDS = 5.0
"""How long to wait for another process that is writing."""

LOCK_INTERVAL = 0.01
"""Seconds from one attempt to take the lock to the next."""

VISIBLE = r"^[\x21-\x7e]+$"
"""What a session id is made of (2025-11-25 basic/transports, Session Management 1)."""

Tell = Callable[[str], None]
"""Is told what the user should know, a sentence at a time."""

Era = Literal["modern", "legacy"]
Choice = Literal["auto", "modern", "legacy"]
HeaderText = Annotated[str, Meta(pattern=VISIBLE)]


class SavedSession(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a server.

    Attributes:
        era: In which the server is spoken to.
        version: The revision, as negotiated.
        created: When the session, or the memory of the era, began: UTC, ISO 8601.
        session: The session id of the legacy era, if the server gave one.
        handle: The state handle of the modern era, if a tool returned one.
    """

    era: Era
    version: HeaderText
    created: str
    session: HeaderText | None = None
    handle: str | None = None


_Servers = dict[str, list[SavedSession]]
"""By ``server_key``, at most one for each era, the one that was saved last first."""


class _Content(Struct, frozen=True):
    servers: _Servers


class SessionFile:
    """The kept sessions by the URL of their server.

    Args:
        path: The file; it and its folder need not exist.
        tell: Is told of a damaged, exposed or unwritable file.
        lock_seconds: How long to wait for another process.
    """

    def __init__(self, path: Path, tell: Tell, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self.path = path
        self._tell = tell
        self._said: set[str] = set()
        self._lock_seconds = lock_seconds

    def load(self, url: str, choice: Choice = "auto") -> SavedSession | None:
        """What was last kept of a server, in an era if one is chosen; ``None`` when nothing is."""
        kept = self.all().get(server_key(url), ())
        return next((each for each in kept if choice in ("auto", each.era)), None)

    def all(self) -> Mapping[str, Sequence[SavedSession]]:
        """Everything that is kept, by ``server_key``."""
        try:
            return self._read()
        except msgspec.MsgspecError:
            # Between the reading and the lock, another process may have put a good file in its place.
            return self._changed(lambda _: False) or {}
        except OSError as error:
            self._say(f"{self.path} cannot be read ({_reason(error)}): no session is remembered.")
            return {}

    def save(self, url: str, session: SavedSession) -> None:
        """Keep what the next run will need, in place of what was kept of the server in this era before."""
        try:
            session = msgspec.convert(msgspec.to_builtins(session), SavedSession)
        except msgspec.ValidationError:
            self._say("The server's session id has characters that no session id may have: it is not kept.")
            return

        def put(servers: _Servers) -> bool:
            others = [each for each in servers.get(server_key(url), ()) if each.era != session.era]
            servers[server_key(url)] = [session, *others]
            return True

        self._changed(put)

    def forget(self, url: str) -> bool:
        """Keep nothing of a server any more; whether something was kept."""
        key = server_key(url)
        return key in self.all() and self._changed(lambda servers: servers.pop(key, None) is not None) is not None

    def _changed(self, change: Callable[[_Servers], bool]) -> _Servers | None:
        """Read, change and write, as one step among all processes.

        Args:
            change: Changes the entries; whether there is something to write.

        Returns:
            The entries; ``None`` when they could not be read or written, which has been told.
        """
        try:
            with self._locked():
                servers = self._read_or_set_aside()
                if change(servers):
                    self._write(servers)
                return servers
        except OSError as error:
            self._say(f"{self.path} cannot be changed ({_reason(error)}): it stays as it was.")
            return None

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._tell(text)

    def _read(self) -> _Servers:
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return {}
        with file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            content = msgspec.json.decode(file.read(), type=_Content)
        if mode & 0o077 and os.name == "posix":
            self._tighten(mode)
        return content.servers

    def _tighten(self, mode: int) -> None:
        try:
            self.path.chmod(0o600)
        except OSError as error:
            self._say(f"{self.path} can be read by others (mode {mode:o}), and that stays so: {_reason(error)}.")
        else:
            self._say(f"{self.path} could be read by others (mode {mode:o}); now only you can (600).")

    def _read_or_set_aside(self) -> _Servers:
        try:
            return self._read()
        except msgspec.MsgspecError as error:
            aside = self.path.with_name(f"{self.path.name}.damaged")
            self.path.replace(aside)
            self._say(f"{self.path} is damaged ({error}): it is kept as {aside.name}, and a new one begins.")
            return {}

    def _write(self, servers: _Servers) -> None:
        encoded = msgspec.json.format(msgspec.json.encode(_Content(servers)), indent=2)
        number, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)  # 0600
        try:
            with os.fdopen(number, "wb") as file:
                file.write(encoded + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(self.path.parent)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            self._wait_for_lock(number)
            yield
        finally:
            os.close(number)  # which ends the lock

    def _wait_for_lock(self, number: int) -> None:
        if fcntl is None:
            self._say("This platform has no file locks: of two runs that end at once, one may lose its session.")
            return
        deadline = time.monotonic() + self._lock_seconds
        while True:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    held = f"another process has held the lock for {self._lock_seconds:g} s"
                    raise OSError(errno.EAGAIN, held) from None
                time.sleep(LOCK_INTERVAL)
            else:
                return


def default_path(environment: Mapping[str, str]) -> Path:
    """Where the sessions of a user are kept; its specification says that a relative ``XDG_STATE_HOME`` is ignored."""
    home = Path(environment.get("XDG_STATE_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".local" / "state") / "mcp-echo" / "sessions.json"


def server_key(url: str) -> str:
    """A URL as the file names it: one spelling, without userinfo and fragment, secret values in the query masked."""
    parts = urlsplit(url)
    rest = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return redacted(f"{origin_of(url)}{rest}")


def _sync_folder(folder: Path) -> None:
    """Make the renaming last through a crash, where folders can be opened."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
