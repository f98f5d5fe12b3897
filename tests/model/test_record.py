"""Our `dataclass` is `dataclasses.dataclass` in everything but what it costs to define."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from model import record

Make = Callable[..., Callable[[type], Any]]


def _classes(dataclass: Make) -> list[Any]:
    @dataclass(frozen=True, slots=True)
    class Pair:
        a: int
        b: object = None

    @dataclass(frozen=True, slots=True)
    class Partly:
        shown: int
        hidden: list[int] = field(default_factory=list, repr=False, compare=False)
        unhashed: tuple[int, ...] = field(default=(), hash=False)

    @dataclass(slots=True)
    class Changing:
        a: int
        made: list[int] = field(default_factory=list)
        total: int = field(init=False)
        fixed: int = field(init=False, default=7)

        def __post_init__(self) -> None:
            self.total = self.a + len(self.made)

    @dataclass(frozen=True, slots=True, eq=False)
    class Same:
        a: int

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    @dataclass(frozen=True, slots=True)
    class Own:
        a: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.a % 10 == other.a % 10

        def __hash__(self) -> int:
            return self.a % 10

        def __repr__(self) -> str:
            return f"<{self.a}>"

    @dataclass(frozen=True, slots=True)
    class Longer(Pair):
        c: int = 3

    return [Pair, Partly, Changing, Same, Empty, Own, Longer]


ORIGINAL, OURS = _classes(dataclasses.dataclass), _classes(record.dataclass)
ARGUMENTS: list[list[tuple[Any, ...]]] = [
    [(1,), (1, 2), (True, None), (1.0, (2,))],
    [(1,), (1, [2]), (1, [], (3,)), (2, [], (3,))],
    [(1,), (1, [2, 3])],
    [(1,), (1,)],
    [(), ()],
    [(1,), (11,), (2,)],
    [(1,), (1, 2), (1, 2, 4)],
]
CASES = list(zip(ORIGINAL, OURS, ARGUMENTS, strict=True))
by_class = pytest.mark.parametrize(("original", "ours", "arguments"), CASES)


@by_class
def test_the_same_are_equal_hashed_alike_and_shown_alike(
    original: Any, ours: Any, arguments: list[tuple[Any, ...]]
) -> None:
    for x in arguments:
        assert repr(original(*x)) == repr(ours(*x))
        for y in arguments:
            assert (original(*x) == original(*y)) == (ours(*x) == ours(*y))
            assert ours(*x) != original(*y)
        if original is not ORIGINAL[3]:  # Its hash is that of the object.
            assert _hash(original(*x)) == _hash(ours(*x))


def _hash(x: object) -> int | str:
    try:
        return hash(x)
    except TypeError as e:
        return str(e)


@by_class
def test_setting_a_field_is_refused_where_it_was(
    original: Any, ours: Any, arguments: list[tuple[Any, ...]]
) -> None:
    for name in (f.name for f in dataclasses.fields(original)):
        for made in (original(*arguments[0]), ours(*arguments[0])):
            if original is ORIGINAL[2]:
                setattr(made, name, 5)
                delattr(made, name)
                continue
            with pytest.raises(dataclasses.FrozenInstanceError, match=name):
                setattr(made, name, 5)
            with pytest.raises(dataclasses.FrozenInstanceError, match=name):
                delattr(made, name)


@by_class
def test_signature_fields_and_patterns_are_the_same(
    original: Any, ours: Any, arguments: list[tuple[Any, ...]]
) -> None:
    assert list(inspect.signature(original).parameters) == list(inspect.signature(ours).parameters)
    assert original.__match_args__ == ours.__match_args__
    assert [f.name for f in dataclasses.fields(original)] == [
        f.name for f in dataclasses.fields(ours)
    ]
    assert hasattr(ours, "__dataclass_fields__")
    assert not hasattr(ours(*arguments[0]), "__dict__")
    with pytest.raises(TypeError):
        ours(*arguments[0], nothing=1)
    with pytest.raises(TypeError):
        ours(1, 2, 3, 4, 5)


@by_class
def test_the_first_objects_are_as_later_ones(
    original: Any, ours: Any, arguments: list[tuple[Any, ...]]
) -> None:
    fresh = OURS.index(ours)
    made = _classes(record.dataclass)[fresh]  # No object of this one was made before.
    with pytest.raises(TypeError):
        made(*[0] * 9)
    for k in range(3 * record._FEW):
        x = arguments[k % len(arguments)]
        assert repr(made(*x)) == repr(original(*x))
    other = _classes(record.dataclass)[fresh]
    names = [f.name for f in dataclasses.fields(original)]
    assert repr(other(**dict(zip(names, arguments[0], strict=False)))) == repr(
        original(*arguments[0])
    )
    if arguments[0]:
        with pytest.raises(TypeError, match="missing"):
            _classes(record.dataclass)[fresh]()


@by_class
def test_copies_are_equal(original: Any, ours: Any, arguments: list[tuple[Any, ...]]) -> None:
    for x in arguments:
        made = ours(*x)
        assert repr(copy.deepcopy(made)) == repr(copy.deepcopy(original(*x)))
        if original not in (ORIGINAL[2], ORIGINAL[3]):
            assert dataclasses.replace(made) == made == copy.copy(made)


@record.dataclass(frozen=True, slots=True)
class AtTop:
    """One that pickle can find."""

    a: int
    b: tuple[int, ...] = ()


def test_it_is_pickled() -> None:
    assert pickle.loads(pickle.dumps(AtTop(1, (2, 3)))) == AtTop(1, (2, 3))


def test_a_mutable_default_is_refused() -> None:
    with pytest.raises(ValueError, match="mutable default"):

        @record.dataclass(slots=True)
        class Wrong:
            a: list[int] = []  # noqa: RUF012


def test_a_method_is_written_once() -> None:
    @record.dataclass(frozen=True, slots=True)
    class P:
        a: int

    assert P(1) == P(1)
    first = P.__init__, P.__eq__, P.__hash__
    assert hash(P(1)) == hash(P(1))
    assert (P.__init__, P.__eq__, P.__hash__) == (*first[:2], P.__hash__)
    assert inspect.isfunction(P.__hash__)
