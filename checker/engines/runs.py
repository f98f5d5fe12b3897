"""Runs of a design: the shortest that loses a notification, or a proof that there is none.

In this order, each only if the one before did not settle it:

1. the smallest instances, every state of them: one source, then two, as far as that is quick;
2. the proof for any number of peers, which are forgotten and then counted;
3. where a proof is not at hand, sources as they would have to be for it to fail, and two sources;
4. larger instances, and those with more queues on more lines; what is known then is bounded by
   what was visited.
"""

from __future__ import annotations

import time
from dataclasses import replace

from checker.engines.engine import Budget
from checker.engines.run_asking import Asking
from checker.engines.run_proofs import Open, Proofs
from checker.engines.run_question import RunObligation, RunResult
from checker.engines.run_search import (
    FEW_STATES,
    MANY_STATES,
    SOME_STATES,
    VERY_FEW_STATES,
    Found,
    Instances,
    Search,
)

_SHARED = (
    "no loss was found and nothing is proved. Lines are `shared`, so other devices may raise them"
    " and keep them high: a proof allows for that, a search is of this device alone"
)
_ALONE = "without `shared` there is a verdict, on this device alone"
_NO_PROOF = "why there is no proof: "


def work(obligation: RunObligation, budget: Budget, *, keep: bool = False) -> RunResult:
    """The whole obligation, in this process; `keep`: with what its proofs rest on, as text."""
    started = time.monotonic()
    a = Asking(obligation, budget, keep=keep)
    proofs = Proofs(a)
    try:
        result = settle(a, Search(a), proofs)
    finally:
        proofs.stop()
    return replace(result, seconds=time.monotonic() - started)


def instances(obligation: RunObligation, budget: Budget) -> Instances:
    """What there is to be run.

    Of systems that are alike but for names there is one for each number of sources.
    """
    return Search(Asking(obligation, budget)).instances()


def settle(a: Asking, search: Search, proofs: Proofs) -> RunResult:
    """A run, or proofs, or how far the search went."""
    missing = search.begin()
    found = search.search(1, MANY_STATES, endless_too=True)
    if found is None and not missing:
        found = search.search(2, VERY_FEW_STATES, endless_too=False)
    if found is None and not missing:
        found = _proved(search, proofs)
        if found is None and a.known.unproved:
            found = search.further(proofs.ways) or search.last()
    k = a.known
    if k.unproved and found is None and any(c.case.shared for c in a.obligation.cases):
        k.open += [_SHARED, _ALONE, *(_NO_PROOF + why for why in k.unproved)]
    if k.unproved and found is None:
        k.open.extend(proofs.not_searched())
    if found is None and not missing and not k.witness and search.passed():
        k.witness = search.witness()
    trace, values = search.smaller(found) if found is not None else (None, ())
    return RunResult(
        trace, values, tuple(k.proofs), tuple(k.unproved), tuple(dict.fromkeys(k.explored)),
        k.witness, tuple(dict.fromkeys(k.open)), 0.0, a.used,
        (*a.asker.queries, *proofs.queries()), proofs.condition(), missing, search.passed(),
    )  # fmt: skip


def _proved(search: Search, proofs: Proofs) -> Found | None:
    """Proofs of all cases; or, instead, a loss."""
    left: list[Open] = []
    for case in proofs.cases():
        left.append(case)
        if len(left) == 1:  # What is not proved at once is a reason to look for a loss.
            proofs.begin(case, "told apart", "once")
            found = search.suspects(proofs.ways) or search.search(2, SOME_STATES, endless_too=False)
            if found is not None:
                return found
    if not left and proofs.a.known.unproved:
        return search.suspects(proofs.ways)
    left = [x for x in left if proofs.attempt(x, "told apart", "once").why[-1]]
    found = search.search(2, FEW_STATES, endless_too=False) if left else None
    if found is None:
        left = proofs.with_more_effort(left)
    known = proofs.a.known
    before = len(known.open)
    if found is None and left:  # Spacer may take a minute to find nothing.
        found = search.further(proofs.ways)
    if found is None:
        opened = known.open[before:]
        del known.open[before:]  # What could not be searched is no matter where all is proved.
        proofs.with_all_effort(left)
        known.open += opened if known.unproved else ()
    return found
