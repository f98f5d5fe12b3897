"""The values of a counterexample in the words of the design."""

from __future__ import annotations

from checker.properties.laid_out import Scene
from model.expr import Value
from model.meaning.rows import Row


def named_values(seen: Scene, *rows: Row) -> tuple[tuple[str, str], ...]:
    """Parameters, features that matter, what is granted, and the queues it is about."""
    out = [
        (k.split(".", 1)[1], str(v))
        for k, v in seen.given.items()
        if k.startswith(("param.", "index."))
    ]
    device = seen.layout.device
    chosen = {c.name for c in device.features}
    out += [
        (f"{device.name}.{f.name}", "yes" if seen.given.get(f"feature.{f.name}") else "no")
        for f in device.type.features
        if f.name not in chosen and f"feature.{f.name}" in seen.given
    ]
    pools = [a.pool for a in device.lines]
    out += [
        (f"{device.name}: granted" + (f" of {p}" if p else ""), _grant(seen, p, pools))
        for p in pools
    ]
    if seen.layout.attempt is not None and seen.layout.attempt.takes is not None:
        out.append((f"{device.name}: attempt", seen.layout.attempt.name))
        out.append((f"{device.name}: lines", str(seen.layout.lines)))
    out += [(r.name, f"virtqueue {r.index}") for r in rows if r.family is not None]
    return tuple(out)


def _grant(seen: Scene, pool: str, pools: list[str]) -> str:
    n = int(seen.given.get(f"grant.{pool}", 0))
    words = f"{n} line" + ("" if n == 1 else "s")
    numbers = seen.layout.numbers
    if len(pools) == 1 and numbers and numbers != tuple(range(n)):
        some = ", ".join(map(str, numbers[:8]))
        words += f", numbered {some}" + (", ..." if n > 8 else "")
    return words


def pins(seen: Scene) -> tuple[tuple[str, Value], ...]:
    """The parameters, as `--param` takes them."""
    return tuple(
        (k.removeprefix("param."), v) for k, v in seen.given.items() if k.startswith("param.")
    )
