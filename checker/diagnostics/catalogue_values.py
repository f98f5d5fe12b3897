"""What the codes VQ05xx mean: designs that mean nothing for some values, found by the solver.

`checker check` solves nothing and does not report them; `checker verify` does, before it says a
word about any property.
"""

from __future__ import annotations

from checker.diagnostics.entry import Entry

_TRANSPORT = """\
transport mmio {
    map in driver { queue q -> line 0;  config -> line 0 }
    map in device { queue q -> line 0;  config -> line 0 }
    handler on line l { notify config;  for q in queues { service q } }
}
"""


def _device_type(second: str) -> str:
    return f"""\
device_type nic(pairs: 1..8) {{
    id 1
    queue rx[i in 0..pairs-1] at 2*i
    queue tx[i in 0..pairs-1] at {second}
    config_change
}}
"""


ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="VQ0501",
        headline="no values satisfy the ranges and assumptions together",
        explanation="""\
The ranges of the params and the assumptions contradict one another. Every property of such a
design would hold, because there is nothing that it could be about.""",
        wrong="param pairs in 1..8\nassume pairs > 8\n"
        + _device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(pairs) on mmio\ncheck coverage\n",
        right="param pairs in 1..16\nassume pairs > 8\n"
        + _device_type("2*i + 1").replace("1..8", "1..16")
        + _TRANSPORT
        + "device eth0 : nic(pairs) on mmio\ncheck coverage\n",
    ),
    Entry(
        code="VQ0502",
        headline="two queues with one index",
        explanation="""\
Two queues of a device have the same virtqueue index for some values of the params. The index is
how driver and device name a queue (virtio 1.3, 2.6), so it has to be unique.""",
        wrong=_device_type("i + 1") + _TRANSPORT + "device eth0 : nic(4) on mmio\ncheck coverage\n",
        right=_device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(4) on mmio\ncheck coverage\n",
    ),
    Entry(
        code="VQ0503",
        headline="a negative queue index",
        explanation="A virtqueue index counts from 0; for some values this one is smaller.",
        wrong=_device_type("2*i - 1")
        + _TRANSPORT
        + "device eth0 : nic(4) on mmio\ncheck coverage\n",
        right=_device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(4) on mmio\ncheck coverage\n",
    ),
    Entry(
        code="VQ0504",
        headline="an argument outside of its range",
        explanation="""\
For some values of the params, a device's argument is outside of the range that its type or its
transport declares.""",
        wrong="param pairs in 1..9\n"
        + _device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(pairs) on mmio\ncheck coverage\n",
        right="param pairs in 1..8\n"
        + _device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(pairs) on mmio\ncheck coverage\n",
    ),
    Entry(
        code="VQ0505",
        headline="an operation that is undefined for some values",
        explanation="""\
A division outside of the maps, in a range or in a program, has a divisor smaller than 1, or a
negative dividend, for some values of the params. Inside a map that is a hazard of the design, which
`coverage` reports; elsewhere the design itself has no meaning then. What the program has tested
before is known, as far as it is no value of the run: after `if lines < 2 { return handled }` there
are two lines or more, and in `for q on l` the driver's map of q gives l.""",
        wrong="param n in 0..4\n"
        + _device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(4) on mmio { lines 1..8/n }\ncheck coverage\n",
        right="param n in 1..4\n"
        + _device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(4) on mmio { lines 1..8/n }\ncheck coverage\n",
    ),
    Entry(
        code="VQ0506",
        headline="a range that is empty for some values",
        explanation="""\
For some values of the params a range has no number in it: another param has no value then, or no
number of lines can be granted. Whatever is proved would be about nothing there, without saying so.
If these values are not meant, an `assume` says so.""",
        wrong="param pairs in 1..4\n"
        + _device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(pairs) on mmio { lines 2..pairs }\ncheck coverage\n",
        right="param pairs in 1..4\nassume pairs >= 2\n"
        + _device_type("2*i + 1")
        + _TRANSPORT
        + "device eth0 : nic(pairs) on mmio { lines 2..pairs }\ncheck coverage\n",
    ),
)
