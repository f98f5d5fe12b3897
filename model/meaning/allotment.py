"""Whether all that devices want of a machine's lines can be granted together, number by number.

Lines that have to be numbered one after the other take a part of a free run, others what is left:
which blocks go into which run is searched in full, up to `MOST_TRIED` steps. What is found is told
with the condition under which it is still good for other values, so that a few answers may cover
all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from model.expr import (
    Expr,
    Lit,
    add,
    at_least_zero,
    at_most,
    conj,
    disj,
    ite,
    less,
    mul,
    sub,
    value,
)
from model.meaning.free_lines import Chain, Piece, Values, chains, still_apart, still_joined
from model.record import dataclass

MOST_TRIED = 20_000
MOST_SETS = 4096


@dataclass(frozen=True, slots=True)
class Want:
    """`times` devices, each `size` lines of these controllers; `run`: one after the other."""

    controllers: frozenset[str]
    size: Expr
    times: Expr
    run: bool


class TooHard(Exception):
    """The search was given up; the text says why."""


def unions(
    sets: Sequence[frozenset[str]], most: int = MOST_SETS
) -> tuple[list[frozenset[str]], bool]:
    """Unions of sets that hang together, and whether these are all.

    What is so of sets without a common controller is so of their union.
    """
    found = dict.fromkeys(sets)
    todo = list(found)
    while todo:
        some = todo.pop()
        for s in sets:
            both = some | s
            if some & s and both not in found:
                if len(found) >= most:
                    return list(found), False
                found[both] = None
                todo.append(both)
    return list(found), True


def allot(wants: Sequence[Want], pieces: Sequence[Piece], values: Values) -> Expr | None:
    """Under which condition there is enough, in the way that is found; None: there is not.

    The condition holds for the given values. Raises `TooHard`.
    """
    return _Allot(wants, pieces, values).found()


@dataclass(slots=True)
class _Block:
    """Wants of one size, of one set of controllers, that have to be in a run."""

    controllers: frozenset[str]
    length: int
    count: int
    wants: list[Want] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Placed:
    """So many blocks of each kind in a chain; where they begin, if that makes a difference."""

    counts: tuple[int, ...]
    used: tuple[int, ...]
    starts: tuple[tuple[int, int], ...] = ()


class _Allot:
    def __init__(self, wants: Sequence[Want], pieces: Sequence[Piece], values: Values) -> None:
        self.values = values
        self.conditions: list[Expr] = []
        self.blocks: list[_Block] = []
        self.rest: list[Want] = []
        for w in wants:
            self._take(w)
        self.blocks.sort(key=lambda b: -b.length)
        sets = list(
            dict.fromkeys(
                [*(w.controllers for w in self.rest), *(b.controllers for b in self.blocks)]
            )
        )
        rest_sets = list(dict.fromkeys(w.controllers for w in self.rest))
        self.unions, all_of_them = unions(rest_sets)
        if not all_of_them:
            raise TooHard(f"more than {MOST_SETS} sets of controllers have to be told apart")
        self.needs = dict.fromkeys(rest_sets, 0)
        for w in self.rest:
            self.needs[w.controllers] += int(value(mul(w.size, w.times), values))
        # Controllers that the same devices may use are as one.
        of = {p.controller: frozenset(k for k, s in enumerate(sets) if p.controller in s)
              for p in pieces}  # fmt: skip
        self.pieces = [p for p in pieces if of[p.controller]]
        self.kinds = list(dict.fromkeys(of[p.controller] for p in self.pieces))
        self.kind = {c: self.kinds.index(k) for c, k in of.items() if k}
        self.chains = sorted(chains(self.pieces), key=lambda c: -_length(c))
        self.room = [0] * len(self.kinds)
        for p in self.pieces:
            self.room[self.kind[p.controller]] += p.size
        self.tried = 0

    def _take(self, w: Want) -> None:
        size, times = int(value(w.size, self.values)), int(value(w.times, self.values))
        if size <= 0 or times <= 0:
            self.conditions.append(disj(at_most(w.size, Lit(0)), at_most(w.times, Lit(0))))
        elif not w.run or size == 1:
            if w.run:
                self.conditions.append(at_most(w.size, Lit(1)))
            self.rest.append(w)
        else:
            for b in self.blocks:
                if b.controllers == w.controllers and b.length == size:
                    b.count += times
                    b.wants.append(w)
                    return
            self.blocks.append(_Block(w.controllers, size, times, [w]))

    # The search

    def found(self) -> Expr | None:
        """The condition of the first way in which all fits."""
        way = self._search()
        return None if way is None else self._condition(way)

    def _search(self) -> list[_Placed] | None:
        wanted = tuple(b.count for b in self.blocks)
        none = (0,) * len(self.kinds)
        failed: set[object] = set()
        levels: list[Iterator[_Placed]] = [self._options(0, wanted)]
        states = [(wanted, none)]
        taken: list[_Placed] = []
        if not self._may_fit(0, wanted):
            return None
        while levels:
            placed = next(levels[-1], None)
            if placed is None:
                failed.add((len(levels) - 1, *states[-1]))
                levels.pop()
                states.pop()
                if taken:
                    taken.pop()
                continue
            left = tuple(a - b for a, b in zip(states[-1][0], placed.counts, strict=True))
            used = tuple(a + b for a, b in zip(states[-1][1], placed.used, strict=True))
            at = len(levels)
            if not any(left):
                if self._rest_fits(used):
                    return [*taken, placed]
                continue
            if (at, left, used) in failed or not self._may_fit(at, left):
                continue
            taken.append(placed)
            states.append((left, used))
            levels.append(self._options(at, left))
        return None

    def _may_fit(self, at: int, left: tuple[int, ...]) -> bool:
        """By counting alone: blocks of at least some length, in the chains from `at` on."""
        there = [_length(c) for c in self.chains[at:]]
        if sum(n * b.length for n, b in zip(left, self.blocks, strict=True)) > sum(there):
            return False
        many = 0
        for n, b in zip(left, self.blocks, strict=True):  # The longest first.
            many += n
            if n and sum(length // b.length for length in there) < many:
                return False
        return True

    def _step(self) -> None:
        self.tried += 1
        if self.tried > MOST_TRIED:
            raise TooHard(f"{MOST_TRIED:,} ways to place the runs were tried, and more are left")

    def _options(self, at: int, left: tuple[int, ...]) -> Iterator[_Placed]:
        """What may be in a chain, the most first."""
        if not any(left):
            yield _Placed(left, (0,) * len(self.kinds))
            return
        if at == len(self.chains):
            return
        chain = self.chains[at]
        kinds = {self.kind[p.controller] for p in chain}
        if len(kinds) == 1:
            yield from self._counted(chain, left)
        else:
            yield from self._positions(chain, left)

    def _counted(self, chain: Chain, left: tuple[int, ...]) -> Iterator[_Placed]:
        """Where every number is as good as any other only sums count."""
        own = self.kind[chain[0].controller]
        fits = [chain[0].controller in b.controllers for b in self.blocks]

        def go(j: int, room: int, counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
            if j == len(self.blocks):
                yield counts
                return
            b = self.blocks[j]
            most = min(left[j], room // b.length) if fits[j] else 0
            for n in range(most, -1, -1):
                self._step()
                yield from go(j + 1, room - n * b.length, (*counts, n))

        length = _length(chain)
        for counts in go(0, length, ()):
            used = sum(n * b.length for n, b in zip(counts, self.blocks, strict=True))
            fuller = any(
                ok and n < most and b.length <= length - used
                for ok, n, most, b in zip(fits, counts, left, self.blocks, strict=True)
            )
            if fuller and len(self.kinds) == 1:
                continue  # With one more it is no worse: there is nothing else that it is kept for.
            yield _Placed(counts, tuple(used if k == own else 0 for k in range(len(self.kinds))))

    def _positions(self, chain: Chain, left: tuple[int, ...]) -> Iterator[_Placed]:
        """Where the controllers of a chain are not alike each block may begin anywhere."""
        if sum(left) > 200:
            raise TooHard("too many runs over more than one controller")
        end = chain[-1].hi

        def go(
            at: int, left: tuple[int, ...], starts: tuple[tuple[int, int], ...]
        ) -> Iterator[tuple[tuple[int, int], ...]]:
            self._step()
            for j, b in enumerate(self.blocks):
                if left[j]:
                    less_one = tuple(n - (k == j) for k, n in enumerate(left))
                    for s in range(at, end - b.length + 2):
                        if self._inside(chain, b, s):
                            yield from go(s + b.length, less_one, (*starts, (j, s)))
            yield starts

        for starts in go(chain[0].lo, left, ()):
            counts = tuple(sum(j == k for j, _ in starts) for k in range(len(self.blocks)))
            used = [0] * len(self.kinds)
            for j, s in starts:
                for p in chain:
                    both = min(p.hi, s + self.blocks[j].length - 1) - max(p.lo, s) + 1
                    used[self.kind[p.controller]] += max(0, both)
            yield _Placed(counts, tuple(used), starts)

    def _inside(self, chain: Chain, b: _Block, start: int) -> bool:
        under = [p for p in chain if p.lo < start + b.length and start <= p.hi]
        return all(p.controller in b.controllers for p in under)

    def _rest_fits(self, used: tuple[int, ...]) -> bool:
        """Hall's condition on what the runs leave."""
        self._step()
        room = [a - b for a, b in zip(self.room, used, strict=True)]
        for union in self.unions:
            need = sum(n for s, n in self.needs.items() if s <= union)
            if need > sum(room[k] for k in self._kinds_of(union)):
                return False
        return True

    def _kinds_of(self, union: frozenset[str]) -> list[int]:
        return list(dict.fromkeys(k for c, k in self.kind.items() if c in union))

    # The condition

    def _condition(self, way: Sequence[_Placed]) -> Expr:
        """Under which the same blocks fit into the same chains."""
        out = [*self.conditions, still_apart(self.pieces)]
        room: list[list[Expr]] = [
            [p.length for p in self.pieces if self.kind[p.controller] == k]
            for k in range(len(self.kinds))
        ]
        total = [0] * len(self.blocks)
        lengths = [self._length_of(b) for b in self.blocks]
        for chain, placed in zip(self.chains, way, strict=False):
            if not any(placed.counts):
                continue
            out.append(still_joined(chain))
            total = [a + b for a, b in zip(total, placed.counts, strict=True)]
            if placed.starts:
                out += self._placed_at(chain, placed, lengths, room)
                continue
            need = add(*(mul(Lit(n), e) for n, e in zip(placed.counts, lengths, strict=True) if n))
            out.append(at_most(need, add(*(p.length for p in chain))))
            room[self.kind[chain[0].controller]].append(mul(Lit(-1), need))
        for n, b in zip(total, self.blocks, strict=True):
            out.append(at_most(add(*(at_least_zero(w.times) for w in b.wants)), Lit(n)))
        for union in self.unions:
            need = add(*(_lines(w) for w in self.rest if w.controllers <= union))
            there = add(*(e for k in self._kinds_of(union) for e in room[k]))
            out.append(at_most(need, there))
        return conj(*out)

    def _length_of(self, b: _Block) -> Expr:
        """The longest of the block's wants; they are the same for the values at hand."""
        most = Lit(0)
        longest: Expr = most
        for e in dict.fromkeys(w.size for w in b.wants):
            longest = e if longest == most else ite(less(longest, e), e, longest)
        return at_least_zero(longest)

    def _placed_at(
        self, chain: Chain, placed: _Placed, lengths: Sequence[Expr], room: list[list[Expr]]
    ) -> list[Expr]:
        out: list[Expr] = []
        ends = [s for _, s in placed.starts[1:]]
        for k, (j, s) in enumerate(placed.starts):
            b = self.blocks[j]
            under = next(n for n, p in enumerate(chain) if p.lo <= s <= p.hi)
            last = under
            while last + 1 < len(chain) and chain[last + 1].controller in b.controllers:
                last += 1
            end = sub(add(Lit(s), lengths[j]), Lit(1))
            out += [at_most(chain[under].first, Lit(s)), at_most(end, chain[last].last)]
            if k < len(ends):
                out.append(less(end, Lit(ends[k])))
            for p in chain:
                both = add(sub(_smaller(p.last, end), _larger(p.first, Lit(s))), Lit(1))
                room[self.kind[p.controller]].append(mul(Lit(-1), at_least_zero(both)))
        return out


def _length(chain: Chain) -> int:
    return chain[-1].hi - chain[0].lo + 1


def _lines(w: Want) -> Expr:
    return mul(at_least_zero(w.size), at_least_zero(w.times))


def _larger(a: Expr, b: Expr) -> Expr:
    return ite(less(a, b), b, a)


def _smaller(a: Expr, b: Expr) -> Expr:
    return ite(less(a, b), a, b)
