"""Which declaration each name of a text was found to mean."""

from __future__ import annotations

from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A name where it is used, and where it is declared: the name there, or all of the declaration.

    A text that is read for several others has several: a policy, for each transport that uses it.
    """

    use: Span
    declared: Span
