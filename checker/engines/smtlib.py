"""Z3 terms as SMT-LIB text that another solver, and a person, can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import z3

from checker.engines.z3_terms import Term
from checker.verdict.certificate import Query
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Asserted:
    """A formula and what it is, for a reader."""

    words: str
    formula: Term


def query(proves: str, asserted: Sequence[Asserted]) -> Query:
    """A script whose `check-sat` has to answer `unsat`."""
    asserted = _spelt(asserted)
    logic = _logic(a.formula for a in asserted)
    out = [
        *(f"; {line}" for line in _plain(proves).splitlines()),
        "; what is asserted below has no model, if that is so: expected answer unsat",
        "(set-info :smt-lib-version 2.6)",
        f"(set-logic {logic})",
    ]
    for name, sort in _constants(a.formula for a in asserted):
        out.append(f"(declare-const {name} {sort})")
    for a in asserted:
        out.append(f"; {_plain(a.words)}")
        out.append(f"(assert {a.formula.sexpr()})")
    out += ["(check-sat)", ""]
    return Query(proves, "\n".join(out))


def _plain(words: str) -> str:
    """On one line: a comment ends with its line."""
    return " ".join(words.split())


def _parts(formulas: Iterable[Term]) -> Iterator[Term]:
    """Every term in them, each once."""
    seen: set[int] = set()
    todo = list(formulas)
    while todo:
        e = todo.pop()
        if e.get_id() in seen:
            continue
        seen.add(e.get_id())
        yield e
        todo.extend(e.children())


def _spelt(asserted: Sequence[Asserted]) -> Sequence[Asserted]:
    """The same with names that SMT-LIB can spell: no bar and no backslash stands in one."""
    free = {e.decl().name(): e for e in _parts(a.formula for a in asserted) if _is_free(e)}
    used = set(free)
    new: list[tuple[Term, Term]] = []
    for name, e in sorted(free.items()):
        if "|" in name or "\\" in name:
            better = name.replace("|", "/").replace("\\", "/")
            while better in used:
                better += "/"
            used.add(better)
            new.append((e, z3.Const(better, e.sort())))
    return (
        [Asserted(a.words, z3.substitute(a.formula, *new)) for a in asserted] if new else asserted
    )


def _is_free(e: Term) -> bool:
    return bool(z3.is_const(e) and e.decl().kind() == z3.Z3_OP_UNINTERPRETED)


def _constants(formulas: Iterable[Term]) -> list[tuple[str, str]]:
    """What has to be declared, by name, each with its sort."""
    out = {e.sexpr(): e.sort().sexpr() for e in _parts(formulas) if _is_free(e)}
    return sorted(out.items())


def _logic(formulas: Iterable[Term]) -> str:
    """The smallest logic of SMT-LIB that has these terms."""
    parts = list(_parts(formulas))
    if any(z3.is_bv(e) for e in parts):
        return "QF_BV"
    return "QF_NIA" if any(map(_is_nonlinear, parts)) else "QF_LIA"


def _is_nonlinear(e: Term) -> bool:
    if z3.is_mul(e):
        return sum(not z3.is_int_value(x) for x in e.children()) > 1
    if z3.is_idiv(e) or z3.is_mod(e):
        return not z3.is_int_value(e.arg(1))
    return False
