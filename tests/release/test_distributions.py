"""The judge of built distributions convicts; scripts/release-check shows it what is really built."""

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

from release import build, project, verify  # noqa: E402

STEM = f"{project.NAME.replace('-', '_')}-{project.version()}"
ABOUT = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
SOURCE = {path.relative_to(verify.SOURCE).as_posix() for path in verify.SOURCE.rglob("*") if path.is_file()}
SOURCE = {name for name in SOURCE if "__pycache__" not in name}


def wheel(folder: Path, names: set[str]) -> Path:
    path = folder / f"{STEM}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*names, *(f"{STEM}.dist-info/{name}" for name in ABOUT)):
            archive.writestr(name, "")
    return path


def sdist(folder: Path, names: set[str]) -> Path:
    path = folder / f"{STEM}.tar.gz"
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(f"{STEM}/{name}"), io.BytesIO())
    return path


def alias(folder: Path, metadata: str, **files: str) -> Path:
    path = folder / f"{STEM.replace('server', 'server_stateful')}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {"METADATA": metadata, **files}.items():
            archive.writestr(f"alias-{project.version()}.dist-info/{name.replace('__', '.')}", text)
    return path


SOURCES = {f"src/{name}" for name in SOURCE} | verify.SDIST_BESIDE_SOURCE
METADATA = f"Version: {project.version()}\nRequires-Dist: {project.NAME}=={project.version()}\n"


def test_whole_distributions_are_right(tmp_path: Path) -> None:
    verify.contents(wheel(tmp_path, SOURCE), sdist(tmp_path, SOURCES))


def test_what_the_servers_need_beside_modules_is_part_of_the_source() -> None:
    assert {Path(name).suffix for name in SOURCE} >= {".lua", ".html", ".js", ".css"}
    assert sum(name.endswith("/py.typed") for name in SOURCE) == 3


@pytest.mark.parametrize(
    ("packed", "unpacked", "told"),
    [
        (SOURCE - {"mcp_echo_core/py.typed"}, SOURCES, "wheel: .*missing .*mcp_echo_core/py.typed"),
        (SOURCE | {"tests/live.py"}, SOURCES, "wheel: not wanted .*tests/live.py"),
        (SOURCE, SOURCES - {"LICENSE"}, "source distribution: .*missing .*LICENSE"),
        (SOURCE, SOURCES | {".coverage"}, "source distribution: not wanted .*coverage"),
    ],
)
def test_a_file_too_many_or_too_few_is_named(tmp_path: Path, packed: set[str], unpacked: set[str], told: str) -> None:
    with pytest.raises(verify.Wrong, match=told):
        verify.contents(wheel(tmp_path, packed), sdist(tmp_path, unpacked))


@pytest.mark.parametrize(
    ("metadata", "files", "told"),
    [
        (METADATA.replace("==", ">="), {}, "requires"),
        (METADATA.replace("Version: ", "Version: 9"), {}, "version"),
        (METADATA, {"entry_points__txt": "[console_scripts]\n"}, "entry_points.txt"),
    ],
)
def test_an_alias_of_another_version_or_with_a_command_is_refused(
    tmp_path: Path, metadata: str, files: dict[str, str], told: str
) -> None:
    with pytest.raises(verify.Wrong, match=told):
        verify.metadata([alias(tmp_path, metadata, **files)])


def test_the_project_of_an_alias_asks_for_ours_in_the_same_version(tmp_path: Path) -> None:
    for name, variant in project.ALIASES.items():
        build.write_alias(tmp_path, name, variant)
        text = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
        assert f'name = "{name}"' in text
        assert f'dependencies = ["{project.NAME}=={project.version()}"]' in text
        assert f"python -m {name.replace('-', '_')}`" in (tmp_path / "README.md").read_text(encoding="utf-8")
