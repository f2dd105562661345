from collections.abc import Iterator

import pytest

from luna_tts.lookahead import mark_last


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_only_the_last_is_marked(count: int) -> None:
    marked = list(mark_last(range(count)))
    assert [item for item, _ in marked] == list(range(count))
    assert [last for _, last in marked] == [False] * (count - 1) + [True] * min(count, 1)


def test_one_item_is_taken_ahead_and_no_more() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(5):
            taken.append(n)
            yield n

    assert next(mark_last(items())) == (0, False)
    assert taken == [0, 1]
