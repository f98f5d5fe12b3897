"""Colours for `.vq` blocks in the documentation. It accepts any text: it checks nothing."""

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, Text

DECLARATIONS = (
    "use param let assume assert check expect platform controller device_type device transport "
    "policy service handler signal drive map register queue config config_change try lines cpus"
).split()
ACTIONS = (
    "publish set raise lower pulse read clear drain enable disable mask unmask notify schedule "
    "complete fence stop return loop while for if else otherwise lock"
).split()
OPERATORS = "in on at sees where and or not".split()


class VqLexer(RegexLexer):
    """The words of the language, without its grammar."""

    name = "vq"
    aliases = ("vq",)
    filenames = ("*.vq",)
    tokens = {  # noqa: RUF012 - pygments declares it so
        "root": [
            (r"#.*$", Comment.Single),
            (r"\.\.|->|[<>=!]=|[-+*/%<>=?]|&&|\|\||!", Operator),
            (r"0[xX][0-9a-fA-F]+|\d+", Number),
            (r"(\.)(\w+)", Name.Attribute),
            (words(DECLARATIONS, prefix=r"\b", suffix=r"\b"), Keyword.Declaration),
            (words(ACTIONS, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(OPERATORS, prefix=r"\b", suffix=r"\b"), Operator.Word),
            (r"\w+", Name),
            (r"[{}()\[\],;:]", Punctuation),
            (r"\s+|.", Text),
        ]
    }
