"""Where a command's report goes: standard output, or a file that is either the old one or the whole new one."""

import contextlib
import os
import sys
from pathlib import Path


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
    """Print a text; what the terminal's encoding lacks is shown as escapes. A reader that has gone is no fault.

    Raises:
        OSError: It cannot be written.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
