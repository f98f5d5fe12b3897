"""A run as a picture: a lane for each agent and each line, time downwards, one step a row.

What an agent does is a numbered mark in its lane; the words stand beside the lanes, so that the
picture stays narrow however many there are. A bar in a lane lasts as long as its cells are true:

    line 0        `line 0.pending`, `line 0.high`: its handler is to be entered
    device rx[0]  `rx[0].unseen`: used entries that the driver has not seen
    service rx[0] `rx[0].scheduled`: the service is to run

An arrow leads from a step to the bar that it begins or ends, and from a line to the handler that is
entered for it. A dashed one leads from the step that gave a register its value to the step of
another agent that finds it. Nothing is said by colour alone, and there are no scripts, no fonts and
no ids, so that the picture can stand inside another document.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from xml.sax.saxutils import escape

from checker.report.told import Told, told
from checker.verdict.trace import Trace, TraceStep
from model.expr import Value
from model.record import dataclass

_GROUPS = {
    "device": "device",
    "line": "lines",
    "handler": "handlers",
    "service": "services",
    "memory": "memory",
}
"""By the first word of an agent: the heading of its lanes, in the order in which they stand."""
_OTHERS = "others"
_LINE = re.compile(r"(line .+)\.(pending|high)")
_ENTER = re.compile(r"enter for (line .+)")
_READ = re.compile(r"read (.+?)(?: \(under .*\))?")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Sizes in pixels. A character of a monospaced font is 0.6 of its size wide.
_MARGIN = 12
_RADIUS = 11
_BAR = {"line": 12, "device": 6, "service": 6}
_LANE = 40
_WORDS = 230
_TITLE, _VERB, _NOTE, _SMALL = 15, 12, 11, 10
_CHAR = 0.61

# A mark from its middle, for each kind of agent: square, circle, diamond, hexagon.
_MARKS = {
    "device": "m-11-11h22v22h-22z",
    "handler": "m-11 0a11 11 0 1 1 22 0a11 11 0 1 1-22 0z",
    "service": "m0-14l14 14l-14 14l-14-14z",
    "other": "m-13 0l6-11h14l6 11l-6 11h-14z",
}

_LIGHT = {
    "page": "#ffffff", "ink": "#1f2328", "soft": "#59636e", "rule": "#d1d9e0", "on": "#ffffff",
    "device": "#0550ae", "line": "#8a5300", "handler": "#116329", "service": "#6639ba",
    "other": "#424a53", "bad": "#b3141f",
}  # fmt: skip
_DARK = {
    "page": "#0d1117", "ink": "#f0f6fc", "soft": "#aab4c0", "rule": "#3d444d", "on": "#0d1117",
    "device": "#79b8ff", "line": "#e3b341", "handler": "#56d364", "service": "#d2a8ff",
    "other": "#c9d1d9", "bad": "#ff8d85",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Lane:
    """A column; `x` is its middle."""

    agent: str
    group: str
    name: tuple[str, ...]
    x: float
    width: float

    @property
    def kind(self) -> str:
        """The class of what is drawn in it."""
        word = self.agent.split(" ", 1)[0]
        return word if word == "line" or word in _MARKS else "other"


@dataclass(frozen=True, slots=True)
class _Row:
    """A step's place: `y` is the height of its mark, `words` are (class, line) pairs."""

    step: TraceStep
    top: float
    y: float
    bottom: float
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Bar:
    """Cells of a lane are true from a step on; `last` is None if they stay so."""

    lane: str
    first: int
    last: int | None
    words: str


@dataclass(frozen=True, slots=True)
class _Page:
    """Where everything stands."""

    trace: Trace
    title: tuple[str, ...]
    instance: tuple[str, ...]
    last: tuple[str, ...]
    lanes: tuple[_Lane, ...]
    rows: tuple[_Row, ...]
    bars: tuple[_Bar, ...]
    found: dict[tuple[int, str], TraceStep]
    head: float
    """Where the headings of the lanes begin."""
    end: float
    """Where the last step ends."""
    words_x: float
    width: float

    def lane(self, agent: str) -> _Lane | None:
        """The column of an agent or a line."""
        return next((x for x in self.lanes if x.agent == agent), None)

    def own(self, step: TraceStep) -> _Lane:
        """The column of who takes the step."""
        return next(x for x in self.lanes if x.agent == step.actor)


