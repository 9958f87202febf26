"""Sliders by keyboard, on a phone, from the disk: they move, say what is seen, and nothing jumps."""

from .conftest import node

PAGES = ("rnn_long_range.html", "bump_flow.html", "relu_extrapolation.html", "bayesian_network.html")
SLIDERS = 2 + 7 + 1 + 2


def test_sliders_redraw_and_say_what_is_seen(site):
    found = node("explorables.mjs", site, *PAGES)
    assert len(found) == SLIDERS and {each["page"] for each in found} == set(PAGES)
    for each in found:
        where = f"{each['page']}, {each['slider']}"
        assert each["errors"] == [], where
        assert each["changed"], f"{where}: nothing is drawn anew"
        before, after = each["value"]
        assert before != after == each["shown"], where
        assert len(each["said"]) > 40 and each["marked"] and each["file"] and each["rows"] > 20, where
        assert each["wider"] <= 0, f"{where}: the page is {each['wider']} px wider than the phone"
        assert abs(each["jump"]) <= 30, f"{where}: the page jumps by {each['jump']} px"
