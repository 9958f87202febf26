"""Work that pages will ask for, begun before they do, by as many processes as there are cores.

While the cells of one page run, another process checks the derivations of the next.  Nothing depends on it: what
was not begun ahead is done when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ProcessPoolExecutor

from audience import is_for_students

# Each says what a build will ask for: environment -> {key: (function, *arguments)}, functions of modules.
PLANS: list[Callable[[object], dict[Hashable, tuple]]] = []

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


def setup(app):
    app.connect("builder-inited", begin)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
