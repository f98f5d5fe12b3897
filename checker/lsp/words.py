"""What each word is, in a line, as editors show it."""

from __future__ import annotations

from checker.language.words import LANGUAGE, NAMES

WORDS = {name: f"`{w.form}`: {w.text}" for name, w in {**LANGUAGE, **NAMES}.items()}
"""By word, in Markdown."""
