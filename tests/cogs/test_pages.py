"""Texts of several pages, as Discord takes them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cogs._views import paginate

LINES = st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=30)


@given(st.lists(LINES, min_size=1, max_size=60))
def test_every_line_is_on_one_page(lines: list[str]) -> None:
    pages = paginate(lines, most=40)
    shown = [line for page in pages for line in page.split("\n")]
    assert [line for line in shown if line.strip()] == [line for line in lines if line.strip()]
    assert all(page.strip() and len(page) <= 40 for page in pages)


def test_a_line_that_is_too_long_is_cut_and_no_page_is_empty() -> None:
    for lines in (["x" * 41], ["x" * 40], ["a", "x" * 99, "b"]):
        pages = paginate(lines, most=40)
        assert all(page.strip() and len(page) <= 40 for page in pages)
        assert [page[-1] for page in pages if len(page) == 40] == [
            "…" if len(lines[-1]) != 40 else "x"
        ]
