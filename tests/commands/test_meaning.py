"""What an exit code of 0 says where a design expects that it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode, meaning
from checker.options import Options
from checker.report.report import Report
from checker.verify import verify
from tests.report.runs import TEXT

ALONE = TEXT.replace("for q on l { service q }", "")
ONE = "check coverage\nexpect coverage violated\n"
MORE = "check layering\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT + "check coverage\n", "every property is as expected"),
        (TEXT + "check coverage\nexpect coverage holds\n", "every property is as expected"),
        (ALONE + ONE, "coverage is violated, as expected"),
        (ALONE + ONE + MORE, "coverage is violated, as expected; all else is as expected"),
        (
            ALONE + ONE + "expect no_lost_notifications violated\n",
            "coverage and no_lost_notifications are violated, as expected",
        ),
    ],
)
def test_what_is_violated_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert meaning(ExitCode.OK, [_report(tmp_path, text)]) == said


def _report(folder: Path, text: str) -> Report:
    path = folder / "d.vq"
    path.write_text(text)
    report = verify(path, Options())
    assert all(line.as_expected for line in report.lines)
    return report
