"""A device of a design as it is drawn: its queues, its lines, who is behind each line."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from model.record import dataclass

_ROW, _TOP, _GAP = 30, 34, 8
_QUEUE_X, _QUEUE_W = 12, 190
_LINE_X, _LINE_W = 290, 250
_CPU_X, _CPU_W = 630, 140
_WIDTH = _CPU_X + _CPU_W + 12


@dataclass(frozen=True, slots=True)
class DrawnQueue:
    """A source of notifications; lines by their ordinal, None where it has none.

    `driver` is the line that the driver expects it on, `device` the one that the device drives;
    `problem` what is wrong with that, if anything is.
    """

    name: str
    note: str
    driver: int | None
    device: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A granted line: what it is called, its handlers, its controllers, the CPU it is pinned to."""

    name: str
    handlers: str
    controllers: str
    cpu: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A device laid out for some values, as an example; `why_not` where that cannot be done."""

    title: str
    values: str
    queues: tuple[DrawnQueue, ...] = ()
    lines: tuple[DrawnLine, ...] = ()
    left_out: str = ""
    why_not: str = ""


def svg(d: Drawing) -> str:
    """The device as a picture: queues at the left, lines in the middle, CPUs at the right.

    A solid line is what both sides agree on; where they do not, the driver's map is dashed and the
    device's dotted, with words at the queue that say what is wrong.
    """
    cpus = list(dict.fromkeys(x.cpu for x in d.lines))
    rows = max(len(d.queues), len(d.lines), len(cpus), 1)
    height = _TOP + rows * (_ROW + _GAP) + 8
    body = [*_heads(), *_wires(d, cpus)]
    for n, q in enumerate(d.queues):
        kind = "queue bad" if q.problem else "queue" if q.driver is not None else "queue off"
        body += _box(_QUEUE_X, n, _QUEUE_W, kind, q.name, q.problem or q.note)
    for n, line in enumerate(d.lines):
        under = " on ".join(x for x in (line.handlers, line.controllers) if x)
        body += _box(_LINE_X, n, _LINE_W, "line", line.name, under)
    for n, cpu in enumerate(cpus):
        body += _box(_CPU_X, n, _CPU_W, "cpu", cpu, "")
    said = "; ".join(f"{q.name}: {_where(q, d)}" for q in d.queues)
    head = f'<svg class="drawn" viewBox="0 0 {_WIDTH} {height}" role="img" width="{_WIDTH}">'
    return "\n".join([head, f"<title>{escape(f'{d.title}. {said}')}</title>", *body, "</svg>"])


def _where(q: DrawnQueue, d: Drawing) -> str:
    return q.problem or ("no line" if q.driver is None else d.lines[q.driver].name)


def _heads() -> Iterator[str]:
    for x, words in ((_QUEUE_X, "queues"), (_LINE_X, "lines, handlers"), (_CPU_X, "CPUs")):
        yield f'<text class="head" x="{x}" y="20">{words}</text>'


def _y(n: int) -> float:
    return _TOP + n * (_ROW + _GAP) + _ROW / 2


def _wires(d: Drawing, cpus: list[str]) -> Iterator[str]:
    for n, q in enumerate(d.queues):
        for line, kind in _ways(q):
            if line < len(d.lines):
                yield _wire(_QUEUE_X + _QUEUE_W, _y(n), _LINE_X, _y(line), kind)
    for n, x in enumerate(d.lines):
        yield _wire(_LINE_X + _LINE_W, _y(n), _CPU_X, _y(cpus.index(x.cpu)), "wire")


def _ways(q: DrawnQueue) -> Iterator[tuple[int, str]]:
    """The lines that a queue leads to, and how that is drawn."""
    if q.driver == q.device and q.driver is not None:
        yield q.driver, "wire"
        return
    if q.driver is not None:
        yield q.driver, "wire driver"
    if q.device is not None:
        # Where nobody waits for it, a notification that the device could send is no fault.
        yield q.device, "wire device" if q.problem or q.driver is not None else "wire polled"


def _wire(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    half = (x + to_x) / 2
    d = f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"
    return f'<path class="{kind}" d="{d}"/>'


def _box(x: float, n: int, width: float, kind: str, name: str, note: str) -> Iterator[str]:
    top = _y(n) - _ROW / 2
    yield f"<g><title>{escape(f'{name}: {note}' if note else name)}</title>"
    yield f'<rect class="{kind}" x="{x}" y="{top:g}" width="{width}" height="{_ROW}" rx="4"/>'
    yield f'<text class="name" x="{x + 9}" y="{top + (13 if note else 19):g}">{escape(name)}</text>'
    if note:
        most = int(width / 6.1)
        cut = note if len(note) <= most else note[: most - 1] + "…"
        yield f'<text class="note" x="{x + 9}" y="{top + 25:g}">{escape(cut)}</text>'
    yield "</g>"
