"""The page of a design: whole, self-contained, all words escaped; used in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from checker.drawing import drawings
from checker.language.load import load
from checker.report.page import Page, page
from checker.report.run import Run
from checker.verdict.verdict import Violated, outcome
from tests.report.runs import ENDS, ROOT, TEXT, every_end

_VOID = {"meta", "br", "link", "img", "hr", "input"}
# Debian's package; a browser of one's own need not be there.
BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")
_EVIL = "<script>alert(1)</script>&\"'"


class Html(HTMLParser):
    """What a page is made of, and that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.steps: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [v for v in [found.get("id")] if v]
        self.links += [v for v in [found.get("href")] if v]
        self.loads += [v for k, v in attrs if v and k in ("src", "srcset", "action")]
        self.loads += [tag] * (tag in ("link", "iframe", "object", "embed"))
        if tag == "tr" and found.get("data-step"):
            self.steps.append(found["data-step"] or "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words += data


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    return every_end(tmp_path_factory.mktemp("ends"))


def made(run: Run) -> str:
    (report,) = run.reports
    loaded = load(Path(report.path))
    drawn = drawings(loaded.design) if loaded.design else ()
    return page(Page(run, report, drawn, {s.path: s.text for s in loaded.sources}))


@pytest.mark.parametrize("name", ENDS)
def test_a_page_is_whole_and_needs_nothing_else(runs: dict[str, Run], name: str) -> None:
    html = Html(made(runs[name]))
    assert html.open == []
    assert html.loads == []
    assert len(set(html.ids)) == len(html.ids)
    assert all(link.startswith("#") for link in html.links)
    assert {link[1:] for link in html.links} <= set(html.ids)
    assert "http:" not in html.words + "".join(html.links)
    (report,) = runs[name].reports
    for line in report.lines:
        assert f"p-{line.name}" in html.ids
        assert outcome(line.verdict) in html.words


def test_every_step_of_a_run_stands_in_the_table(runs: dict[str, Run]) -> None:
    html = Html(made(runs["run"]))
    assert html.steps == [str(n) for n in range(1, 14)]
    assert "rx[1] has used entries that nobody will look at" in html.words


def test_every_design_of_the_library_can_be_drawn() -> None:
    for path in sorted((ROOT / "specs").rglob("*.vq")):
        design = load(path).design
        for d in drawings(design) if design else ():
            assert not d.why_not, (path, d)
            assert d.queues
            assert d.lines or all(q.driver is None for q in d.queues), path


def test_what_is_wrong_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "bad.vq"
    path.write_text(TEXT.replace("q.index % lines", "q.index") + "check coverage\n")
    design = load(path).design
    assert design is not None
    (drawn,) = drawings(design)
    problems = [q.name for q in drawn.queues if q.problem]
    assert problems == ["rx[2]", "tx[2]", "rx[3]", "tx[3]"]  # Of eight, with four lines.


def test_no_word_of_a_design_becomes_markup(runs: dict[str, Run]) -> None:
    (report,) = runs["run"].reports
    (line,) = report.lines
    assert isinstance(line.verdict, Violated)
    (f,) = line.verdict.findings
    assert f.trace is not None
    steps = tuple(replace(s, verb=_EVIL, seen=((_EVIL, 1),)) for s in f.trace.steps)
    trace = replace(f.trace, instance=_EVIL, steps=steps, sources=(_EVIL,))
    evil = replace(
        f, statement=_EVIL, values=((_EVIL, _EVIL),), hint=_EVIL, same=(_EVIL,),
        frontier=_EVIL, table=((_EVIL,), (_EVIL,)), trace=trace,
    )  # fmt: skip
    changed = replace(line, verdict=Violated((evil,), (_EVIL,)), asks=_EVIL)
    evil_report = replace(report, lines=(changed,), summary=_EVIL, options=((_EVIL, _EVIL),))
    run = replace(runs["run"], reports=(evil_report,))
    text = page(Page(run, evil_report, (), {_EVIL: _EVIL}, ((_EVIL, _EVIL),)))
    html = Html(text)
    assert html.open == []
    assert text.count("<script>") == 1
    assert "alert(1)" in html.words


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    design = tmp_path / "design.vq"
    design.write_text(TEXT + "check coverage\n")
    to = tmp_path / "report"
    assert main(["report", str(design), "-o", str(to)]) == ExitCode.OK
    assert [p.name for p in to.iterdir()] == ["index.html"]
    assert "index.html: every property is as expected" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "no.vq")]) == ExitCode.USAGE
    assert main(["report", str(design), "-o", str(design / "x")]) == ExitCode.USAGE
    design.write_text("device")
    assert main(["report", str(design), "-o", str(to)]) == ExitCode.SPEC
    assert "The text has errors" in (to / "index.html").read_text()


