"""Answers SMT-LIB scripts with one solver, in a process that has seen none of the proof.

Started as a script: `python -I smt_child.py z3|cvc5|cvc5-proof MILLISECONDS`. It reads a JSON list
of scripts and prints a line of JSON for each: `unsat`, `sat`, or why neither; `cvc5-proof` prints
the proof in place of `unsat`. Imports nothing of vqcheck.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable


def with_z3(script: str, milliseconds: int) -> str:
    """Z3's answer."""
    import z3  # noqa: PLC0415  (only the one solver is loaded)

    solver = z3.Solver(ctx=z3.Context())
    solver.set("timeout", milliseconds)
    solver.from_string(script)
    if not solver.assertions():
        return "nothing is asserted"
    answer = str(solver.check())
    return answer if answer != "unknown" else f"unknown: {solver.reason_unknown()}"


def with_cvc5(script: str, milliseconds: int) -> str:
    """cvc5's answer."""
    return _cvc5(script, milliseconds, wants_proof=False)


def proof_of_cvc5(script: str, milliseconds: int) -> str:
    """cvc5's proof that there is no model; its answer where there is none."""
    return _cvc5(script, milliseconds, wants_proof=True)


def _cvc5(script: str, milliseconds: int, *, wants_proof: bool) -> str:
    import cvc5  # noqa: PLC0415

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(milliseconds))
    if wants_proof:
        solver.setOption("produce-proofs", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "query")
    symbols = parser.getSymbolManager()
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, symbols)
    if not solver.getAssertions():
        return "nothing is asserted"
    if wants_proof and said.strip() == "unsat":
        proofs = [solver.proofToString(p, cvc5.ProofFormat.CPC) for p in solver.getProof()]
        return "\n".join(p.decode() for p in proofs)
    return said.strip() or "no answer"


SOLVERS: dict[str, Callable[[str, int], str]] = {
    "z3": with_z3,
    "cvc5": with_cvc5,
    "cvc5-proof": proof_of_cvc5,
}


def main(name: str, milliseconds: int) -> None:
    """Every script of the list, in order."""
    for script in json.load(sys.stdin):
        try:
            answer = SOLVERS[name](script, milliseconds)
        except Exception as e:  # What a solver cannot read is an answer, and not `unsat`.
            answer = f"error: {e}"
        print(json.dumps(answer), flush=True)  # noqa: T201  (this is what it is for)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
