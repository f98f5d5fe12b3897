"""`--format junit`: JUnit XML, a test suite a design, a test case a property.

A property that is not as expected is a failure; also one without a proof, where that is required.
No verdict (`unknown`), two engines that disagree, a text that is wrong and a tool that broke off
are errors. A property that the design has nothing for, and what could not be asked because the text
is wrong, is skipped. A violation that the design expects passes, and what it looks like is in the
output of the test case. Warnings and notes about the text are in the error output of the suite.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from checker.report.diagnostics import render as diagnostics
from checker.report.report import Line, Report
from checker.report.run import Run, Style, unjudged
from checker.report.text import details
from checker.verdict.verdict import outcome, strength
from model.record import dataclass

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    seconds: float
    result: str = ""
    """`failure`, `error`, `skipped`, or passed."""
    kind: str = ""
    message: str = ""
    text: str = ""


def render(run: Run, style: Style) -> str:  # noqa: ARG001  (a form for machines)
    """The whole run."""
    suites = [(r, _cases(r)) for r in run.reports]
    every = [c for _, cases in suites for c in cases]
    out = ['<?xml version="1.0" encoding="UTF-8"?>']
    seconds = sum(r.seconds for r in run.reports)
    out.append(f'<testsuites name="vqcheck" {_counts(every)} time="{seconds:.3f}">')
    for report, cases in suites:
        out += _suite(run, report, cases)
    return "\n".join([*out, "</testsuites>"])


def _counts(cases: list[_Case]) -> str:
    failed = sum(c.result == "failure" for c in cases)
    errors = sum(c.result == "error" for c in cases)
    return f'tests="{len(cases)}" failures="{failed}" errors="{errors}"'


def _suite(run: Run, report: Report, cases: list[_Case]) -> list[str]:
    skipped = sum(c.result == "skipped" for c in cases)
    began = run.provenance.started.removesuffix("Z")
    head = f"  <testsuite name={_attribute(report.path)} {_counts(cases)}"
    out = [f'{head} skipped="{skipped}" time="{report.seconds:.3f}" timestamp="{began}">']
    out.append("    <properties>")
    given = {**dict(run.provenance.versions), "digest": f"sha256:{report.digest}"}
    given |= {k: str(v) for k, v in run.provenance.options}
    for name, value in given.items():
        out.append(f"      <property name={_attribute(name)} value={_attribute(value)}/>")
    out.append("    </properties>")
    for c in cases:
        out += _case(report, c)
    about = [d for d in report.diagnostics if not d.is_error]
    if about:
        out.append(f"    <system-err>{_content(diagnostics(about).rstrip())}</system-err>")
    return [*out, "  </testsuite>"]


def _case(report: Report, c: _Case) -> list[str]:
    names = f"name={_attribute(c.name)} classname={_attribute(_class(report.path))}"
    head = f'    <testcase {names} time="{c.seconds:.3f}"'
    text = _content(c.text)
    if c.result == "skipped":
        body = f"      <skipped message={_attribute(c.message)}/>"
    elif c.result:
        start = f"      <{c.result} type={_attribute(c.kind)} message={_attribute(c.message)}>"
        body = f"{start}{text}</{c.result}>"
    elif text:
        body = f"      <system-out>{text}</system-out>"
    else:
        return [head + "/>"]
    return [head + ">", body, "    </testcase>"]


def _class(path: str) -> str:
    """A path as the name of a class: services show a tree of them."""
    return path.removesuffix(".vq").strip("./").replace("/", ".") or path


def _cases(report: Report) -> list[_Case]:
    cases = [_judged(report, line) for line in report.lines]
    if report.is_wrong:
        wrong = [d for d in report.diagnostics if d.is_error]
        message = f"{wrong[0].code}: {wrong[0].headline}"
        cases.append(_Case("text", report.seconds, "error", "spec", message, diagnostics(wrong)))
        cases += [_Case(name, 0.0, "skipped", message=why) for name, why in unjudged(report)]
    else:
        cases += [_Case(name, 0.0, "error", "unjudged", why, why) for name, why in unjudged(report)]
        if not cases:
            why = "nothing was checked"
            cases.append(_Case("check", 0.0, "failure", "vacuous", why, why))
    return cases


def _judged(report: Report, line: Line) -> _Case:
    word = outcome(line.verdict)
    said = details(report, line)
    if word in ("disagree", "error") or (word == "unknown" and not line.as_expected):
        result = "error"
    elif word == "skipped":
        result = "skipped" if line.as_expected else "error"
    else:
        result = "" if line.as_expected else "failure"
    how = strength(line.verdict)
    message = f"{word}{f', {how}' if how else ''}"
    if line.lacks_proof:
        message += " (expected: a proof)"
    elif line.stated or not line.as_expected:
        message += f" (expected: {line.expected})"
    return _Case(line.name, line.seconds, result, word, message, said or message)


def _attribute(words: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", words), {"\n": "&#10;"})


def _content(words: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", words))
