"""A design's results as one page of HTML that needs nothing else: no network, no other file.

The design first, then what was asked and what came out, then why: each violation with the run that
shows it, each proof with what it needed; then what all of it assumes and what was not asked. The
texts of all files stand at the end, and every place leads there. Without scripts nothing is
missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from checker import __version__
from checker.mutation.result import Mutation
from checker.report.drawing import Drawing, svg
from checker.report.invariants import conditions
from checker.report.page_clauses import clauses
from checker.report.page_mutation import mutation
from checker.report.page_parts import Texts, excerpt, prose, source, tag, values
from checker.report.page_runs import run_section
from checker.report.report import Line, Report
from checker.report.run import Run, tally
from checker.verdict.finding import Finding, Place
from checker.verdict.verdict import (
    Bounded,
    Disagree,
    Failed,
    Holds,
    Invariant,
    Proved,
    Sampled,
    Skipped,
    Unknown,
    Vacuous,
    Violated,
    outcome,
    strength,
)
from checker.verdict.words import WORDS
from model.record import dataclass

_TAKEN = (
    "The rings work: descriptors, indices, and barriers that the design does not name.",
    "Drivers, devices and machines do what the design says: the verdicts are about its text.",
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows: one design of a run, its devices drawn, its texts, what was not asked."""

    run: Run
    report: Report
    drawings: tuple[Drawing, ...]
    texts: Mapping[str, str]
    """By the path that it is shown by, every file of the design."""
    others: tuple[tuple[str, str], ...] = ()
    """Properties that the design does not ask for, each with its question."""
    mutation: Mutation | None = None
    """What came of small changes to the design, if somebody made them."""


def page(p: Page) -> str:
    """The page."""
    texts = Texts(p.texts)
    sections = [
        ("design", "The design", list(_design(p))),
        ("properties", "What was asked, and what came out", list(_properties(p))),
        ("violated", "What is violated, and how", list(_violated(p, texts))),
        ("open", "What is not known", list(_open(p, texts))),
        ("holds", "What holds, and why", list(_holds(p, texts))),
        ("mutation", "What small changes would be noticed", list(mutation(p.mutation, texts))),
        ("limits", "Assumptions, and what was not checked", list(_limits(p, texts))),
        ("clauses", "What virtio 1.3 requires", list(_clauses(p, texts))),
        ("texts", "The texts", list(source(texts))),
        ("origin", "Where this comes from", list(_origin(p))),
    ]
    shown = [(k, title, body) for k, title, body in sections if body]
    title = f"{os.path.basename(p.report.path)}: vqcheck"
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en" class="no-js"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{_asset('page.css')}</style></head><body>",
            '<a class="skip" href="#properties">To the results</a>',
            *_head(p),
            "<nav aria-label='Contents'><ul>",
            *(f'<li><a href="#{k}">{escape(name)}</a></li>' for k, name, _ in shown),
            "</ul></nav><main>",
            *(
                f'<section id="{k}"><h2>{escape(name)}</h2>\n' + "\n".join(body) + "</section>"
                for k, name, body in shown
            ),
            f"</main><script>\n{_asset('page.js')}</script></body></html>",
        )
    )


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _head(p: Page) -> Iterator[str]:
    kind, words = _verdict(p.report)
    yield f"<header><h1>{escape(p.report.path)}</h1>"
    if p.report.summary:
        yield f"<p class='soft'>{escape(p.report.summary)}</p>"
    if p.report.options:
        fixed = ", ".join(f"{k} = {v}" for k, v in p.report.options)
        yield f"<p>Only for <b>{escape(fixed)}</b>: fixed on the command line.</p>"
    yield f'<p class="verdict {kind}">{prose(words)}</p></header>'


