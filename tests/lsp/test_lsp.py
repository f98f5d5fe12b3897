"""`checker lsp` as an editor meets it: a process, and a client library that speaks with it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from checker.commands.main import main
from checker.language.load import load
from tests.lsp.editor import Editor

ROOT = Path(__file__).parents[2]
HINTED = (ROOT / "specs/mmio_multi_irq/hinted.vq").read_text(encoding="utf-8")
SMALL = """\
use lib.virtio.net
use lib.platform.microvm
use lib.linux.mmio_multi_irq_hinted

param pairs in 1..32

platform microvm

device eth0 : net(pairs) on mmio_multi_irq_hinted {
    lines pairs  # one a pair
    hint group(rx[i]) = i
    hint group(tx[i]) = i
}

check coverage, irq_limits
"""
NAMES = (f"design-{k}.vq" for k in count())


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One server for all tests of this file; each has texts of its own."""
    started = Editor(tmp_path_factory.mktemp("designs"))
    yield started
    assert started.close() == 0
    said = [m.message for m in started.messages]
    assert not [m for m in said if "Traceback" in m or "internal" in m]


def at(text: str, words: str, offset: int = 0) -> tuple[int, int]:
    """The line and column of the first such words."""
    before = text[: text.index(words) + offset]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def plain(r: lsp.Range) -> tuple[int, int, int, int]:
    return r.start.line, r.start.character, r.end.line, r.end.character


# Diagnostics


def test_a_mistake_is_shown_where_it_is_and_goes_when_it_is_repaired(editor: Editor) -> None:
    name = next(NAMES)
    (d,) = editor.open(name, "param a = 3\n")
    assert (d.code, d.severity, d.source) == ("VQ0101", lsp.DiagnosticSeverity.Error, "vqcheck")
    assert plain(d.range) == (0, 8, 0, 9)
    assert "\nhint: a param has a range" in d.message
    editor.change(name, SMALL)
    editor.wait(lambda: True if editor.codes(name) == [] else None)


def test_what_is_said_is_what_check_says(editor: Editor) -> None:
    text = SMALL.replace("lines pairs", "lines pears").replace("check coverage", "check covrage")
    text += "param pairs in 1..2\nparam unused in 1..2\n"
    name = next(NAMES)
    (editor.folder / name).write_text(text)
    said = editor.open(name, text)
    known = load(editor.folder / name).diagnostics
    assert sorted(str(d.code) for d in said) == sorted(d.code for d in known)
    by_line = sorted(said, key=lambda d: d.range.start.line)
    lines = sorted(known, key=lambda k: k.at.span.line if k.at else 0)
    for d, k in zip(by_line, lines, strict=True):
        assert k.at is not None
        assert d.range.start == lsp.Position(k.at.span.line - 1, k.at.span.column - 1)
        assert d.message.startswith(k.headline)
        assert k.hint in d.message
        assert [r.message for r in d.related_information or []] == [a.words for a in k.also]


def test_places_are_counted_in_utf_16(editor: Editor) -> None:
    text = "let x = 1 # \U0001f600\U0001f600\nlet y = /* \U0001f600 */ 2\n"
    (d, *_) = editor.open(next(NAMES), text)
    assert d.range.start == lsp.Position(1, 8)
    text = "check coverage;  # \u00e4\nlet \u00e4 = 1\n"
    assert editor.open(next(NAMES), text)[0].range.start == lsp.Position(1, 4)
    name = next(NAMES)  # What stands on the line behind a character of two units.
    editor.open(name, "param a in 1..2 # \U0001f600\r\nlet b = a # \U0001f600 a\r\n")
    assert "param a in 1..2" in editor.hover(name, 1, 8)
    assert editor.hover(name, 1, 15) == ""  # in a comment


