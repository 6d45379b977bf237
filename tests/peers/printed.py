"""Runs the usage examples of the package documents as they are printed, with only the port put in.

The Python ones end in ``.py.txt``, so that formatter, linter and size check leave them as they are.
"""

import subprocess
import sys
from pathlib import Path

from processes import Server, environment

EXAMPLES = Path(__file__).with_name("examples")

EXAMPLE_TIMEOUT = 60.0
"""Seconds an example may take."""


def source(name: str, port: int) -> str:
    """An example's text with the port in place of the printed one."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert "3000" in text, f"{name} names no port"
    return text.replace("3000", str(port))


def run(name: str, server: Server, *interpreter: str) -> str:
    """Run an example against a server; what it wrote to standard output.

    The interpreter follows from the name (``bash`` or this Python) unless it is given.
    """
    command = interpreter or ({".sh": "bash", ".py": sys.executable}[Path(name).suffixes[0]],)
    return run_text(source(name, server.port), *command)


def run_text(program: str, *command: str) -> str:
    """Feed a program to an interpreter's standard input; what it wrote to standard output."""
    done = subprocess.run(
        command,
        input=program,
        capture_output=True,
        text=True,
        timeout=EXAMPLE_TIMEOUT,
        check=False,
        env=environment({}),
    )
    assert done.returncode == 0, f"{command} failed with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