def lanes(trace: Trace, title: str) -> str:
    """The run as an SVG file that needs nothing else."""
    p = _page(trace, title)
    legend = _legend(p)
    keys = p.end + 18 * len(p.last) + 72
    height = keys + 18 * len(legend) + _MARGIN - 10
    body = [
        *_heading(p),
        *_columns(p),
        *_loop(p),
        *(x for b in p.bars for x in _bar(p, b)),
        *(x for r in p.rows for x in _reads(p, r)),
        *(x for r in p.rows for x in _acts(p, r)),
        *(x for r in p.rows for x in _step(p, r)),
        *_ending(p),
        *(x for n, k in enumerate(legend) for x in _legend_line(k, keys + 18 * n)),
    ]
    said = f"{title}. {trace.instance}. {_last_words(trace)}"
    # Scaled down where there is little room, but never beyond what can be read.
    fit = f"max-width:100%;min-width:{0.75 * p.width:.0f}px;height:auto"
    size = f'width="{p.width:g}" height="{height:g}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {p.width:g} {height:g}"',
        f'  class="lanes" role="img" style="{fit}">',
        f"<title>{_xml(said)}</title>",
        f"<style>\n{_style()}</style>",
        f'<rect class="page" {size}/>',
    )
    return "\n".join((*head, *body, "</svg>"))


# What is shown


def _page(trace: Trace, title: str) -> _Page:
    gutter = 20 if trace.loop is not None else 0
    columns = tuple(_placed(_agents(trace), _MARGIN + gutter))
    words_x = columns[-1].x + columns[-1].width / 2 + 14 if columns else _MARGIN + gutter
    width = words_x + _WORDS + _MARGIN
    found, changed = given_by(trace), told(trace)
    titles = _wrapped(title, width - 2 * _MARGIN, _TITLE)
    instance = _wrapped(trace.instance, width - 2 * _MARGIN, _VERB)
    head = _MARGIN + 20 * len(titles) + 17 * len(instance) + 16
    y = head + 24 + 14 * max((len(x.name) for x in columns), default=0) + 10
    rows = []
    for s in trace.steps:
        y += 24 if s.number == trace.loop else 0
        words = tuple(_words(s, found, changed[s.number]))
        bottom = y + max(36, 16 * len(words) + 14)
        rows.append(_Row(s, y, y + 18, bottom, words))
        y = bottom
    bars = tuple(b for x in columns for b in _bars(trace, x.agent))
    last = _wrapped(_last_words(trace), width - 2 * _MARGIN - 24, _VERB + 1)
    return _Page(
        trace, titles, instance, last, columns, tuple(rows), bars, found, head, y, words_x, width
    )


def _agents(trace: Trace) -> list[str]:
    """Who has a lane: the agents that take a step, and the lines that one of them changes."""
    acting = {s.actor for s in trace.steps}
    order = [*(a for a in trace.agents if a in acting), *(s.actor for s in trace.steps)]
    touched = {m[1] for s in trace.steps for c, _ in s.changes if (m := _LINE.fullmatch(c))}
    touched |= {m[1] for s in trace.steps if (m := _ENTER.fullmatch(s.verb))}
    order += sorted(touched, key=lambda line: (len(line), line))
    groups = list(_GROUPS)

    def rank(agent: str) -> int:
        word = agent.split(" ", 1)[0]
        return groups.index(word) if word in groups else len(groups)

    return sorted(dict.fromkeys(order), key=rank)


def _placed(agents: Sequence[str], x: float) -> Iterator[_Lane]:
    """Lanes from left to right; a group is wide enough for its heading."""
    groups: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for a in agents:
        word, _, rest = a.partition(" ")
        known = word in _GROUPS
        name = a if word == "line" or not known else rest or a
        lines = tuple(wrap(name, 12, break_on_hyphens=False)) or (name,)
        groups.setdefault(_GROUPS.get(word, _OTHERS), []).append((a, lines))
    for group, some in groups.items():
        least = (len(group) * _NOTE * _CHAR + 12) / len(some)
        for agent, lines in some:
            longest = max(len(w) for w in lines) * _NOTE * _CHAR + 8
            width = round(max(_LANE, least, longest))
            yield _Lane(agent, group, lines, x + width / 2, width)
            x += width
        x += 8


