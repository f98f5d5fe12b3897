"""Whether the files of a bundle say the same: results, inputs, proofs, invariants and runs.

Only what can be read off the files; nothing is solved or run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from checker.bundle.contents import VERDICTS, invariant_files, verdicts
from checker.bundle.freeze import LIBRARY
from checker.bundle.mutation import unfit

Files = Mapping[str, bytes]
_Claims = Iterator[tuple[str, str]]
"""A file, and what it says that others do not."""


def belongs(files: Files) -> _Claims:
    """What does not belong together."""
    results = json.loads(files["results.json"])
    about = json.loads(files["bundle.json"])
    if len(results["designs"]) != 1 or results["command"] != "verify":
        yield "results.json", "it is not of one design that was verified"
        return
    (design,) = results["designs"]
    if about["tool"] != results["tool"]:
        yield "bundle.json", "it is not of the versions that the results are of"
    if design["path"] != about["design"]:
        yield "bundle.json", f"it is of `{about['design']}`, the results are of `{design['path']}`"
    if about["design"] not in files or not about["design"].startswith(f"{LIBRARY}/"):
        yield "bundle.json", f"its design `{about['design']}` is not among the inputs"
    yield from _inputs(design, files)
    yield from _counts(results, design, files)
    yield from _proofs(design, files)
    yield from _runs(design, files)
    yield from _fuzzed(design, files)
    if "mutation.json" in files:
        digests = [i["digest"].removeprefix("sha256:") for i in design["inputs"]]
        why = unfit(json.loads(files["mutation.json"]), digests)
        if why:
            yield "mutation.json", why


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _inputs(design: Any, files: Files) -> _Claims:
    """The results are of these texts, and there are no others."""
    every = hashlib.sha256()
    for i in design["inputs"]:
        data = files.get(i["path"])
        if data is None:
            yield i["path"], "the results are of it, and it is not there"
            continue
        every.update(data + b"\0")
        if f"sha256:{_digest(data)}" != i["digest"]:
            yield i["path"], "the results are of another text"
    if f"sha256:{every.hexdigest()}" != design["digest"]:
        yield "results.json", "the digest of the design is not that of its inputs"
    named = {i["path"] for i in design["inputs"]}
    for name in files:
        # One text may lie at two places, where a link led to it.
        if (
            name.startswith(f"{LIBRARY}/")
            and name not in named
            and not _is_copy(name, named, files)
        ):
            yield name, "the results do not name it"


def _is_copy(name: str, named: set[str], files: Files) -> bool:
    return any(files[name] == files.get(n) for n in named)


def _counts(results: Any, design: Any, files: Files) -> _Claims:
    """What the results say of themselves."""
    lines, of = design["properties"], results["completeness"]
    outcomes: dict[str, int] = {}
    for p in lines:
        outcomes[p["outcome"]] = outcomes.get(p["outcome"], 0) + 1
        if p["as_expected"] != (p["outcome"] == p["expected"]):
            yield "results.json", f"{p['property']}: it is not as it says about what is expected"
    good = sum(p["as_expected"] for p in lines)
    if (of["judged"], of["as_expected"], of["outcomes"]) != (len(lines), good, outcomes):
        yield "results.json", "its counts are not those of its properties"
    if verdicts(lines).encode() != files.get(VERDICTS):
        yield VERDICTS, "it is not what the results say"
    if [p["property"] for p in lines] != design["selected"]:
        yield "results.json", "its properties are not those that were asked for"
    if (results["exit_code"] == 0) != (good == len(lines)):
        yield "results.json", f"exit code {results['exit_code']} is not what its verdicts come to"


def _proofs(design: Any, files: Files) -> _Claims:
    """What is proved has its scripts, and each script is one of a proof."""
    scripts = {n: files[n] for n in files if n.endswith(".smt2")}
    by_digest = {_digest(data): name for name, data in scripts.items()}
    index = json.loads(files["proofs/index.json"])["proofs"]
    listed = {e["property"]: [q["file"] for q in e["queries"]] for e in index}
    needed: set[str] = set()
    rows: list[str] = []
    for p in design["properties"]:
        name = p["property"]
        asked = p.get("certificate", {}).get("queries", [])
        if "scope" in p and (p["outcome"] != "holds" or not asked):
            yield "results.json", f"{name}: it is said to be proved, and rests on no script"
        if "scope" not in p and (asked or "proved" in p["strength"]):
            yield "results.json", f"{name}: it rests on scripts, and is not said to be proved"
        mine = []
        for q in asked:
            file = by_digest.get(q["sha256"])
            if file is None:
                yield (
                    _named_by(index, q["sha256"]) or "results.json",
                    f"{name} rests on a script that is not there (`{q['proves']}`)",
                )
                continue
            mine.append(file)
        if mine != listed.pop(name, []):
            yield "proofs/index.json", f"{name} rests on other scripts, say the results"
        needed.update(mine)
        rows += [f"{name}\t{file}\n" for file in mine]
    yield from (("proofs/index.json", f"{name} is no property of the results") for name in listed)
    yield from ((n, "no proof rests on it") for n in scripts if n not in needed)
    if "".join(rows).encode() != files.get("proofs/index.tsv"):
        yield "proofs/index.tsv", "it is not what the results say"
    yield from _invariants(files, scripts)


def _named_by(index: Any, digest: str) -> str:
    """The file that ought to have that digest."""
    return next((q["file"] for e in index for q in e["queries"] if q["sha256"] == digest), "")


def _invariants(files: Files, scripts: Mapping[str, bytes]) -> _Claims:
    """Each is the one that its scripts are about."""
    said = {
        n: d.decode("utf-8", "replace") for n, d in files.items() if n.startswith("invariants/")
    }
    are = invariant_files({n: scripts[n].decode("utf-8", "replace") for n in sorted(scripts)})
    for name in sorted(said.keys() | are.keys()):
        if said.get(name) != are.get(name):
            yield name, "it is not the invariant that the scripts are about"


def _runs(design: Any, files: Files) -> _Claims:
    """Each run of the results is in a file of its own, and there are no others."""
    there = {n for n in files if n.startswith("traces/")}
    for p in design["properties"]:
        violations = p.get("violations", ())
        if (p["outcome"] == "violated") != bool(violations):
            yield "results.json", f"{p['property']}: outcome and violations do not fit"
        if any(not v["replayed"] for v in violations):
            yield "results.json", f"{p['property']}: a violation is not confirmed"
        for n, trace in enumerate((v["trace"] for v in violations if "trace" in v), 1):
            name = f"traces/{p['property']}-{n}"
            data = files.get(f"{name}.json")
            if data is None or json.loads(data) != {"schema_version": 1, **trace}:
                yield f"{name}.json", "it is not the run that the results show"
            there -= {f"{name}{end}" for end in (".json", ".svg", ".replay.json", ".replay.txt")}
    yield from ((name, "the results have no such run") for name in sorted(there))


def _fuzzed(design: Any, files: Files) -> _Claims:
    """What was found by chance is not said to be impossible."""
    if "fuzz.json" not in files:
        return
    result = json.loads(files["fuzz.json"])
    if [d["digest"] for d in result["designs"]] != [design["digest"]]:
        yield "fuzz.json", "it is of other texts"
        return
    held = {p["property"] for p in design["properties"] if p["outcome"] == "holds"}
    for p in result["designs"][0]["properties"]:
        if p["outcome"] == "violated" and p["property"] in held:
            yield "fuzz.json", f"{p['property']} is violated there, and holds in results.json"
