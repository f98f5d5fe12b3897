"""Verdicts that were reached once, kept for the very same question.

An entry is named by a digest of the question: the design's text and path, the options that can
change an answer, the versions and the sources of the tool. It also has every file that was read
then; all of them have to be there, behind the same paths, with the same text. Whatever is wrong
with an entry, or cannot be told: it does not count, and the design is verified. Plain JSON, no
pickle.

Only what is decided is kept: a time-out, a budget that was used up, an engine that broke off and a
disagreement are never taken from here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import field, replace
from pathlib import Path

from checker import __version__
from checker.kept_form import Broken, decoded, encoded
from checker.library import library_root
from checker.options import Options
from checker.provenance import versions
from checker.report.report import Report, sha256
from checker.verdict.verdict import Disagree, Failed, Unknown, Violated
from model.record import dataclass
from model.span import Source

_FORM = 1
"""Of the entries; the sources of the tool are part of the question too."""
_MOST_BYTES = 1 << 20
_MOST_ENTRIES = 4000
Verify = Callable[[Path, Options], Report]


@dataclass(slots=True)
class Kept:
    """The entries of a folder; `now` is when what is found in this run is found (ISO 8601)."""

    folder: Path
    now: str
    _texts: dict[str, str] = field(default_factory=dict)
    """Of files of the library, which many designs read."""

    def verify(self, path: Path, options: Options, otherwise: Verify) -> Report:
        """What is kept of the design, marked so; else what `otherwise` finds, which is kept."""
        started = time.monotonic()
        question = _question(path, options)
        if question is None:
            return otherwise(path, options)
        name = self.folder / f"{_digest(question)}.json"
        found = self._read(name, question)
        if found is not None:
            return replace(found, seconds=time.monotonic() - started)
        report = otherwise(path, options)
        if _is_decided(report):
            self._keep(name, question, report)
        return report

    def _read(self, name: Path, question: dict[str, object]) -> Report | None:
        """The entry, if there is one and nothing about it is wrong."""
        try:
            entry = json.loads(_own_text(name))
            kept = entry.pop("digest")
            if entry["form"] != _FORM or kept != _digest(entry) or entry["question"] != question:
                return None
            sources = [self._source(i) for i in entry["inputs"]]
            for opened, real in entry["opened"]:
                if os.path.realpath(opened) != real:
                    return None
            report = decoded(entry["report"], sources)
            if not isinstance(report, Report) or not _is_decided(report):
                return None
            reached = str(entry["reached"])
            lines = tuple(replace(line, cached=reached) for line in report.lines)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, Broken):
            return None
        return replace(report, lines=lines)

    def _source(self, i: dict[str, str]) -> Source:
        """A file as it was then; `Broken` if it is another now."""
        real = i["real"]
        text = self._texts.get(real)
        if text is None:
            with open(real, "rb") as f:
                text = f.read(_MOST_BYTES + 1).decode("utf-8-sig")
            self._texts[real] = text
        if sha256(text) != i["sha256"]:
            raise Broken
        return Source(i["path"], text)

    def _keep(self, name: Path, question: dict[str, object], report: Report) -> None:
        """Best effort: what cannot be kept costs time, nothing else."""
        reals = list(dict.fromkeys(real for _, real in report.opened))
        shown = {i.path for i in report.inputs}
        if not len(reals) == len(shown) == len(report.inputs):
            return  # Which file a place is in could not be told.
        inputs = [
            {"path": i.path, "real": real, "sha256": i.sha256}
            for i, real in zip(report.inputs, reals, strict=True)
        ]
        with contextlib.suppress(OSError, ValueError, Broken):
            entry = {
                "form": _FORM,
                "question": question,
                "reached": self.now,
                "inputs": inputs,
                "opened": [list(o) for o in report.opened],
                "report": encoded(report, [i.path for i in report.inputs]),
            }
            entry = json.loads(json.dumps(entry))
            _write(name, json.dumps({**entry, "digest": _digest(entry)}, separators=(",", ":")))
            self._forget_old()

    def _forget_old(self) -> None:
        """The oldest half, where there are too many."""
        names = list(self.folder.glob("*.json"))
        if len(names) > _MOST_ENTRIES:
            names.sort(key=lambda n: n.stat().st_mtime)
            for name in names[: len(names) // 2]:
                name.unlink(missing_ok=True)


def _question(path: Path, options: Options) -> dict[str, object] | None:
    """All that decides an answer besides the files that the design uses; None: not to be kept."""
    if options.overlay:  # The files do not hold what is verified.
        return None
    try:
        if not path.is_file():  # A pipe has its text once.
            return None
        with open(path, "rb") as f:
            text = f.read(_MOST_BYTES + 1)
    except (OSError, ValueError):
        return None
    b = options.budget
    return {
        "version": __version__,
        "versions": dict(versions()),
        "path": str(path),
        "folder": os.getcwd(),
        "library": str(options.library or library_root()),
        "text": hashlib.sha256(text).hexdigest(),
        "budget": [b.rlimit, b.timeout_seconds, b.memory_mib],
        "properties": list(options.properties),
        "among": None if options.among is None else sorted(options.among),
        "params": {k: options.params[k] for k in sorted(options.params)},
        "expectations": options.expectations,
        "certify": list(options.certify),
    }


def _is_decided(report: Report) -> bool:
    """Whether a second run would say the same, whatever the machine does meanwhile."""
    verdicts = [line.verdict for line in report.lines]
    if report.is_wrong or not (verdicts or report.is_module):
        return False
    return not any(
        isinstance(v, Unknown | Disagree | Failed) or (isinstance(v, Violated) and v.open)
        for v in verdicts
    )


def _digest(data: object) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _own_text(name: Path) -> str:
    """The text of a file that is nobody else's to write."""
    with open(name, "rb") as f:
        info = os.fstat(f.fileno())
        mine = info.st_uid == os.getuid() and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not mine or not stat.S_ISREG(info.st_mode):
            raise Broken
        return f.read().decode("utf-8")


def _write(name: Path, text: str) -> None:
    name.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, made = tempfile.mkstemp(dir=name.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(made, name)
    except BaseException:
        os.unlink(made)
        raise