def test_a_text_that_is_no_design_does_no_harm(editor: Editor) -> None:
    for text, code in [
        ("\0" * 50_000, "VQ0102"),
        ("\ud800 \ud83d", "VQ0102"),
        ("{" * 100_000, "VQ0104"),
        ("x " * 600_000, "VQ0106"),
        ("\ufeff", "VQ0110"),
        ("", "VQ0110"),
    ]:
        name = next(NAMES)
        found = editor.open(name, text)
        assert found[0].code == code
        assert editor.hover(name, 0, 0) == ""
        assert editor.hover(name, 10**9, 10**9) == ""
        assert [*editor.symbols(name), *editor.lenses(name), *editor.formatting(name)] == []
        assert editor.definition(name, 3, 3) == []
        editor.completion(name, 0, 1)
        editor.shut(name)


def test_a_text_with_a_byte_order_mark(editor: Editor) -> None:
    name = next(NAMES)
    assert editor.open(name, "\ufeff" + SMALL) == []
    assert editor.definition(name, *at("\ufeff" + SMALL, "virtio"))[0].range.start.line == 0


def test_a_text_without_a_file(editor: Editor) -> None:
    assert [d.code for d in editor.open("untitled:Untitled-1", "param a = 3\n")] == ["VQ0101"]
    assert editor.open("untitled:Untitled-2", SMALL) == []


def test_the_text_of_a_module_that_is_open_counts_not_its_file(editor: Editor) -> None:
    module, name = "module_of_two.vq", next(NAMES)
    (editor.folder / module).write_text("let two = 2\n")
    assert editor.open(name, "use module_of_two\nlet x = two\n") == []
    editor.open(module, "let three = 3\n")
    editor.wait(lambda: True if editor.codes(name) == ["VQ0201"] else None)
    editor.change(module, "let two = = 2\n")  # An error in a module is shown in the module.
    editor.wait(lambda: True if editor.codes(module) == ["VQ0101"] else None)
    assert editor.codes(name) == []
    editor.shut(module)  # Its file counts again.
    editor.wait(lambda: True if editor.codes(module) == [] else None)
    assert editor.codes(name) == []


def test_a_module_that_appears_is_found(editor: Editor) -> None:
    registered = editor.wait(lambda: editor.registered or None)
    assert [r.method for r in registered] == ["workspace/didChangeWatchedFiles"]
    name = next(NAMES)
    assert [d.code for d in editor.open(name, "use appears_later\nlet x = 1\n")] == ["VQ0202"]
    (editor.folder / "appears_later.vq").write_text("let two = 2\n")
    event = lsp.FileEvent(editor.uri("appears_later.vq"), lsp.FileChangeType.Created)
    editor.notify("workspace/didChangeWatchedFiles", lsp.DidChangeWatchedFilesParams([event]))
    editor.wait(lambda: True if editor.codes(name) == [] else None)


# Hover and definition


@pytest.fixture(scope="module")
def small(editor: Editor) -> str:
    assert editor.open("small.vq", SMALL) == []
    return "small.vq"


@pytest.mark.parametrize(
    ("words", "offset", "says"),
    [
        ("hint group(rx", 11, "queue rx[i in 0..pairs-1] at 2*i"),
        ("hint group(rx", 11, "`rx[1]`: virtqueue 2, line 1 (vm_interrupt)"),
        ("hint group(rx", 5, "hint `group` of transport `mmio_multi_irq_hinted`"),
        ("net(pairs)", 4, "param pairs in 1..32"),
        ("net(pairs)", 0, "device type `net`, "),
        ("eth0", 0, "`tx[2]`: virtqueue 5, line 2 (vm_interrupt)"),
        ("eth0", 0, "`config`: configuration change, line 0"),
        ("param", 0, "everything is proved for every value"),
        ("coverage", 0, "property `coverage`: every queue"),
        ("lib.platform", 5, "module `"),
        ("platform microvm", 9, "platform `microvm`"),
        ("lines pairs", 0, "How many lines may be granted"),
    ],
)
def test_hover(editor: Editor, small: str, words: str, offset: int, says: str) -> None:
    assert says in editor.hover(small, *at(SMALL, words, offset))


def test_a_device_of_very_many_queues_is_not_laid_out_while_somebody_waits(editor: Editor) -> None:
    text, name = SMALL.replace("1..32", "32000..32768"), next(NAMES)
    editor.open(name, text)
    assert "it cannot be laid out: 32000 queues" in editor.hover(name, *at(text, "eth0"))