def _words(
    s: TraceStep, found: dict[tuple[int, str], TraceStep], changes: Told
) -> Iterator[tuple[str, str]]:
    seen = []
    for name, value in s.seen:
        by = found.get((s.number, name))
        seen.append(_value(name, value) + (f" (step {by.number})" if by else ""))
    changed = [_value(*c) for c in changes]
    where = f"{os.path.basename(s.origin.source.path)}:{s.origin.line}" if s.origin else ""
    yield from (("verb", w) for w in _wrapped(s.verb, _WORDS, _VERB))
    for some, word in ((seen, "found "), (changed, "now ")):
        if some:
            # A name stays with its value, if it fits: only between them may a line end.
            kept = word + ", ".join(map(_together, some))
            yield from (("note", w.replace("\xa0", " ")) for w in _wrapped(kept, _WORDS, _NOTE))
    if where:
        yield from (("small", w) for w in _wrapped(where, _WORDS, _SMALL))


def _together(words: str) -> str:
    return words.replace(" ", "\xa0") if len(words) < _fit(_WORDS, _NOTE) else words


def _value(name: str, value: Value | str) -> str:
    if name == "it is":
        return "yes" if value else "no"
    return f"{name} = {int(value) if isinstance(value, bool) else value}"


def given_by(trace: Trace) -> dict[tuple[int, str], TraceStep]:
    """By step and name of what it found: the step that gave the register this value."""
    last: dict[str, tuple[TraceStep, Value]] = {}
    out: dict[tuple[int, str], TraceStep] = {}
    for s in trace.steps:
        m = _READ.fullmatch(s.verb)
        for name, value in s.seen if m else ():
            assert m is not None
            by = last.get(f"{m[1]}.{name.rpartition('.')[2]}") or last.get(m[1])
            if by is not None and by[1] == value:
                out[s.number, name] = by[0]
        last |= {cell: (s, value) for cell, value in s.changes}
    return out


def _cells(agent: str) -> dict[str, str]:
    """The cells whose truth is a bar in a lane, each with the word that stands for it."""
    word, _, name = agent.partition(" ")
    match word:
        case "line":
            return {f"{agent}.pending": "pending", f"{agent}.high": "high"}
        case "device":
            return {f"{name}.unseen": "unseen"}
        case "service":
            return {f"{name}.scheduled": "scheduled"}
        case _:
            return {}


def _bars(trace: Trace, agent: str) -> Iterator[_Bar]:
    cells = _cells(agent)
    true = {c for c in cells if trace.start.get(c)}
    since, words = 0, " ".join(dict.fromkeys(cells[c] for c in cells if c in true))
    for s in trace.steps:
        before = bool(true)
        for c, value in s.changes:
            if c in cells:
                (true.add if value else true.discard)(c)
        if true and not before:
            since, words = s.number, " ".join(dict.fromkeys(cells[c] for c in cells if c in true))
        if before and not true:
            yield _Bar(agent, since, s.number, words)
    if true:
        yield _Bar(agent, since, None, words)


def _last_words(trace: Trace) -> str:
    """How the run ends."""
    left = " and ".join(trace.sources)
    match trace.kind:
        case "lost":
            return f"Lost: nobody will look at {left}. Every agent rests."
        case "starved":
            return f"Never served: {left}, though nobody rests."
        case "storm":
            return "A handler is entered for ever, though nothing new is produced."
        case "unhandled":
            return "Each interrupt of a line is nobody's, for ever: Linux disables the line."
        case other:
            return f"{other}: {left}" if left else other


# How it is drawn


def _heading(p: _Page) -> Iterator[str]:
    y = _MARGIN + 14
    for w in p.title:
        yield _text(_MARGIN, y, w, "title")
        y += 20
    for w in p.instance:
        yield _text(_MARGIN, y, w, "soft")
        y += 17


