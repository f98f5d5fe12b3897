"""The questions of a proof, answered once more by solvers that have seen nothing of it.

Each solver runs in a process of its own and reads the SMT-LIB text that is kept, not the terms that
it was made of. A certificate is only made here, and only if all of them say `unsat` to all of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from checker.verdict.certificate import Certificate, Check, Query
from model.record import dataclass

_CHILD = Path(__file__).with_name("smt_child.py")
_PACKAGES = {"z3": "z3-solver", "cvc5": "cvc5"}
SOLVERS = tuple(_PACKAGES)
"""Whoever has to confirm a proof."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A proof that was not confirmed: what was said instead of `unsat`."""

    checks: tuple[Check, ...]

    @property
    def contradicts(self) -> Check | None:
        """A solver that found a model, where another had shown that there is none."""
        return next((c for c in self.checks if c.answer == "sat"), None)


def solvers() -> tuple[str, ...]:
    """The solvers that are installed."""
    return tuple(name for name in _PACKAGES if _version(name))


def _version(name: str) -> str:
    # Loaded here: it takes as long as reading a design does.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version(_PACKAGES[name])
    except PackageNotFoundError:
        return ""


def label(name: str) -> str:
    """The solver and its version."""
    return f"{name} {_version(name)}"


def ask_all(queries: Sequence[Query], names: Sequence[str], seconds: float) -> tuple[Check, ...]:
    """What each solver says to each of the questions; `seconds` are for one question."""
    distinct = tuple(dict.fromkeys(queries))
    running = [(name, _start(name, seconds)) for name in names]
    return tuple(c for name, child in running for c in _answers(name, child, distinct, seconds))


def cvc5_proofs(scripts: Sequence[str], seconds: float) -> tuple[str, ...]:
    """cvc5's proof of each script, as text (CPC); empty where it gives none."""
    said = _said(_start("cvc5-proof", seconds), scripts, seconds)
    return tuple(a if a.startswith("(") else "" for a in said)


def certificate(queries: Sequence[Query], checks: Sequence[Check]) -> Certificate | Refused:
    """The certificate of a proof that rests on these, from what was said to them and to others."""
    mine = dict.fromkeys(queries)
    about = [c for c in checks if c.query in mine]
    wrong = tuple(c for c in about if c.answer != "unsat")
    solvers = tuple(dict.fromkeys(c.solver for c in about))
    if wrong or not mine or len(about) != len(mine) * len(solvers):
        return Refused(wrong)
    return Certificate(tuple(mine), solvers)


def _start(name: str, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", str(_CHILD), name, str(int(1000 * seconds))]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)


def _answers(
    name: str, child: subprocess.Popen[str], queries: Sequence[Query], seconds: float
) -> list[Check]:
    """What the solver said; a query that it did not come to has no answer."""
    answers = _said(child, [q.smtlib for q in queries], seconds)
    return [Check(q, label(name), a) for q, a in zip(queries, answers, strict=True)]


def _said(child: subprocess.Popen[str], scripts: Sequence[str], seconds: float) -> list[str]:
    why = ""
    try:
        # A solver that does not keep its own limit is stopped all the same.
        wait = 10 + 2 * seconds * max(1, len(scripts))
        said, _ = child.communicate(json.dumps(scripts), timeout=wait)
    except subprocess.TimeoutExpired:
        child.kill()
        said, _ = child.communicate()
        why = "timed out"
    answers = [str(json.loads(line)) for line in said.splitlines()]
    missing = why or f"the solver's process ended with status {child.returncode}"
    return [*answers, *[missing] * (len(scripts) - len(answers))]