def test_what_virtio_requires_is_a_matrix(runs: dict[str, Run]) -> None:
    words = " ".join(Html(made(runs["run"])).words.split())
    assert "4.2, virtio over MMIO" in words
    assert "40 normative statements in 4 blocks" in words
    assert "4.3, virtio over channel I/O" not in words
    assert "no_lost_notifications checks it: acknowledging loses nothing violated" in words
    assert "coverage checks it: each active queue is served by the line's handler" in words
    assert "4.2.2.1 device 12 MMIO Device Register Layout" in words
    assert "named at mmio_multi_irq_cleaned_up.vq:14" in words


def test_what_was_only_tried_is_not_called_proved(runs: dict[str, Run]) -> None:
    from checker.verdict.verdict import Bounded, Holds, Proved, Sampled

    (report,) = runs["run"].reports
    (line,) = report.lines
    said = []
    for how in (Proved("all"), Bounded(1, 1, 1, ()), Sampled(9, 1, 8, 8)):
        lines = (replace(line, verdict=Holds(how, "something", ())),)
        run = replace(runs["run"], reports=(replace(report, lines=lines),))
        row = made(run).split("acknowledging loses nothing")[1].split("</tr>")[0]
        said.append(re.sub("<[^>]*>", "", row).strip())
    assert said == ["proved", "searched", "tried at random"]


def test_a_proof_is_shown_with_its_invariants_in_words(tmp_path: Path) -> None:
    out = tmp_path / "report"
    design = str(ROOT / "specs/mmio_multi_irq/status_per_line.vq")
    for again in ("", "from the verdicts that were kept"):
        assert main(["report", design, "-o", str(out)]) == ExitCode.OK, again
        words = Html((out / "index.html").read_text(encoding="utf-8")).words
        assert re.search(r"The \d+ invariants that prove it", words), again
        assert "eth0, edge lines, map rx with vm_interrupt" in words
        assert "if handler.s.VRING then handler.at in 2, 3" in words
        assert "if fact config is on its line then fact config" not in words


def test_links_and_the_library_name_sections_that_there_are() -> None:
    from checker.clauses import CHAPTERS, LINKS, blocks, named
    from checker.properties.property import properties

    known = {b.section for b in blocks()}
    assert len(known) == len(blocks())
    assert {b.chapter for b in blocks()} == set(CHAPTERS)
    assert {x.section for x in LINKS} <= known
    assert {x.property for x in LINKS} <= set(properties())
    assert {x.how for x in LINKS} == {"checks", "rests on"}
    specs = {str(p): p.read_text() for p in (ROOT / "specs").rglob("*.vq")}
    sections = {section for section, _, _ in named(specs)}
    assert {"4.1", "4.2", "4.3"} <= {".".join(s.split(".")[:2]) for s in sections}
    notes = {"2.7.14"}  # Says how, and requires nothing.
    inside = [s for s in sections - notes if s.startswith(("2.7.", "2.8.", "4."))]
    assert [s for s in inside if not any(k == s or k.startswith(f"{s}.") for k in known)] == []


# In a browser


@pytest.fixture(scope="module")
def seen(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page after keys were pressed in it, as the browser has it then."""
    reason = "no Chromium is installed (Debian: chromium-headless-shell)"
    if BROWSER is None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("browser")
    press = "".join(
        f"r.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}));"
        for key in ("End", "ArrowUp", "k", "n", "x")
    )
    script = f"<script>const r = document.querySelector('.run'); {press}</script></body>"
    at = folder / "page.html"
    at.write_text(made(runs["run"]).replace("</body>", script))
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        f"--user-data-dir={folder}",
    ]
    done = subprocess.run(
        [*command, f"file://{at}"], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return done.stdout


def test_a_run_can_be_gone_through_by_the_keyboard(seen: str) -> None:
    assert "Step 12 of 13: handler line 1" in seen
    assert len(re.findall(r'<tr[^>]* class="now"', seen)) == 1
    assert re.search(r'<g data-step="12" class="now">', seen)
    assert "status.VRING" not in _panel(seen)  # Cleared in step 9.
    assert "rx[1].unseen = 1" in _panel(seen)
    assert 'class="no-js"' not in seen


def _panel(seen: str) -> str:
    return re.split("</ul>", seen.split('class="state mono"')[1])[0]


def test_the_browser_is_only_left_out_where_there_is_none() -> None:
    assert (BROWSER is None) == (
        shutil.which("chromium") is None and shutil.which("chromium-headless-shell") is None
    )


def test_a_line_without_a_source_is_drawn_with_its_handler(tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    path.write_text("""
device_type d { id 40  queue a at 0 }
transport t {
    map in driver { queue q -> line 0; request lines 0..lines-1 with h }
    map in device { programmed }
    signal queue q { raise line(q) }
    handler h on line l { for q in queues { service q } }
}
platform p { controller c : edge { lines 0..7 } }
device dev : d on t { lines 2 }
check coverage
""")
    design = load(path).design
    assert design is not None
    (drawn,) = drawings(design)
    assert [x.handlers for x in drawn.lines] == ["h", "h"]