def _verdict(r: Report) -> tuple[str, str]:
    """What it comes to, in a sentence; and how it is coloured."""
    found = tally(r.lines)
    n = len(r.lines)
    if r.is_wrong:
        return "bad", "The text has errors; nothing was checked."
    if not n:
        return "open", "Nothing was checked: the design asks for no property."
    surprising = [line for line in r.lines if not line.as_expected]
    stated = [line.expected for line in r.lines if line.stated and line.as_expected]
    expected = len(stated) - stated.count("holds")
    words = [f"Of {n} propert{'y' if n == 1 else 'ies'}"]
    counts = [f"{k} {_IS[word][k != 1]}" for word, k in found.items()]
    words.append(" " + ", ".join(counts) + ".")
    if expected:
        words.append(f" {expected} of these the design itself expects to be other than `holds`.")
    words += [
        f" `{x.name}` holds, where the design expects `{x.expected}`."
        for x in surprising
        if isinstance(x.verdict, Holds) and x.expected != "holds"
    ]
    if not surprising:
        kind = "" if expected else "good"
    else:
        bad = any(outcome(x.verdict) in ("violated", "disagree", "error") for x in surprising)
        kind = "bad" if bad else "open"
    return kind, "".join(words)


_IS = {
    "holds": ("holds", "hold"),
    "violated": ("is violated", "are violated"),
    "vacuous": ("has nothing that could fail", "have nothing that could fail"),
    "unknown": ("is undecided", "are undecided"),
    "skipped": ("has no subject", "have no subject"),
    "disagree": ("has engines that disagree", "have engines that disagree"),
    "error": ("broke off by an error of the tool", "broke off by an error of the tool"),
}


def _design(p: Page) -> Iterator[str]:
    if p.drawings:
        yield (
            "<p class='soft'>An example: each device laid out for small values. What is said "
            "below is about all values that the design allows, unless it says otherwise.</p>"
        )
    for d in p.drawings:
        yield f"<h3>{escape(d.title)}</h3>"
        if d.why_not:
            yield f"<p>Not drawn for {escape(d.values or 'any values')}: {escape(d.why_not)}.</p>"
            continue
        yield f"<p class='soft'>Here: {escape(d.values or 'no parameters')}.</p>"
        yield f"<div class='wide'>{svg(d)}</div>"
        if any(q.problem for q in d.queues):
            yield "<p class='soft'>Dashed: the driver's map. Dotted: what the device drives.</p>"
        if d.left_out:
            yield f"<p class='soft'>Not drawn: {escape(d.left_out)}.</p>"


def _properties(p: Page) -> Iterator[str]:
    for d in p.report.diagnostics:
        where = f"{d.at.span.place}: " if d.at else ""
        hint = f" <span class='soft'>{escape(d.hint)}</span>" if d.hint else ""
        words = f"{escape(where + d.headline)}{hint}"
        yield f"<p><b>{d.severity.value}[{d.code}]</b> {words}</p>"
    if not p.report.lines:
        return
    stated = any(line.stated for line in p.report.lines)
    heads = ["property", "asks", "outcome", "how well it is known", *["expected"] * stated]
    yield "<table class='stack'><thead><tr>" + "".join(f"<th>{h}</th>" for h in heads)
    yield "</tr></thead><tbody>"
    for line in p.report.lines:
        name = f"<a href='#p-{escape(line.name)}'><code>{escape(line.name)}</code></a>"
        cells = [name, escape(line.asks), tag(line), escape(plain(line))]
        if stated:
            cells.append(_expected(line))
        yield "<tr>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>"
    yield "</tbody></table>"


def _expected(line: Line) -> str:
    if not line.stated:
        return ""
    return line.expected if line.as_expected else f"<b>{line.expected}</b>, which it is not"


def plain(line: Line) -> str:
    """The strength of a verdict, in plain words."""
    match line.verdict:
        case Holds(Proved(scope, certificate)):
            more = "; confirmed by other solvers" if certificate else ""
            return f"proved, for {scope}{more}"
        case Holds(Bounded(steps, queues, lines, _)):
            size = f"{queues} active queue{'s'[: queues != 1]} and {lines} line{'s'[: lines != 1]}"
            return (
                f"searched, not proved: every run of chosen devices, up to {size} ({steps} steps)"
            )
        case Holds(Sampled(runs)):
            return f"run by chance, not proved: {runs:,} runs on a machine"
        case Violated(findings):
            ways = f"in {len(findings)} ways, each" if len(findings) > 1 else "one way, which"
            return f"{ways} was seen to happen once more without the solver"
        case Unknown():
            return "no answer within the budget"
        case Vacuous(missing):
            return f"nothing could make it fail: {missing}"
        case Skipped(why):
            return why
        case _:
            return "nothing: a bug in vqcheck"


