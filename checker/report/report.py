"""All that is shown of a run, as data: every property asked for, with its verdict."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from checker.diagnostics.diagnostic import Diagnostic
from checker.verdict.finding import Place
from checker.verdict.verdict import Verdict, is_unproved, outcome
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Line:
    """One property of one design: the verdict, what was expected, and how long it took."""

    name: str
    asks: str
    verdict: Verdict
    expected: str
    """What the design expects, `holds` if it says nothing."""
    stated: bool
    """True if the design says what it expects."""
    seconds: float
    rlimit: int = 0
    asked_at: Span | None = None
    """Where the design asks for it."""
    cached: str = ""
    """When the verdict was reached, if it was kept from an earlier run (ISO 8601, UTC)."""

    needs_proof: bool = False
    """Whether `holds` counts only if it is proved."""

    @property
    def is_left_out(self) -> bool:
        """Whether `check all` found nothing to ask: it says nothing for or against the design."""
        return outcome(self.verdict) == "skipped" and self.as_expected

    @property
    def as_expected(self) -> bool:
        """Whether the outcome is the one expected, and a proof is there if it has to be."""
        return outcome(self.verdict) == self.expected and not self.lacks_proof

    @property
    def lacks_proof(self) -> bool:
        """Whether it holds as expected, but only as far as was searched, and has to be proved."""
        return self.needs_proof and self.expected == "holds" and is_unproved(self.verdict)


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read, by the name that it is shown by, and the SHA-256 of its text."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the design with the ends of its range, as numbers where they are."""

    name: str
    low: str
    high: str
    origin: Span


def sha256(text: str) -> str:
    """Of a text as UTF-8, without a byte order mark."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Report:
    """One design file: what was wrong with the text, and the verdicts if nothing was."""

    path: str
    summary: str
    diagnostics: tuple[Diagnostic, ...]
    lines: tuple[Line, ...]
    unused: tuple[Place, ...] = ()
    assumptions: tuple[Place, ...] = ()
    seconds: float = 0.0
    options: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    is_module: bool = False
    """True for a file that only declares what others use: nothing in it is to be checked."""
    selected: tuple[str, ...] = ()
    """The properties that were asked for, whether or not they could be judged."""
    inputs: tuple[Input, ...] = ()
    """All files that the design consists of."""
    library: str = ""
    """The folder of the library, if it is not the one that is installed."""
    opened: tuple[tuple[str, str], ...] = ()
    """Each path that was opened for it (absolute), and the real path that it led to."""
    parameters: tuple[Parameter, ...] = ()
    """Of the design: its verdicts are for all values of them."""

    @property
    def is_wrong(self) -> bool:
        """Whether the text has an error, so that nothing was judged."""
        return any(d.is_error for d in self.diagnostics)


def requiring_proof(report: Report) -> Report:
    """The report where `holds` counts only if it is proved."""
    return replace(report, lines=tuple(replace(x, needs_proof=True) for x in report.lines))
