"""What is proved for all values, against all values, one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from checker.verdict.verdict import outcome
from checker.verify import Options, verify
from tests.model.designs import (
    Attempt,
    Device,
    Family,
    Rule,
    Spec,
    Transport,
    Type,
    specs,
    write,
)
from tests.model.oracle import Found, TooMuch, malformed, properties

REFUSED = {"index": "VQ0502", "negative": "VQ0503", "argument": "VQ0504", "empty": "VQ0506"}

_NUMBER = ("+", "base", ("*", 2, "q.nth"))


def compare(s: Spec, folder: Path) -> dict[str, tuple[str, Found | None, str]]:
    """What is said of each property, what was found, and what is wrong with that."""
    path = folder / "design.vq"
    path.write_text(write(s), encoding="utf-8")
    report = verify(path, Options(jobs=1))
    errors = {d.code for d in report.diagnostics if d.code < "VQ06" and d.is_error}
    wrong = malformed(s)
    if errors:
        return {"refused": (",".join(sorted(errors)), None, "")}
    if wrong:
        return {"refused": ("accepted", None, f"accepted, though {wrong}")}
    found = properties(s)
    out: dict[str, tuple[str, Found | None, str]] = {}
    for line in report.lines:
        said, seen = outcome(line.verdict), found[line.name]
        out[line.name] = (said, seen, _mistake(line.name, said, seen, str(line.verdict)))
    return out


def _mistake(name: str, said: str, seen: Found, verdict: str) -> str:
    if said == "holds" and seen.bad:
        return f"WRONG HOLDS: {seen.bad[0]}"
    if said == "holds" and seen.never:
        return f"holds, though nothing can be granted to {seen.never}"
    if said == "violated" and not (seen.bad or seen.doubtful or name == "layering"):
        return f"violated, and no counterexample: {verdict[:600]}"
    if said == "vacuous" and seen.never and not seen.bad:
        return ""
    if said == "vacuous" and (seen.bad or (seen.happens and name != "irq_limits")):
        return f"vacuous, and something happens: {seen.bad[:1]}"
    if said in ("disagree", "skipped"):
        return f"{said}: {verdict[:600]}"
    return ""


@pytest.mark.parametrize("policy", [True, False])
@pytest.mark.parametrize(("reserved", "said"), [([], "holds"), ([1], "vacuous"), ([3], "vacuous")])
def test_listed_numbers_that_are_reserved_are_never_granted(
    tmp_path: Path, reserved: list[int], said: str, *, policy: bool
) -> None:
    """Of a policy too, where it takes just so many; and where the map asks for numbers."""
    queue = Family("rx", 0, 1, "i", "rx", False, None, None, None, None)
    by_line, by_number = Rule(False, "line", "q.nth", None), Rule(False, "number", _NUMBER, None)
    rules = [by_line if policy else by_number]
    attempt = Attempt("a", rules, [(0, 1, "h", None)], 2 if policy else None, "", None)
    handlers: dict[str, list[Any]] = {"h": [("for", "z", None, None, [("drain", "z")])]}
    transport = Transport("t", [""], None, [attempt], None, handlers, None, set(), policy)
    kind = Type("ty", 1, [], [queue], None, None)
    asks: dict[str, tuple[Any, Any]] = {"": (2, 3 if policy else 2)}
    device = Device("d0", kind, 0, None, asks, [1, 3], {}, False, None, [], False)
    controllers = [("c", "edge", 0, 5, reserved, False)]
    s = Spec([], None, 2, None, controllers, [kind], transport, [device], [])
    assert compare(s, tmp_path)["coverage"][::2] == (said, "")


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(specs())
def test_what_is_said_is_what_is_found_by_trying_everything(
    tmp_path_factory: pytest.TempPathFactory, s: Spec
) -> None:
    try:
        compared = compare(s, tmp_path_factory.mktemp("design"))
    except TooMuch:
        assume(False)
        raise
    for name, (said, _, mistake) in compared.items():
        event(f"{name}: {said}")
        assert not mistake, f"{name} {mistake}\n{write(s)}"
