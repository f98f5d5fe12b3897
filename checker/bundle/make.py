"""A bundle from its frozen texts and what is asked of them; made anew, it is the same."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from checker import __version__
from checker.bundle import contents
from checker.bundle.freeze import LIBRARY
from checker.bundle.readme import Changes, readme
from checker.bundle.sbom import sbom
from checker.bundle.store import sealed
from checker.engines.certify import cvc5_proofs
from checker.engines.engine import Budget
from checker.fuzz import FuzzOptions, fuzz
from checker.language.load import load
from checker.options import Options
from checker.paged import page_of
from checker.properties.property import properties
from checker.provenance import generator, versions
from checker.report.page import page
from checker.report.report import Report
from checker.report.run import Provenance, Run
from checker.verdict.repairs import repairs
from checker.verdict.verdict import Violated
from checker.verify import verify
from model.design.design import Design
from model.record import dataclass

_SCRIPT = Path(__file__).with_name("recheck.sh")
FUZZ, MUTATION = "fuzz.json", "mutation.json"
_MOST_FUZZING = 600.0
"""Seconds; the number of runs is what ends it, so that it ends the same."""
Finish = Callable[[Provenance, Report], Run]
"""What a run of one design ends with."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides what a bundle has in it, besides the texts."""

    rlimit: int
    timeout: float
    memory: int
    properties: tuple[str, ...] = ()
    params: tuple[tuple[str, int], ...] = ()
    expectations: bool = True
    certify: tuple[str, ...] = ()
    proofs: bool = True
    """Whether cvc5 is asked for its proofs."""
    fuzz: int = 200
    """Runs by chance of each kind of device; 0: none."""
    seed: int = 0

    @property
    def budget(self) -> Budget:
        """What an obligation may use."""
        return Budget(self.rlimit, self.timeout, self.memory)


@dataclass(frozen=True, slots=True)
class Made:
    """All files of a bundle, the run that they are of, and what could not be put into it."""

    files: Mapping[str, bytes]
    run: Run
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """How it is made: what a run ends with, processes side by side, and who is told of it."""

    finish: Finish
    jobs: int = 2
    progress: Progress = lambda what, done, total: None
    versions: Callable[[], tuple[tuple[str, str], ...]] = versions
    """What it says that it was made with; of one that is checked, what that says."""


def make(folder: Path, design: str, asked: Asked, given: Mapping[str, bytes], frame: Frame) -> Made:
    """The bundle of a design below a folder that has only its texts.

    `given`: results of others to go with it, by the name that they have in it.
    """
    with contextlib.chdir(folder):  # Paths are shown as they are in the bundle.
        return _make(Path(design), asked, given, frame)


def _make(path: Path, asked: Asked, given: Mapping[str, bytes], frame: Frame) -> Made:
    options = Options(
        asked.budget, frame.jobs, asked.properties, dict(asked.params), asked.expectations,
        asked.certify, frame.progress, library=Path(LIBRARY),
    )  # fmt: skip
    report = contents.timeless(verify(path, options))
    loaded = load(path, options.params, properties(), options.library)
    run = frame.finish(Provenance("verify", contents.NEVER, frame.versions, _plain(asked)), report)
    texts = {s.path: s.text for s in loaded.sources}
    files: dict[str, str] = {"results.json": contents.results(run)}
    (design,) = json.loads(files["results.json"])["designs"]
    files[contents.VERDICTS] = contents.verdicts(design["properties"])
    files |= contents.proofs(report)
    files |= contents.invariant_files(files)
    missing: list[str] = []
    files |= _proofs_of_cvc5(contents.scripts_of(files), asked, missing)
    if loaded.design is not None:
        files |= contents.trace_files(report, loaded.design)
        files["report.html"] = page(page_of(run, report, loaded)) + "\n"
    chapters = contents.clauses(report, texts)
    files["clauses.json"] = contents.as_json(contents.clauses_data(chapters))
    files |= _fuzzed(path, asked, given, frame, missing)
    if MUTATION not in given:
        missing.append("no mutation score: no results of `checker mutate` were given")
    files["sbom.json"] = contents.as_json(sbom())
    files["recheck.sh"] = _SCRIPT.read_text("utf-8")
    about = _about(path, asked, given, missing, frame)
    files["bundle.json"] = contents.as_json(about)
    every = {**{n: t.encode() for n, t in (*_inputs(), *files.items())}, **given}
    chance = [json.loads(every[n]) if n in every else None for n in (FUZZ, MUTATION)]
    changes = _repairs(report, loaded.design)
    words = readme(run, chapters, chance, sorted(every), missing, changes)
    every["README.md"] = words.encode()
    return Made(sealed(every), run, tuple(missing))


