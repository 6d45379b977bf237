"""Says what still keeps a version from being published; with ``--tag``, whether the tag may publish it.

The changelog has a heading per version, newest first: ``## 1.2.0 (2026-01-31)``, or ``(unreleased)`` for the newest.
"""

import argparse
import itertools
import os
import re
import sys
from datetime import date

from release import project

HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+) \((.+)\)")
UNRELEASED = "unreleased"


def changelog(text: str, version: str) -> list[str]:
    """What is wrong with a changelog at any time.

    Args:
        text: The whole file.
        version: The version that the source has.

    Returns:
        One line per problem.
    """
    headings = HEADING.findall(text)
    entries = [VERSION.fullmatch(heading) for heading in headings]
    wrong = [
        f"CHANGELOG.md: '## {heading}' is no heading; write ## 1.2.0 (2026-01-31), or (unreleased) instead of the date"
        for heading, entry in zip(headings, entries, strict=True)
        if entry is None or not _is_date(entry[4], newest=heading == headings[0])
    ]
    if wrong:
        return wrong
    numbers = [tuple(map(int, entry.groups()[:3])) for entry in entries if entry]
    wrong += [
        f"CHANGELOG.md: {headings[place]} does not stand above an older version; order them newest first"
        for place, (upper, lower) in enumerate(itertools.pairwise(numbers))
        if upper <= lower
    ]
    top = headings[0].partition(" ")[0] if headings else "nothing"
    if top != version:
        wrong.append(f"CHANGELOG.md: begins with {top}, but __version__ is {version}; they have to be one")
    return wrong


def release(text: str, version: str, tag: str, repository: str) -> list[str]:
    """What keeps a tag from publishing.

    Args:
        text: The whole changelog.
        version: The version that the source has.
        tag: Name of the tag.
        repository: URL of the source repository.

    Returns:
        One line per problem.
    """
    wrong = changelog(text, version)
    if tag != f"v{version}":
        wrong.append(f"tag {tag}: __version__ is {version}, so the tag has to be v{version}")
    top, _, rest = text.partition("\n## ")[2].partition("\n")
    if UNRELEASED in top:
        wrong.append(f"CHANGELOG.md: {version} has no date; write today's instead of ({UNRELEASED})")
    if not re.search(r"^- ", rest.partition("\n## ")[0], re.MULTILINE):
        wrong.append(f"CHANGELOG.md: nothing is told of {version}; a line per visible change")
    if project.PLACEHOLDER in repository:
        wrong.append(
            f"pyproject.toml: Repository is {repository}; write the real one, run scripts/generate_docs.py "
            "and put the new marker into README.md"
        )
    # GitHub tells its runs where they are; names are compared as it does.
    home = os.environ.get("GITHUB_REPOSITORY", "")
    if home and not repository.lower().endswith(f"/{home.lower()}"):
        wrong.append(f"pyproject.toml: Repository is {repository}, but this is {home}")
    return wrong


def _is_date(text: str, *, newest: bool) -> bool:
    if newest and text == UNRELEASED:
        return True
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def main() -> int:
    """Print the problems; exit code 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tag", help="judge whether this tag may publish")
    tag = parser.parse_args().tag
    text = (project.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = project.version()
    wrong = release(text, version, tag, project.repository()) if tag else changelog(text, version)
    print("\n".join(wrong) or f"ready: {tag or version}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
