"""What the tests of this folder look at."""

from collections.abc import Iterator

import pytest
from kept_log import KeptLog, kept_log


@pytest.fixture
def log() -> Iterator[KeptLog]:
    """The log of this package, from DEBUG upwards."""
    with kept_log() as kept:
        yield kept
