"""What is different between two bundles, or two results: texts, verdicts, counterexamples."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from checker.bundle.claims import claims
from checker.bundle.store import NoBundle, changed, is_archive, read
from checker.report.schema_check import wrong
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Side:
    """A result, and the texts that it is of where they are at hand."""

    name: str
    results: Mapping[str, Any]
    texts: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what it is about, in one line and more; `is_worse` where one can say so."""

    kind: str
    about: str
    words: str
    more: tuple[str, ...] = ()
    is_worse: bool = False


def side(path: Path) -> Side:
    """A bundle (its bytes are compared with its manifest) or a result as JSON, or `NoBundle`."""
    if not path.is_dir() and not is_archive(path):
        try:
            return Side(str(path), _results(path.read_bytes()), None)
        except OSError as e:
            raise NoBundle(f"it cannot be read: {e.strerror}") from e
    files = read(path)
    for name, why in changed(files):
        raise NoBundle(why, name)
    if "results.json" not in files:
        raise NoBundle("it is not there", "results.json")
    texts = {n: d.decode("utf-8", "replace") for n, d in files.items() if n.startswith("inputs/")}
    return Side(str(path), _results(files["results.json"]), texts)


def _results(data: bytes) -> Mapping[str, Any]:
    try:
        found: dict[str, Any] = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise NoBundle(f"it is not JSON: {e}") from e
    why = next(wrong(found), "")
    if why:
        raise NoBundle(f"it is no result of vqcheck: {why}")
    return found


def changes(old: Side, new: Side) -> Iterator[Change]:
    """All differences, in the order of the new side; tools are not compared."""
    for a, b in _paired(old, new):
        if a is None or b is None:
            there = "no longer there" if b is None else "new"
            yield Change("design", (a or b or {})["path"], there, is_worse=b is None)
            continue
        yield from _design(a, b, old, new)


_Pair = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]


def _paired(old: Side, new: Side) -> Iterator[_Pair]:
    """Designs by their path; where each side has one, these two."""
    a, b = old.results["designs"], new.results["designs"]
    if len(a) == len(b) == 1:
        yield a[0], b[0]
        return
    by = {d["path"]: d for d in a}
    for d in b:
        yield by.pop(d["path"], None), d
    yield from ((d, None) for d in by.values())


def _design(a: Mapping[str, Any], b: Mapping[str, Any], old: Side, new: Side) -> Iterator[Change]:
    yield from _texts(a, b, old, new)
    for c in claims(a, b):
        yield Change("claim", c.about, c.words, is_worse=c.is_less)
    before = {p["property"]: p for p in a["properties"]}
    for p in b["properties"]:
        was = before.pop(p["property"], None)
        if was is None:
            is_worse = not p["as_expected"]
            yield Change("new", p["property"], f"new: {_verdict(p)}", _shown(p), is_worse)
        else:
            yield from _property(was, p)
    for name, p in before.items():
        yield Change("gone", name, f"no longer asked; it was: {_verdict(p)}", is_worse=True)


# Texts


def _texts(a: Mapping[str, Any], b: Mapping[str, Any], old: Side, new: Side) -> Iterator[Change]:
    was, now = _inputs(a), _inputs(b)
    for name, (path, digest) in now.items():
        if name not in was:
            yield Change("text", name, "a file that was not used before")
        elif was[name][1] != digest:
            before = (old.texts or {}).get(was[name][0])
            after = (new.texts or {}).get(path)
            if before is None or after is None:
                yield Change("text", name, "another text")
            else:
                yield Change("text", name, "another text:", tuple(_lines(before, after)))
    for name in was:
        if name not in now:
            yield Change("text", name, "a file that is no longer used")


