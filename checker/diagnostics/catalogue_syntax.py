"""What the codes VQ01xx mean: files and their syntax."""

from __future__ import annotations

from checker.diagnostics.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="VQ0101",
        headline="unexpected text",
        explanation="""\
The text cannot go on with what stands there. The label says what could stand there instead.

Reading goes on at the next statement, so that one run reports every mistake. The statement in which
the mistake stands is left out, and nothing else is checked until all files can be read.""",
        wrong="""\
param pairs = 1..32
""",
        right="""\
param pairs in 1..32
""",
    ),
    Entry(
        code="VQ0102",
        headline="a character has no meaning",
        explanation="""\
Outside of comments a design consists of names, numbers and a few signs. There are no strings, and
no signs beyond ASCII; typesetting marks such as a long dash often come from a copied document.""",
        wrong="""\
let enough = 3 \u2264 4
""",
        right="""\
let enough = 3 <= 4
""",
    ),
    Entry(
        code="VQ0103",
        headline="the file ends too early",
        explanation="""\
Something is not finished: mostly a `}` is missing. The label shows the brace that was never closed;
where a later `}` closed it by accident, it is found by the indentation.""",
        wrong="""\
platform small {
    cpus 4
""",
        right="""\
platform small {
    cpus 4
}
""",
    ),
    Entry(
        code="VQ0104",
        headline="nested too deep",
        explanation="""\
Brackets may stand inside of one another 64 deep, and operators 100 deep. The limits protect the
checker from running out of stack. A long chain, `a + b + c + ...`, is nested as deep as it is long;
give names to parts of it with `let`.""",
        wrong="let n = " + "(" * 65 + "1" + ")" * 65 + "\n",
        right="""\
let part = (1 + 2) * 3
let n = (part + 4) * 5
""",
    ),
    Entry(
        code="VQ0105",
        headline="a number is too large",
        explanation="""\
A number may be at most 4611686018427387903, which is 2 to the power of 62, less one. Values that
are computed have no bound.""",
        wrong="""\
let huge = 99999999999999999999
""",
        right="""\
let large = 4611686018427387903
""",
    ),
    Entry(
        code="VQ0106",
        headline="a file is too large",
        explanation="""\
A file may have 1,048,576 bytes. Real designs have a few hundred lines; for regular structures
use families (`queue rx[i in 0..pairs-1]`) and replicated devices (`device disk[n in 0..15]`). What
is left can be split into modules, joined by `use`.""",
    ),
    Entry(
        code="VQ0107",
        headline="a file is not UTF-8",
        explanation="""\
Designs are text in UTF-8. The file is in another encoding (UTF-16, Latin-1), or no text at all. To
convert it: `iconv -f UTF-16 -t UTF-8 old.vq > new.vq`.""",
    ),
    Entry(
        code="VQ0108",
        headline="a file cannot be read",
        explanation="""\
There is no such file, or the operating system does not let the checker read it. The message has the
reason that the system gives. For a module the headline has the name after `use`: `lib...` is the
standard library, any other path is relative to the folder of the file that says `use`.""",
    ),
    Entry(
        code="VQ0109",
        headline="a directory stands where a file is needed",
        explanation="""\
One design was asked for, and the path is a directory. `checker check` and `checker fmt` take
directories and look for `*.vq` in them; a module of a `use` is always one file.""",
    ),
    Entry(
        code="VQ0110",
        headline="nothing is declared",
        explanation="""\
The file is empty, or has only comments. Checking it would check nothing, and a run that checked
nothing must not look like a success.""",
        wrong="""\
# A design will stand here.
""",
        right="""\
param pairs in 1..8
""",
    ),
)
