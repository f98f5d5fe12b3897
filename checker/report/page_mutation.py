"""The part of a page about small changes to the design: the score, and what nothing noticed."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from checker.mutation.result import Mutation, Tried
from checker.report.mutation_text import score, why
from checker.report.page_parts import Texts

_SHOWN = (
    ("broken", "Bugs in vqcheck that a change brought to light"),
    ("survived", "What no property noticed"),
    ("undecided", "What stayed undecided"),
)
_NUMBERS = ("killed", "survived", "undecided", "broken", "stillborn", "same")


def mutation(m: Mutation | None, texts: Texts) -> Iterator[str]:
    """All of it; nothing where no mutants were made."""
    if m is None:
        return
    yield (
        "<p>The design was changed in one place at a time, as it might be by mistake, and each "
        "such mutant was verified like the design. A property that holds for the design kills a "
        "mutant that it does not hold for. What survives is another way to write the same, or "
        "something that the properties do not ask.</p>"
    )
    kind = "good" if m.killed == m.counted else "open"
    tried = f"; {len(m.tried)} of {m.made} mutants were tried" if m.made != len(m.tried) else ""
    if m.left_out:
        tried += "; only the design's own files were changed, not library modules that it uses"
    yield (
        f'<p class="verdict {kind}"><b>{escape(score(m).removeprefix("score: "))}</b>'
        f"{escape(tried)}.</p>"
    )
    heads = ["property", "kills", "of these it alone"]
    yield from _table(
        heads, [[f"<code>{escape(n)}</code>", str(k), str(a)] for n, k, a in m.kills()]
    )
    used = [c for c in _NUMBERS if m.with_fate(c)]
    rows = [
        [f"<code>{escape(r.name)}</code>", escape(r.words), str(r.made)]
        + [str(r.count(c)) for c in used]
        for r in m.rows()
    ]
    yield "<details><summary>By the kind of change</summary>"
    yield from _table(["change", "stands for", "tried", *used], rows)
    yield "<p class='soft'>Stillborn: the text has an error. Same: the same design in other words."
    yield "Neither counts. What is undecided counts, and not as killed.</p></details>"
    words = dict(m.operators)
    for name, title in _SHOWN:
        some = m.with_fate(name)
        if some:
            yield f"<h3>{title} ({len(some)})</h3>"
        for x in some:
            yield from _one(x, words[x.mutant.operator], texts)


def _table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield "<div class='wide'><table><thead><tr>" + "".join(f"<th>{h}</th>" for h in heads)
    yield "</tr></thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>"
    yield "</tbody></table></div>"


def _one(x: Tried, words: str, texts: Texts) -> Iterator[str]:
    m = x.mutant
    anchor = texts.anchor(m.path, m.line)
    where = escape(f"{m.path}:{m.line}")
    link = f'<a href="#{anchor}">{where}</a>' if anchor else where
    yield f"<div class='lines diff'><div class='file'>{link} <b>{escape(m.operator)}</b>: "
    yield f"{escape(words)}</div><pre>"
    rows = []
    for row in m.diff.splitlines()[2:]:
        tag = {"-": "del", "+": "ins"}.get(row[:1])
        text = escape(row)
        rows.append(f'<span class="row">{f"<{tag}>{text}</{tag}>" if tag else text}</span>')
    yield "".join(rows) + "</pre></div>"
    for reason in why(x):
        yield f"<p class='soft'>{escape(reason)}</p>"