def _inputs(d: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By a name that does not depend on where the files lay: path and digest."""
    out: dict[str, tuple[str, str]] = {}
    main = PurePosixPath(d["path"])
    for i in d["inputs"]:
        path = PurePosixPath(i["path"])
        if path == main:
            name = "the design"
        elif "lib" in path.parts:
            name = "/".join(path.parts[path.parts.index("lib") :])
        else:
            name = path.relative_to(main.parent).as_posix() if _is_below(path, main) else str(path)
        out[name] = (i["path"], i["digest"])
    return out


def _is_below(path: PurePosixPath, main: PurePosixPath) -> bool:
    return path.is_relative_to(main.parent)


def _lines(before: str, after: str) -> Iterator[str]:
    """The lines that differ, each with its number in the text that it is of."""
    a, b = before.splitlines(), after.splitlines()
    for how, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if how != "equal":
            yield from (f"- {n:>4}  {a[n - 1].rstrip()}" for n in range(i + 1, j + 1))
            yield from (f"+ {n:>4}  {b[n - 1].rstrip()}" for n in range(k + 1, m + 1))


# Verdicts


_RANK = {"proved": 3, "bounded": 2, "fuzzed": 1}


def _property(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Change]:
    name = b["property"]
    if (a["outcome"], a["strength"]) != (b["outcome"], b["strength"]):
        words = f"{_verdict(a)} -> {_verdict(b)}"
        yield Change("verdict", name, words, _shown(b), _is_worse(a, b))
    elif a["outcome"] == "violated" and _failures(a) != _failures(b):
        yield Change("counterexample", name, "violated as before, in another way", _how(a, b))
    elif a.get("reasons") != b.get("reasons") or a.get("missing") != b.get("missing"):
        yield Change("reason", name, f"{b['outcome']} as before, for another reason", _shown(b))
    if a["expected"] != b["expected"]:
        words = f"the design expects {a['expected']} -> {b['expected']}"
        # What the design no longer claims to hold is let pass from now on, as it is or comes to be.
        accepts = a["expected"] == "holds"
        fails = a["as_expected"] and not b["as_expected"]
        yield Change("expected", name, words, is_worse=accepts or fails)


def _is_worse(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Less is known to hold."""
    if a["outcome"] != b["outcome"]:
        return bool(a["outcome"] == "holds") or b["outcome"] in ("disagree", "error")
    was, now = (_RANK.get(p["strength"].partition(" ")[0], 0) for p in (a, b))
    return now < was or (now == was and "certified" in a["strength"])


def _verdict(p: Mapping[str, Any]) -> str:
    return ", ".join(w for w in (p["outcome"], p["strength"]) if w)


def _shown(p: Mapping[str, Any]) -> tuple[str, ...]:
    """What there is to say of the outcome, in few lines."""
    out = [f"false: {v['statement']}{_for(v)}" for v in p.get("violations", ())]
    out += [f"why: {r}" for r in (*p.get("reasons", ()), *p.get("not_proved", ()))]
    out += [f"missing: {p['missing']}"] if "missing" in p else []
    return tuple(out)


def _for(v: Mapping[str, Any]) -> str:
    return f" (for {_values(v['values'])})" if v["values"] else ""


def _values(some: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} = {int(v) if isinstance(v, bool) else v}" for k, v in some.items())


# Counterexamples


def _failures(p: Mapping[str, Any]) -> list[object]:
    return [
        (v["aspect"], v["statement"], v["values"], _steps(v), v["table"]) for v in p["violations"]
    ]


def _steps(v: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Who did what, and what it changed; not where it is written, which moves."""
    steps = v["trace"]["steps"] if "trace" in v else ()
    return [
        (s["actor"], s["action"], ", ".join((_values(s["changes"]), _values(s["found"]))))
        for s in steps
    ]


def _how(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[str, ...]:
    out: list[str] = []
    was, now = a["violations"], b["violations"]
    if len(was) != len(now):
        out.append(f"{len(was)} -> {len(now)} ways in which it fails")
    gone = [v for v in was if v["statement"] not in {w["statement"] for w in now}]
    new = [v for v in now if v["statement"] not in {w["statement"] for w in was}]
    out += [f"was: {v['statement']}{_for(v)}" for v in gone]
    out += [f"is:  {v['statement']}{_for(v)}" for v in new]
    for x, y in zip(was, now, strict=False):
        out += _runs_apart(_steps(x), _steps(y))
        if x["statement"] == y["statement"] and x["values"] != y["values"]:
            out.append(f"for {_values(x['values'])} -> {_values(y['values'])}: {y['statement']}")
    return tuple(out)


def _runs_apart(a: list[tuple[str, str, str]], b: list[tuple[str, str, str]]) -> Iterator[str]:
    """Up to where two runs are the same."""
    if a == b:
        return
    n = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    yield f"the runs are the same up to step {n}; then" if n else "the runs differ from step 1 on:"
    yield f"was: {n + 1:>3}  {_step(a, n)}"
    yield f"is:  {n + 1:>3}  {_step(b, n)}"


def _step(steps: list[tuple[str, str, str]], n: int) -> str:
    if n >= len(steps):
        return "it ends"
    actor, action, changes = steps[n]
    return f"{actor}  {action}" + (f"  ({changes.strip(', ')})" if changes.strip(", ") else "")
