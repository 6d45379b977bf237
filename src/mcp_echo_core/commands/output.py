"""Where a command's report goes: standard output, or a file that is either the old one or the whole new one."""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

BROKEN_PIPE = 141
"""Exit code when nobody reads the output any more, as shells have it after SIGPIPE."""


def problem(file: Path) -> str | None:
    """Why a report cannot be written to a file, as far as that can be told before there is one."""
    if file.is_dir():
        return f"--output {str(file)!r} is a folder; name a file in it"
    if not file.parent.is_dir():
        return f"--output {str(file)!r}: there is no folder {str(file.parent)!r}; make it, or name another file"
    target = file if _is_special(file) else file.resolve().parent
    return None if os.access(target, os.W_OK) else f"--output {str(file)!r} cannot be written; name another file"


def to_file(file: Path, text: str) -> None:
    """Write a text as UTF-8; readers see the old content until the new one is complete.

    Raises:
        OSError: It cannot be written; what was there before still is.
    """
    target = file.resolve()
    content = text.encode("utf-8", "backslashreplace")
    if _is_special(target):
        target.write_bytes(content)
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("xb") as opened:
            opened.write(content)
        if target.exists():
            draft.chmod(target.stat().st_mode)
        draft.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


def _is_special(file: Path) -> bool:
    """A device or a pipe: written to, not replaced."""
    return file.exists() and not file.is_file()


def to_stdout(text: str) -> None:
    """Print a text; what the terminal's encoding lacks is shown as escapes.

    Raises:
        SystemExit: It cannot be written. Nobody reading is silence and exit code 141, as after SIGPIPE; everything else
            is one line and exit code 2.
    """
    if sys.stdout is None:  # closed by the shell; what says nothing may go on
        if text:
            _fail(os.strerror(errno.EBADF))
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        if text:  # even an empty write reaches the device
            sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()
        raise SystemExit(BROKEN_PIPE) from None
    except OSError as error:
        _discard()
        _fail(error.strerror)


def to_stderr(text: str) -> None:
    """Print a line to standard error, if that can be written to."""
    with contextlib.suppress(OSError):
        if sys.stderr is not None:
            encoding = sys.stderr.encoding or "utf-8"
            sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            sys.stderr.flush()


def _discard() -> None:
    """Let what is still buffered go nowhere, since the interpreter would try again at its end (Python: SIGPIPE)."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _fail(reason: str | None) -> NoReturn:
    to_stderr(f"mcp-echo: standard output cannot be written: {reason}")
    raise SystemExit(2)
