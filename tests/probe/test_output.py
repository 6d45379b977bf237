"""Reports in files: the old one or the whole new one."""

import stat
from pathlib import Path

import pytest

from mcp_echo_core.commands import output


def test_a_report_takes_the_place_of_the_old_one_and_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    file.write_text("old")
    file.chmod(0o640)
    output.to_file(file, "new ✅\n")
    assert file.read_text(encoding="utf-8") == "new ✅\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_still_leads_to_the_report(tmp_path: Path) -> None:
    file, link = tmp_path / "report.md", tmp_path / "latest.md"
    link.symlink_to(file)
    output.to_file(link, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"


def test_what_fails_half_way_leaves_the_old_report_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.md"
    file.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        output.to_file(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="no /dev/null here")
def test_a_device_is_written_to_and_not_replaced() -> None:
    assert output.problem(Path("/dev/null")) is None
    output.to_file(Path("/dev/null"), "new")
    assert Path("/dev/null").is_char_device()


def test_a_folder_and_a_missing_folder_are_refused_beforehand(tmp_path: Path) -> None:
    assert "is a folder" in (output.problem(tmp_path) or "")
    assert "there is no folder" in (output.problem(tmp_path / "none" / "report.md") or "")
    assert output.problem(tmp_path / "report.md") is None
