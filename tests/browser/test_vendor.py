"""The page's files from elsewhere are what their note says."""

import hashlib
import re
from pathlib import Path

import mcp_echo_core

STATIC = Path(mcp_echo_core.__file__).parent / "dashboard" / "static"
VENDOR = STATIC / "vendor"


def test_files_from_npm_are_unchanged_and_have_their_licence() -> None:
    note = (VENDOR / "README.md").read_text(encoding="utf-8")
    sums = {name: digest for digest, name in re.findall(r"([0-9a-f]{64})  (\S+)", note)}
    code = [path for path in VENDOR.iterdir() if path.suffix in {".js", ".css"}]
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in code} == sums
    for licence in re.findall(r"`(\S+\.LICENSE\.txt)`", note):
        assert (VENDOR / licence).stat().st_size > 500


def test_modules_can_be_read_at_once_and_make_no_markup_of_text() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text), (
            path.name
        )


def test_the_page_has_no_inline_script_or_style() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
