"""That a driver requests no line that it was not granted: request_irq() fails there, and the probe.

Part of `coverage`, for each attempt; asked of every line that a request may come to.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.engines.engine import Goal, Tell
from checker.properties.laid_out import Scene, Values, scene
from checker.properties.words import named_values, pins
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.mapping import Request
from model.expr import Lit, Undefined, Var, at_most, conj, defined, less, negate, partial
from model.meaning.fact import Fact
from model.meaning.situation import Situation

_AT = "requested.line"


def granted_only(s: Situation, facts: tuple[Fact, ...], shown: tuple[str, ...]) -> Iterator[Goal]:
    """Of each request of the attempt, that its lines are granted."""
    line = Var(_AT)
    if s.uses_numbers:  # Else the smallest number is any at all, and no numbering has it.
        facts = (*facts, *s.numbering([]))
    outside = negate(conj(at_most(Lit(0), line), less(line, Var("lines"))))
    for r in s.attempt.requests:
        bad = conj(s.requested(r, line), outside)
        bad = conj(*(defined(node) for _, node in partial(bad)), bad)
        about = f"request of {r.handler}"
        if s.attempt.takes is not None:
            about = f"{s.attempt.name}: {about}"
        yield Goal("in grant", facts, bad, (*shown, _AT), tell=_tell(s, r), about=about)


def _tell(s: Situation, r: Request) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        seen = scene(s, values)
        if isinstance(seen, NotConfirmed):
            return seen
        if seen.layout.attempt is not s.attempt:
            return NotConfirmed(f"attempt {s.attempt.name} is not granted", spurious=False)
        line = int(values[_AT])
        try:
            asked = _asks(seen, r, line)
        except Undefined as e:
            return NotConfirmed(f"a request has no value: {e}", spurious=False)
        if not asked or 0 <= line < seen.layout.lines:
            return NotConfirmed(f"laid out, {r.handler} is not requested there", spurious=False)
        return _finding(s, seen, r, line)

    return tell


def _asks(seen: Scene, r: Request, line: int) -> bool:
    at = {"l": line}
    lo, hi = int(seen.evaluate(r.lines.lo, at)), int(seen.evaluate(r.lines.hi, at))
    return lo <= line <= hi and bool(seen.evaluate(r.when, at))


def _finding(s: Situation, seen: Scene, r: Request, line: int) -> Finding:
    name, lines = seen.layout.device.name, seen.layout.lines
    places = [Place(r.origin, f"comes to line {line}")]
    places += [Place(a.origin, "") for a in seen.layout.device.lines if a.pool == s.attempt.pool]
    are = f"only {lines} line{' is' if lines == 1 else 's are'}" if lines else "none is"
    return Finding(
        "in grant",
        f"{name} requests line {line} with {r.handler}, and {are} granted",
        (*named_values(seen), ("line", str(line))),
        tuple(places),
        pins(seen),
        subject=name,
        hint="request `lines 0..lines-1`, or state how many there are at least (`lines 1..n`)",
    )
