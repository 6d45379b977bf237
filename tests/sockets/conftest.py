"""Servers that several tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from live import Live, serving


@pytest.fixture
def live(variant: str, tmp_path: Path) -> Iterator[Live]:
    """Each of the two servers in turn, in a process of its own, with one worker."""
    with serving(variant, tmp_path) as server:
        yield server
