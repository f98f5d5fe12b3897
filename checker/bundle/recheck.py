"""A bundle checked again: bytes, form, what belongs together, solvers, runs, and all of it anew.

Each finding names the file that is wrong. `is_input` marks what is wrong with the bundle as an
object (a byte changed, a file missing); anything else is a claim that does not stand.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from checker import __version__
from checker.bundle import contents
from checker.bundle.belongs import belongs
from checker.bundle.freeze import LIBRARY
from checker.bundle.make import FUZZ, MUTATION, Asked, Frame, Made, asked_of, make
from checker.bundle.store import changed
from checker.engines.certify import ask_all, label, solvers
from checker.language.load import load
from checker.properties.property import properties
from checker.provenance import generator, versions
from checker.report.schema_check import wrong as wrong_form
from checker.report.trace_file import WrongTrace, read_trace
from checker.verdict.certificate import Query
from checker.verdict.confirm import on_machine
from checker.verdict.trace import setting_of
from model.expr import Undefined
from model.machine.replay import NotPossible
from model.meaning.layout import TooLarge
from model.meaning.programs import Unsupported
from model.record import dataclass

_NEEDED = (
    "bundle.json",
    "results.json",
    "README.md",
    "recheck.sh",
    contents.VERDICTS,
    "proofs/index.json",
)
_OF_SOLVERS = ("bundle.json", "README.md", "report.html")
"""They say which solvers confirmed a proof: compared where the same ones are here."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A file of the bundle, and what is wrong with it."""

    file: str
    why: str
    is_input: bool = False
    is_open: bool = False
    """No answer, which is neither for nor against it."""


@dataclass(slots=True)
class Checked:
    """What was looked at, what is wrong, and what could not be looked at here."""

    done: list[str] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)


Files = Mapping[str, bytes]


def recheck(files: Files, frame: Frame) -> Checked:
    """All checks in their order; what the bytes already refute is not looked at any further."""
    out = Checked()
    stages: tuple[tuple[str, Callable[[Files], Iterator[Wrong]]], ...] = (
        (f"bytes: {len(files)} files are those of the manifest", _bytes),
        ("form: results agree with their schema", _form),
        ("what belongs together: results, inputs, proofs, invariants, runs", _belongs),
    )
    for words, stage in stages:
        found = list(stage(files))
        out.wrong += found
        if found:
            return out
        out.done.append(words)
    with tempfile.TemporaryDirectory(prefix="vqcheck-") as name:
        folder = Path(name)
        _thaw(files, folder)
        out.wrong += _runs(files, folder, out)
        out.wrong += _solved(files, frame, out)
        out.wrong += _anew(files, folder, frame, out)
    return out


def _bytes(files: Files) -> Iterator[Wrong]:
    yield from (Wrong(name, why, is_input=True) for name, why in changed(files))


# Form


def _form(files: Files) -> Iterator[Wrong]:
    missing = [name for name in _NEEDED if name not in files]
    yield from (Wrong(name, "it is not there", is_input=True) for name in missing)
    if missing:
        return
    for name, data in files.items():
        why = _wrong_json(name, data) if name.endswith(".json") else _wrong_text(data)
        if why:
            yield Wrong(name, why, is_input=True)


def _wrong_text(data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError as e:
        return f"it is no text: {e}"
    return ""


def _wrong_json(name: str, data: bytes) -> str:
    try:
        found = json.loads(data)
        if name == "bundle.json":
            return _wrong_about(found)
        if name == "proofs/index.json":
            return _wrong_index(found)
    except (ValueError, RecursionError) as e:
        return f"it is not JSON: {e}"
    except (KeyError, TypeError) as e:
        return f"it is not of the form that is written: {e!r}"
    if name in ("results.json", FUZZ):
        return next(wrong_form(found), "")
    if name.startswith("traces/") and not name.endswith(".replay.json"):
        return next(wrong_form(found, "trace_file"), "")
    return ""


def _wrong_about(about: Any) -> str:
    if about["schema_version"] != 1 or about["kind"] != "vqcheck bundle":
        return "it is of another kind or version"
    asked_of(about)
    if not set(about["given"]) <= {FUZZ, MUTATION}:
        return "it says that others gave what only the tool can make"
    texts = (about["design"], about["generator"], about["tool"]["z3"])
    return "" if all(isinstance(t, str) for t in texts) else "it does not say what it is of"


def _wrong_index(index: Any) -> str:
    for e in index["proofs"]:
        words = (e["property"], *(q[k] for q in e["queries"] for k in ("file", "sha256")))
        if not all(isinstance(w, str) for w in words):
            return "a name in it is no text"
    return ""


def _belongs(files: Files) -> Iterator[Wrong]:
    yield from (Wrong(name, why) for name, why in belongs(files))


# Runs


def _thaw(files: Files, folder: Path) -> None:
    """The texts, as files."""
    for name, data in files.items():
        if name.startswith(f"{LIBRARY}/"):
            to = folder / name
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)


