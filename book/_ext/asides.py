"""Margin notes: ``{aside} Title``.  Beside the text where there is room; folded, one click away, where there is none.

The class ``margin`` is the theme's: its table of contents steps aside while such a note is in view.
"""

from __future__ import annotations

from sphinx.util.docutils import SphinxDirective

from pieces import disclosure, rich, summary


class AsideDirective(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        self.assert_has_content()
        note = disclosure("", classes=["aside", "margin"])
        note += summary("", "", *rich(self.arguments[0]))
        self.state.nested_parse(self.content, self.content_offset, note)
        return [note]


def setup(app):
    app.setup_extension("pieces")
    app.add_directive("aside", AsideDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
