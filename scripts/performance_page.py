"""The measured parts of docs/performance.md, from the files that ``scripts/bench --save`` writes."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.append(str(BENCHMARKS))

import figures  # noqa: E402 - benchmarks/ is a folder of scripts, not a package
import goals  # noqa: E402
from tables import Table, markdown  # noqa: E402


def parts(folder: Path = BENCHMARKS / "results") -> dict[str, list[str]]:
    """Lines by the name of the part.

    Args:
        folder: Where the files are; for a kind without one, the page says how to measure it.
    """
    documents = {
        kind: json.loads(file.read_text("utf-8"))
        for kind in figures.TABLES
        if (file := folder / f"{kind}.json").exists()
    }
    return {
        "goals": markdown(goals.table(documents))[2:],
        "servers": list(_servers(documents.get("echo"))),
        **{kind: list(_part(kind, documents.get(kind))) for kind in figures.TABLES},
    }


def _part(kind: str, document: dict[str, Any] | None) -> Iterable[str]:
    if document is None:
        yield f"Not measured yet: `scripts/bench {kind} --save`."
        return
    yield from _where(document)
    for table in figures.TABLES[kind](document):
        yield from ("", *markdown(table))


def _where(document: dict[str, Any]) -> Iterable[str]:
    machine, settings = document["machine"], document["settings"]
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    yield f"{document['date'][:10]} on {machine['cpu']}, {machine['cores']} cores, {machine['system']}; {versions}."
    told = ", ".join(f"{name.replace('_', ' ')} {_said(value)}" for name, value in settings.items())
    yield f"Settings: {told}."


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)


def _servers(document: dict[str, Any] | None) -> Iterable[str]:
    """Who was measured, and how it was set up."""
    if document is None:
        return []
    own = f"mcp-echo {document['versions']['mcp-echo-streamablehttp-server']}"
    rows = []
    for name, subject in document["subjects"].items():
        found = document["peers"].get(subject["peer"], {})
        software = ", ".join(f"{package} {version}" for package, version in found.items())
        rows.append([name, software or ("uvicorn alone" if name == "ceiling" else own), subject["setup"]])
    lines = markdown(Table("", ["server", "software", "set up"], rows))[2:]
    return [lines[0], "|---|---|---|", *lines[2:]]