def _runs(files: Files, folder: Path, out: Checked) -> Iterator[Wrong]:
    """Each run happens on the machine, made of the frozen texts."""
    about = json.loads(files["bundle.json"])
    loaded = load(folder / about["design"], {}, properties(), folder / LIBRARY)
    if loaded.design is None:
        yield Wrong(about["design"], "it is no design: " + loaded.diagnostics[0].headline)
        return
    traces = [(n, files[n].decode()) for n in files if _is_trace(n)]
    if FUZZ in files:
        traces += [(FUZZ, json.dumps(t)) for t in _traces_in(json.loads(files[FUZZ]))]
    count = 0
    for name, text in traces:
        why = ""
        try:
            trace = read_trace(text)
            assert trace.of is not None
            if setting_of(loaded.design, trace.of) is None:
                why = f"the design has no device `{trace.of.device}`"
            else:
                seen = on_machine(loaded.design, trace)
                why = f"the run does not happen: {seen}" if isinstance(seen, NotPossible) else ""
        except (WrongTrace, KeyError, Undefined, TooLarge, Unsupported) as e:
            why = f"it is no run of the design: {e}"
        if why:
            yield Wrong(name, why)
        count += not why
    if traces:
        out.done.append(f"runs: {count} of {len(traces)} happened again on the machine")


def _is_trace(name: str) -> bool:
    return name.startswith("traces/") and name.endswith(".json") and ".replay" not in name


def _traces_in(result: Any) -> Iterator[dict[str, Any]]:
    for design in result["designs"]:
        for line in design["properties"]:
            for v in line.get("violations", ()):
                if "trace" in v:
                    yield {"schema_version": 1, **v["trace"]}


# Solvers


def _solved(files: Files, frame: Frame, out: Checked) -> Iterator[Wrong]:
    """Every script has no model, say solvers in processes of their own."""
    scripts = {n: files[n].decode() for n in files if n.endswith(".smt2")}
    if not scripts:
        return
    asked = asked_of(json.loads(files["bundle.json"]))
    queries = {Query(name, text): name for name, text in scripts.items()}
    who = solvers()
    if "cvc5" not in who:
        out.not_done.append("cvc5 is not installed: the scripts were put to a fresh Z3 only")
    frame.progress("scripts put to solvers", 0, len(scripts))
    good: dict[str, int] = {}
    for check in ask_all(list(queries), who, asked.timeout):
        if check.answer == "unsat":
            good[check.solver] = good.get(check.solver, 0) + 1
            continue
        words = f"{check.solver} says: {check.answer}"
        is_open = check.answer.startswith("unknown") or check.answer == "timed out"
        yield Wrong(queries[check.query], words, is_open=is_open)
    for name in who:
        n = good.get(label(name), 0)
        out.done.append(
            f"proofs: {n} of {len(scripts)} scripts without a model, says {label(name)}"
        )


# All of it anew


