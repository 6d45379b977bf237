"""Builds what a release consists of: wheel, source distribution and an alias wheel for each variant's own name.

The same source gives the same bytes: the locked hatchling builds without an environment of its own and writes one
time into all archives, that of ``SOURCE_DATE_EPOCH`` or else one that never changes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from string import Template

from release import project

TEMPLATES = Path(__file__).parent
BUILD_SECONDS = 60


def build(out: Path) -> None:
    """Build everything into a folder; older distributions there are removed.

    Raises:
        RuntimeError: A build failed; with what hatchling said.
    """
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.whl"), *out.glob("*.tar.gz")):
        old.unlink()
    hatch(project.ROOT, out, "wheel", "sdist")
    for name, variant in project.ALIASES.items():
        with tempfile.TemporaryDirectory() as folder:
            write_alias(Path(folder), name, variant)
            hatch(Path(folder), out, "wheel")


def hatch(source: Path, out: Path, *targets: str) -> None:
    """Build the project in one folder into another one.

    Raises:
        RuntimeError: It failed; with what hatchling said.
    """
    chosen = [word for target in targets for word in ("--target", target)]
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *chosen, "--directory", str(out.resolve())],
        cwd=source, check=False, timeout=BUILD_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stdout)


def write_alias(folder: Path, name: str, variant: str) -> None:
    """Write the project of an alias."""
    facts = {
        "name": name,
        "variant": variant,
        "package": name.replace("-", "_"),
        "main": project.NAME,
        "version": project.version(),
        "python": project.PROJECT["requires-python"],
    }
    for template, file in (("alias.toml", "pyproject.toml"), ("alias.md", "README.md")):
        text = Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(facts)
        (folder / file).write_text(text, encoding="utf-8")
    (folder / "LICENSE").write_bytes((project.ROOT / "LICENSE").read_bytes())


if __name__ == "__main__":
    build(Path(*sys.argv[1:2] or ["dist"]))
