"""All mutants of a design: the operators on every declaration that the design's devices use."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

from checker.language import tree as t
from checker.language.imports import File, read_all
from checker.language.nodes import nodes
from checker.library import library_root
from checker.mutation.edit import Edit
from checker.mutation.formulas import Around
from checker.mutation.operators import OPERATORS
from checker.mutation.result import Mutant, diff_of
from model.design.design import Design
from model.design.device import Device
from model.record import dataclass
from model.span import Source, Span

_Declared = t.DeviceType | t.Transport | t.Policy | t.Service | t.Device


@dataclass(frozen=True, slots=True)
class Made:
    """A mutant, the real path of the file that it changes, and the whole text of it."""

    mutant: Mutant
    key: str
    text: str
    in_library: bool = False
    """Whether that file is one of the standard library, not one of the design's own."""


def mutants(path: Path, design: Design, names: Collection[str] = ()) -> list[Made]:
    """All mutants, in the order of the texts; `names` of operators, empty: all of them.

    Those of the design's own files have the same numbers whatever the library is.
    """
    found: list[tuple[File, str, Edit]] = []
    seen: set[tuple[str, Edit]] = set()
    ids = tuple(dict.fromkeys(d.type.id for d in design.devices))
    for file, declared, starts in used(path, design):
        around = _around(file, declared, ids)
        for node in _mutable(declared, starts):
            for operator in OPERATORS:
                if names and operator.name not in names:
                    continue
                for edit in operator.edits(node, around):
                    if (file.key, edit) not in seen:
                        seen.add((file.key, edit))
                        found.append((file, operator.name, edit))
    order = {o.name: k for k, o in enumerate(OPERATORS)}
    first = {f.key: k for k, f in reversed([*enumerate(f for f, _, _ in found)])}
    found.sort(
        key=lambda x: (
            *(_in_library(x[0].key), first[x[0].key], x[2].start),
            *(order[x[1]], x[2].end, x[2].new),
        )
    )
    return [_made(k, *x) for k, x in enumerate(found, 1)]


def _made(number: int, file: File, operator: str, edit: Edit) -> Made:
    source = file.source
    text = edit.applied(source.text)
    same = next((k for k, (a, b) in enumerate(zip(source.text, text, strict=False)) if a != b), 0)
    line = source.position(max(same, edit.start))[0]
    diff = diff_of(source.path, source.text, text)
    mutant = Mutant(number, operator, source.path, line, edit.start, edit.end, edit.new, diff)
    return Made(mutant, file.key, text, _in_library(file.key))


def _in_library(key: str) -> bool:
    return Path(key).is_relative_to((library_root() / "lib").resolve())


def used(path: Path, design: Design) -> Iterator[tuple[File, _Declared, list[int]]]:
    """The declarations that the design's devices are made of, the design's own file first.

    With each the places in its text where the parts of the design start.

    Which these are is read off the design, whose parts know where they come from: names are not
    looked up a second time.
    """
    parts: dict[Source, list[int]] = {}
    for device in design.devices:
        for at in _origins((device, _reached(device, design))):
            parts.setdefault(at.source, []).append(at.start)
    by_text = {(s.path, s.text): starts for s, starts in parts.items()}
    for file in reversed(read_all(path).files):
        starts = by_text.get((file.source.path, file.source.text), [])
        for item in file.tree.items:
            mine = [s for s in starts if item.span.start <= s < item.span.end]
            if mine and isinstance(item, _Declared):
                yield file, item, mine


def _reached(device: Device, design: Design) -> object:
    """The device's transport without the programs that only others, or other modes, have."""
    transport = design.transport(device.transport)
    names = {f.service for f in device.families}
    services = tuple(s for s in transport.services if s.name in names)
    modes = {device.mode, ""} if device.mode else {*transport.modes, ""}
    signals = tuple(s for s in transport.signals if s.mode in modes)
    wires = tuple(w for w in transport.wires if w.mode in modes)
    kept = {"services": services, "signals": signals, "wires": wires}
    return tuple(kept.get(f.name, getattr(transport, f.name)) for f in fields(transport))


def _origins(part: object) -> Iterator[Span]:
    if isinstance(part, Span):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _origins(one)
    elif is_dataclass(part) and not isinstance(part, type):
        for f in fields(part):
            yield from _origins(getattr(part, f.name))


def _mutable(declared: _Declared, starts: Sequence[int]) -> Iterator[object]:
    """The nodes of a declaration that are part of what the design does."""
    skipped: set[int] = set()
    for node in nodes(declared):
        if id(node) in skipped:
            continue
        skipped |= {id(n) for part in _given(node) for n in nodes(part)}
        is_idle = isinstance(node, t.Signal | t.Drive | t.Service) and not any(
            node.span.start <= s < node.span.end for s in starts
        )
        if is_idle:
            skipped |= {id(n) for n in nodes(node)}
        else:
            yield node


def _given(node: object) -> tuple[object, ...]:
    """What is neither a program nor a map: the make-up of a type, the sizes that are looked at."""
    match node:
        case t.DeviceType():
            queues = [i for i in node.items if isinstance(i, t.Queue)]
            others = [i for i in node.items if not isinstance(i, t.Queue | t.Hint)]
            return (node.params, *others, *((q.index, q.at, q.present) for q in queues))
        case t.Device():
            return (node.index, node.args, node.transport_args)
        case t.Transport():
            return (node.params,)
        case _:
            return ()


def _around(file: File, declared: _Declared, ids: tuple[int, ...]) -> Around:
    # A policy and a service have no registers and handlers of their own: those of their file.
    inside = declared.items if isinstance(declared, t.Transport) else ()
    items: Iterable[object] = inside or tuple(nodes(file.tree.items))
    bits = {r.name.text: tuple(b.text for b in r.bits) for r in items if isinstance(r, t.Register)}
    names = [h.name.text for h in items if isinstance(h, t.Handler) and h.name is not None]
    return Around(file.source.text, bits, tuple(dict.fromkeys(names)), ids)


def sample(made: Sequence[Made], limit: int, seed: int) -> list[Made]:
    """So many of them, spread out over the operators; always the same for a seed."""
    chance = random.Random(seed)
    groups: dict[str, list[Made]] = {}
    for m in made:
        groups.setdefault(m.mutant.operator, []).append(m)
    queues = [chance.sample(g, len(g)) for g in groups.values()]
    chosen: list[Made] = []
    while queues and len(chosen) < limit:
        chosen += [q.pop() for q in queues][: limit - len(chosen)]
        queues = [q for q in queues if q]
    return sorted(chosen, key=lambda m: m.mutant.number)
