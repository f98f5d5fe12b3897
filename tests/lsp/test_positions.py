"""Places as editors count them, there and back."""

from lsprotocol import types as lsp

from checker.lsp.positions import Lines

TEXT = "a # \U0001f600 \u00e4\nb\r\n\rc\x0cd\u2028e"
KINDS = lsp.PositionEncodingKind


def test_lines_end_where_the_protocol_says() -> None:
    at = {c: Lines(TEXT, KINDS.Utf16).position(TEXT.index(c)) for c in "abcde"}
    assert {c: (p.line, p.character) for c, p in at.items()} == {
        "a": (0, 0),
        "b": (1, 0),
        "c": (3, 0),  # CR alone ends a line, a form feed and U+2028 do not.
        "d": (3, 2),
        "e": (3, 4),
    }


def test_characters_are_counted_in_the_agreed_units() -> None:
    at = TEXT.index("\u00e4")
    assert Lines(TEXT, KINDS.Utf32).position(at).character == 6
    assert Lines(TEXT, KINDS.Utf16).position(at).character == 7
    assert Lines(TEXT, KINDS.Utf8).position(at).character == 9


def test_there_and_back() -> None:
    for kind in KINDS:
        lines = Lines(TEXT, kind)
        for k in range(len(TEXT) + 1):
            if TEXT[k - 1 : k + 1] != "\r\n":  # Between the two is the end of the line.
                assert lines.offset(lines.position(k)) == k


def test_places_outside_of_the_text_are_its_ends() -> None:
    lines = Lines("ab\ncd", KINDS.Utf16)
    assert lines.offset(lsp.Position(0, 99)) == 2
    assert lines.offset(lsp.Position(9, 0)) == 5
    assert lines.position(99) == lsp.Position(1, 2)


def test_half_a_character_is_its_start() -> None:
    lines = Lines("\U0001f600x", KINDS.Utf16)
    assert lines.offset(lsp.Position(0, 1)) == 0


def test_half_a_surrogate_pair_can_be_counted() -> None:
    for kind in KINDS:
        assert Lines("\ud800x", kind).position(1).line == 0
