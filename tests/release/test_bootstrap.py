"""Scripts that begin with nothing: which uv runs beside a publishing identity, and what the audit's codes mean."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKED = next(
    package
    for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    if package["name"] == "uv"
)
PYTHON = f"""#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
elif [ "$1 $2" = "-m pip" ]; then
  echo "$@" >installed && printf '#!/bin/sh\\necho locked' >.venv-uv/bin/uv && chmod +x .venv-uv/bin/uv
else exec {sys.executable} "$@"; fi
"""
"""Stands in for python3: makes environments and installs without a network."""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def run(folder: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    search = f"{folder / 'bin'}{os.pathsep}{os.defpath}"
    return subprocess.run(
        [folder / "scripts" / script], cwd=folder, env={"PATH": search, **environment}, check=False, timeout=20,
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/uv", "scripts/audit", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    program(tmp_path / "bin" / "python3", PYTHON)
    return tmp_path


def test_on_github_the_uv_of_the_lock_runs_installed_by_its_hashes(clone: Path) -> None:
    program(clone / "bin" / "uv", "#!/bin/sh\necho this machine\n")
    assert run(clone, "uv").stdout == "this machine\n"
    assert run(clone, "uv", GITHUB_ACTIONS="true").stdout == "locked\n"
    words = (clone / "installed").read_text(encoding="utf-8").split()
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(words)
    assert words[-2:] == ["--requirement", str(clone / ".venv-uv" / "uv.txt")]
    version, *hashes = (clone / ".venv-uv" / "uv.txt").read_text(encoding="utf-8").split()
    assert version == f"uv=={LOCKED['version']}"
    assert set(hashes) == {f"--hash={wheel['hash']}" for wheel in LOCKED["wheels"]}
    assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes)


def test_nothing_that_publishes_gets_uv_by_another_way() -> None:
    for name in ("scripts/publish", "scripts/release-check", ".github/workflows/publish.yml", "Dockerfile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"pip install|setup-uv|astral\.sh|(?<![/\w-])uvx? ", text), name


@pytest.mark.parametrize(
    ("uv", "python", "code"),
    [("exit 2", "exit 0", 1), ("exit 0", "exit 1", 75), ('[ "$1" != export ] || exit 2', "exit 0", 1)],
    ids=["the lock is out of date", "no advisories", "nothing can be exported"],
)
def test_an_audit_that_fails_is_no_audit_that_could_not_ask(clone: Path, uv: str, python: str, code: int) -> None:
    program(clone / "scripts" / "uv", f"#!/bin/sh\n{uv}\n")
    program(clone / ".venv-audit" / "bin" / "python", f"#!/bin/sh\n{python}\n")
    program(clone / ".venv-audit" / "bin" / "pip-audit", "#!/bin/sh\nexit 0\n")
    assert run(clone, "audit").returncode == code


def test_only_an_audit_that_could_not_ask_is_forgiven() -> None:
    (line,) = [
        line for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines() if "scripts/audit" in line
    ]
    for code, passes in ((0, True), (1, False), (2, False), (75, True)):
        said = line.replace("scripts/audit", f"(exit {code})")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", said], check=False, timeout=20)
        assert (done.returncode == 0) == passes, code
