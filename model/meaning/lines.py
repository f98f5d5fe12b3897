"""What it does to a line when it is raised, lowered, pulsed or masked, and when its handler runs.

    edge, message   an edge or a message is latched until the handler is entered; one that comes
                    while the handler runs makes it run again (Linux handle_edge_irq())
    level           asserted while the device holds it up, by `raise` until `lower` or by a wire
                    that follows a condition; the handler is entered while it is
    pulse on level  injected at once if the line is not in service, else gone (KVM: Remote_IRR is
                    set until the end of interrupt, and the pulse is over by then)
    resample        a level that `raise` puts up, and that is looked at again only at the end of
                    interrupt (KVM resamplefd): its condition by itself raises nothing

A `raise` of an edge line is an edge, unless some program of the design lowers that line: then it is
one only if the line was low.
"""

from __future__ import annotations

from model.design.device import Trigger
from model.expr import FALSE, TRUE, Expr, Var, conj, disj, ite, negate
from model.meaning.cells import Cells
from model.meaning.graph import Writes
from model.meaning.world import LineHere


class Lines:
    """Line primitives over cells. `lowers`, `pulses`, `masks`: what programs of the design do."""

    def __init__(self, cells: Cells, verbs: frozenset[str]) -> None:
        self.cells = cells
        self.lowers = "lower" in verbs
        self.pulses = "pulse" in verbs
        self.masks = "mask" in verbs
        self.wires: dict[str, Expr] = {}
        """By line: the condition that its level follows."""
        self.resampled: set[str] = set()
        self.idle: dict[str, Expr] = {}
        """By line: no handler is in service."""
        self.foreign: Expr = FALSE
        """That another device asserts the line: an edge line does not rise then."""

    def declare(self, line: LineHere) -> None:
        """The cell of its level, which steps may read that no program drives the line in."""
        if self.lowers:
            self._high(line)

    def _pending(self, line: LineHere) -> Var:
        return self.cells.flag(f"{line.name}.pending")

    def _high(self, line: LineHere) -> Var:
        return self.cells.flag(f"{line.name}.high")

    def _masked(self, line: LineHere) -> Var:
        return self.cells.flag(f"{line.name}.masked")

    def is_level(self, line: LineHere) -> bool:
        """Whether it is its level that counts; a resampled line is one whatever its trigger."""
        return line.trigger is Trigger.LEVEL or line.name in self.resampled

    def wire(self, line: LineHere) -> Expr:
        """The condition that the line follows; false where there is none."""
        return self.wires.get(line.name, FALSE)

    def asserted(self, line: LineHere) -> Expr:
        """Whether the device holds the line up."""
        if line.name in self.resampled:
            return self._high(line)
        held = self._high(line) if self.is_level(line) or self.lowers else FALSE
        return disj(held, self.wire(line))

    def masked(self, line: LineHere) -> Expr:
        """Whether the line is masked."""
        return self._masked(line) if self.masks else FALSE

    def fires(self, line: LineHere) -> Expr:
        """The handler is to be entered."""
        some: Expr = self._pending(line)
        if self.is_level(line):
            some = disj(self._pending(line), self.asserted(line))
        return conj(some, negate(self.masked(line)))

    def enter(self, line: LineHere) -> Writes:
        """What it changes that the handler is entered."""
        return {self._pending(line).name: FALSE}

    def drive(self, how: str, line: LineHere) -> Writes:
        """`raise`, `lower`, `pulse`."""
        pending, high = self._pending(line), self._high(line)
        if how == "lower":
            return {high.name: FALSE}
        if line.name in self.resampled:
            return {high.name: TRUE}
        if self.is_level(line):
            if how == "raise":
                return {high.name: TRUE}
            taken = conj(self.idle[line.name], negate(self.masked(line)))
            return {pending.name: disj(pending, taken)}
        stays = how == "raise" and self.lowers
        if line.trigger is Trigger.EDGE:  # One pin: an edge is where its level rises.
            rises = conj(negate(self.asserted(line)), negate(self.foreign))
        else:
            rises = negate(high) if stays else TRUE
        more: Writes = {high.name: TRUE} if stays else {}
        return {pending.name: disj(pending, self._edge(line, rises)), **more}

    def _edge(self, line: LineHere, happens: Expr) -> Expr:
        if line.keeps_pending:
            return happens
        return conj(happens, negate(self.masked(line)))

    def mask(self, line: LineHere, *, on: bool) -> Writes:
        """`mask`, `unmask`."""
        return {self._masked(line).name: TRUE if on else FALSE}

    def ends_in_a_step(self, line: LineHere) -> bool:
        """Whether anything depends on when the end of interrupt is."""
        return line.name in self.resampled or (self.is_level(line) and self.pulses)

    def end(self, line: LineHere) -> Writes:
        """The end of interrupt."""
        if line.name in self.resampled:
            return {self._high(line).name: self.wire(line)}
        return {}

    def follow(self, line: LineHere, before: Expr, after: Expr, writes: Writes) -> Writes:
        """What a step does to the line by changing its condition from `before` to `after`.

        `writes` are what the step does to the line otherwise; only what is new is returned.
        """
        if self.is_level(line):
            return {}
        rises = conj(negate(before), after)
        if line.trigger is Trigger.EDGE and self.lowers:
            rises = conj(rises, negate(self._high(line)))
        pending = self._pending(line)
        return {pending.name: disj(writes.get(pending.name, pending), self._edge(line, rises))}


def either(test: Expr, then: Writes, cells: Cells) -> Writes:
    """The writes under a condition."""
    if test == TRUE:
        return then
    return {k: ite(test, e, cells.every[k].var) for k, e in then.items()}
