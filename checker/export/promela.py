"""A system as a Promela model: for SPIN, which then visits the same states with code of its own.

There is one process, and it has one place: a loop over the steps. Each step is a `d_step`, which
SPIN takes as one transition. The writes of a step are simultaneous; here they stand in an order in
which each reads what no other has changed yet, and where there is none a temporary helps, which is
0 again at the end. So a state that SPIN stores is a state of the system, and the other way round,
if SPIN is told (-o2) to keep variables that nobody reads; left out they change no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from checker.export.spelling import Names, comment, identifiers, spelled, string
from checker.export.spelling import NotConcrete as NotConcrete
from model.expr import And, Expr, free
from model.kernel.system import Cell, Step, System

_HEAD = """\
/* {title}
 *
 * Every step of an agent is one transition, and a state is what the variables hold: with -o2, which
 * keeps variables that nobody reads, SPIN stores exactly the states that the checker visits. The
 * assertion is violated if a notification is lost: nobody can step, and the work of a source is
 * unseen. Whether a run goes on for ever is not asked.
 *
 *   spin -a FILE && gcc -O2 -DSAFETY -DBFS -o pan pan.c && ./pan && spin -t FILE
 */
"""


def promela(system: System, title: str) -> str:
    """The model. Raises `NotConcrete` for anything but a concrete instance."""
    names = identifiers(system.cells)
    types = {c.name: _type(c) for c in system.cells}
    orders = [_order(s) for s in system.steps]
    parts = [
        _HEAD.format(title=comment(title)),
        "".join(_declaration(c, names) for c in system.cells),
        _temporaries([[types[name] for name in late] for _, late in orders]),
        f"#define bad {_lines(system.bad, names)}\n",
        "active proctype agents()\n{\nend_quiet:\n    do\n"
        + "".join(_step(s, o, names) for s, o in zip(system.steps, orders, strict=True))
        + "    :: d_step { bad -> assert(false) }\n    od\n}\n",
    ]
    return "\n".join(p for p in parts if p)


def _declaration(c: Cell, names: Names) -> str:
    if c.initial is None:
        raise NotConcrete(f"`{c.name}` is not decided")
    left = f"{_type(c)} {names[c.name]} = {int(c.initial)};"
    return f"{left:<40} /* {comment(c.name)} */\n"


_TYPES = {"bit": (0, 1), "byte": (0, 2**8 - 1), "short": (-(2**15), 2**15 - 1)}
_WIDEST = "int"


def _type(c: Cell) -> str:
    """The smallest type that holds it; where the meaning sets no bound, the largest there is."""
    if c.is_bool:
        return "bit"
    if c.lo is None or c.hi is None:
        return _WIDEST
    return next((t for t, (lo, hi) in _TYPES.items() if lo <= c.lo and c.hi <= hi), _WIDEST)


_Order = tuple[Sequence[str], Sequence[str]]
"""In which order the cells of a step are written, and those that get their value at the end."""


def _order(s: Step) -> _Order:
    """Each cell comes after those that read it, but for the late ones, which circles need."""
    reads = {name: free(e) for name, e in s.writes}
    order: list[str] = []
    late: list[str] = []
    left = list(reads)
    while left:
        unread = [a for a in left if not any(a in reads[b] for b in left if b != a)]
        if not unread:
            late.append(left[0])
        name = (unread or left)[0]
        order.append(name)
        left.remove(name)
    return order, late


def _temporaries(late: Iterable[Sequence[str]]) -> str:
    """One for each place, of the widest type that some step needs there."""
    ranks = [*_TYPES, _WIDEST]
    wide = [max(some, key=ranks.index) for some in zip_longest(*late, fillvalue=ranks[0])]
    return "".join(f"{t} new_{k};\n" for k, t in enumerate(wide))


def _step(s: Step, order: _Order, names: Names) -> str:
    if s.choices:
        raise NotConcrete(f"`{s.name}` chooses a value")
    writes = dict(s.writes)
    late = {name: f"new_{k}" for k, name in enumerate(order[1])}
    statements = [
        *(f"{late.get(n, names[n])} = {promela_expr(writes[n], names)}" for n in order[0]),
        *(f"{names[name]} = {new}; {new} = 0" for name, new in late.items()),
        f'printf("{string(s.name)}\\n")',
    ]
    body = ";\n".join(f"           {x}" for x in statements)
    return f"    :: d_step {{ {promela_expr(s.guard, names)} ->\n{body}\n       }}\n"


def _lines(e: Expr, names: Names) -> str:
    """A condition, with a line for each of its parts."""
    if not isinstance(e, And) or not e.args:
        return f"({promela_expr(e, names)})"
    return "( \\\n    " + " && \\\n    ".join(promela_expr(a, names) for a in e.args) + ")"


def promela_expr(e: Expr, names: Names) -> str:
    """The expression in Promela's syntax."""
    return spelled(e, names, lambda test, then, other: f"({test} -> {then} : {other})")
