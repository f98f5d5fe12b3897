"""A bundle as files: its manifest, and a folder or an archive with it. No file is trusted here.

The manifest has a line for each other file, sorted, in the form of `sha256sum`, and nothing else: a
file that is changed, gone or new is found, and so is a change of the manifest itself.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

MANIFEST = "SHA256SUMS"
_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*")
_MOST_BYTES = 1 << 30
_MOST_FILES = 100_000


class NoBundle(Exception):
    """Why a path is no bundle; `file` is the part of it that is wrong, if one is."""

    def __init__(self, why: str, file: str = "") -> None:
        super().__init__(f"{file}: {why}" if file else why)
        self.why = why
        self.file = file


def is_bundle(folder: Path) -> bool:
    """Whether a folder is one, damaged or not: what it has is a copy, and not to be worked on."""
    return all((folder / name).is_file() for name in (MANIFEST, "bundle.json"))


def sealed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with their manifest."""
    wrong = next((n for n in files if not _NAME.fullmatch(n)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no name for a file of a bundle")
    return {**files, MANIFEST: _manifest(files).encode()}


def seal(files: Mapping[str, bytes]) -> str:
    """One digest of all of it: SHA-256 of the manifest."""
    return _digest(files[MANIFEST])


def _manifest(files: Mapping[str, bytes]) -> str:
    return "".join(f"{_digest(files[n])}  {n}\n" for n in sorted(files) if n != MANIFEST)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def changed(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """What does not agree with the manifest: each file with what is wrong; nothing if all does."""
    if MANIFEST not in files:
        yield MANIFEST, "the manifest is missing"
        return
    listed = dict(_listed(files[MANIFEST]))
    found = False
    for name in sorted(files.keys() | listed.keys()):
        if name == MANIFEST:
            continue
        if name not in files:
            found = True
            yield name, f"it is in {MANIFEST}, and it is not there"
        elif name not in listed:
            found = True
            yield name, f"it is not in {MANIFEST}"
        elif _digest(files[name]) != listed[name]:
            found = True
            yield name, f"its bytes are not those of {MANIFEST}"
    if not found and files[MANIFEST] != _manifest(files).encode():
        yield MANIFEST, "it is not in the form in which it was written"


def _listed(manifest: bytes) -> Iterator[tuple[str, str]]:
    for line in manifest.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest


# A folder or an archive


def is_archive(path: Path) -> bool:
    """Whether the name says that it is one."""
    return path.name.endswith((".tar.gz", ".tgz"))


def archive(files: Mapping[str, bytes], top: str) -> bytes:
    """The files in a folder of that name, as `.tar.gz`: the same bytes whenever it is made."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(files):
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(files[name])
            tar.addfile(info, io.BytesIO(files[name]))
    return out.getvalue()


def read(path: Path) -> dict[str, bytes]:
    """All files of a bundle, by their path in it. Raises `NoBundle`."""
    try:
        files = dict(_folder(path) if path.is_dir() else _unpacked(path))
    except OSError as e:
        raise NoBundle(f"it cannot be read: {e.strerror or e}") from e
    except (tarfile.TarError, EOFError, zlib.error) as e:
        raise NoBundle(f"it is neither a folder nor a sound .tar.gz: {e}") from e
    if MANIFEST not in files:
        raise NoBundle(f"it has no {MANIFEST}", MANIFEST)
    return files


def _folder(root: Path) -> Iterator[tuple[str, bytes]]:
    left = _MOST_BYTES
    count = 0
    for folder, folders, names in os.walk(root):
        links = [f for f in folders if Path(folder, f).is_symlink()]
        for name in (*sorted(names), *links):
            path = Path(folder, name)
            shown = path.relative_to(root).as_posix()
            info = path.lstat()
            if not stat.S_ISREG(info.st_mode):
                raise NoBundle("it is no regular file", shown)
            left -= info.st_size
            count += 1
            _bounded(left, count)
            yield shown, path.read_bytes()


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    left = _MOST_BYTES
    seen: set[str] = set()
    with tarfile.open(path, "r:gz") as tar:
        for count, info in enumerate(tar, 1):
            if info.isdir():  # Of a folder that somebody packed; `archive` writes none.
                _bounded(left, count)
                continue
            _, _, name = info.name.partition("/")
            if not info.isfile() or not _NAME.fullmatch(name) or name in seen:
                raise NoBundle("no file of a bundle is like this", info.name)
            seen.add(name)
            left -= info.size
            _bounded(left, count)
            data = tar.extractfile(info)
            assert data is not None
            yield name, data.read()


def _bounded(left: int, count: int) -> None:
    if left < 0 or count > _MOST_FILES:
        raise NoBundle("it is larger than a bundle may be")
