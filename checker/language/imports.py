"""From a path to trees: the file, the modules that it uses, and theirs; each read once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from checker.diagnostics.diagnostic import Diagnostic, Label
from checker.language import tree as t
from checker.language.near import nearest
from checker.language.parse import parse
from checker.library import library_root
from model.record import dataclass
from model.span import Source, Span

MAX_BYTES = 1 << 20
MAX_MODULES = 2000
_SUFFIX = ".vq"
Overlay = Mapping[str, str]
"""Texts to be read in place of files, by the real paths that these have or would have."""
NO_OVERLAY: Overlay = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class File:
    """A file that could be read: its tree, and which files its `use` statements mean.

    A key is the real path. `is_sound`: neither it nor what it uses has errors of syntax.
    `is_partial`: something that it uses is missing, so that a name may be unknown for that reason.
    """

    key: str
    source: Source
    tree: t.Module
    uses: tuple[tuple[t.Use, str], ...]
    is_sound: bool
    is_partial: bool


@dataclass(frozen=True, slots=True)
class Files:
    """All files of a design. A module stands before those that use it; the last is the design's."""

    files: tuple[File, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]
    """Sorted as they were read; the first is the design's."""
    opened: tuple[tuple[str, str], ...] = ()
    """Each path by which one was opened (absolute), and the real path that it led to."""


@dataclass(slots=True)
class _Read:
    """A file while its modules are looked for."""

    key: str
    source: Source
    tree: t.Module
    has_errors: bool
    uses: list[tuple[t.Use, str]] = field(default_factory=list)
    is_partial: bool = False


def read_all(path: Path, library: Path | None = None, overlay: Overlay = NO_OVERLAY) -> Files:
    """The file and all modules that it needs; what cannot be read is in the diagnostics."""
    reader = _Reader(library or library_root(), overlay)
    main = reader.read(path, str(path), None)
    if main is None:
        return Files((), tuple(reader.found), ())
    todo = [main]
    while todo:
        todo += reader.follow(todo.pop(0))
    return Files(
        tuple(_in_order(main, reader)),
        tuple(reader.found),
        tuple(f.source for f in reader.files.values()),
        tuple(reader.opened.items()),
    )


class _Reader:
    def __init__(self, library: Path, overlay: Overlay) -> None:
        self.overlay = overlay
        self.files: dict[str, _Read] = {}
        self.opened: dict[str, str] = {}
        self.found: list[Diagnostic] = []
        self._failed: set[str] = set()
        self._library = library

    def read(self, path: Path, shown: str, use: t.Use | None) -> _Read | None:
        """Read and parse a file that was not read before; None, with a diagnostic, if it cannot."""
        text = self._text(path, shown, use)
        if isinstance(text, Diagnostic):
            self.found.append(text)
            return None
        source = Source(shown, text)
        tree, errors = parse(source)
        self.found += errors
        has_errors = any(e.is_error for e in errors)
        if not tree.items and not has_errors:
            self.found.append(
                Diagnostic(
                    "VQ0110",
                    "nothing is declared in the file",
                    path=shown,
                    hint="a design has at least a `device` and a `check`",
                )
            )
            has_errors = True
        read = _Read(os.path.realpath(path), source, tree, has_errors)
        self.files[read.key] = read
        self.opened[os.path.abspath(path)] = read.key
        return read

    def _text(self, path: Path, shown: str, use: t.Use | None) -> str | Diagnostic:
        """What is given in place of the file, else what the file holds."""
        given = self.overlay.get(os.path.realpath(path)) if self.overlay else None
        if given is None:
            return _file_text(path, shown, use)
        size = len(given.encode("utf-8", "surrogatepass"))
        return given if size <= MAX_BYTES else _too_large(shown, use, f"{size:,} bytes")

    def follow(self, read: _Read) -> list[_Read]:
        """The modules that a file uses; those that were not read before."""
        new: list[_Read] = []
        used: dict[str, t.Use] = {}
        for use in read.tree.items:
            if not isinstance(use, t.Use):
                continue
            found = self._module(read, use)
            if found is None:
                read.is_partial = True
                continue
            module, is_new = found
            if module.key in used:
                self._used_twice(use, used[module.key])
                continue
            used[module.key] = use
            read.uses.append((use, module.key))
            if is_new:
                new.append(module)
        return new

    def _used_twice(self, use: t.Use, first: t.Use) -> None:
        label = Label(_path_span(use))
        also = (Label(_path_span(first), "first here"),)
        headline = f"`{_dotted(use)}` is used twice"
        self.found.append(Diagnostic("VQ0204", headline, label, also, "leave out this one"))

    def _module(self, read: _Read, use: t.Use) -> tuple[_Read, bool] | None:
        """The module that a `use` means, and whether it was read just now."""
        names = [p.text for p in use.path]
        is_library = names[0] == "lib"
        is_inside = is_library or Path(read.key).is_relative_to(self._library.resolve())
        beside = Path(read.key if is_inside else read.source.path).parent
        root = self._library if is_library else beside
        path = root.joinpath(*names[:-1], names[-1] + _SUFFIX)
        key = os.path.realpath(path)
        if key in self.files:
            self.opened[os.path.abspath(path)] = key
            return self.files[key], False
        if key in self._failed:
            return None
        if len(self.files) >= MAX_MODULES:
            at = Label(_path_span(use))
            self.found.append(Diagnostic("VQ0108", f"more than {MAX_MODULES} modules are used", at))
            self._failed.add(key)
            return None
        if key in self.overlay or os.path.exists(path):
            module = self.read(path, _from_here(path, self._library), use)
        else:
            self.found.append(_missing(use, path, root, self._library))
            module = None
        if module is None:
            self._failed.add(key)
            return None
        return module, True