def test_hover_in_a_transport(editor: Editor) -> None:
    library = ROOT / "specs/lib/linux/mmio_multi_irq_posted.vq"
    text, name = library.read_text(encoding="utf-8"), next(NAMES)
    editor.open(name, text)
    assert "register `status` of transport" in editor.hover(name, *at(text, "clear status", 6))
    assert "bit `CONFIG`" in editor.hover(name, *at(text, "status.CONFIG", 7))
    assert "bits of a register `s` of handler" in editor.hover(name, *at(text, "s.CONFIG"))
    assert "queue `q`" in editor.hover(name, *at(text, "line(q)", 5))
    assert "signalling mode `irqfd`" in editor.hover(name, *at(text, "in irqfd", 3))
    assert "`fence`" not in editor.hover(name, *at(text, "#"))


@pytest.mark.parametrize(
    ("words", "offset", "file", "line"),
    [
        ("net(pairs)", 0, "virtio/net.vq", "device_type net"),
        ("net(pairs)", 4, "small.vq", "param pairs"),
        ("rx[i]", 0, "virtio/net.vq", "queue rx"),
        ("rx[i]) = i", 9, "small.vq", "hint group(rx"),
        ("group(rx", 0, "linux/mmio_multi_irq_hinted.vq", "hint group in"),
        ("mmio_multi_irq_hinted {", 3, "linux/mmio_multi_irq_hinted.vq", "transport"),
        ("platform microvm", 10, "platform/microvm.vq", "platform microvm"),
        ("virtio.net", 8, "virtio/net.vq", "#"),
        ("param pairs", 6, "small.vq", "param pairs"),
    ],
)
def test_definition(
    editor: Editor, small: str, words: str, offset: int, file: str, line: str
) -> None:
    (found,) = editor.definition(small, *at(SMALL, words, offset))
    assert found.uri.endswith(file)
    text = SMALL if file == small else (ROOT / "specs/lib" / file).read_text(encoding="utf-8")
    assert text.splitlines()[found.range.start.line].strip().startswith(line)


def test_no_definition_of_what_is_no_name(editor: Editor, small: str) -> None:
    for words in ("param", "# one a pair", "coverage", "{"):
        assert editor.definition(small, *at(SMALL, words)) == []


# Outline, completion, layout


def test_symbols(editor: Editor) -> None:
    name = next(NAMES)
    editor.open(name, (ROOT / "specs/lib/virtio/net.vq").read_text(encoding="utf-8"))
    (net,) = editor.symbols(name)
    assert (net.name, net.kind) == ("net", lsp.SymbolKind.Class)
    assert {"rx", "tx", "ctrl", "ctrl_vq"} <= {c.name for c in net.children or ()}
    for s in [net, *(net.children or ())]:
        assert s.range.start <= s.selection_range.start
        assert s.selection_range.end <= s.range.end


def test_symbols_of_a_text_with_mistakes(editor: Editor) -> None:
    name = next(NAMES)
    editor.open(name, "param a in 1..2\nparam b = 3\nlet c = a\n")
    assert [s.name for s in editor.symbols(name)] == ["a", "c"]


def test_completion(editor: Editor) -> None:
    text = "use lib.virtio.net\nlet mine = 1\nuse lib.virtio.\ncheck cov\nlet x = \n# a comment \n"
    name = next(NAMES)
    editor.open(name, text)
    assert {"net", "blk"} <= set(editor.completion(name, 2, 15))
    assert "coverage" in editor.completion(name, 3, 9)
    assert "param" not in editor.completion(name, 3, 9)
    assert {"mine", "min", "count"} <= set(editor.completion(name, 4, 8))
    assert editor.completion(name, 5, 12) == []


def test_layout_is_that_of_fmt(editor: Editor, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "tests/language/everything.vq").read_text(encoding="utf-8")
    text = text.replace("#", "# \U0001f600", 1)
    name = next(NAMES)
    (editor.folder / name).write_text(text, encoding="utf-8")
    assert main(["fmt", "--stdout", str(editor.folder / name)]) == 0
    out = capsys.readouterr().out
    editor.open(name, text)
    (edit,) = editor.formatting(name)
    assert edit.new_text == out != text
    assert plain(edit.range) == (0, 0, text.count("\n"), 0)
    editor.change(name, out)
    assert editor.formatting(name) == []


