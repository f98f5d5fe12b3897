"""What a diagnostic's code means, for `checker explain` and the reference pages."""

from __future__ import annotations

from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: what it says, why it is an error, and an example of each kind.

    `wrong` and `right` are complete texts of a design; both are empty where the fault is not in the
    text (a file that cannot be read).
    """

    code: str
    headline: str
    explanation: str
    wrong: str = ""
    right: str = ""