def _dotted(use: t.Use) -> str:
    return ".".join(p.text for p in use.path)


def _path_span(use: t.Use) -> Span:
    return use.path[0].span.to(use.path[-1].span)


def _from_here(path: Path, library: Path) -> str:
    """The path as short as it can be named from the working directory, or in the library."""
    for root in (Path.cwd(), library.resolve()):
        try:
            return str(path.resolve().relative_to(root))
        except (ValueError, OSError):
            continue
    return str(path)


def _file_text(path: Path, shown: str, use: t.Use | None) -> str | Diagnostic:
    """The text of a file, or why there is none."""
    at = _at(shown, use)
    try:
        info = os.stat(path)
        if stat.S_ISDIR(info.st_mode):
            hint = f"name a {_SUFFIX} file in it"
            return Diagnostic("VQ0109", f"`{shown}` is a directory", at, (), hint, path=shown)
        if use and not stat.S_ISREG(info.st_mode):
            return Diagnostic("VQ0108", f"`{shown}` is not a regular file", at, path=shown)
        size = info.st_size
        with open(path, "rb") as f:
            # A pipe has no size, so that what is read is bounded too.
            data = f.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
        size = max(size, len(data))
    except FileNotFoundError:
        headline = f"there is no file `{shown}`"
        return Diagnostic("VQ0108", headline, at, (), _nearby(path), path=shown)
    except (OSError, ValueError) as e:
        why = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        return Diagnostic("VQ0108", f"`{shown}` cannot be read: {why.lower()}", at, path=shown)
    if size > MAX_BYTES:
        more = f"more than {MAX_BYTES:,} bytes" if size == len(data) else f"{size:,} bytes"
        return _too_large(shown, use, more)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        headline = f"line {line} of the file is not UTF-8: byte 0x{data[e.start]:02x}"
        return Diagnostic("VQ0107", headline, at, (), "save it as UTF-8", path=shown)


def _at(shown: str, use: t.Use | None) -> Label | None:
    """The `use` that the file is read for."""
    return Label(_path_span(use), f"this is `{shown}`") if use else None


def _too_large(shown: str, use: t.Use | None, what: str) -> Diagnostic:
    headline = f"the file has {what}; at most {MAX_BYTES:,} are read"
    hint = "split it into modules and join them with `use`"
    return Diagnostic("VQ0106", headline, _at(shown, use), (), hint, path=shown)


def _nearby(path: Path) -> str:
    close = nearest(path.name, _entries(path.parent), 1, 0.6)
    return f"did you mean `{path.parent / close[0]}`?" if close else ""


