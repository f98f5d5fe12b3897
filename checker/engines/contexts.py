"""Z3's contexts: one can be made before a process is forked, and is then the child's first.

To set one up touches 18 MB, which takes as long as many a question. A context that nobody has used
is the same in each child as one made there, so answers do not depend on it.
"""

from __future__ import annotations

import z3

_unused: list[z3.Context] = []


def prepare() -> None:
    """Have a context ready for each child that is forked from here on."""
    if not _unused:
        _unused.append(z3.Context())


def fresh() -> z3.Context:
    """A context in which nothing has been made yet."""
    return _unused.pop() if _unused else z3.Context()
