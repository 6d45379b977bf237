"""SECURITY.md names tests; they exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
NAMED = re.compile(r"`([\w/]+\.py|[\w/]+/)?(?:::(\w+))?`")


def test_every_test_that_the_page_names_exists() -> None:
    page = (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")
    found, file = 0, TESTS
    for path, test in NAMED.findall(page):
        file = TESTS / path if path else file
        assert file.exists(), path
        assert not test or f"def {test}(" in file.read_text(encoding="utf-8"), test
        found += bool(path)
    assert found > 20
