"""The cells of a system while it is made: declared where they are first named."""

from __future__ import annotations

from model.expr import Expr, Lit, Value, Var
from model.kernel.system import Cell


class Cells:
    """Every shared cell by name, in the order in which they were declared."""

    def __init__(self) -> None:
        self.every: dict[str, Cell] = {}
        self.choices: dict[str, bool] = {}
        """What steps may choose, and whether it is a truth value."""

    def flag(self, name: str, *, initial: bool = False, private: bool = False) -> Var:
        """A Boolean cell."""
        return self._declare(Cell(name, initial, private=private))

    def count(self, name: str, hi: int | None = None, *, private: bool = False) -> Var:
        """An integer cell that starts at 0."""
        return self._declare(Cell(name, 0, 0, hi, private, is_bool=False))

    def fact(self, name: str, *, is_bool: bool = True, lo: int = 0, hi: int | None = None) -> Var:
        """A value that nothing decides and nothing changes."""
        return self._declare(Cell(name, None, None if is_bool else lo, hi, is_bool=is_bool))

    def choice(self) -> Var:
        """An arbitrary truth value, chosen anew by each step."""
        name = f"any.{len(self.choices)}"
        self.choices[name] = True
        return Var(name, True)

    def number(self) -> Var:
        """An arbitrary integer, chosen anew by each step."""
        name = f"any.{len(self.choices)}"
        self.choices[name] = False
        return Var(name, False)

    def _declare(self, cell: Cell) -> Var:
        self.every.setdefault(cell.name, cell)
        return cell.var


def initial(cell: Cell) -> Expr | None:
    """What a cell is at the start, as an expression."""
    first: Value | None = cell.initial
    return None if first is None else Lit(first)
