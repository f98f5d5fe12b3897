"""`README.md` of a bundle: for a reviewer who was not there, what is lost first."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checker.bundle.contents import VERDICTS, runs_of
from checker.bundle.mutation import score
from checker.bundle.store import MANIFEST
from checker.report.clause_matrix import Chapter
from checker.report.lanes import given_by
from checker.report.report import Line, Report
from checker.report.run import Run
from checker.report.text import details
from checker.verdict.finding import Finding, Place
from checker.verdict.passed_over import left_since, unheard
from checker.verdict.repairs import Repairs
from checker.verdict.trace import Trace, TraceStep, of_device
from checker.verdict.verdict import (
    Bounded,
    Disagree,
    Failed,
    Holds,
    Skipped,
    Unknown,
    Vacuous,
    Violated,
    outcome,
    strength,
)
from checker.verdict.words import WORDS

_OF_STEP = re.compile(r"step (\d+), ")
"""How a reason begins that is about a step (checker/verdict/reasons.py)."""
_FILES = (
    ("inputs/", "the design and every file that it uses, as they were read"),
    ("results.json", "every property with its evidence (`checker schema`)"),
    (VERDICTS, "each property with its outcome and strength, a line each"),
    ("report.html", "the same as a page, with the runs to be gone through step by step"),
    ("traces/", "each run that shows a violation: data, picture, and what the machine did"),
    (
        "proofs/",
        "what proofs rest on: scripts (`.smt2`) that have no model; cvc5's proofs (`.cpc`)",
    ),
    ("invariants/", "the invariants among them, to be read"),
    ("fuzz.json", "statistics of runs by chance"),
    ("mutation.json", "what mutations of the design were noticed, as it was given"),
    ("clauses.json", "what virtio 1.3 requires, and what is known of it here"),
    ("sbom.json", "the packages that the tool is made of (CycloneDX)"),
    ("bundle.json", "what was asked, with which versions"),
    ("recheck.sh", "checks all proofs with a solver alone, and lists what is not proved"),
    (MANIFEST, "the digest of every other file"),
)


Changes = Sequence[tuple[Finding, Repairs]]
"""Violations that a run shows, each with the single changes that help."""


def readme(
    run: Run,
    chapters: Sequence[Chapter],
    chance: Sequence[Mapping[str, Any] | None],
    names: Sequence[str],
    missing: Sequence[str],
    changes: Changes,
) -> str:
    """The text, in Markdown; `chance`: results of fuzzing and of mutations, where they are."""
    fuzzed, mutated = chance
    (report,) = run.reports
    parts = (
        _head(run, report),
        *(_violated(report, line, changes) for line in report.lines if _is(line, Violated)),
        *_open(report),
        *_holds(report, names),
        *_fuzz(fuzzed),
        *_mutated(mutated),
        *_limits(report, chapters),
        _check(report),
        _contents(names, missing),
    )
    return "\n".join("\n".join(p) for p in (list(some) for some in parts) if p) + "\n"


def _is(line: Line, *kinds: type) -> bool:
    return isinstance(line.verdict, kinds)


def _head(run: Run, report: Report) -> Iterator[str]:
    yield f"# {os.path.basename(report.path)}: what is known, and the evidence"
    yield ""
    yield f"{_cell(report.summary)}. Judged by vqcheck: {run.meaning} (exit code {run.exit_code})."
    if report.options:
        fixed = ", ".join(f"{k} = {v}" for k, v in report.options)
        yield f"Only for {fixed}: fixed on the command line."
    yield ""
    yield "| property | asks | outcome | strength |"
    yield "| --- | --- | --- | --- |"
    for line in report.lines:
        word = outcome(line.verdict)
        mark = "" if word == "holds" else "**"
        note = " (expected by the design)" if line.stated and line.as_expected else ""
        if not line.as_expected and line.expected != "holds":
            note = f" (the design expects: {line.expected})"
        yield (
            f"| `{line.name}` | {_cell(line.asks)} | {mark}{word}{mark}{note} | "
            f"{strength(line.verdict) or '-'} |"
        )
    yield ""


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


# What is violated


def _violated(report: Report, line: Line, changes: Changes) -> Iterator[str]:
    assert isinstance(line.verdict, Violated)
    files = [(f, name) for name, of, f, _ in runs_of(report) if of is line]
    for n, f in enumerate(line.verdict.findings, 1):
        many = f" ({n} of {len(line.verdict.findings)})" if len(line.verdict.findings) > 1 else ""
        yield f"## Violated: {line.name}{many}"
        yield ""
        yield f"**What is wrong.** {f.statement}"
        yield ""
        if f.values:
            yield f"**When.** {', '.join(f'{k} = {v}' for k, v in f.values)}"
            yield ""
        if f.trace is not None:
            yield "**Why.**"
            yield ""
            yield from (f"- {why}" for why in _why(f, f.trace))
            yield ""
        yield from _where_to_change(f, next((r for g, r in changes if g is f), None))
        if f.unserved_at:
            yield "Who was to serve it, and does not:"
            yield ""
            yield from (f"- {_written(p)}: {p.words}." for p in f.unserved_at)
            yield ""
        yield "The lines of the run:" if f.trace is not None else "One of these lines:"
        yield ""
        yield "```text"
        yield from _lines(f)
        yield "```"
        if f.hint:
            yield ""
            yield f"Hint: {f.hint}."
        yield ""
        name = next((name for g, name in files if g is f), "")
        if name:
            yield f"The run as a picture: `{name}.svg`. On the machine: `{name}.replay.txt`."
            yield ""
    yield "All that there is to say of it:"
    yield ""
    yield "```text"
    yield details(report, line)
    yield "```"
    yield ""


def _why(f: Finding, trace: Trace) -> Iterator[str]:
    """What the run says by itself: since when it waits, and who found what somebody else left."""
    for source in trace.sources:
        since = left_since(trace, source)
        if since:
            takes = "no later step takes" if trace.loop is None else "nobody ever takes"
            yield f"`{source}` has something to be seen since step {since} that {takes}."
    yield from (f"{why[:1].upper()}{why[1:]}." for why in f.reasons)
    for reader, name, giver in _meetings(trace):
        value = dict(reader.seen)[name]
        found = f"`{name} = {int(value) if isinstance(value, bool) else value}`"
        yield (
            f"In step {reader.number} {reader.actor} does `{reader.verb}` and finds {found}: "
            f"{giver.actor} made it so in step {giver.number}, `{giver.verb}`{_at(giver)}."
        )
    last = trace.steps[-1]
    if trace.loop is None:
        yield f"After step {last.number} nobody can step: it stays so."
    else:
        yield f"From step {trace.loop} on the same repeats for ever."


def _meetings(trace: Trace) -> list[tuple[TraceStep, str, TraceStep]]:
    """The last thing that each agent found of what another one left."""
    last: dict[str, tuple[TraceStep, str, TraceStep]] = {}
    for (number, name), giver in given_by(trace).items():
        reader = trace.steps[number - 1]
        if reader.actor != giver.actor:
            last[reader.actor] = (reader, name, giver)
    return sorted(last.values(), key=lambda m: m[0].number)


def _written(p: Place) -> str:
    """A place by its line, as it is written."""
    span = p.span
    text = span.source.line(span.line).strip()
    return f"{os.path.basename(span.source.path)}:{span.line}, `{text}`"


def _at(s: TraceStep) -> str:
    if s.origin is None:
        return ""
    return f" ({os.path.basename(s.origin.source.path)}:{s.origin.line})"


def _where_to_change(f: Finding, tried: Repairs | None) -> Iterator[str]:
    if tried is None or not tried.found:
        none = "" if tried is None else f" None of the {tried.tried} single changes tried helps."
        if none + _where_to_look(f):
            yield "**Where to change it.**" + none + _where_to_look(f)
            yield ""
        return
    one = "This change" if len(tried.found) == 1 else "Each of these changes alone"
    yield (
        f"**Where to change it.** {one} leaves no run of this device in which it happens (all its "
        "states with the sources of the run were visited; other devices were not):"
    )
    yield ""
    for r in tried.found:
        at = f"{os.path.basename(r.at.source.path)}:{r.at.line}"
        yield f"- {at}: {r.words} ({r.states:,} states)."
    yield ""


def _where_to_look(f: Finding) -> str:
    wiped = _wiped(f)
    if wiped is not None:
        return f" Start at step {wiped.number}{_at(wiped)}, which takes away what tells of it."
    met = _meetings(f.trace) if f.trace is not None else []
    silent = unheard(f.trace) if f.trace is not None else ()
    if not met and silent:
        s = silent[-1]
        return f" Start at step {s.number}{_at(s)}, which has no effect."
    if not met:
        return ""
    reader, name, giver = met[-1]
    return (
        f" Start at step {giver.number}{_at(giver)}: what it leaves behind decides what step "
        f"{reader.number}{_at(reader)} finds as `{name}`, and what is done or left out after it."
    )


def _wiped(f: Finding) -> TraceStep | None:
    """The last step of the driver that cleared what told of a source that is left."""
    if f.trace is None:
        return None
    found = [m for why in f.reasons if " clears `" in why and (m := _OF_STEP.match(why))]
    steps = [f.trace.steps[int(m[1]) - 1] for m in found]
    return next((s for s in reversed(steps) if not of_device(s)), None)


def _lines(f: Finding) -> Iterator[str]:
    """The lines of the text that take part, each once, in the order of the text."""
    by: dict[tuple[str, int], list[Place]] = {}
    for p in f.places:
        by.setdefault((p.span.source.path, p.span.line), []).append(p)
    path = ""
    for (file, number), places in sorted(by.items()):
        if file != path:
            path = file
            yield f"{file}"
        words = "; ".join(w for p in places if (w := p.words))
        yield f"{number:>6}  {places[0].span.source.line(number).strip()}"
        if words:
            yield f"        ^ {words}"


# What is not known, and what holds


def _open(report: Report) -> Iterator[Iterator[str]]:
    for line in report.lines:
        if _is(line, Unknown, Vacuous, Disagree, Failed):
            yield iter((f"## Not known: {line.name}", "", details(report, line) or "-", ""))


def _holds(report: Report, names: Sequence[str]) -> Iterator[Iterator[str]]:
    some = [line for line in report.lines if _is(line, Holds)]
    skipped = [line.name for line in report.lines if _is(line, Skipped)]
    if some:
        yield _list_of_what_holds(some, names)
    if skipped:
        yield iter((f"Not asked, as there is nothing to ask: {', '.join(skipped)}.", ""))


def _list_of_what_holds(some: Sequence[Line], names: Sequence[str]) -> Iterator[str]:
    yield "## What holds"
    yield ""
    for line in some:
        assert isinstance(line.verdict, Holds)
        how = line.verdict.how
        rests = ""
        if not isinstance(how, Bounded) and (c := getattr(how, "certificate", None)) is not None:
            who = " and ".join(c.solvers)
            rests = f"; {len(c.queries)} scripts, without a model says each of {who}"
        yield f"- `{line.name}`: {strength(line.verdict)}{rests}. Seen: {line.verdict.witness}"
        if isinstance(how, Bounded):
            yield from (f"  - not proved: {why}" for why in how.why)
        if not line.as_expected:
            said = f"`expect {line.name} {line.expected}`"
            yield f"  - not as expected: the design says {said}. Where it is repaired, that line is"
            yield "    left over; otherwise find out why it no longer fails."
    yield ""
    yield "`proofs/index.json` says which proof rests on which scripts."
    if any(n.startswith("invariants/") for n in names):
        yield "The invariants are in `invariants/`, in words."
    yield ""


def _fuzz(fuzzed: Mapping[str, Any] | None) -> Iterator[Iterator[str]]:
    if fuzzed is None:
        return
    rows = []
    for design in fuzzed["designs"]:
        for p in design["properties"]:
            campaign = p.get("campaign", {})
            taken = campaign.get("coverage", {})
            how = p["outcome"]
            how += "".join(f": {v['statement']}" for v in p.get("violations", ())[:1])
            if campaign:
                how += f" in {campaign['runs']} runs; {taken.get('taken')} of {taken.get('steps')}"
                how += " steps of the programs were taken"
            rows.append(f"- `{p['property']}`: {how}")
    yield iter(("## By chance", "", *rows, ""))


def _mutated(result: Mapping[str, Any] | None) -> Iterator[Iterator[str]]:
    if result is not None:
        yield iter(("## Small changes", "", f"{score(result)} (`mutation.json`).".capitalize(), ""))


def _limits(report: Report, chapters: Sequence[Chapter]) -> Iterator[Iterator[str]]:
    yield iter(
        (
            "## What it rests on",
            "",
            "The verdicts are about the text of the design. That drivers, devices and machines do",
            "what it says, and that rings work, is taken for granted.",
            "",
            *(f"- assumed: `{_cell(p.span.text)}`{_line_of(p)}" for p in report.assumptions),
            *(f"- no proof needs: `{_cell(p.span.text)}`{_line_of(p)}" for p in report.unused),
            *(
                f"- virtio 1.3, {c.number} ({c.title}): {c.inside[1]} of {c.total[1]} normative"
                " statements have to do with what is checked (`clauses.json`)"
                for c in chapters
            ),
            "",
        )
    )


def _line_of(p: Place) -> str:
    return f" ({p.span.source.path}:{p.span.line})"


# How to check it


def _check(report: Report) -> Iterator[str]:
    yield "## To check it"
    yield ""
    yield "In this folder, with `cvc5` or `z3` and without vqcheck; it checks that no byte has"
    yield "changed, and that each script in `proofs/` has no model. It checks proofs only, and"
    yield "lists the properties that are violated, undecided or not proved:"
    yield ""
    yield "    sh recheck.sh"
    yield ""
    yield "With vqcheck, also that results, proofs, runs and texts belong together, that the runs"
    yield "happen, and that all of it comes out again:"
    yield ""
    yield "    checker recheck ."
    yield ""
    yield "The design once more:"
    yield ""
    yield f"    checker verify {report.path} --library {report.library}"
    yield ""
    yield f"The digest of `{MANIFEST}` stands for all of it; times are left out, so that the same"
    yield "bundle made again has the same. A note of it made elsewhere shows that this is it."
    yield ""


def _contents(names: Sequence[str], missing: Sequence[str]) -> Iterator[str]:
    yield "## What is here"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    always = {MANIFEST, "README.md"}
    for name, words in _FILES:
        if name in always or any(n == name or n.startswith(name) for n in names):
            yield f"| `{name}` | {words} |"
    yield ""
    if missing:
        yield "Not here:"
        yield ""
        yield from (f"- {m}" for m in missing)
        yield ""
    yield "## Words"
    yield ""
    for word in ("proved", "certified", "bounded", "replayed", "lost", "storm", "starved"):
        yield f"- *{word}*: {' '.join(WORDS[word].split())}"
