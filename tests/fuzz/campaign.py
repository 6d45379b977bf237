"""Fuzzes both servers, whole, in this machine's memory: ``scripts/fuzz --help``.

Each input is a client with up to six requests; atheris makes them from the corpus and, in one process of several, from
what it sees of the branches they reach. ``fuzz_oracles.py`` says what must be true of answers, log lines and records.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import fuzz_corpus

HERE = Path(__file__).parent
GUIDED_SHARE = 10
"""One input of so many is made by the guided process; the others are worth less, and cost a fraction."""

MAX_INPUT_BYTES = 500
HANG_SECONDS = 60
"""After which libFuzzer gives an input up: far more than ``fuzz_exchange.HANG``, which tells more."""

MAX_MEMORY_MB = 600
MAX_CORPUS = 180
"""Inputs in the corpus: each is replayed by every run of the tests."""

REPORT_EVERY = 30.0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="inputs in all (default %(default)s)")
    parser.add_argument(
        "--seconds", type=int, default=600, help="end after this time in any case (default %(default)s)"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="blind processes beside the guided one (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first process, the next ones count up; 0 is random")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what reaches something new")
    return parser.parse_args()


def shares(inputs: int, jobs: int) -> list[int]:
    """How many inputs each process makes: first the guided one, then so many blind ones."""
    guided = inputs // GUIDED_SHARE if jobs else inputs
    return [guided, *((inputs - guided + job) // jobs for job in range(jobs))]


def start(options: argparse.Namespace, folder: Path, corpus: Path, job: int) -> subprocess.Popen[bytes]:
    """Start one worker in a folder of its own; the first one is guided."""
    folder.mkdir()
    runs = shares(options.inputs, options.jobs)[job]
    libfuzzer = [
        f"-runs={runs}", f"-max_total_time={options.seconds}", f"-max_len={MAX_INPUT_BYTES}", "-len_control=20",
        f"-timeout={HANG_SECONDS}", f"-rss_limit_mb={MAX_MEMORY_MB}", f"-artifact_prefix={folder}/", "-verbosity=0",
        f"-seed={options.seed + job if options.seed else 0}", str(corpus),
    ]  # fmt: skip
    paths = os.pathsep.join(map(str, (HERE, HERE.parent)))
    with (folder / "output.txt").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, HERE / "fuzz_worker.py", folder, str(runs), *(["--blind"] if job else []), *libfuzzer],
            env={**os.environ, "PYTHONPATH": paths},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def figures(folders: list[Path]) -> dict[str, Any]:
    """What all workers have done so far."""
    told = [
        json.loads(file.read_text(encoding="utf-8")) for each in folders if (file := each / "figures.json").exists()
    ]
    statuses: Counter[str] = Counter()
    for each in told:
        statuses.update(each["statuses"])
    broken = {
        file.name: each.name for each in folders for file in each.glob("*") if file.name.startswith(("crash-", "oom-"))
    }
    return {
        "inputs": sum(each["inputs"] for each in told),
        "requests": sum(each["requests"] for each in told),
        "seconds": max((each["seconds"] for each in told), default=0.0),
        "crashes": len(broken),
        "hangs": sum(len(list(each.glob("timeout-*"))) for each in folders),
        "findings": {kind: name for each in told for kind, name in each["findings"].items()},
        "5xx": {status: count for status, count in statuses.items() if status.startswith("5")},
        "statuses": dict(sorted(statuses.items())),
        "slowest_seconds": max((each["slowest_seconds"] for each in told), default=0.0),
        "memory_kb": [each["memory_kb"] for each in told],
    }


def tell(text: str) -> None:
    """Say something on standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def watch(workers: list[subprocess.Popen[bytes]], folders: list[Path], seconds: int) -> None:
    """Wait for the workers; none takes longer than it was given, and a little to begin and to end."""
    deadline = time.monotonic() + seconds + 2 * HANG_SECONDS
    while any(worker.poll() is None for worker in workers):
        try:
            next(each for each in workers if each.poll() is None).wait(REPORT_EVERY)
        except subprocess.TimeoutExpired:
            so_far = figures(folders)
            tell(f"{so_far['inputs']:,} inputs, {so_far['requests']:,} requests, {len(so_far['findings'])} findings")
        if time.monotonic() > deadline:
            for worker in workers:
                worker.kill()


def verdict(found: dict[str, Any], codes: list[int | None], asked: int) -> list[str]:
    """What is wrong with a campaign; nothing if all inputs ran and nothing was found.

    Args:
        found: Its figures.
        codes: Exit codes of its processes.
        asked: Inputs that should have run.
    """
    wrong = [f"{len(found['findings'])} findings"] if found["findings"] else []
    wrong += [f"{found[kind]} {kind}" for kind in ("crashes", "hangs") if found[kind]]
    wrong += [f"processes ended with {codes}"] if any(codes) else []
    if found["inputs"] < asked:
        wrong.append(
            f"only {found['inputs']:,} of {asked:,} inputs ran; allow more --seconds or ask for fewer --inputs"
        )
    return wrong


def main() -> int:
    """Run a campaign; exit code 1 if anything was found, or fewer inputs ran than were asked for."""
    options = arguments()
    out = Path(tempfile.mkdtemp(prefix="mcp-echo-fuzz-"))
    corpus = out / "corpus"
    corpus.mkdir()
    known = fuzz_corpus.load()
    for number, data in enumerate(known):
        (corpus / f"{number:04}").write_bytes(data)
    folders = [out / f"job-{job}" for job in range(options.jobs + 1)]
    workers = [start(options, folder, corpus, job) for job, folder in enumerate(folders)]
    watch(workers, folders, options.seconds)
    found = figures(folders)
    tell(json.dumps(found, indent=2))
    if options.keep and not found["findings"]:
        reached = fuzz_corpus.distilled([*known, *(file.read_bytes() for file in corpus.iterdir())], MAX_CORPUS)
        fuzz_corpus.save(reached)
        tell(f"corpus: {len(reached)} inputs, {fuzz_corpus.FILE.stat().st_size} bytes")
    wrong = verdict(found, [worker.returncode for worker in workers], options.inputs)
    tell(
        f"{'; '.join(wrong)}\ninputs and output: {out}" if wrong else f"nothing was found in {found['inputs']:,} inputs"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
