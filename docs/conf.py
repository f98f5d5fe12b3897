"""How Sphinx builds the documentation: Markdown in, HTML in build/docs out, without a network."""

import logging
import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from vq_lexer import VqLexer  # noqa: E402

from checker import __version__  # noqa: E402

project = "vqcheck"
author = "the vqcheck authors"
copyright = author
version = release = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"vqcheck {__version__}"
html_copy_source = False
html_show_copyright = False


def setup(app: Sphinx) -> None:
    """Teach Sphinx our language, and that a list of pages may still be empty.

    The lists are globs. Sphinx gives the warning about an empty one a subtype but no type, so that
    `suppress_warnings` cannot name it.
    """
    app.add_lexer("vq", VqLexer)
    logging.getLogger("sphinx.sphinx.directives.other").addFilter(
        lambda record: getattr(record, "subtype", None) != "empty_glob"
    )
