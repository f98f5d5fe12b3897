"""A deferred service that always comes to rest by itself may be left out; no other may."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.language.elaborate import elaborate
from checker.language.imports import read_all
from checker.language.sink import Sink
from model.meaning.lower import is_own_and_ends

CASES = [
    ("drain q; complete q", True),
    ("drain q; complete q; if pending q { schedule q }", True),
    ("disable q; drain q", True),
    ("drain q; stop; complete q", False),
    ("if pending q { drain q; stop } complete q", False),
    ("if pending q { complete q; stop } complete q", True),
    ("if pending q { complete q }", False),
    ("loop { drain q; enable q; if not pending q { complete q; stop } disable q }", True),
    ("loop { drain q; if not pending q { stop } } complete q", True),
    ("loop { drain q; if not pending q { stop } complete q }", False),
    ("loop { drain q; complete q }", False),
    ("while pending q { complete q }", False),
    ("while pending q { drain q } complete q", True),
]


@pytest.mark.parametrize(("body", "ends"), CASES)
def test_whether_the_bit_is_always_given_up(body: str, ends: bool, tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    path.write_text(f"""
device_type z(n: 1..4) {{ id 1 queue req[i in 0..n-1] at i {{ role req }} }}
transport t {{
    map in transport {{ queue q -> line 0; request line 0 with h }}
    map in device {{ programmed }}
    signal queue q {{ raise line(q) }}
    handler h on line l {{ for q in queues {{ service q }} }}
    service work(q) deferred {{ {body} }}
}}
device d : z(1) on t {{ lines 1 service work }}
check no_lost_notifications
""")
    sink = Sink()
    design = elaborate(read_all(path), {}, ("no_lost_notifications",), sink)
    assert design is not None, sink.found
    (transport,) = design.transports
    (service,) = (s for s in transport.services if s.name == "work")
    assert is_own_and_ends(service.body) == ends
