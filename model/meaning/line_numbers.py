"""Which interrupt numbers the granted lines have: as listed, one after the other, or any usable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model.design.design import Design
from model.design.device import Controller, Device, Trigger
from model.design.mapping import Attempt
from model.expr import (
    Expr,
    Lit,
    Var,
    add,
    at_most,
    between,
    conj,
    disj,
    equal,
    implies,
    ite,
    less,
    negate,
    sub,
)
from model.meaning.device_formulas import DeviceFormulas
from model.meaning.fact import Fact
from model.meaning.free_lines import free_pieces
from model.meaning.side_maps import LINE, NUMBER
from model.record import dataclass
from model.span import Span


def controllers_of(design: Design, device: Device, pool: str) -> tuple[Controller, ...]:
    """The controllers that lines of this pool of the device may come from."""
    if design.platform is None:
        return ()
    ask = next((a for a in device.lines if a.pool == pool), None)
    if ask and ask.controllers:
        return tuple(c for c in design.platform.controllers if c.name in ask.controllers)
    transport = design.transport(device.transport)
    triggers = next((p.triggers for p in transport.pools if p.name == pool), ())
    wired = (Trigger.EDGE, Trigger.LEVEL)
    return tuple(c for c in design.platform.controllers if c.trigger in (triggers or wired))


def triggers_of(design: Design, devices: Iterable[Device], pool: str) -> tuple[Trigger, ...]:
    """The triggers that lines of this pool may have: of the controllers, else of the pool."""
    some = list(devices)
    found = tuple(dict.fromkeys(c.trigger for d in some for c in controllers_of(design, d, pool)))
    pools = design.transport(some[0].transport).pools
    return found or next((p.triggers for p in pools if p.name == pool), ()) or (Trigger.EDGE,)


_MOST_PIECES = 64


def _from(base: Expr, lo: int, hi: int) -> Expr:
    """How many of the numbers from lo to hi are not smaller than `base`."""
    some = ite(less(Lit(hi), base), Lit(0), sub(Lit(hi + 1), base))
    return ite(at_most(base, Lit(lo)), Lit(hi - lo + 1), some)


@dataclass(frozen=True, slots=True)
class LineNumbers:
    """The numbers of the lines that an attempt is granted."""

    formulas: DeviceFormulas
    attempt: Attempt

    @property
    def contiguous(self) -> bool:
        """True if the granted lines are promised to be numbered one after the other."""
        if self.formulas.device.numbers is not None:
            return self.formulas.device.numbers.contiguous
        controllers = self._controllers()
        return bool(controllers) and all(c.contiguous for c in controllers)

    def number_of_lines(self) -> list[Fact]:
        """That there are as many lines as numbers are listed."""
        if self._given is None or self.attempt.takes is not None:
            return []
        # A ladder takes what it takes; a list says nothing of attempts with other numbers of lines.
        return [Fact("numbers", self._listed, self._promise())]

    def number_facts(self, sides: Sequence[str]) -> list[Fact]:
        """What is known about the interrupt numbers that the maps of these sides speak of.

        For a source that a side maps to a number, `granted.SIDE` says whether a granted line has
        that number, and `SIDE.line` is that line's ordinal (-1: no line has it).
        """
        named = [n for side in sides for n in (side, f"found.{side}")]
        out = [f for side in sides for f in self._sought(side)]
        return [*out, *self._enough(sides), *self.numbering(named)]

    def numbering(self, named: Sequence[str]) -> list[Fact]:
        """What is known of the numbers of some lines: `number.K` is the number of line `at.K`.

        `base` is the smallest number. Two lines have two numbers, and there are enough of them. A
        numbering of the named lines alone may have no completion where a parameter decides which
        numbers there are, so who finds one must complete it.
        """
        n = Var("lines")
        smallest = Var("at.smallest")
        inside = conj(at_most(Lit(0), smallest), less(smallest, n))
        is_base = equal(Var("base"), Var("number.smallest"))
        first = Fact("smallest number", implies(less(Lit(0), n), conj(inside, is_base)))
        facts = [first, *self._enough(()), *self._numbering(["smallest", *named], n)]
        if self.contiguous:
            facts += self._all_usable(n)
        if self._given:
            least = implies(self._listed, equal(Var("base"), Lit(min(self._given))))
            facts.append(Fact("smallest given number", least, self._promise()))
        return facts

    def _enough(self, sides: Sequence[str]) -> list[Fact]:
        """That there are numbers for all the lines, from the smallest on and without those refused.

        A number that a side seeks and that no line has is one less. With that, what is said of some
        lines can always be completed; said only where no parameter decides which numbers there are.
        """
        ends = self._fixed()
        if ends is None or self.contiguous:
            return []
        n, base = Var("lines"), Var("base")
        there = add(*(_from(base, lo, hi) for lo, hi in ends))
        gone = [self._refused(side) for side in sides]
        less_by = [ite(g, Lit(1), Lit(0)) for g in gone]
        if len(sides) == 2:
            one, other = (Var(f"{side}.number") for side in sides)
            both = conj(*gone, equal(one, other))
            less_by.append(ite(both, Lit(-1), Lit(0)))
        enough = implies(less(Lit(0), n), at_most(add(n, *less_by), there))
        return [Fact("enough numbers", enough, self._promise())]

    def _refused(self, side: str) -> Expr:
        """Whether the number that a side seeks could be a line's, and is not."""
        number, kind = Var(f"{side}.number"), Var(f"{side}.kind")
        free = conj(at_most(Var("base"), number), self._usable(number))
        return conj(equal(kind, Lit(NUMBER)), negate(Var(f"granted.{side}", True)), free)

    def _fixed(self) -> list[tuple[int, int]] | None:
        """The runs of usable numbers; None if a parameter decides them, or there are too many."""
        controllers = self._controllers()
        ends = [e for c in controllers for i in (*c.lines, *c.reserved) for e in (i.lo, i.hi)]
        if not controllers or not all(isinstance(e, Lit) for e in ends):
            return None
        pieces = free_pieces(controllers, (), {})
        if len(pieces) > _MOST_PIECES or len({p.is_message for p in pieces}) > 1:
            return None
        return [(p.lo, p.hi) for p in pieces]

    def _all_usable(self, n: Expr) -> list[Fact]:
        """Numbers one after the other: the last one is usable too, and none between is reserved."""
        base, last = Var("base"), sub(add(Var("base"), n), Lit(1))
        out = [implies(less(Lit(0), n), conj(self._usable(base), self._usable(last)))]
        controllers = self._controllers()
        for r in controllers[0].reserved if len(controllers) == 1 else ():
            lo, hi = self.formulas.at_device(r.lo), self.formulas.at_device(r.hi)
            out.append(disj(less(hi, lo), less(last, lo), less(hi, base)))
        return [Fact("contiguous numbers", conj(*out), self._promise())]

    def _sought(self, side: str) -> list[Fact]:
        name = side
        here = Var(f"granted.{name}", True)
        line, kind, at = Var(f"{side}.line"), Var(f"{side}.kind"), Var(f"at.{name}")
        number, found = Var(f"{side}.number"), Var(f"at.found.{name}")
        n = Var("lines")
        inside = conj(at_most(Lit(0), found), less(found, n))
        is_it = conj(inside, equal(Var(f"number.found.{name}"), number))
        to_number = equal(kind, Lit(NUMBER))
        where = ite(here, found, Lit(-1))
        out = [
            Fact(f"{name} line", implies(equal(kind, Lit(LINE)), equal(at, line))),
            Fact(f"{name} number", implies(to_number, conj(equal(line, where), equal(at, where)))),
            Fact(f"{name} found", implies(conj(to_number, here), is_it)),
            Fact(f"sought {name}", equal(Var(f"sought.{name}"), number)),
        ]
        if self._given is not None:
            is_one = disj(*(equal(number, Lit(v)) for v in self._given))
            same = implies(conj(self._listed, to_number), equal(here, is_one))
            out.append(Fact(f"given {name}", same, self._promise()))
        elif self.contiguous:
            base = Var("base")
            inside = conj(at_most(base, number), less(number, add(base, n)))
            same = implies(to_number, equal(here, inside))
            out.append(Fact(f"contiguous {name}", same, self._promise()))
        return out

    def _numbering(self, named: list[str], n: Expr) -> list[Fact]:
        out: list[Fact] = []
        given = self._given
        for name in named:
            number, ordinal = Var(f"number.{name}"), Var(f"at.{name}")
            inside = conj(at_most(Lit(0), ordinal), less(ordinal, n))
            allowed = conj(self._usable(number), at_most(Var("base"), number))
            out.append(Fact(f"{name} has a number", implies(inside, allowed)))
            if given is not None:
                is_given = conj(
                    *(
                        implies(equal(ordinal, Lit(k)), equal(number, Lit(v)))
                        for k, v in enumerate(given)
                    )
                )
                listed = conj(self._listed, inside)
                out.append(Fact(f"{name} is given", implies(listed, is_given), self._promise()))
            elif self.contiguous:
                next_one = equal(number, add(Var("base"), ordinal))
                out.append(Fact(f"{name} follows", implies(inside, next_one), self._promise()))
        for k, a in enumerate(named):
            for b in named[k + 1 :]:
                lines = equal(Var(f"at.{a}"), Var(f"at.{b}"))
                out.append(
                    Fact(
                        f"{a} and {b}", equal(lines, equal(Var(f"number.{a}"), Var(f"number.{b}")))
                    )
                )
        for name in named:  # A number that no line has is not the number of a named line.
            for side in (x for x in named if x.startswith("found.")):
                here = Var(f"granted.{side.removeprefix('found.')}", True)
                number = Var(f"sought.{side.removeprefix('found.')}")
                ordinal = Var(f"at.{name}")
                inside = conj(at_most(Lit(0), ordinal), less(ordinal, n))
                other = negate(equal(Var(f"number.{name}"), number))
                out.append(
                    Fact(f"{side} is not {name}", implies(conj(inside, negate(here)), other))
                )
        return out

    @property
    def _given(self) -> tuple[int, ...] | None:
        return self.formulas.device.numbers.given if self.formulas.device.numbers else None

    @property
    def _listed(self) -> Expr:
        """Whether there are as many lines as numbers are listed."""
        return equal(Var("lines"), Lit(len(self._given or ())))

    def _controllers(self) -> tuple[Controller, ...]:
        return controllers_of(self.formulas.design, self.formulas.device, self.attempt.pool)

    def _promise(self) -> Span | None:
        if self.formulas.device.numbers is not None:
            return self.formulas.device.numbers.origin
        controllers = self._controllers()
        return controllers[0].origin if controllers else None

    def _usable(self, number: Expr) -> Expr:
        controllers = self._controllers()
        if not controllers:
            return at_most(Lit(0), number)
        at = self.formulas.at_device
        return disj(
            *(
                conj(
                    disj(*(between(at(i.lo), number, at(i.hi)) for i in c.lines)),
                    *(negate(between(at(i.lo), number, at(i.hi))) for i in c.reserved),
                )
                for c in controllers
            )
        )
