"""Where the standard library of designs lies."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def library_root() -> Path:
    """The folder that names of library modules start from.

    The module `lib.virtio.net` is the file `library_root() / "lib" / "virtio" / "net.vq"`. An
    installed package carries a copy; a source tree, also one installed editable, has `specs/`.
    """
    installed = _PACKAGE / "_specs"
    return installed if (installed / "lib").is_dir() else _PACKAGE.parent / "specs"
