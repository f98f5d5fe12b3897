"""Whether a program counts the queues of its device: then how many there are may decide a run."""

from __future__ import annotations

from model.design.program import Assign, Block, ForQueues, If, Locked, Loop
from model.expr import Tally, free, walk


def counts_queues(body: Block, fresh: set[str] | None = None) -> bool:
    """True if a local becomes a tally, or goes from one round of a loop over queues to the next.

    `fresh`: in a loop over queues, the locals that its round has set before.
    """
    for s in body:
        match s:
            case Assign(name, e, is_bool, _):
                read = {n.removeprefix("local.") for n in free(e) if n.startswith("local.")}
                carried = fresh is not None and not read <= fresh
                if not is_bool and (carried or any(isinstance(x, Tally) for x in walk(e))):
                    return True
                if fresh is not None:
                    fresh.add(name)
            case If(_, then, other, _):
                ways = (then, other)
                if any(counts_queues(b, None if fresh is None else {*fresh}) for b in ways):
                    return True
            case ForQueues(_, _, _, inner, _):
                if counts_queues(inner, set()):
                    return True
            case Loop(_, inner, _):
                if counts_queues(inner, None if fresh is None else {*fresh}):
                    return True
            case Locked(_, inner, _):
                if counts_queues(inner, fresh):
                    return True
            case _:
                pass
    return False