# The lens


def titles(editor: Editor, name: str) -> list[str]:
    return [x.command.title for x in editor.lenses(name) if x.command]


def verify(editor: Editor, name: str, title: str) -> lsp.ShowMessageParams:
    """Press a lens, and wait for what is said."""
    lens = next(x for x in editor.lenses(name) if x.command and x.command.title == title)
    assert lens.command is not None
    before = len(editor.messages)
    assert editor.execute(lens.command.command, *(lens.command.arguments or ())) is None
    return editor.wait(lambda: editor.messages[before] if editor.messages[before:] else None)


def test_a_lens_verifies_the_text_as_it_is_in_the_editor(editor: Editor) -> None:
    name = next(NAMES)
    (editor.folder / name).write_text("nothing like it\n")
    editor.open(name, SMALL)
    assert titles(editor, name) == ["verify", "verify coverage", "verify irq_limits"]
    said = verify(editor, name, "verify")
    assert said.type is lsp.MessageType.Error
    assert "coverage holds, proved (all values)" in said.message
    assert "irq_limits violated, holds is expected" in said.message
    (shown,) = (d for d in editor.diagnostics[editor.uri(name)] if d.message[:4] == "irq_")
    assert (shown.code, shown.source) == ("irq_limits", "vqcheck verify")
    assert plain(shown.range) == (*at(SMALL, "irq_limits"), *at(SMALL, "irq_limits", 10))
    assert "values: pairs = 25" in shown.message
    places = {r.location.uri.rpartition("/")[2] for r in shown.related_information or ()}
    assert places == {name, "microvm.vq"}
    assert any(d.message.startswith("counterexample to irq_limits: ")
               for u, some in editor.diagnostics.items() if u.endswith("microvm.vq")
               for d in some)  # fmt: skip
    assert titles(editor, name)[1] == "coverage holds, proved (all values)"
    # Another text: what was said of this one is taken back, in every file.
    editor.change(name, SMALL.replace("1..32", "1..24"))
    editor.wait(lambda: None if any(editor.diagnostics.values()) and editor.codes(name) else True)
    assert not [d for u, x in editor.diagnostics.items() for d in x if u.endswith("microvm.vq")]
    assert titles(editor, name)[1:] == ["verify coverage", "verify irq_limits"]
    assert editor.codes(name) == []


def test_a_verdict_is_about_the_files_as_they_are(editor: Editor) -> None:
    module, name = editor.folder / "how_many.vq", next(NAMES)
    module.write_text("let most = 24\n")
    text = "use how_many\n" + SMALL.replace("1..32", "1..most")
    assert editor.open(name, text) == []
    assert "irq_limits holds" in verify(editor, name, "verify irq_limits").message
    module.write_text("let most = 25\n")  # Not every editor tells of that.
    assert "coverage holds" in verify(editor, name, "verify coverage").message
    assert titles(editor, name)[2] == "verify irq_limits"  # What was said of it is taken back.


def test_what_is_expected_is_no_error(editor: Editor) -> None:
    name, before = next(NAMES), editor.refreshed
    editor.open(name, SMALL + "expect irq_limits violated\n")
    said = verify(editor, name, "verify irq_limits")
    assert said.type is lsp.MessageType.Info
    assert said.message == "irq_limits violated as expected, replayed"
    found = editor.diagnostics[editor.uri(name)]
    assert {d.severity for d in found} == {lsp.DiagnosticSeverity.Information}
    # The lenses are other ones while it runs, and then: that is told after the verdict is.
    editor.wait(lambda: True if editor.refreshed >= before + 2 else None)


def test_a_mistake_that_only_a_solver_sees_is_shown_in_the_text(editor: Editor) -> None:
    kind = "device_type two(n: 1..8) { id 1  queue a[i in 0..n-1] at i  queue b at 3 }\n"
    text = kind + SMALL.replace("net(pairs)", "two(pairs)").replace("1..32", "1..8")
    text = "\n".join(x for x in text.split("\n") if "hint group" not in x)
    name = next(NAMES)
    assert editor.open(name, text) == []
    said = verify(editor, name, "verify coverage")
    assert said.message.startswith("Nothing was verified, the design is wrong: VQ0502 ")
    (found,) = editor.diagnostics[editor.uri(name)]
    assert (found.code, found.source, found.range.start.line) == ("VQ0502", "vqcheck verify", 0)


