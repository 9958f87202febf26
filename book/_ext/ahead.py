"""Work that pages will ask for, begun before they do, by as many processes as there are cores.

While the cells of one page run, another process checks the derivations of the next: so pages are read in the order
of the topics, and those that ask about all topics after them.  Nothing depends on it: what was not begun ahead is
done when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ProcessPoolExecutor

from audience import is_for_students
from derivations import TOPICS

# Each says what a build will ask for: environment -> {key: (function, *arguments)}, functions of modules.
PLANS: list[Callable[[object], dict[Hashable, tuple]]] = []

ABOUT_ALL = {"intro", "homework", "audit"}

_begun: dict[Hashable, Future] = {}


def take(key: Hashable, compute: Callable, *arguments):
    """`compute(*arguments)`, or what came of it ahead."""
    future = _begun.pop(key, None)
    return compute(*arguments) if future is None else future.result()


def begin(app):
    if is_for_students():
        return  # next to nothing is asked for
    work = {key: call for plan in PLANS for key, call in plan(app.env).items()}
    if not work:
        return
    pool = ProcessPoolExecutor(max_workers=os.cpu_count())
    _begun.update({key: pool.submit(*call) for key, call in work.items()})
    app.connect("build-finished", lambda app, exception: pool.shutdown(wait=False, cancel_futures=True))


def in_order(app, env, docnames: list[str]):
    docnames.sort(key=place_of)


def place_of(page: str) -> int:
    return TOPICS.index(page) if page in TOPICS else len(TOPICS) + (page in ABOUT_ALL)


def setup(app):
    app.connect("builder-inited", begin)
    app.connect("env-before-read-docs", in_order)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
