"""What is asked, and what runs answer, does not depend on the order in which sets are walked.

Bundles hold both as text: with another order `checker recheck` would call a sound one changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from checker.engines import runs
from checker.engines.engine import Budget, Goal, Obligation
from checker.engines.run_question import RunObligation
from checker.language.load import load
from checker.properties.property import properties
from checker.properties.well_formed import well_formed
from model.meaning.focus import Focus

ROOT = Path(__file__).resolve().parents[2]
ASKED = ["mmio_multi_irq/posted.vq", "ccw/classic.vq", "budget/microvm.vq",
         "mmio_multi_irq/ack_then_all.vq"]  # fmt: skip
ANSWERED = ["mmio_multi_irq/status_per_line.vq", "museum/isr_of_two_handlers.vq",
            "handshake/event_idx_no_recheck.vq"]  # fmt: skip


def texts() -> Iterator[tuple[str, str]]:
    """Names, and what must be the same under each seed."""
    known = properties()
    for path in (*ASKED, *ANSWERED):
        design = load(ROOT / "specs" / path, {}, known).design
        assert design is not None, path
        every = [*well_formed(design), *(o for p in known.values() for o in p.obligations(design))]
        for o in every:
            name = f"{path}: {o.property} of {o.subject}"
            yield from ((f"{name}: {g.name}", _goal(g)) for g in o.goals)
            if isinstance(o, Obligation):
                continue
            for c in o.cases:
                yield f"{name}: {c.words}", repr(Focus(design, c.case).system())
            if path in ANSWERED:
                yield f"{name}, answered", _answer(o)


def _goal(g: Goal) -> str:
    return repr((g.facts, g.bad, g.show, g.given, g.prefer))


def _answer(o: RunObligation) -> str:
    got = runs.work(o, Budget())
    return repr((got.found, got.values, got.proofs, got.unproved, got.explored, got.open))


def _with_seed(seed: int) -> list[str]:
    command = [sys.executable, "-m", "tests.engines.test_hash_seeds"]
    env = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_two_seeds_ask_and_answer_the_same() -> None:
    one, other = _with_seed(1), _with_seed(5)
    assert len(one) > 200
    assert [a for a, b in zip(one, other, strict=True) if a != b] == []


if __name__ == "__main__":
    for name, text in texts():
        print(hashlib.sha256(text.encode()).hexdigest()[:16], name)
