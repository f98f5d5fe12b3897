"""Specifications that run: the code blocks of a Markdown file, executed in the order of the text.

- A block of `vq` must pass `checker check`. With comments `# verdict: PROPERTY OUTCOME [words]` it
  is verified, the outcomes must be those (all of them are listed), and the words must stand in the
  statement of a violation, or in what is said to be missing. With comments `# error: CODE` exactly
  these errors are expected.
- A block with a caption (`{code-block} vq` and `:caption: nic.vq`) is also written to that file.
- After `<!-- fragment -->` a block need only parse.
- A block of `console` has lines `$ checker ...`, `$ cat FILE` or `$ sh SCRIPT`; what each prints
  must follow it. Times are not compared, and a line `...` stands for any lines.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(
    r"^(?P<mark><!-- fragment -->\n+)?```(?P<info>[^\n]*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_TIME = re.compile(r"\d+\.\d\d s\b")


@dataclass(frozen=True)
class Block:
    """A code block: its language, its text, the file it is written to, and where it stands."""

    language: str
    body: str
    caption: str
    is_fragment: bool
    line: int


def blocks(path: Path) -> Iterator[Block]:
    """The code blocks of a file."""
    text = path.read_text(encoding="utf-8")
    for m in _BLOCK.finditer(text):
        info, body = m["info"].strip(), m["body"]
        language = info.removeprefix("{code-block}").strip()
        caption = ""
        if info.startswith("{code-block}"):
            while body.startswith(":"):
                option, body = body.split("\n", 1)
                if option.startswith(":caption:"):
                    caption = option.removeprefix(":caption:").strip().strip("`")
            body = body.lstrip("\n")
        line = text.count("\n", 0, m.start("info")) + 1
        yield Block(language, body, caption, bool(m["mark"]), line)


def run(path: Path, folder: Path) -> list[str]:
    """What is wrong with the blocks of a file, executed in a folder; empty if nothing is."""
    (folder / "specs").symlink_to(ROOT / "specs")
    wrong: list[str] = []
    for k, block in enumerate(blocks(path)):
        where = f"{path.relative_to(ROOT)}:{block.line}"
        if block.language == "vq":
            name = block.caption or f"block{k}.vq"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block.body, encoding="utf-8")
            wrong += [f"{where}: {w}" for w in _vq(folder, name, block)]
        elif block.language == "console":
            wrong += [f"{where}: {w}" for w in _console(folder, block.body)]
    return wrong


def _vq(folder: Path, name: str, block: Block) -> list[str]:
    from checker.language.load import load
    from checker.language.parse import parse
    from checker.verify import Options, verify
    from model.span import Source

    if block.is_fragment:
        return [d.headline for d in parse(Source(name, block.body))[1]]
    expected = re.findall(r"# error: (VQ\d{4})", block.body)
    old = Path.cwd()
    os.chdir(folder)
    try:
        got = [d for d in load(Path(name)).diagnostics if d.is_error]
        if not got and expected:
            got = [d for d in verify(Path(name), Options()).diagnostics if d.is_error]
        codes = [d.code for d in got]
        if codes != expected:
            return [f"expected errors {expected}, got {[(d.code, d.headline) for d in got]}"]
        verdicts = re.findall(r"# verdict: (\w+) (\w+)(?: (.*))?", block.body)
        return _verdicts(Path(name), verdicts) if verdicts else []
    finally:
        os.chdir(old)


def _verdicts(path: Path, expected: list[tuple[str, str, str]]) -> list[str]:
    from checker.engines import child
    from checker.verdict.verdict import Vacuous, Violated, outcome
    from checker.verify import Options, verify
    from tests.here import run_here

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "run_all", run_here)
        report = verify(path, Options(expectations=False))
    wrong = [f"{d.code} {d.headline}" for d in report.diagnostics if d.is_error]
    got = {line.name: line.verdict for line in report.lines}
    named = {name for name, _, _ in expected}
    wrong += [f"{n} is not among the verdicts" for n in got if n not in named]
    for name, want, words in expected:
        verdict = got.get(name)
        if verdict is None or outcome(verdict) != want:
            wrong.append(f"{name}: expected {want}, got {verdict}")
        elif words and isinstance(verdict, Vacuous) and words.strip() not in verdict.missing:
            wrong.append(f"{name}: {verdict.missing!r} has no {words!r}")
        elif words and isinstance(verdict, Violated):
            said = [f.statement for f in verdict.findings]
            if not any(words.strip() in s for s in said):
                wrong.append(f"{name}: no statement has {words!r}: {said}")
    return wrong


def _console(folder: Path, body: str) -> list[str]:
    wrong = []
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, want = part.partition("\n")
        got = _output(folder, command)
        if not _matches(want.rstrip("\n"), got.rstrip("\n")):
            wrong.append(f"`{command}` printed\n{got}\ninstead of\n{want}")
    return wrong


def _output(folder: Path, command: str) -> str:
    words = shlex.split(command.split(" #")[0])
    if words[0] == "cat":
        return "".join((folder / name).read_text("utf-8") for name in words[1:])
    if words[0] not in ("checker", "sh"):
        raise ValueError(f"`checker`, `cat` and `sh` are run from a text, not {command!r}")
    # Z3's command is beside Python's: a script that needs a solver finds it there.
    path = f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}"
    env = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    if words[0] == "checker":
        return _checker(folder, words[1:], env)
    done = subprocess.run(
        words, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout + done.stderr


def _checker(folder: Path, words: list[str], env: dict[str, str]) -> str:
    """The command in a fork, which has all modules already: they are a third of what it takes."""
    from checker.commands.main import main
    from checker.engines import child
    from tests.here import run_here

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if not pid:
            code = 70
            try:
                os.chdir(folder)
                os.environ |= env
                for number, file in ((0, open(os.devnull, "rb")), (1, out), (2, err)):  # noqa: SIM115
                    os.dup2(file.fileno(), number)
                sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115
                sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115
                sys.stderr = open(2, "w", encoding="utf-8")  # noqa: SIM115
                child.run_all = run_here
                code = main(words)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        os.waitpid(pid, 0)
        return "".join(_read(f) for f in (out, err))


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8")


def _matches(want: str, got: str) -> bool:
    parts = [_normal(p) for p in re.split(r"^\.\.\.$", want, flags=re.MULTILINE)]
    pattern = ".*".join(re.escape(p) for p in parts)
    return re.fullmatch(pattern, _normal(got), re.DOTALL) is not None


def _normal(text: str) -> str:
    """Times, and the blanks that align them, vary."""
    text = _TIME.sub("N s", text)
    return re.sub(r" +N s", " N s", "\n".join(line.rstrip() for line in text.split("\n")))
