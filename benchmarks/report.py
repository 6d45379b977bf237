"""The files under ``results/``: what was measured, where and with what."""

import datetime as dt
import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("mcp-echo-streamablehttp-server", "uvicorn", "uvloop", "httptools", "msgspec", "starlette")

Document = dict[str, Any]
"""A kind's figures; the file adds date, machine, versions and settings."""


def machine() -> dict[str, Any]:
    """Where the figures were made."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_average": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str]:
    """What the figures were made with."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def save(kind: str, document: Document, folder: Path = RESULTS) -> Path:
    """Write the figures of a run beside the code that made them."""
    folder.mkdir(exist_ok=True)
    dated = {"date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **document}
    file = folder / f"{kind}.json"
    file.write_text(json.dumps(dated, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
