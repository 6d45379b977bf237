"""The how-to pages as programs read them: what to run, what comes out, what causes it and what mends it.

A page names the gateway ``127.0.0.1:8080`` and what is behind it by other ports of ``127.0.0.1``. Tests put their own
in the place of these, and back again in what is printed.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "how-to"
GATEWAY = 8080
"""Port of the gateway on every page."""

SECTIONS = ("Ask", "What it means", "Fix", "See that it is fixed", "Cause it yourself")
CAUSE = "Cause it yourself"
FIX = "Fix"
FIXED = "See that it is fixed"
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d{4}\b")
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A how-to.

    Attributes:
        path: Its file.
    """

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def sections(self) -> Mapping[str, str]:
        """What stands below each heading of the second level, in order."""
        parts = re.split(r"^## (.+)$", self.text, flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    def blocks(self, section: str, language: str) -> list[str]:
        """The code blocks of a language in a section."""
        return [code for kind, code in _FENCED.findall(self.sections[section]) if kind == language]

    def block(self, section: str, language: str) -> str:
        """The only one."""
        (found,) = self.blocks(section, language)
        return found

    def command(self, section: str) -> list[str]:
        """The words of the one command that a section tells to run."""
        words = shlex.split(self.block(section, "sh"))
        assert words[0] == "mcp-echo", words
        return words[1:]

    @property
    def causes(self) -> list[str]:
        """What the page says names the cause: the quoted lines."""
        return re.findall(r"^> (.+)$", self.sections["What it means"], re.MULTILINE)

    def servers(self, section: str = CAUSE) -> dict[int, list[str]]:
        """The commands of a section that start our servers, by port."""
        commands = [shlex.split(line) for block in self.blocks(section, "sh") for line in block.splitlines()]
        return {
            int(words[words.index("--port") + 1]): words for words in commands if words[:2] == ["mcp-echo", "serve"]
        }

    def show(self, section: str, printed: str) -> None:
        """Put what was printed in the place of the output in a section."""
        before, heading, rest = self.text.partition(f"\n## {section}\n")
        shown = self.block(section, "text")
        self.path.write_text(before + heading + rest.replace(f"\n{shown}```", f"\n{printed}\n```", 1), encoding="utf-8")


def pages() -> list[Page]:
    """All of them."""
    return [Page(path) for path in sorted(FOLDER.glob("*.md")) if path.name != "index.md"]


def moved(text: str, ports: Mapping[int, int]) -> str:
    """A text with other ports; each port in it must be known."""
    text = re.sub(r"\blisten (?=\d)", "listen 127.0.0.1:", text)
    return PORT.sub(lambda port: str(ports[int(port[0])]), text)


def moved_back(text: str, ports: Mapping[int, int]) -> str:
    """What was printed, with the ports of the page."""
    for page, own in ports.items():
        text = re.sub(rf"\b{own}\b", str(page), text)
    return text