def _violated(p: Page, texts: Texts) -> Iterator[str]:
    for line in p.report.lines:
        if not isinstance(line.verdict, Violated):
            continue
        yield f"<h3 id='p-{escape(line.name)}'><code>{escape(line.name)}</code> {tag(line)}</h3>"
        yield f"<p>{escape(_sentence(line.asks))}</p>"
        if line.stated and line.as_expected:
            yield "<p class='soft'>The design itself expects this violation.</p>"
        for n, f in enumerate(line.verdict.findings, 1):
            yield from _finding(p, line, f, n, texts)
        if line.verdict.open:
            yield from _listed("Undecided beside:", line.verdict.open)


def _sentence(asks: str) -> str:
    return f"{asks[:1].upper()}{asks[1:].rstrip('.')}." if asks else ""


def _finding(p: Page, line: Line, f: Finding, n: int, texts: Texts) -> Iterator[str]:
    many = len(line.verdict.findings) if isinstance(line.verdict, Violated) else 1
    if many > 1:
        yield f"<h4>{n} of {many}</h4>"
    yield f"<p class='false'><b>False:</b> {prose(f.statement)}</p>"
    yield from values(f.values)
    if f.frontier:
        yield f"<p>{escape(_sentence(f.frontier))}</p>"
    if f.table:
        head, *rows = f.table
        yield "<div class='wide'><table><thead><tr>"
        yield "".join(f"<th>{escape(c)}</th>" for c in head) + "</tr></thead><tbody>"
        for row in rows:
            yield "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>"
        yield "</tbody></table></div>"
    if f.trace is not None:
        title = f"{line.name} violated: {os.path.normpath(p.report.path)}"
        yield from run_section(f.trace, title, f"run-{line.name}-{n}", texts)
    yield from excerpt(f.places, texts)
    if f.reasons:
        yield from _listed("Why:", f.reasons)
    if f.unserved_at:
        yield "<p><b>Who was to serve it, and does not:</b></p>"
        yield from excerpt(f.unserved_at, texts)
    if f.same:
        yield f"<p>The same happens to {escape(', '.join(f.same))}.</p>"
    if f.hint:
        yield f"<p class='hint'><b>What to change:</b> {prose(f.hint)}</p>"
    pins = "".join(f" --param {k}={v}" for k, v in f.pins)
    command = f"checker verify {os.path.normpath(p.report.path)} --property {line.name}{pins}"
    yield f"<p class='soft'>To see it again: <code>{escape(command)}</code></p>"


def _open(p: Page, texts: Texts) -> Iterator[str]:  # noqa: ARG001  (as the others)
    for line in p.report.lines:
        match line.verdict:
            case Unknown(reasons):
                words: tuple[str, ...] = reasons
            case Vacuous(missing):
                words = (missing, "A property that nothing could make fail says nothing.")
            case Disagree(first, second):
                words = (first, second, "Two engines disagree: trust neither.")
            case Failed(where, reason, _):
                words = (f"{where}: {reason}", "The tool broke off; that says nothing.")
            case Skipped(why):
                words = (why,)
            case _:
                continue
        yield f"<h3 id='p-{escape(line.name)}'><code>{escape(line.name)}</code> {tag(line)}</h3>"
        yield f"<p>{escape(_sentence(line.asks))}</p>"
        yield from _listed("No verdict, because:", words)


def _holds(p: Page, texts: Texts) -> Iterator[str]:
    for line in p.report.lines:
        if not isinstance(line.verdict, Holds):
            continue
        how, witness, needs = line.verdict.how, line.verdict.witness, line.verdict.needs
        yield f"<h3 id='p-{escape(line.name)}'><code>{escape(line.name)}</code> {tag(line)}</h3>"
        yield f"<p>{escape(_sentence(line.asks))} {escape(_sentence(plain(line)))}</p>"
        yield f"<p class='soft'>{escape(_seen(witness))}</p>"
        if isinstance(how, Bounded):
            yield from _listed("What stands in the way of a proof:", how.why)
        elif isinstance(how, Sampled):
            yield from _listed("Drawn by chance, which proves nothing:", [how.coverage])
        elif how.certificate is not None:
            n, who = len(how.certificate.queries), " and ".join(how.certificate.solvers)
            yield f"<p>{n} questions of the proof have no model, say {escape(who)}.</p>"
        if isinstance(how, Proved) and how.invariants:
            yield from _invariants(how.invariants)
        if needs:
            yield f"<details><summary>What the proof needed ({len(needs)} places)</summary>"
            yield from excerpt(needs, texts, "needed")
            yield "</details>"


