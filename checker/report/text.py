"""`--format text`: for people: a table of every property, each violation, what was needed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from textwrap import wrap

from checker.diagnostics.diagnostic import Label, Severity
from checker.report.certificates import certificate_of
from checker.report.diagnostics import excerpt
from checker.report.diagnostics import render as diagnostics
from checker.report.report import Line, Report
from checker.report.run import Run, Style
from checker.report.run_table import WIDTH, Row, lay_out, noted
from checker.report.told import told
from checker.verdict.finding import Finding, Place
from checker.verdict.trace import Trace, TraceStep, unrequested
from checker.verdict.verdict import (
    Bounded,
    Disagree,
    Failed,
    Holds,
    Proved,
    Sampled,
    Skipped,
    Unknown,
    Vacuous,
    Violated,
    outcome,
    strength,
)
from model.span import Span

_COLORS = {
    "holds": "32",
    "violated": "31",
    "vacuous": "33",
    "unknown": "33",
    "skipped": "33",
    "disagree": "1;35",
    "error": "1;35",
}
_MOST_PLACES = 12
_MOST_SAME = 4
_INDENT = "    "


def render(run: Run, style: Style) -> str:
    """All designs, and what they amount to."""
    parts = [text(r, style) for r in run.reports]
    if not run.lines:
        is_fuzz = run.provenance.command == "fuzz"
        parts += [_asks_nothing(r, is_fuzz) for r in run.reports if not r.is_wrong]
    if not style.quiet:
        parts.append(_last_line(run))
    return "\n\n".join(p for p in parts if p)


def _asks_nothing(report: Report, is_fuzz: bool) -> str:
    """Why nothing of a file was checked, and what to do about it."""
    if report.is_module:
        return f"{report.path}: it only declares what designs use, and has no `device`"
    if is_fuzz:
        return (
            f"{report.path}: nothing that it checks is about runs, so there is nothing to fuzz\n"
            "  hint: add `check no_lost_notifications`, or `-p no_lost_notifications` here"
        )
    return (
        f"{report.path}: it has no `check`, so nothing is asked of it\n"
        "  hint: add `check all`, or name a property with `-p coverage`"
    )


def _last_line(run: Run) -> str:
    lines = [x for x in run.lines if not x.is_left_out]
    good = sum(line.as_expected for line in lines)
    wrong = sum(r.is_wrong for r in run.reports)
    seconds = sum(r.seconds for r in run.reports)
    words = f"{good} of {len(lines)} properties as expected" if lines else "nothing was checked"
    if len(lines) < len(run.lines):
        words += f", {len(run.lines) - len(lines)} skipped"
    if len(run.reports) > 1:
        words += f" in {len(run.reports)} designs"
    if wrong:
        words += f", {wrong} design{'' if wrong == 1 else 's'} with errors"
    kept = sum(bool(line.cached) for line in lines)
    if kept:
        words += f", {kept} cached" if kept < len(lines) else ", all cached"
    return f"{words}, {seconds:.2f} s (exit code {run.exit_code})"


def details(report: Report, line: Line) -> str:
    """What there is to say of one property beyond its row of the table; empty if nothing."""
    return "\n\n".join(_details(report, line, Style()))


def text(report: Report, style: Style) -> str:
    """The whole report. `quiet`: what is not as expected, and warnings; `verbose`: lines needed."""
    color, quiet, verbose = style.color, style.quiet, style.verbose
    out: list[str] = []
    if report.diagnostics:
        shown = [d for d in report.diagnostics if not (quiet and d.severity is Severity.NOTE)]
        out.append(diagnostics(shown, color).rstrip("\n"))
    if quiet and all(line.as_expected for line in report.lines):
        return "\n".join([*out, *_unproved(report)])
    if report.lines:
        out.append(_head(report, color))
        out.append(_table([x for x in report.lines if not (quiet and x.as_expected)], color))
        for line in report.lines:
            if not (quiet and line.as_expected):
                out += _details(report, line, style)
        out += ["\n".join(_unproved(report))] if quiet else _tail(report, color, verbose)
    return "\n\n".join(o for o in out if o)


def _paint(words: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{words}\x1b[0m" if color else words


def _head(report: Report, color: bool) -> str:
    fixed = ", ".join(f"{k} = {v}" for k, v in report.options)
    words = f": {report.summary}" + (f", with {fixed}" if fixed else "")
    return _paint(report.path, "1", color) + words


def _table(lines: Iterable[Line], color: bool) -> str:
    rows = [("property", "outcome", "strength", "time")]
    states = [""]
    for line in lines:
        word = outcome(line.verdict)
        rows.append((line.name, word + _note(line), strength(line.verdict) or "-", _time(line)))
        states.append("unknown" if line.lacks_proof else word)
    widths = [max(len(r[k]) for r in rows) for k in range(4)]
    out = []
    for row, state in zip(rows, states, strict=True):
        cells = [c.ljust(w) for c, w in zip(row, widths, strict=True)]
        cells[3] = row[3].rjust(widths[3])
        if state:
            cells[1] = _paint(cells[1], _COLORS[state], color)
        else:
            cells = [_paint(c, "2", color) for c in cells]
        out.append("  " + "   ".join(cells))
    return "\n".join(out)


def _note(line: Line) -> str:
    """What the expectation makes of the outcome, if it has to be said."""
    if line.lacks_proof:
        return " (a proof is required)"
    if line.stated:
        return " (expected)" if line.as_expected else f" (expected {line.expected})"
    return ""


def _unproved(report: Report) -> list[str]:
    """What is as expected, and so not in a short table, but only as far as was searched."""
    return [
        f"{report.path}: {line.name} holds, {strength(line.verdict)}: no proof"
        for line in report.lines
        if line.as_expected
        and isinstance(line.verdict, Holds)
        and isinstance(line.verdict.how, Bounded)
    ]


def _time(line: Line) -> str:
    return "cached" if line.cached else f"{line.seconds:.2f} s"


def _details(report: Report, line: Line, style: Style) -> list[str]:
    color, verbose = style.color, style.verbose
    title = _paint(f"{line.name}", "1", color)
    match line.verdict:
        case Violated(findings, still_open):
            out = []
            for k, f in enumerate(findings):
                many = f" ({k + 1} of {len(findings)})" if len(findings) > 1 else ""
                head = f"{title} {_paint('violated', _COLORS['violated'], color)}{many}"
                out.append(head + "\n" + _finding(report, line, f, style))
            if still_open:
                out.append(_listed(f"{title}: also undecided", still_open))
            return out
        case Unknown(reasons):
            return [_listed(f"{title} {_paint('unknown', '33', color)}: no verdict", reasons)]
        case Vacuous(missing):
            why = "it holds only because nothing could make it fail, which says nothing"
            return [f"{title} {_paint('vacuous', '33', color)}: {missing};\n  {why}"]
        case Skipped(why):
            return [f"{title} {_paint('skipped', '33', color)}: {why}"]
        case Disagree(first, second):
            head = f"{title} {_paint('disagree', '1;35', color)}: two engines disagree"
            return [f"{head}, which is a bug in vqcheck; trust neither\n  {first}\n  {second}"]
        case Holds(Sampled() as how, witness, _):
            head = f"{title}: none of the runs that were drawn fails, which is no proof"
            drawn = [f"on {how.machines} machines; {how.coverage}", f"seen to happen: {witness}"]
            drawn += [f"never taken: {x}" for x in how.never if verbose]
            return [_listed(head, drawn) + _required(line)]
        case Failed(where, reason, _):
            head = f"{title} {_paint('error', '1;35', color)}: the tool broke off"
            head += ", which is a bug in vqcheck and says nothing about the design"
            return [f"{head}\n  {where}: {reason}"]
        case Holds(Bounded(_, _, _, why), _, _):
            head = f"{title}: every run of chosen devices was visited, as the numbers say; no proof"
            return [_listed(head, why) + _required(line)]
        case Holds(Proved(scope), witness, needs) if verbose:
            seen = f"{title} holds: {line.asks}\n  proved for {scope}; seen to happen: {witness}"
            needed = f"\n  the proof needed {_lines(needs)}" if needs else ""
            return [seen + _places(needed, needs, color)]
        case Holds():
            return []


def _required(line: Line) -> str:
    return "\n  a proof is required, and there is none: it counts as a failure" * line.lacks_proof


def _lines(places: Iterable[Place]) -> str:
    n = len(list(places))
    return f"{n} place{'' if n == 1 else 's'} of the text"


def _listed(head: str, items: Iterable[str]) -> str:
    every = list(items)
    more = [f"... and {len(every) - 8} more"] if len(every) > 8 else []
    return "\n".join([head, *(f"  - {i}" for i in every[:8]), *(f"  {m}" for m in more)])


def _finding(report: Report, line: Line, f: Finding, style: Style) -> str:
    color = style.color
    out = [f"  {_paint('false', '1', color)}: {f.statement}"]
    if f.values:
        out.append("  values: " + ", ".join(f"{k} = {v}" for k, v in f.values))
    if f.frontier:
        out.append(f"  {f.frontier}")
    if f.table:
        out.append(_small_table(f.table))
    if f.trace is not None:
        out.append(run_text(f.trace, color, style.width or WIDTH))
        out.append(_left(f, f.trace, style.width or WIDTH))
    out.append(_places("", f.places, color, f.blamed))
    if f.same:
        more = f" (and {len(f.same) - _MOST_SAME} more)" if len(f.same) > _MOST_SAME else ""
        out.append("  likewise: " + ", ".join(f.same[:_MOST_SAME]) + more)
    how = "replayed on the machine" if f.trace else "confirmed by plain evaluation"
    out.append(f"  {how}" + (" for these values" if f.values or f.table else ""))
    if f.hint:
        out.append(f"  {_paint('hint', '1;36', color)}: {f.hint}")
    pins = "".join(f" --param {k}={v}" for k, v in f.pins)
    path = "-" if report.path == "/dev/stdin" else os.path.normpath(report.path)
    command = f"checker verify {path} --property {line.name}{pins}"
    if report.library:
        command += f" --library {report.library}"
    out.append(f"  reproduce: {command}")
    return "\n".join(o for o in out if o)


def run_text(t: Trace, color: bool = False, width: int = WIDTH) -> str:
    """One line a step: the actor, the action, where it is written, and only what changed."""
    rows, changed = [], told(t)
    for s in t.steps:
        where = _where(s.origin) if s.origin else ""
        note = noted(s.seen, changed[s.number])
        rows.append(Row((str(s.number), *_who_and_what(s)), (note,), where))
    out = [f"  run: {t.instance}"]
    laid = lay_out(rows, width - len(_INDENT), dim=lambda words: _paint(words, "2", color))
    for s, lines in zip(t.steps, laid, strict=True):
        if s.number == t.loop:
            out.append(_paint("       from here on, for ever:", "1", color))
        out += [_INDENT + line for line in lines]
    return "\n".join(out)


def _left(f: Finding, t: Trace, width: int) -> str:
    """What is left, and why nobody comes for it; '' where nothing was to be served."""
    if not (f.unserved_at or f.reasons):
        return ""
    ending = f"; after step {len(t.steps)} nobody comes any more" if t.kind == "lost" else ""
    out = [f"  left waiting: {' and '.join(t.sources)}{ending}"]
    places = [f"{_where(p.span)}: {p.words}" for p in f.unserved_at]
    for words in (*f.reasons, *places):
        out += wrap(words, width, initial_indent="    - ", subsequent_indent="      ",
                    break_on_hyphens=False)  # fmt: skip
    return "\n".join(out)


def _where(span: Span) -> str:
    return f"{os.path.basename(span.source.path)}:{span.line}"


def _who_and_what(s: TraceStep) -> tuple[str, str]:
    nobodys = unrequested(s)
    return (nobodys, "fires, and nobody requested it") if nobodys else (s.actor, s.verb)


def _small_table(rows: tuple[tuple[str, ...], ...]) -> str:
    widths = [max(len(r[k]) for r in rows) for k in range(len(rows[0]))]
    shown = ("    " + "   ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
    return "\n".join(s.rstrip() for s in shown)


def _places(head: str, places: Iterable[Place], color: bool, first: Sequence[Place] = ()) -> str:
    """Their lines; of too many those in `first`, and of others the last that are said."""
    every = {_start(p): p for p in reversed(list(places))}
    chosen = [p for p in places if every.get(_start(p)) is p]
    if not chosen:
        return head
    left = len(chosen) - _MOST_PLACES
    more = f"\n  ... and {left} more places" if left > 0 else ""
    kept = _ranked(chosen, first)[:_MOST_PLACES] if first else chosen[:_MOST_PLACES]
    body = excerpt([Label(p.span, p.words) for p in chosen if p in kept], color).rstrip("\n")
    return (head + "\n" if head else "") + body + more


def _ranked(places: Iterable[Place], first: Sequence[Place]) -> list[Place]:
    rank: dict[tuple[str, int], int] = {}
    for p in first:
        rank.setdefault(_start(p), len(rank))
    latest_first = list(places)[::-1]
    return sorted(latest_first, key=lambda p: rank.get(_start(p), len(rank)))


def _start(p: Place) -> tuple[str, int]:
    return p.span.source.path, p.span.start


def _certified(report: Report) -> list[str]:
    """Who confirmed the proofs, where somebody was asked to."""
    some = [c for line in report.lines if (c := certificate_of(line)) is not None]
    if not some:
        return []
    n = len({q.digest for c in some for q in c.queries})
    who = " and ".join(some[0].solvers)
    return [f"certified: {n} questions without a model, says each of {who}"]


def _tail(report: Report, color: bool, verbose: bool) -> list[str]:
    out = []
    out += _certified(report)
    if report.assumptions:
        out.append(_places("assumed, in every verdict above:", report.assumptions, color))
    if report.unused and verbose:
        head = "no property needed these lines (no proof, no counterexample):"
        out.append(_places(head, report.unused, color))
    elif report.unused:
        where = ", ".join(str(p.span.line) for p in report.unused[:10])
        n = len(report.unused)
        out.append(
            f"{n} declaration{'' if n == 1 else 's'} of this file "
            f"{'was' if n == 1 else 'were'} not needed by any property: "
            f"line{'' if n == 1 else 's'} {where} (-v shows them)"
        )
    return out