def test_a_run_is_shown_step_by_step(editor: Editor) -> None:
    name = next(NAMES)
    text = (ROOT / "specs/mmio_multi_irq/cleaned_up.vq").read_text(encoding="utf-8")
    # As one that expects it to hold would write it: what may help is looked for then.
    editor.open(name, text.replace("expect no_lost_notifications violated", ""))
    verify(editor, name, "verify no_lost_notifications")
    shown = [d for d in editor.diagnostics[editor.uri(name)] if d.code == "no_lost_notifications"]
    assert "go through all queues: `for q in queues` (mmio" in shown[0].message.split("\nhint: ")[1]
    steps = [r.message for r in shown[0].related_information or () if r.message[:5] == "step "]
    assert steps[0].startswith("step 1, device rx[0]: publish rx[0]")
    assert len(steps) == 13


def test_a_design_that_is_wrong_is_not_verified(editor: Editor) -> None:
    name = next(NAMES)
    editor.open(name, SMALL.replace("net(pairs)", "net(pears)"))
    said = verify(editor, name, "verify coverage")
    assert said.message == "Nothing was verified, the design is wrong: VQ0201 there is no `pears`"


def children(editor: Editor) -> set[int]:
    """The processes below the server that are not over."""
    out = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent, *_ = stat.read_text().rpartition(")")[2].split()
            if int(parent) == editor.pid and state != "Z":
                out.add(int(stat.parent.name))
    return out


@pytest.mark.parametrize("how", ["command", "progress", "change", "close"])
def test_a_run_that_nobody_wants_ends(editor: Editor, how: str) -> None:
    name = next(NAMES)
    editor.open(name, HINTED)
    messages, mine = len(editor.messages), editor.uri(name)
    editor.execute("vqcheck.verify", mine, ["no_lost_notifications"])
    editor.wait(lambda: children(editor) or None)
    assert titles(editor, name) == ["verifying ... (cancel)"]
    assert "param" in editor.hover(name, *at(HINTED, "param"))  # The server is not busy.
    if how == "command":
        editor.execute("vqcheck.cancel", mine)
    elif how == "progress":
        token = [p for p in editor.progress if isinstance(p, str)][-1]
        params = lsp.WorkDoneProgressCancelParams(token)
        editor.notify("window/workDoneProgress/cancel", params)
    elif how == "change":
        editor.change(name, HINTED + "\n")
    else:
        editor.shut(name)
    editor.wait(lambda: True if not children(editor) else None)
    editor.wait(lambda: True if editor.progress[-1] == {"kind": "end"} else None)
    assert editor.messages[messages:] == []
    if how != "close":
        assert "verify" in titles(editor, name)


# What no editor should do


def test_strange_questions_are_answered_without_a_traceback(editor: Editor) -> None:
    for method, params in [
        ("vqcheck/nothing", {}),
        ("workspace/executeCommand", lsp.ExecuteCommandParams("vqcheck.nothing")),
        ("workspace/executeCommand", lsp.ExecuteCommandParams("vqcheck.verify", [1])),
    ]:
        with pytest.raises(JsonRpcException) as e:
            editor.ask(method, params)
        assert e.value.data is None
        assert "Traceback" not in e.value.message
    name = next(NAMES)  # It is neither open nor on disk.
    assert [*editor.lenses(name), *editor.symbols(name), *editor.formatting(name)] == []
    assert editor.hover(name, 0, 0) == ""
    editor.shut(name)
    editor.notify("vqcheck/nothing", {})
    assert editor.execute("vqcheck.cancel", "file:///nowhere.vq") is None


def test_a_server_whose_editor_is_gone_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "checker.commands.main", "lsp"],
        check=False,
        input=b"Content-Length: 4\r\n\r\n\xff\xfe{}",
        capture_output=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stdout + done.stderr