def _columns(p: _Page) -> Iterator[str]:
    for group in dict.fromkeys(x.group for x in p.lanes):
        some = [x for x in p.lanes if x.group == group]
        left, right = some[0].x - some[0].width / 2, some[-1].x + some[-1].width / 2
        yield _text((left + right) / 2, p.head + 12, group, f"group {some[0].kind}", "middle")
        yield _path(f"M{left + 3:g} {p.head + 18:g}H{right - 3:g}", f"edge {some[0].kind}")
    top = p.rows[0].top - (24 if p.trace.loop == 1 else 0) if p.rows else p.end
    for x in p.lanes:
        for n, w in enumerate(x.name):
            yield _text(x.x, p.head + 33 + 14 * n, w, "name", "middle")
        yield _path(f"M{x.x:g} {top:g}V{p.end + 20:g}", f"lane {x.kind}")
    right = p.width - _MARGIN
    for r in p.rows:
        if r.step.number != p.trace.loop:
            yield _path(f"M{_left(p):g} {r.top:g}H{right:g}", "rule")
        yield _path(f"M{p.own(r.step).x:g} {r.y:g}H{p.words_x - 4:g}", "lead")


def _left(p: _Page) -> float:
    return p.lanes[0].x - p.lanes[0].width / 2 if p.lanes else _MARGIN


def _loop(p: _Page) -> Iterator[str]:
    """A bracket round the steps that repeat, with its head where they begin again."""
    first = next((r for r in p.rows if r.step.number == p.trace.loop), None)
    if first is None:
        return
    top, bottom, x, tip = first.top - 14, p.end - 4, _MARGIN + 4, _MARGIN + 16
    right = p.width - _MARGIN
    yield f'<rect class="again" x="{x:g}" y="{top - 10:g}" width="{right - x:g}" height="24"/>'
    last = p.rows[-1].step.number
    which = f"step {last}" if last == first.step.number else f"steps {first.step.number} to {last}"
    yield _path(f"M{tip + 2:g} {bottom:g}H{x:g}V{top + 2:g}H{tip - 4:g}", "bracket")
    yield _head(tip + 3, top + 2, 1, "bad")
    yield _text(p.words_x, top + 6, f"repeats for ever: {which}", "ever")


def _bar(p: _Page, b: _Bar) -> Iterator[str]:
    lane = p.lane(b.lane)
    if lane is None:
        return
    y = {r.step.number: r.y for r in p.rows}
    top = y.get(b.first, p.rows[0].top)
    bottom = p.end + 14 if b.last is None else y[b.last]
    height = bottom - top
    yield from _block(lane.x, top, height, lane.kind)
    if height >= len(b.words) * 6.1 + 2 * _RADIUS and lane.kind == "line":
        turned = f"translate({lane.x - 10:g} {top + _RADIUS:g}) rotate(-90)"
        kind = f'class="along {lane.kind}" text-anchor="end"'
        yield f'<text {kind} transform="{turned}">{_xml(b.words)}</text>'


def _block(x: float, y: float, height: float, kind: str) -> Iterator[str]:
    """A bar on its lane, which it hides."""
    width = _BAR[kind]
    at = f'x="{x - width / 2:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    yield f'<rect class="page" {at}/>'
    yield f'<rect class="bar {kind}" {at}/>'


def _acts(p: _Page, r: _Row) -> Iterator[str]:
    """Arrows to the bars that the step begins or ends; from the line, if it enters its handler."""
    own = p.own(r.step)
    entered = _ENTER.fullmatch(r.step.verb)
    line = p.lane(entered[1]) if entered else None
    if line is not None:
        yield from _arrow(line.x, own.x, r.y, _BAR["line"] / 2, _RADIUS + 1, line.kind)
    changed = {c for c, _ in r.step.changes}
    for lane in p.lanes:
        if lane in (own, line) or not changed & set(_cells(lane.agent)):
            continue
        yield from _arrow(own.x, lane.x, r.y, _RADIUS, _BAR[lane.kind] / 2 + 1, own.kind)


