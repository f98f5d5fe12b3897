"""What a property is, and which there are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache

from checker.engines.engine import Obligation
from checker.engines.run_question import RunObligation
from model.design.design import Design
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """A property of designs: its name, the question in one line, and what must be shown for it.

    `obligations` lists what is to be answered; at least one goal among them is a witness
    (`want_model`), without which the property is vacuous. `nothing` says what is missing then.
    """

    name: str
    asks: str
    obligations: Callable[[Design], Iterable[Obligation | RunObligation]]
    nothing: str
    scope: str = "all values"


@cache
def properties() -> dict[str, Property]:
    """All properties by name, sorted."""
    import checker.properties as folder  # noqa: PLC0415  (this package, once it is complete)

    found: dict[str, Property] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(folder.__path__)):
        loaded = importlib.import_module(f"{folder.__name__}.{module}")
        prop = getattr(loaded, "PROPERTY", None)
        if isinstance(prop, Property):
            found[prop.name] = prop
    return found
