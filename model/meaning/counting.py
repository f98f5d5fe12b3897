"""Whether a program counts the queues of its device: then how many there are may decide a run."""

from __future__ import annotations

from model.design.program import Assign, Block, ForQueues, If, Locked, Loop
from model.expr import Tally, free, walk


def counts_queues(body: Block, *, looping: bool = False) -> bool:
    """True if a local becomes a tally, or goes from one round of a loop over queues to the next."""
    for s in body:
        match s:
            case Assign(_, e, is_bool, _) if not is_bool:
                carried = looping and any(n.startswith("local.") for n in free(e))
                if carried or any(isinstance(x, Tally) for x in walk(e)):
                    return True
            case If(_, then, other, _):
                if counts_queues((*then, *other), looping=looping):
                    return True
            case ForQueues(_, _, _, inner, _):
                if counts_queues(inner, looping=True):
                    return True
            case Loop(_, inner, _) | Locked(_, inner, _):
                if counts_queues(inner, looping=looping):
                    return True
            case _:
                pass
    return False
