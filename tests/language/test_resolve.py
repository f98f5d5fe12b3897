"""Files, modules and names: what each name means, and what is said of one that means nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.language.load import load

Write = Callable[..., Any]

TYPE = "device_type blk(n: 1..4) { id 2; queue rq[i in 0..n-1] at i { role request } }\n"
TRANSPORT = """transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { for q in queues { service q } }
}
"""
DEVICE = "device disk : blk(2) on mmio\ncheck coverage\n"


@pytest.fixture
def files(tmp_path: Path) -> Write:
    """Writes files and loads the first of them."""

    def write(**texts: str) -> Any:
        for name, text in texts.items():
            path = tmp_path / (name.replace("__", "/") + ".vq")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return load(tmp_path / f"{next(iter(texts))}.vq")

    return write


def codes(loaded: Any) -> list[str]:
    return [d.code for d in loaded.diagnostics]


def only(loaded: Any) -> str:
    """Headline and hint of the one thing that is wrong."""
    assert len(loaded.diagnostics) == 1, loaded.diagnostics
    d = loaded.diagnostics[0]
    return f"{d.code} {d.headline}; {d.hint}"


# Files


def test_a_file_that_does_not_exist_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "design.vq").write_text("param n in 1..2")
    assert "did you mean" in only(load(tmp_path / "desing.vq"))


def test_a_directory_is_a_diagnostic(tmp_path: Path) -> None:
    assert codes(load(tmp_path)) == ["VQ0109"]


def test_a_path_that_cannot_exist_is_a_diagnostic() -> None:
    assert codes(load(Path("a\0b"))) == ["VQ0108"]


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.vq"
    with path.open("wb") as f:
        f.truncate(1 << 40)
    assert "VQ0106 the file has 1,099,511,627,776 bytes" in only(load(path))


def test_bytes_that_are_not_utf8_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin1.vq"
    path.write_bytes(b"# one\n# caf\xe9\n")
    assert "line 2 of the file is not UTF-8: byte 0xe9" in only(load(path))


def test_a_byte_order_mark_and_crlf_are_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.vq"
    path.write_bytes(b"\xef\xbb\xbfparam n in 1..4\r\nlet m = n + 1\r\n")
    assert load(path).design is not None


def test_a_file_that_declares_nothing_is_an_error(files: Write) -> None:
    assert codes(files(a="# nothing\n")) == ["VQ0110"]


# Modules


def test_a_module_gives_its_reusable_declarations(files: Write) -> None:
    loaded = files(a="use b\n" + DEVICE, b=TYPE + TRANSPORT + "param unused in 1..2\n")
    assert codes(loaded) == []
    assert loaded.design.params == ()
    assert len(loaded.sources) == 2


def test_a_module_in_a_folder_is_found(files: Write) -> None:
    assert codes(files(a="use parts.b\n" + DEVICE, parts__b=TYPE + TRANSPORT)) == []


def test_the_standard_library_is_found(files: Write) -> None:
    loaded = files(a="use lib.virtio.net\n" + TRANSPORT + "device e : net(2) on mmio\n")
    assert [t.name for t in loaded.design.types] == ["net"]


def test_a_missing_module_is_guessed(files: Write) -> None:
    assert "did you mean `use lib.virtio.net`?" in only(files(a="use lib.virtio.ent\n" + TYPE))


def test_a_missing_module_makes_no_further_errors(files: Write) -> None:
    text = "use gone\n" + DEVICE + "assume whatever > 3\n"
    assert codes(files(a=text)) == ["VQ0202"]


def test_use_is_not_transitive(files: Write) -> None:
    text = "use b\n" + TRANSPORT + DEVICE
    assert codes(files(a=text, b="use c\nlet x = 1\n", c=TYPE)) == ["VQ0205"]


def test_a_circle_is_named(files: Write) -> None:
    loaded = files(a="use b\nlet x = 1", b="use c\nlet y = 1", c="use b\nlet z = 1")
    assert "b -> c -> b" in only(loaded)


def test_a_chain_of_modules_is_read_without_recursion(files: Write) -> None:
    texts = {f"m{i}": f"use m{i + 1}\nlet x{i} = 1\n" for i in range(1200)}
    assert codes(files(**texts, m1200="let x = 1\n")) == []


def test_syntax_errors_of_a_module_hide_what_depends_on_it(files: Write) -> None:
    loaded = files(a="use b\nassume nonsense\n", b="let = 1\n")
    assert [d.at.span.source.path[-4:] for d in loaded.diagnostics] == ["b.vq"]


def test_a_name_of_two_modules_is_ambiguous_where_it_is_used(files: Write) -> None:
    modules = {"b": TYPE, "c": TYPE}
    assert codes(files(a="use b\nuse c\n" + TRANSPORT, **modules)) == []
    assert codes(files(a="use b\nuse c\n" + TRANSPORT + DEVICE, **modules)) == ["VQ0207"]


def test_an_own_declaration_wins(files: Write) -> None:
    loaded = files(a="use b\n" + TYPE + TRANSPORT + DEVICE, b=TYPE.replace("id 2", "id 9"))
    assert [t.id for t in loaded.design.types] == [2]


def test_a_param_of_a_module_cannot_be_read_by_its_transport(files: Write) -> None:
    other = "param k in 1..3\nlet m = k + 1\n" + TRANSPORT.replace("line 0;", "line m;", 1)
    assert "`m` reads `k`, a param of another file" in only(files(a="use b\n" + TYPE, b=other))
    assert codes(files(b=other)) == []


# Names


def test_all_errors_are_reported_in_order(files: Write) -> None:
    loaded = files(a="let a = nil\nlet b = 1 and 2\nassume 3 == (1 < 2)\n")
    assert codes(loaded) == ["VQ0201", "VQ0301", "VQ0301", "VQ0302"]


def test_an_error_has_no_consequences(files: Write) -> None:
    loaded = files(a="let a = nil\nlet b = a + 1\nassume b\nassume min(a, b) == 3\n")
    assert codes(loaded) == ["VQ0201"]


def test_a_feature_by_its_bare_name_is_explained(files: Write) -> None:
    feature = TYPE.replace("id 2;", "id 2; feature mq")
    rule = TRANSPORT.replace("line 0;", "line 0 if mq;", 1)
    assert "a feature is `device.feature.mq`" in only(files(a=feature + rule + DEVICE))


def test_roles_are_guessed_from_all_types(files: Write) -> None:
    rule = TRANSPORT.replace("line 0;", "line 0 if q.role == reqest;", 1)
    assert "did you mean `request`?" in only(files(a=TYPE + rule + DEVICE))


def test_a_reusable_transport_may_name_roles_of_others(files: Write) -> None:
    rule = TRANSPORT.replace("line 0;", "line 0 if q.role == rx;", 1)
    loaded = files(a="use b\n" + TYPE + DEVICE, b=rule)
    assert loaded.design.roles == ("request", "rx")


def test_a_device_type_by_name_is_its_identifier(files: Write) -> None:
    rule = TRANSPORT.replace("line 0;", "line 0 if device.id == blk;", 1)
    design = files(a=TYPE + rule + DEVICE).design
    assert "2" in str(design.transports[0].driver.attempts[0].rules[0].when)


def test_names_of_every_kind_are_declared_once(files: Write) -> None:
    text = """let a = 1  let a = 2
    device_type t(p: 1..2, p: 1..2) { id 1  feature f  feature f  queue x at 0  queue x at 1 }
    device_type t { id 1 }
    platform p(n: 1..2) { controller c : edge { lines 1 }  controller c : edge { lines 2..2 } }
    policy y { try a { lines 1 }  try a { lines 1 } }
    service s(q) { }  service s(q) { }
    """
    assert codes(files(a=text)) == ["VQ0204"] * 8


def test_a_param_that_nothing_reads_is_a_warning(files: Write) -> None:
    loaded = files(a="param n in 1..2\n" + TYPE + TRANSPORT + DEVICE)
    assert codes(loaded) == ["VQ0412"]
    assert loaded.design is not None


# Texts that are given in place of files


def test_a_given_text_is_read_in_place_of_a_module(files: Write, tmp_path: Path) -> None:
    assert files(a="use m\nparam n in 1..k\n", m="let k = 3\n").design is not None
    overlay = {os.path.realpath(tmp_path / "m.vq"): "let k = \n"}
    loaded = load(tmp_path / "a.vq", overlay=overlay)
    assert [d.at.span.source.path for d in loaded.diagnostics if d.at] == [str(tmp_path / "m.vq")]
    assert (tmp_path / "m.vq").read_text() == "let k = 3\n"


def test_a_given_text_needs_no_file(tmp_path: Path) -> None:
    overlay = {
        os.path.realpath(tmp_path / "a.vq"): "use m\nparam n in 1..k\n",
        os.path.realpath(tmp_path / "m.vq"): "let k = 3\n",
    }
    loaded = load(tmp_path / "a.vq", overlay=overlay)
    assert loaded.design is not None
    assert [s.text for s in loaded.sources] == list(overlay.values())


def test_a_given_text_is_found_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.vq").write_text("param n in 1..2\n")
    (tmp_path / "a.vq").symlink_to(tmp_path / "real.vq")
    overlay = {os.path.realpath(tmp_path / "real.vq"): "param m in 1..2\n"}
    design = load(tmp_path / "a.vq", overlay=overlay).design
    assert design is not None
    assert [p.name for p in design.params] == ["m"]


def test_a_given_text_may_not_be_huge(tmp_path: Path) -> None:
    path = tmp_path / "a.vq"
    assert codes(load(path, overlay={os.path.realpath(path): "#" * (1 << 20) + "\n"})) == ["VQ0106"]


# Values from the command line


def test_an_override_pins_a_param(tmp_path: Path) -> None:
    path = tmp_path / "a.vq"
    path.write_text("param n in 1..8\nparam m in 1..n\n")
    design = load(path, {"n": 4, "m": 4}).design
    assert design is not None
    n, m = design.params
    assert (n.range.lo, n.range.hi) == (m.range.lo, m.range.hi)


@pytest.mark.parametrize(
    ("overrides", "code"),
    [({"k": 1}, "VQ0213"), ({"n": 9}, "VQ0403"), ({"m": 8, "n": 7}, "VQ0403")],
)
def test_an_override_that_cannot_be_is_an_error(
    tmp_path: Path, overrides: dict[str, int], code: str
) -> None:
    path = tmp_path / "a.vq"
    path.write_text("param n in 1..8\nparam m in 1..n\n")
    assert codes(load(path, overrides)) == [code]


# The library


def test_what_the_library_has_is_found_there(files: Write) -> None:
    found = files(a="device d : net(4) on mmio_multi_irq_hinted { lines 2 }\n").diagnostics
    assert [d.hint for d in found] == [
        "add `use lib.virtio.net`",
        "add `use lib.linux.mmio_multi_irq_hinted`",
    ]


def test_a_folder_is_no_module(files: Write) -> None:
    said = only(files(a="use lib.virtio\nparam n in 1..2\n"))
    assert said.startswith("VQ0202 `lib.virtio` is a folder of modules; ")
    assert "`blk`, " in said


def test_a_param_of_a_design_that_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.vq"
    path.write_text("let n = 2\n")
    assert only(load(path, {"pairs": 3})).endswith("; it has none")
