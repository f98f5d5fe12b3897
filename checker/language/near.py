"""Names that are like another one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile


def nearest(word: str, among: Iterable[str], most: int, least: float) -> list[str]:
    """The names most like a word, best first; of two as like, the one that begins as it does."""
    close = get_close_matches(word, list(among), most + 4, least)

    def order(name: str) -> tuple[float, int]:
        ratio = SequenceMatcher(None, name, word).ratio()
        same = sum(1 for _ in takewhile(lambda x: x[0] == x[1], zip(name, word, strict=False)))
        return -round(ratio, 6), -same

    return sorted(close, key=order)[:most]
