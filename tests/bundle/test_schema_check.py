"""The check of results against their schema says what `jsonschema` says."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema.validators import validator_for

from checker.report.schema import schema
from checker.report.schema_check import wrong
from tests.bundle.bundles import Files

VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2.0, "", "holds", "vacuous", "VQ0101", [], [0], [{}], {}, {"a": 1},
)  # fmt: skip


def _places(x: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if way:
        yield way
    for k, v in x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ():
        yield from _places(v, (*way, k))


def _mutated(data: Any, chance: random.Random) -> Any:
    """With one value gone, or another one in its place."""
    out = copy.deepcopy(data)
    *way, last = chance.choice(list(_places(out)))
    at = out
    for k in way:
        at = at[k]
    if chance.random() < 0.3:
        del at[last]
    else:
        at[last] = copy.deepcopy(chance.choice(VALUES))
    return out


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("results.json", ""),
        ("fuzz.json", ""),
        ("traces/no_lost_notifications-1.json", "trace_file"),
    ],
)
def test_it_agrees_with_jsonschema(name: str, part: str, lost: Files) -> None:
    whole = schema(part)
    validator = validator_for(whole)(whole)
    data = json.loads(lost[name])
    assert list(wrong(data, part)) == []
    for design in data.get("designs", ()):  # A few of each kind are enough, and quicker.
        design["properties"][-1]["violations"][0]["trace"]["steps"][2:] = []
    chance = random.Random(1)
    refused = 0
    for _ in range(120):
        other = _mutated(data, chance)
        is_valid = validator.is_valid(other)
        assert (next(wrong(other, part), None) is None) == is_valid, list(wrong(other, part))
        refused += not is_valid
    assert refused > 50, "most changes are to be refused"


def test_every_keyword_of_the_schema_is_known() -> None:
    """Also in parts that no result of a test comes to."""
    for part in schema()["$defs"]:
        for value in (*VALUES, {"outcome": "holds"}, {"record": "end"}):
            assert isinstance(list(wrong(value, part)), list)
