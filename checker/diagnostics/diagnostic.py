"""An error, a warning or a note as data: a code, a short phrase, its places, and what to do."""

from __future__ import annotations

from enum import Enum

from model.record import dataclass
from model.span import Span


class Severity(Enum):
    """How bad: an error stops the run with exit code 3.

    A warning is about what is hardly meant, a note about what is easily read in another way.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what it contributes; empty words where the headline says it all."""

    span: Span
    words: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a text.

    `code` is `VQnnnn` and has an entry in the catalogue; `headline` is a short phrase with the
    names from the text; `at` is the place to look at first (none: about a file as a whole, which
    `path` then names); `also` are related places; `hint` is something to do.
    """

    code: str
    headline: str
    at: Label | None = None
    also: tuple[Label, ...] = ()
    hint: str = ""
    severity: Severity = Severity.ERROR
    path: str = ""

    @property
    def is_error(self) -> bool:
        """True unless it is only a warning or a note."""
        return self.severity is Severity.ERROR

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sorted by file and place, then severity, then code, so that output is stable."""
        path = self.at.span.source.path if self.at else self.path
        start = self.at.span.start if self.at else -1
        return (path, start, 0 if self.is_error else 1, self.code, self.headline)
