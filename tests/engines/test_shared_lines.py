"""What is said where other devices are on the lines and there is no proof."""

from __future__ import annotations

from pathlib import Path

from checker.options import Options
from checker.verdict.verdict import Bounded, Holds, Unknown
from checker.verify import verify
from tests.report.runs import RAISES_UNTIL_SEEN

ONLY = Options(properties=("no_lost_notifications",))


def test_without_a_proof_it_is_unknown_and_says_why_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    path.write_text(RAISES_UNTIL_SEEN.replace("lines 1 }", "lines 1 shared }"))
    (line,) = verify(path, ONLY).lines
    assert isinstance(line.verdict, Unknown)
    why, then, *reasons = line.verdict.reasons
    assert why.startswith("no loss was found and nothing is proved. Lines are `shared`, so other")
    assert then == "without `shared` there is a verdict, on this device alone"
    assert reasons == [
        "why there is no proof: map req with handler: device: its signal program has a loop"
    ]
    path.write_text(RAISES_UNTIL_SEEN)
    (line,) = verify(path, ONLY).lines
    assert isinstance(line.verdict, Holds)
    assert isinstance(line.verdict.how, Bounded)
