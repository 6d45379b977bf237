"""Who has least waiting to be written loses nothing to who floods."""

from collections import Counter

import pytest
from journal_fixtures import TAKEN

from mcp_echo_core.recording.pending import Pending


@pytest.mark.parametrize(
    ("waiting", "left"),
    [
        ({"flood": 900, "a": 3, "b": 5}, {"flood": 92, "a": 3, "b": 5}),
        ({"one": 300, "two": 200}, {"one": 50, "two": 50}),
        ({"a": 10}, {"a": 10}),
    ],
)
def test_what_is_shed_is_shed_from_who_has_most(waiting: dict[str, int], left: dict[str, int]) -> None:
    pending = Pending(1 << 30)
    for subject, count in waiting.items():
        for _ in range(count):
            pending.add([subject], TAKEN)
    pending.shed(100)
    assert Counter(subjects[0] for subjects, _, _ in pending.take(1000)) == left
    lost = {subject: batch.lost for subject, batch in pending.take_lost().items()}
    assert lost == {each: waiting[each] - left[each] for each in waiting if waiting[each] > left[each]}
