"""The book without a pointer: skip link, order, visible focus, folded answers."""

import pytest

from .conftest import node

PAGES = ("intro.html", "rnn.html", "search.html")
# the search page on a phone; others have more
FEWEST_STOPS = 5


def test_what_is_folded_opens_when_it_is_wanted(site):
    """Answers, and on a phone margin notes."""
    (found,) = node("folded.mjs", site, "rnn.html", "rnn-grad_U-5")
    answers, notes = ("shut", "shutAgain", "linked", "printed", "remembered"), ("beside", "folded", "unfolded")
    assert found == dict.fromkeys((*answers, *notes), True)


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_can_be_read_by_keyboard(site, width):
    for walked in node("keyboard.mjs", site, width, *PAGES):
        assert not walked["faults"], f"{walked['page']}: " + "\n".join(dict.fromkeys(walked["faults"]))
        assert walked["stops"] >= FEWEST_STOPS, f"{walked['page']} has {walked['stops']} stops only"


def test_a_focus_that_is_not_seen_is_noticed(tmp_path):
    body = "<style>a {outline: none}</style><main><a href='#main-content'>skip</a> <a href='b'>b</a></main>"
    (tmp_path / "a.html").write_text(f"<!DOCTYPE html><title>A</title>{body}", encoding="utf-8")
    (walked,) = node("keyboard.mjs", tmp_path, 1280, "a.html")
    assert any("without a mark" in fault for fault in walked["faults"])
    assert any("skip link does not lead" in fault for fault in walked["faults"])