_CELLS = (
    "Each holds at the start, is kept by every step, and excludes a loss. `X.at` is the place in "
    "its program where X stands, 0 where it rests; `fact ...` is something that the design "
    "decides; `peer ...` are all others of a kind."
)


def _invariants(every: Sequence[Invariant]) -> Iterator[str]:
    """What proofs about runs rest on; cases that are alike have the same."""
    cases: dict[tuple[str, str], list[str]] = {}
    for i in every:
        cases.setdefault((i.peers, i.smtlib), []).append(i.case)
    n = len(cases)
    heading = "The invariant that proves it" if n == 1 else f"The {n} invariants that prove it"
    yield f"<details><summary>{heading}</summary><p class='soft'>{prose(_CELLS)}</p>"
    for (peers, smtlib), about in cases.items():
        yield from _listed(f"{'; '.join(about)} (peers {peers}):", conditions(smtlib))
    yield "</details>"


def _seen(witness: str) -> str:
    """That it does not hold for want of anything."""
    if witness.startswith("witness ("):
        about = witness.removeprefix("witness (").removesuffix(")")
        return f"There is something that it is about, and that could fail: {about}."
    return f"It was seen to happen: {witness}."


def _listed(head: str, items: Iterable[str]) -> Iterator[str]:
    yield f"<p>{escape(head)}</p><ul>"
    yield from (f"<li>{prose(i)}</li>" for i in items)
    yield "</ul>"


def _limits(p: Page, texts: Texts) -> Iterator[str]:
    if p.report.assumptions:
        yield "<h3>Assumed by every verdict</h3>"
        yield from excerpt(p.report.assumptions, texts, "needed")
    yield "<h3>Taken for granted</h3><ul>"
    yield from (f"<li>{escape(x)}</li>" for x in _TAKEN)
    yield "</ul>"
    used = {outcome(line.verdict) for line in p.report.lines}
    used |= {strength(line.verdict).partition(" ")[0] for line in p.report.lines}
    yield "<h3>What the words mean</h3><dl>"
    for word, meaning in WORDS.items():
        if word in used:
            yield f"<dt><b>{escape(word)}</b></dt><dd>{prose(' '.join(meaning.split()))}</dd>"
    yield "</dl>"
    if p.others:
        yield "<h3>Not asked</h3><ul>"
        yield from (f"<li><code>{escape(n)}</code>: {escape(asks)}</li>" for n, asks in p.others)
        yield "</ul>"
    if p.report.unused:
        yield "<h3>Not needed by any proof</h3>"
        yield from excerpt([Place(x.span) for x in p.report.unused], texts, "needed")


def _clauses(p: Page, texts: Texts) -> Iterator[str]:
    if p.report.lines:
        yield from clauses({line.name: line for line in p.report.lines}, texts)


def _origin(p: Page) -> Iterator[str]:
    of = p.run.provenance
    rows = [("tool", f"vqcheck {__version__}"), *of.versions, ("begun", of.started)]
    rows += [(k, str(v)) for k, v in of.options]
    kept = sum(bool(line.cached) for line in p.report.lines)
    if kept:
        rows.append(("kept", f"{kept} verdicts are from an earlier run on the very same texts"))
    rows.append(("exit code", f"{p.run.exit_code}: {p.run.meaning}"))
    yield "<div class='wide'><table><tbody>"
    yield from (f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows)
    for i in p.report.inputs:
        digest = f"<td class='mono'>sha256 {escape(i.sha256)}</td>"
        yield f"<tr><th>{escape(i.path)}</th>{digest}</tr>"
    yield "</tbody></table></div>"
