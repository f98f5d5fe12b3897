"""A run on a page: the picture of its lanes, and a table of its steps with the text beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape

from checker.report.lanes import lanes
from checker.report.page_parts import Texts, attribute, place
from checker.report.told import Told, told, told_at_start
from checker.verdict.trace import Trace, TraceStep
from model.expr import Value


def run_section(t: Trace, title: str, name: str, texts: Texts) -> Iterator[str]:
    """The run. What can be clicked in the picture, and the panel beside it, need scripts."""
    start = json.dumps({k: _value(v) for k, v in told_at_start(t)})
    yield f"<p>A run of {escape(t.instance)}:</p>"
    yield f'<div class="run" tabindex="0" role="group" aria-label="{attribute(title)}"'
    yield f' data-steps="{attribute(name)}" data-start="{attribute(start)}">'
    yield f'<div class="picture">{lanes(t, title)}</div>'
    yield '<div class="now-panel" aria-live="polite"><button type="button">Back</button>'
    yield ' <button type="button">Next</button> <span class="keys soft">or the arrow keys</span>'
    yield '<h4 class="title"></h4><div class="action"></div><div class="found soft"></div>'
    yield '<div class="source lines"></div><div class="soft">What is not at rest then:</div>'
    yield '<ul class="state mono"></ul></div></div>'
    yield from _table(t, name, texts)


def _table(t: Trace, name: str, texts: Texts) -> Iterator[str]:
    yield f'<div class="wide"><table class="steps" id="{attribute(name)}"><thead><tr><th>step</th>'
    yield "<th>who</th><th>does</th><th>finds; what changes</th><th>as written</th></tr></thead>"
    yield "<tbody>"
    changed = told(t)
    for s in t.steps:
        if s.number == t.loop:
            yield '<tr class="ever"><td colspan="5">From here on, for ever:</td></tr>'
        yield _row(s, changed[s.number], texts)
    yield "</tbody></table></div>"


def _row(s: TraceStep, changes: Told, texts: Texts) -> str:
    found = ", ".join(f"{k} = {_value(v)}" for k, v in s.seen)
    changed = ", ".join(f"{k} = {_value(v)}" for k, v in changes)
    data = {"step": str(s.number), "actor": s.actor, "action": s.verb, "found": found}
    data["changes"] = json.dumps([[k, _value(v)] for k, v in changes])
    fields = " ".join(f'data-{k}="{attribute(v)}"' for k, v in data.items())
    effect = "; ".join(x for x in (found and f"finds {found}", changed) if x)
    cells = (str(s.number), escape(s.actor), escape(s.verb), escape(effect))
    written = place(s.origin, texts) if s.origin else ""
    return f"<tr {fields}>" + "".join(f"<td>{c}</td>" for c in (*cells, written)) + "</tr>"


def _value(v: Value | str) -> str:
    return str(int(v) if isinstance(v, bool) else v)
