"""What is collected while a text is resolved: diagnostics, each once, and what names mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from checker.diagnostics.diagnostic import Diagnostic, Label, Severity
from checker.language import tree as t
from checker.language.near import nearest
from checker.language.references import Reference
from checker.language.synonyms import synonym
from model.span import Span

_MAX_COMPARED = 30_000
"""Looking for similar names is slow: this many names are looked at, in all, in half a second."""
_FEW = 8


class _Placed(Protocol):
    """What a design has, with the place of its declaration."""

    @property
    def origin(self) -> Span: ...


class Sink:
    """Collects diagnostics and references."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.references: list[Reference] = []
        self._seen: set[tuple[str, str, int, str]] = set()
        self._compared = 0

    def means(self, name: t.Ident | t.Name, declared: t.Ident | Span | _Placed | None) -> None:
        """Note where a name is declared that was looked up; None: nowhere, or it is not known."""
        match declared:
            case None:
                return
            case t.Ident(_, span) | (Span() as span):
                self.references.append(Reference(name.span, span))
            case _:
                self.references.append(Reference(name.span, declared.origin))

    def error(
        self, code: str, headline: str, at: Span | Label, hint: str = "", *also: Label
    ) -> None:
        """Report an error."""
        label = at if isinstance(at, Label) else Label(at)
        self._add(Diagnostic(code, headline, label, also, hint))

    def warning(
        self, code: str, headline: str, at: Span | Label, hint: str = "", *also: Label
    ) -> None:
        """Report what is allowed but hardly meant."""
        label = at if isinstance(at, Label) else Label(at)
        self._add(Diagnostic(code, headline, label, also, hint, Severity.WARNING))

    def note(self, code: str, headline: str, at: Span, hint: str = "", *also: Label) -> None:
        """Report what may well be meant, and is easily read in another way."""
        self._add(Diagnostic(code, headline, Label(at), also, hint, Severity.NOTE))

    def _add(self, d: Diagnostic) -> None:
        # A policy is read once for each transport that uses it, and says the same each time.
        path, start = (d.at.span.source.path, d.at.span.start) if d.at else (d.path, -1)
        key = (d.code, path, start, d.headline)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(d)

    @property
    def has_errors(self) -> bool:
        """True if something is wrong."""
        return any(d.is_error for d in self.found)

    def unknown(
        self, code: str, what: str, name: t.Ident | t.Name, known: Iterable[str], hint: str = ""
    ) -> None:
        """Report that there is no such name, with the one that was probably meant."""
        hint = hint or self.guess(name.text, known)
        self.error(code, f"there is no {what} `{name.text}`", name.span, hint)

    @property
    def may_guess(self) -> bool:
        """False once looking for similar names has taken long enough."""
        return self._compared <= _MAX_COMPARED

    def guess(self, name: str, known: Iterable[str]) -> str:
        """A hint: the known name that is most like it, or all of them where they are few."""
        if not self.may_guess:
            return ""
        names = sorted(set(known))
        self._compared += len(names)
        if not names:
            return ""
        by_case = [k for k in names if k.lower() == name.lower()]
        if not by_case and (known_otherwise := synonym(name, names)):
            return known_otherwise
        close = by_case or nearest(name, names, 1, 0.6)
        if close:
            return f"did you mean `{close[0]}`?"
        return f"there is {listed(names)}" if len(names) <= _FEW else ""

    def unique(self, names: Iterable[t.Ident], what: str) -> None:
        """Report each name that stands for two things of a kind."""
        first: dict[str, t.Ident] = {}
        for name in names:
            if name.text in first:
                self.twice(name, first[name.text], what)
            else:
                first[name.text] = name

    def twice(self, name: t.Ident, first: t.Ident, what: str) -> None:
        """Report the second declaration of a name."""
        also = Label(first.span, "first declared here")
        headline = f"{what} `{name.text}` is declared twice"
        self.error("VQ0204", headline, Label(name.span, "declared again"), "", also)

    def arguments(
        self, name: str, given: int, needed: Collection[str], at: Span, *also: Label, hint: str = ""
    ) -> None:
        """Report that the number of arguments is not right."""
        takes = f"{len(needed) or 'no'} argument{'' if len(needed) == 1 else 's'}"
        names = f" ({', '.join(needed)})" if needed else ""
        headline = f"`{name}` takes {takes}{names}, and is given {given}"
        self.error("VQ0306", headline, at, hint or f"write `{name}({', '.join(needed)})`", *also)


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    words = [f"`{n}`" for n in names]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
