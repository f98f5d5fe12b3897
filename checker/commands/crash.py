"""What is said of an internal error, and the file that says how it came about."""

from __future__ import annotations

from collections.abc import Sequence

from checker import __version__


def report(reason: str, details: str, args: Sequence[str]) -> str:
    """What to say about it; `details` go into a file, since no traceback is for users."""
    import platform
    import tempfile

    words = f"internal error: {reason}; this is a bug in vqcheck"
    text = (
        f"vqcheck {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"arguments: {list(args)!r}\n\n{details}"
    )
    try:
        handle, name = tempfile.mkstemp(prefix="vqcheck-crash-", suffix=".txt")
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as f:
            f.write(text)
    except OSError as e:
        return f"{words}\n  (no report could be written: {e})"
    return f"{words}\n  how it happened: {name}\n  please report it, with that file"
