"""`checker exit-codes`: lists the exit codes and what each means."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from checker.report.report import Line, Report


class ExitCode(IntEnum):
    """What a run ends with."""

    OK = 0
    VIOLATED = 1
    USAGE = 2
    SPEC = 3
    INCONCLUSIVE = 4
    VACUOUS = 5
    DISAGREE = 6
    INTERNAL = 70
    INTERRUPTED = 130
    PIPE = 141


MEANING = {
    ExitCode.OK: "every property is as expected",
    ExitCode.VIOLATED: "a property is violated, or holds where the design expects that it does not"
    " (`diff`, `fmt --check`: something is different; `mutate`: too low a score)",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.SPEC: "a design is wrong: its syntax, names, types or meaning (a bundle: damaged;"
    " `replay`: not the design that the trace is of)",
    ExitCode.INCONCLUSIVE: "no verdict: unknown, out of time or out of memory; or no proof, where"
    " one is required",
    ExitCode.VACUOUS: "a property holds only because nothing can happen, or nothing was checked",
    ExitCode.DISAGREE: "two engines disagree, a bug in vqcheck (`recheck`, `replay`: or what the"
    " bundle or trace says is not so, as when it was edited)",
    ExitCode.INTERNAL: "an internal error, which is a bug in vqcheck",
    ExitCode.INTERRUPTED: "interrupted from the keyboard",
    ExitCode.PIPE: "whoever read the output closed it",
}
PRECEDENCE = (
    ExitCode.INTERNAL,
    ExitCode.DISAGREE,
    ExitCode.SPEC,
    ExitCode.VIOLATED,
    ExitCode.VACUOUS,
    ExitCode.INCONCLUSIVE,
)
"""Which one a run ends with if several apply."""


def combined(codes: Iterable[int]) -> ExitCode:
    """The exit code of a run whose parts ended with these; `OK` only if all parts did."""
    left = set(codes) - {ExitCode.OK}
    ranked = [code for code in PRECEDENCE if code in left]
    return ranked[0] if ranked else ExitCode(max(left, default=0))


def meaning(code: ExitCode, reports: Iterable[Report]) -> str:
    """What the code says of these designs, in words."""
    from checker.verdict.verdict import outcome

    lines = [line for r in reports for line in r.lines]
    if code is ExitCode.INCONCLUSIVE and not any(
        not line.as_expected and not line.lacks_proof for line in lines
    ):
        return "a property holds, but is not proved, and a proof is required"
    if code is ExitCode.VIOLATED:
        unmet = [line for line in lines if not line.as_expected]
        if any(outcome(line.verdict) == "violated" for line in unmet):
            return "a property is violated"
        return "a property holds where the design expects that it does not"
    if code is ExitCode.OK and (refuted := _refuted(lines)):
        return refuted
    # What a code means for other commands stands in brackets.
    return MEANING[code].split(" (")[0]


def _refuted(lines: Iterable[Line]) -> str:
    """Which properties fail as the designs expect: all is as expected, and not all is well."""
    from checker.verdict.verdict import outcome

    by: dict[str, list[str]] = {}
    for line in lines:
        word = outcome(line.verdict)
        by.setdefault(word if line.stated and word != "skipped" else "holds", []).append(line.name)
    rest = by.pop("holds", [])
    said = [f"{_are(names)} {word}, as expected" for word, names in by.items()]
    return "; ".join([*said, *["all else is as expected"] * bool(said and rest)])


def _are(names: Iterable[str]) -> str:
    *some, last = dict.fromkeys(names)
    return f"{', '.join(some)} and {last} are" if some else f"{last} is"


def of_report(report: Report) -> ExitCode:
    """What one design ends with."""
    from checker.verdict.verdict import outcome

    if report.is_wrong:
        return ExitCode.SPEC
    if all(outcome(line.verdict) == "skipped" and line.as_expected for line in report.lines):
        return ExitCode.VACUOUS
    by_outcome = {
        "violated": ExitCode.VIOLATED,
        "vacuous": ExitCode.VACUOUS,
        "unknown": ExitCode.INCONCLUSIVE,
        "skipped": ExitCode.INCONCLUSIVE,
        "holds": ExitCode.VIOLATED,  # Where a violation is expected and there is none.
        "disagree": ExitCode.DISAGREE,
        "error": ExitCode.INTERNAL,
    }
    found = [outcome(line.verdict) for line in report.lines]
    codes = [
        # It may hold or not, as with `unknown`: nothing is violated, and nothing settles it.
        ExitCode.INCONCLUSIVE if x.lacks_proof else by_outcome[o]
        for o, x in zip(found, report.lines, strict=True)
        if not x.as_expected
    ]
    if "disagree" in found:
        codes.append(ExitCode.DISAGREE)
    return combined(codes)


def table() -> str:
    """The exit codes as text."""
    lines = [f"{code.value:>4}  {MEANING[code]}" for code in ExitCode]
    order = ", ".join(str(code.value) for code in PRECEDENCE)
    return "\n".join([*lines, "", f"If several apply, the first of {order}."])


@click.command("exit-codes")
def command() -> int:
    """List the exit codes and what each means."""
    click.echo(table())
    return ExitCode.OK
