"""`checker recheck`: checks a bundle again: its bytes, its proofs, its runs, and all of it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands.bundle import finish
from checker.commands.exit_codes import ExitCode, combined
from checker.commands.options import cpus
from checker.commands.progress import telling

if TYPE_CHECKING:
    from checker.bundle.recheck import Checked, Wrong


@click.command("recheck")
@click.argument("path", metavar="BUNDLE", type=click.Path(exists=True))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How the result is printed.")  # fmt: skip
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, metavar="N",
              help="Obligations answered side by side (default: one a CPU).")  # fmt: skip
def command(path: str, form: str, jobs: int | None) -> int:
    """Check a bundle again, and name the file that is wrong.

    That no byte has changed; that results, texts, proofs and runs belong together; that each
    script has no model, says a fresh Z3, and cvc5 where it is installed; that each run happens on
    the machine; and that the frozen texts come to the same verdicts, and to the very same files
    where the version is the same.

    Exit codes: 0; 3 the bundle is damaged; 6 something in it is not so; 4 a solver gave no answer.
    """
    from checker.bundle.make import Frame
    from checker.bundle.recheck import Checked, Wrong, recheck
    from checker.bundle.store import NoBundle, read, seal

    digest = ""
    try:
        files = read(Path(path))
    except NoBundle as e:
        found = Checked(wrong=[Wrong(e.file or path, e.why, is_input=True)])
    else:
        digest = seal(files)
        with telling(form == "text") as tell:
            frame = Frame(finish, jobs or cpus(), lambda w, n, of: tell(f"{n} of {of} {w}"))
            found = recheck(files, frame)
    code = combined(_code(w) for w in found.wrong)
    shown = _data(path, digest, found, code) if form == "json" else _text(path, digest, found, code)
    click.echo(shown)
    return code


def _code(w: Wrong) -> ExitCode:
    if w.is_input:
        return ExitCode.SPEC
    return ExitCode.INCONCLUSIVE if w.is_open else ExitCode.DISAGREE


def _text(path: str, digest: str, found: Checked, code: ExitCode) -> str:
    out = [f"{path}: seal sha256 {digest}" if digest else path]
    out += [f"  ok      {words}" for words in found.done]
    out += [f"  not     {words}" for words in found.not_done]
    out += [f"  FAILED  {w.file}: {w.why}" for w in found.wrong]
    end = "all of it stands" if code == ExitCode.OK else "it does not stand"
    if code == ExitCode.OK and found.not_done:
        end = "what was checked stands; what was not is said above"
    if code == ExitCode.SPEC:
        end = "this is not the bundle that was made"
    if code == ExitCode.INCONCLUSIVE:
        end = "it is not known whether it stands"
    return "\n".join([*out, f"{end} (exit code {int(code)})"])


def _data(path: str, digest: str, found: Checked, code: ExitCode) -> str:
    kinds = {ExitCode.SPEC: "damaged", ExitCode.INCONCLUSIVE: "open", ExitCode.DISAGREE: "not so"}
    data = {
        "schema_version": 1,
        "bundle": path,
        "seal": digest,
        "exit_code": int(code),
        "done": found.done,
        "not_done": found.not_done,
        "failed": [{"file": w.file, "kind": kinds[_code(w)], "why": w.why} for w in found.wrong],
    }
    return json.dumps(data, indent=2)