def _anew(files: Files, folder: Path, frame: Frame, out: Checked) -> Iterator[Wrong]:
    about = json.loads(files["bundle.json"])
    asked = asked_of(about)
    mine = {"name": "vqcheck", "version": __version__, **dict(versions())}
    is_same = about["generator"] == generator() and about["tool"]["z3"] == mine["z3"]
    is_here = is_same and asked.certify == solvers()
    is_equal = is_here and about["tool"] == mine
    given = {n: files[n] for n in about["given"] if n in files}
    out.not_done += [f"{n} was given by others: it is not made anew" for n in given]
    if not is_equal:
        asked = asked if is_here else _less(asked)
        stated = tuple((k, v) for k, v in about["tool"].items() if k not in ("name", "version"))
        frame = replace(frame, versions=lambda: stated)
    made = make(folder, about["design"], asked, given, frame)
    wrong = list(_outcomes(json.loads(files["results.json"]), made))
    yield from wrong
    if any(w.is_open for w in wrong):
        return  # What did not come out cannot be compared.
    if not is_same:
        out.not_done.append(
            f"texts are not compared with what this version generates: the bundle is of vqcheck "
            f"{about['tool'].get('version')} with z3 {about['tool']['z3']} ({about['generator']})"
        )
        return
    skipped = () if is_equal else ("sbom.json", *(() if is_here else _OF_SOLVERS))
    if is_here and _runs_of(made.files) != _runs_of(files):  # Another Hypothesis draws others.
        skipped = *skipped, "README.md"
    names = sorted(n for n in files if n not in given and n != "SHA256SUMS" and n not in skipped)
    if not is_equal:
        some = ", ".join([*skipped, "runs by chance and cvc5's proofs"])
        out.not_done.append(f"{some} are not compared: they depend on versions of packages")
        names = [
            n for n in names if not n.endswith(".cpc") and n not in (FUZZ, "proofs/index.json")
        ]
    found = [w for n in names if (w := _differs(n, files, made, is_equal))]
    extra = sorted(n for n in made.files if n not in files and (is_equal or n.endswith(".smt2")))
    found += [Wrong(n, "it is made anew, and is not in the bundle") for n in extra]
    yield from found
    out.done.append(f"made anew: {len(names) - len(found)} of {len(names)} files are the same")


def _runs_of(files: Files) -> Any:
    """What runs by chance came to, without the versions that they were made with."""
    return {k: v for k, v in json.loads(files.get(FUZZ, b"{}")).items() if k != "tool"}


def _less(asked: Asked) -> Asked:
    """What is enough where files of solvers are not compared."""
    return replace(asked, certify=solvers(), proofs=False, fuzz=0)


def _outcomes(results: Any, made: Made) -> Iterator[Wrong]:
    """The verdicts come out the same, whatever the version."""
    (design,) = results["designs"]
    anew = json.loads(made.files["results.json"])["designs"][0]["properties"]
    there, here = _verdicts(design["properties"]), _verdicts(anew)
    for name in dict.fromkeys((*there, *here)):
        a, b = there.get(name), here.get(name)
        if a != b:
            is_open = b is not None and b[0] in ("unknown", "error")
            words = f"{name}: it says {_said(a)}; made anew it is {_said(b)}"
            yield Wrong("results.json", words, is_open=is_open)


def _said(x: tuple[str, str] | None) -> str:
    return "nothing" if x is None else ", ".join(w for w in x if w)


def _verdicts(properties: Any) -> dict[str, tuple[str, str]]:
    """Outcome and strength; who confirmed a proof depends on what is installed."""
    return {
        p["property"]: (p["outcome"], p["strength"].removesuffix(", certified")) for p in properties
    }


def _differs(name: str, files: Files, made: Made, is_equal: bool) -> Wrong | None:
    mine = made.files.get(name)
    if mine is None:
        return Wrong(name, "it is not what this version makes of the texts: there is no such file")
    a, b = files[name].decode("utf-8", "replace"), mine.decode()
    if name == "results.json" and not is_equal:
        a, b = (contents.as_json(_bare(json.loads(x))) for x in (a, b))
    if a == b:
        return None
    lines = list(zip(a.split("\n"), b.split("\n"), strict=False))
    n = next((k for k, (x, y) in enumerate(lines, 1) if x != y), len(lines))
    return Wrong(name, f"it is not what this version makes of the texts, from line {n} on")


def _bare(results: Any) -> Any:
    """Without what depends on which solvers are installed."""
    out = {k: v for k, v in results.items() if k not in ("tool", "options")}
    for line in out["designs"][0]["properties"]:
        line.get("certificate", {}).pop("solvers", None)
        line["strength"] = line["strength"].removesuffix(", certified")
    return out
