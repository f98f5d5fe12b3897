"""Arguments that name files: FILE, DIR or `-`, and reading and writing of designs."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from checker.diagnostics.diagnostic import Diagnostic
from model.span import Source

STDIN = "-"
_MAX_BYTES = 1 << 20
"""As much as is read of a module too."""
_NARROWEST = 60
"""Columns that a text is laid out for, however narrow the terminal is."""
_NEW = 0o666
"""The mode of a file that is made, before the umask."""


def expand(arguments: Iterable[str]) -> list[str]:
    """The files that the arguments name, each once, in the order of the arguments.

    A directory stands for all `*.vq` in it and below, sorted, but for those of bundles that are
    somewhere below it. Raises a usage error for a path that
    does not exist and for a directory without designs.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        path = Path(argument)
        if argument == STDIN:
            found[STDIN] = None
        elif path.is_dir():
            inside, bundles = _designs(path)
            if not inside:
                but = f" but those of bundles; name one: `{bundles[0]}`" if bundles else ""
                raise click.UsageError(f"`{argument}` has no *.vq files in it{but}.")
            found |= dict.fromkeys(inside)
        elif path.exists():
            found[str(path)] = None
        else:
            raise click.UsageError(f"`{argument}` does not exist.{_similar(path)}")
    return list(found)


def _similar(path: Path) -> str:
    """What was probably meant by a path where there is nothing."""
    from difflib import get_close_matches

    if "=" in path.name or path.name.isdecimal():
        return " Values belong to an option: `--param NAME=VALUE`."
    try:
        there = [p.name for p in path.parent.iterdir() if p.is_dir() or p.suffix == ".vq"]
    except OSError:
        return ""
    near = get_close_matches(path.name, sorted(there), 1)
    return f" Did you mean `{path.with_name(near[0])}`?" if near else ""


def _designs(folder: Path) -> tuple[list[str], list[str]]:
    """All designs below a folder, and the bundles, which are left out as hidden folders are."""
    from checker.bundle.store import is_bundle

    out: list[str] = []
    bundles: list[str] = []
    for root, folders, names in os.walk(folder):
        seen = [f for f in folders if not f.startswith(".")]
        left_out = [f for f in seen if is_bundle(Path(root, f))]
        bundles += [str(Path(root, f)) for f in left_out]
        folders[:] = sorted(f for f in seen if f not in left_out)
        out += [str(Path(root, n)) for n in names if n.endswith(".vq")]
    return sorted(out), sorted(bundles)


def read(name: str) -> Source | Diagnostic:
    """The text of a file or of the standard input, or why there is none.

    Line ends stay as they are. A byte order mark is dropped.
    """
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read(_MAX_BYTES + 1)
        elif Path(name).is_dir():
            return _about(name, "VQ0109", "is a directory")
        else:
            with open(name, "rb") as f:
                data = f.read(_MAX_BYTES + 1)
    except OSError as e:
        return _about(name, "VQ0108", f"cannot be read: {e.strerror}")
    if len(data) > _MAX_BYTES:
        return _about(name, "VQ0106", "is larger than a design may be", "split it into modules")
    try:
        return Source(shown(name), data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as e:
        where = f"is not UTF-8: byte {e.start + 1} is 0x{data[e.start]:02x}"
        return _about(name, "VQ0107", where, "save it as UTF-8")


def keep_input() -> None:
    """Makes the standard input a file that can be read again: a pipe gives its text once."""
    with tempfile.TemporaryFile() as kept:
        kept.write(sys.stdin.buffer.read(_MAX_BYTES + 1))
        kept.seek(0)
        os.dup2(kept.fileno(), sys.stdin.fileno())


def _about(name: str, code: str, what: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code, f"`{shown(name)}` {what}", path=shown(name), hint=hint)


def shown(name: str) -> str:
    """What a file is called in messages."""
    return "<stdin>" if name == STDIN else name


def write(name: str, text: str) -> None:
    """Replaces a file's text in one step, so that it is never half written; its mode stays.

    Makes the file where there is none.
    """
    write_bytes(name, text.encode("utf-8"))


def write_bytes(name: str, data: bytes) -> None:
    """The same with bytes."""
    target = Path(name).resolve()  # A link stays one.
    if target.exists() and not target.is_file():  # A device or a pipe has no text to keep whole.
        target.write_bytes(data)
        return
    mode = target.stat().st_mode & 0o7777 if target.exists() else _NEW & ~_umask()
    handle, made = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(made)
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_folder(
    folder: Path, contents: Mapping[str, str | bytes], mark: str = "index.json"
) -> None:
    """Makes a folder of files, all of it or nothing; one that was made so before is replaced.

    `mark` is the file by which one is known. Raises `OSError`, also for a folder that has anything
    in it that is not of this kind.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / mark).is_file():
        raise FileExistsError(errno.EEXIST, "it holds other things already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, content in contents.items():
            to = made / name
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content.encode() if isinstance(content, str) else content)
        made.chmod(0o777 & ~_umask())
        if folder.exists():
            shutil.rmtree(folder)
        made.replace(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _umask() -> int:
    """What the user takes from the mode of new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def cache_folder() -> Path | None:
    """Where the user keeps what can be made again; None if that cannot be told."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(root) / "vqcheck" / "verdicts" if os.path.isabs(root) else None


def use_color(no_color: bool) -> bool:
    """True if colours are wanted: on a terminal, and nobody said no (see no-color.org)."""
    refused = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return not refused and sys.stdout.isatty()


def width() -> int | None:
    """Columns of the terminal; None if the output goes elsewhere, where it is always the same."""
    return max(_NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
