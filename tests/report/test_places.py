"""The lines of a long run: those that a reader has to look at are not left out."""

from __future__ import annotations

from pathlib import Path

from checker.options import Options
from checker.report.text import details
from checker.verify import verify

LONG = f"""
device_type disk(n: 1..64) {{ id 2  queue req[i in 0..n-1] at i }}
transport told {{
    pool wired : edge
    register status {{ USED }}
    map in transport {{ queue q -> line 0 }}
    map in device {{ queue q -> line 0 }}
    signal queue q {{ set status.USED  raise line(q) }}
    handler on line l {{
        {
    '''
        '''.join(f"r{k} = read status" for k in range(11))
}
        s = read status
        if s.USED {{ for q on l {{ service q }} }}
        clear status s
        late = read status
    }}
}}
device disk0 : disk(1) on told {{ lines 1 }}
check no_lost_notifications
"""


def test_what_is_left_out_is_what_matters_least(tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    path.write_text(LONG)
    report = verify(path, Options())
    (line,) = report.lines
    text = details(report, line).split("  --> ")[1]
    assert "  ... and 6 more places" in text
    for last in ("service q", "clear status s", "late = read status"):
        assert any(last in row and "|" in row for row in text.splitlines()), text
    assert "r0 = read status" not in text
    assert "set status.USED" not in text, "the device did as it should"