def _arrow(x: float, to: float, y: float, off: float, gap: float, kind: str) -> Iterator[str]:
    way = 1 if to > x else -1
    d = f"M{x + way * off:g} {y:g}H{to - way * (gap + 6):g}"
    yield _path(d, "halo")
    yield _path(d, f"act {kind}")
    yield _head(to - way * gap, y, way, kind)


def _reads(p: _Page, r: _Row) -> Iterator[str]:
    """Dashed arrows from the steps of other agents that made what this one finds."""
    own = p.own(r.step)
    made = {p.found[k].number: p.found[k] for k in sorted(p.found) if k[0] == r.step.number}
    for by in made.values():
        lane = p.own(by)
        if lane == own:
            continue
        y = next(x.y for x in p.rows if x.step is by) + 6
        way = 1 if own.x > lane.x else -1
        turn = own.x - way * (own.width / 2 - 3)
        end = own.x - way * (_RADIUS + 1)
        d = f"M{lane.x + way * (_RADIUS - 1):g} {y:g}H{turn:g}V{r.y:g}H{end - way * 4:g}"
        yield _path(d, "halo")
        yield _path(d, "read")
        yield _head(end, r.y, way, "ink")


def _step(p: _Page, r: _Row) -> Iterator[str]:
    s, lane = r.step, p.own(r.step)
    yield f'<g data-step="{s.number}">'
    yield f"<title>{_xml(f'step {s.number}, {s.actor}: {s.verb}')}</title>"
    yield _mark(lane.x, r.y, lane.kind)
    yield _text(lane.x, r.y + 4, str(s.number), "number", "middle")
    for n, (kind, w) in enumerate(r.words):
        yield _text(p.words_x, r.y + 4 + 16 * n, w, kind)
    yield "</g>"


def _mark(x: float, y: float, kind: str) -> str:
    return _path(f"M{x:g} {y:g}{_MARKS[kind]}", f"mark {kind}")


def _ending(p: _Page) -> Iterator[str]:
    for name in p.trace.sources:
        lane = p.lane(f"device {name}")
        if lane is not None:
            yield _path(f"M{lane.x - 8:g} {p.end + 6:g}l16 16m0-16l-16 16", "cross under")
            yield _path(f"M{lane.x - 8:g} {p.end + 6:g}l16 16m0-16l-16 16", "cross")
    y, width = p.end + 28, p.width - 2 * _MARGIN
    height = 18 * len(p.last) + 14
    yield _path(f"M{_MARGIN} {y:g}h{width:g}v{height:g}h{-width:g}z", "box")
    for n, w in enumerate(p.last):
        yield _text(_MARGIN + 12, y + 21 + 18 * n, w, "last")


_KEY = {
    "device": "a step of the device",
    "handler": "a step of a handler of the driver",
    "service": "a step of a deferred service",
    "other": "a store that becomes visible, or another agent's step",
    "bar line": "a line that is pending or high",
    "bar device": "work that the driver has not seen",
    "bar service": "a service that is scheduled",
    "act": "a step begins or ends a bar, or a handler is entered",
    "read": "a value, from the step that wrote it to one that finds it",
}


def _legend(p: _Page) -> list[str]:
    """The keys that the picture uses."""
    acting = {s.actor for s in p.trace.steps}
    used = {x.kind for x in p.lanes if x.agent in acting}
    used |= {f"bar {x.kind}" for b in p.bars if (x := p.lane(b.lane))}
    used |= {"act" for r in p.rows for _ in _acts(p, r)}
    used |= {"read" for r in p.rows for _ in _reads(p, r)}
    return [k for k in _KEY if k in used]


def _legend_line(key: str, y: float) -> Iterator[str]:
    x = _MARGIN + 14
    kind = key.rpartition(" ")[2]
    if key == "act":
        yield from _arrow(x - 14, x + 16, y, 0, 0, "ink")
    elif key == "read":
        yield _path(f"M{x - 14:g} {y:g}H{x + 12:g}", "read")
        yield _head(x + 16, y, 1, "ink")
    elif key.startswith("bar"):
        yield from _block(x, y - 7, 14, kind)
    else:
        yield f'<g transform="translate({x:g} {y:g}) scale(.6)">{_mark(0, 0, kind)}</g>'
    yield _text(x + 26, y + 4, _KEY[key], "key")


