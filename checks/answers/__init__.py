"""Known answers to the exercises: right ones (wheats) and wrong ones (chaffs), by which the grader is audited.

One module a chapter, with the stem of its exercises: `WHEATS` and `CHAFFS`, exercise -> style or
slip -> answer.  An answer is, by kind: a formula as text; a function's Python source, after ``import
numpy as np``; a witness's pieces by name; the letters of a choice; the lines of a chain.  Nothing
here is needed to grade: an edition for students leaves this folder out.
"""

from importlib import import_module
from importlib.util import find_spec


def of_chapter(stem: str) -> tuple[dict, dict]:
    """The wheats and the chaffs of a chapter, by exercise; empty where nobody has written any."""
    name = f"{__name__}.{stem}"
    if find_spec(name) is None:
        return {}, {}
    module = import_module(name)
    return module.WHEATS, module.CHAFFS