def _repairs(report: Report, design: Design | None) -> Changes:
    """Single changes that help, of each violation that a run shows."""
    verdicts = [line.verdict for line in report.lines]
    found = [f for v in verdicts if isinstance(v, Violated) for f in v.findings]
    return tuple((f, repairs(design, f.trace)) for f in found if design and f.trace)


def _inputs() -> list[tuple[str, str]]:
    """The texts as they are; a line end is not to be another one afterwards."""
    found = sorted(p for p in Path(LIBRARY).rglob("*") if p.is_file())
    return [(p.as_posix(), p.read_bytes().decode()) for p in found]


def _plain(asked: Asked) -> tuple[tuple[str, object], ...]:
    """The options as data, by the names that they have on the command line."""
    return (
        ("rlimit", asked.rlimit),
        ("timeout", asked.timeout),
        ("memory", asked.memory),
        ("property", list(asked.properties)),
        ("param", dict(asked.params)),
        ("expect", asked.expectations),
        ("certify", list(asked.certify)),
        ("cache", False),
    )


def _about(
    path: Path, asked: Asked, given: Mapping[str, bytes], missing: list[str], frame: Frame
) -> dict[str, object]:
    return {
        "schema_version": 1,
        "kind": "vqcheck bundle",
        "tool": {"name": "vqcheck", "version": __version__, **dict(frame.versions())},
        "generator": generator(),
        "design": path.as_posix(),
        "asked": {**asdict(asked), "params": dict(asked.params)},
        "given": sorted(given),
        "missing": missing,
    }


def asked_of(about: Mapping[str, Any]) -> Asked:
    """What `bundle.json` says was asked. Raises `KeyError`, `TypeError` or `ValueError`."""
    a = dict(about["asked"])
    return Asked(
        rlimit=int(a["rlimit"]),
        timeout=float(a["timeout"]),
        memory=int(a["memory"]),
        properties=tuple(map(str, a["properties"])),
        params=tuple((str(k), int(v)) for k, v in dict(a["params"]).items()),
        expectations=bool(a["expectations"]),
        certify=tuple(map(str, a["certify"])),
        proofs=bool(a["proofs"]),
        fuzz=int(a["fuzz"]),
        seed=int(a["seed"]),
    )


def _proofs_of_cvc5(scripts: Mapping[str, str], asked: Asked, missing: list[str]) -> dict[str, str]:
    """cvc5's own proof of each script, where it gives one."""
    if not scripts:
        return {}
    if "cvc5" not in asked.certify:
        missing.append(
            "cvc5 is not installed: proofs were confirmed by a fresh Z3 alone, and there are no"
            " proofs by cvc5 (pip install 'vqcheck[certify]')"
        )
        return {}
    if not asked.proofs:
        missing.append("no proofs by cvc5: they were not asked for")
        return {}
    found = dict(zip(scripts, cvc5_proofs(list(scripts.values()), asked.timeout), strict=True))
    none = [name for name, proof in found.items() if not proof]
    missing += [f"no proof by cvc5 of {name}: it gave none in {asked.timeout:g} s" for name in none]
    return {name.removesuffix(".smt2") + ".cpc": f"{p}\n" for name, p in found.items() if p}


def _fuzzed(
    path: Path, asked: Asked, given: Mapping[str, bytes], frame: Frame, missing: list[str]
) -> dict[str, str]:
    """Statistics of runs by chance."""
    if FUZZ in given:
        return {}
    if not asked.fuzz:
        missing.append("no fuzzing statistics: they were not asked for")
        return {}
    options = FuzzOptions(
        asked.fuzz, _MOST_FUZZING, asked.seed, "", "", frame.jobs, asked.properties,
        dict(asked.params), asked.expectations,
        replace(asked.budget, timeout_seconds=2 * _MOST_FUZZING),
        lambda done, total: frame.progress("campaigns", done, total), Path(LIBRARY),
    )  # fmt: skip
    report = contents.timeless(fuzz(path, options))
    if not report.lines:
        missing.append("no fuzzing statistics: nothing that is asked is about runs")
        return {}
    plain = (("examples", asked.fuzz), ("seed", asked.seed), ("param", dict(asked.params)))
    made_with = Provenance("fuzz", contents.NEVER, frame.versions, plain)
    return {FUZZ: contents.results(frame.finish(made_with, report))}