def _entries(folder: Path, limit: int = 1000) -> list[str]:
    """Names in a folder; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e, _ in zip(entries, range(limit), strict=False))
    except (OSError, ValueError):
        return []


def _missing(use: t.Use, path: Path, root: Path, library: Path) -> Diagnostic:
    names = [p.text for p in use.path]
    inside = [n for n in _entries(root.joinpath(*names)) if n.endswith(_SUFFIX)]
    if inside:
        modules = [n.removesuffix(_SUFFIX) for n in inside]
        some = ", ".join(f"`{n}`" for n in modules)
        headline = f"`{_dotted(use)}` is a folder of modules"
        hint = f"name one of them, as in `use {_dotted(use)}.{modules[0]}`: {some}"
        return Diagnostic("VQ0202", headline, Label(_path_span(use)), (), hint)
    close = _closest(names, root)
    if not close:
        known = list(library_modules(library))
        ends = [k for k in known if k.split(".")[-1] == names[-1]]
        close = (ends or nearest(_dotted(use), known, 1, 0.7) or [""])[0]
    if not close and names[-1] == "vq" and path.parent.with_suffix(_SUFFIX).is_file():
        close = ".".join(names[:-1])
    hint = f"did you mean `use {close}`?" if close else f"the file would be `{path}`"
    headline = f"there is no module `{_dotted(use)}`"
    return Diagnostic("VQ0202", headline, Label(_path_span(use)), (), hint)


def _closest(names: list[str], root: Path) -> str:
    """The module most like that one: the first part that does not exist, exchanged."""
    for k, name in enumerate(names):
        folder = root.joinpath(*names[:k])
        is_last = k == len(names) - 1
        if not is_last and (folder / name).is_dir():
            continue
        there = _entries(folder)
        known = [n.removesuffix(_SUFFIX) for n in there if n.endswith(_SUFFIX) or not is_last]
        for close in nearest(name, known, 3, 0.6):
            candidate = [*names[:k], close, *names[k + 1 :]]
            if root.joinpath(*candidate[:-1], candidate[-1] + _SUFFIX).is_file():
                return ".".join(candidate)
        return ""
    return ""


def library_modules(library: Path) -> Iterator[str]:
    """The modules of a library, as `use` names them."""
    for path in sorted((library / "lib").rglob("*" + _SUFFIX)):
        yield ".".join(path.relative_to(library).with_suffix("").parts)


def in_library(keyword: str, name: str) -> str:
    """The library module that declares a name with this keyword; empty if none does."""
    return _declared_in_library().get((keyword, name), "")


_DECLARES = re.compile(r"^(device_type|transport|policy|platform|service) (\w+)", re.MULTILINE)


@cache
def _declared_in_library() -> dict[tuple[str, str], str]:
    library = library_root()
    out: dict[tuple[str, str], str] = {}
    for module in library_modules(library):
        path = library.joinpath(*module.split(".")).with_suffix(_SUFFIX)
        for keyword, name in _DECLARES.findall(path.read_text(encoding="utf-8")):
            out.setdefault((keyword, name), module)
    return out


def _in_order(main: _Read, reader: _Reader) -> Iterator[File]:
    """Depth first, without recursion: each file after those that it uses; circles are reported."""
    done: dict[str, File] = {}
    path: list[tuple[_Read, Iterator[tuple[t.Use, str]]]] = [(main, iter(main.uses))]
    on_path = {main.key: 0}
    while path:
        read, uses = path[-1]
        step = next(uses, None)
        if step is None:
            path.pop()
            del on_path[read.key]
            done[read.key] = _file(read, done)
            yield done[read.key]
        elif step[1] in on_path:
            circle = [r for r, _ in path[on_path[step[1]] :]]
            reader.found.append(_circle(step[0], circle))
            for r in circle:
                r.is_partial = True
        elif step[1] not in done:
            module = reader.files[step[1]]
            on_path[module.key] = len(path)
            path.append((module, iter(module.uses)))


def _file(read: _Read, done: dict[str, File]) -> File:
    uses = tuple((use, key) for use, key in read.uses if key in done)
    is_sound = not read.has_errors and all(done[key].is_sound for _, key in uses)
    return File(read.key, read.source, read.tree, uses, is_sound, read.is_partial)


def _circle(use: t.Use, circle: list[_Read]) -> Diagnostic:
    names = [Path(r.source.path).stem for r in (*circle, circle[0])]
    also = tuple(
        Label(_path_span(u), f"`{Path(r.source.path).stem}` uses `{_dotted(u)}`")
        for r, following in pairwise(circle)
        for u, key in r.uses
        if key == following.key
    )
    words = " -> ".join(names)
    headline = "the module uses itself" if len(circle) == 1 else f"modules use each other: {words}"
    hint = "" if len(circle) == 1 else "move what both need into a module of its own"
    return Diagnostic("VQ0203", headline, Label(_path_span(use)), also, hint)