# SVG


def _wrapped(text: str, width: float, size: float) -> tuple[str, ...]:
    """Lines of at most that width; a word that is longer is cut."""
    return tuple(wrap(text, _fit(width, size), break_on_hyphens=False)) or ("",)


def _fit(width: float, size: float) -> int:
    """Characters in a line."""
    return max(8, int(width / (size * _CHAR)))


def _xml(text: str) -> str:
    """Text as XML may hold it; what XML cannot is replaced."""
    return escape(_NOT_XML.sub("\ufffd", text), {'"': "&quot;"})


def _text(x: float, y: float, words: str, kind: str, anchor: str = "") -> str:
    at = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}"{at}>{_xml(words)}</text>'


def _path(d: str, kind: str) -> str:
    return f'<path class="{kind}" d="{d}"/>'


def _head(x: float, y: float, way: int, kind: str) -> str:
    return _path(f"M{x:g} {y:g}l{-8 * way}-5v10z", f"head {kind}")


def _style() -> str:
    dark = "".join(f"  {rule}\n" for rule in _colors(_DARK))
    light = "".join(f"{rule}\n" for rule in _colors(_LIGHT))
    return f"{_SHAPES}{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"


_SHAPES = """\
.lanes text { font: 11px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.lanes .title { font-size: 15px; font-weight: bold; }
.lanes .group, .lanes .ever { font-weight: bold; }
.lanes .verb { font-size: 12px; font-weight: bold; }
.lanes .last { font-size: 13px; font-weight: bold; }
.lanes .number { font-weight: bold; }
.lanes .small, .lanes .along { font-size: 10px; }
.lanes path { fill: none; }
.lanes .edge { stroke-width: 2; }
.lanes .lane { stroke-width: 1; stroke-dasharray: 1 3; }
.lanes .lead { stroke-width: 1; stroke-dasharray: 1 4; }
.lanes .act { stroke-width: 1.8; }
.lanes .read { stroke-width: 1.5; stroke-dasharray: 5 3; }
.lanes .halo { stroke-width: 4; }
.lanes .bracket { stroke-width: 2.5; }
.lanes .bar { stroke-width: 1.2; fill-opacity: .35; }
.lanes .mark { stroke-width: 1.5; }
.lanes .box { stroke-width: 2; fill: none; }
.lanes .cross { stroke-width: 3.5; }
.lanes .cross.under { stroke-width: 8; }
"""


def _colors(c: dict[str, str]) -> Iterable[str]:
    yield f".lanes .page {{ fill: {c['page']}; }}"
    yield f".lanes text, .lanes .head.ink {{ fill: {c['ink']}; }}"
    yield f".lanes .soft, .lanes .small, .lanes .key {{ fill: {c['soft']}; }}"
    yield f".lanes .number {{ fill: {c['on']}; }}"
    yield f".lanes .rule, .lanes .lead {{ stroke: {c['rule']}; }}"
    yield f".lanes .read, .lanes .act.ink {{ stroke: {c['ink']}; }}"
    yield f".lanes .halo, .lanes .cross.under, .lanes .mark {{ stroke: {c['page']}; }}"
    yield f".lanes .again {{ fill: {c['bad']}; fill-opacity: .12; }}"
    yield f".lanes .bracket, .lanes .box, .lanes .cross {{ stroke: {c['bad']}; }}"
    yield f".lanes .cross.under {{ stroke: {c['page']}; }}"
    yield f".lanes .ever, .lanes .last, .lanes .head.bad {{ fill: {c['bad']}; }}"
    for kind in ("device", "line", "handler", "service", "other"):
        color = c[kind]
        fills = (".group", ".along", ".head", ".mark", ".bar")
        yield f"{', '.join(f'.lanes {x}.{kind}' for x in fills)} {{ fill: {color}; }}"
        lines = (".edge", ".lane", ".act", ".bar")
        yield f"{', '.join(f'.lanes {x}.{kind}' for x in lines)} {{ stroke: {color}; }}"
