"""atheris on the binding: the bytes are the program, and the reference is the oracle.

Its bytes are passed on as they are: through Hypothesis' `fuzz_one_input` it is 300 times slower.
"""

from __future__ import annotations

import sys
from types import FunctionType

from model.ring import ring
from model.ring.program import MEMORY_BYTES, Run, decode
from model.ring.reference import Device, Driver, Ring
from model.ring.reference_packed import PackedDevice, PackedDriver
from model.ring.reference_split import SplitDevice, SplitDriver
from tests.ring.programs import by_reference

LONGEST = 400


def one(data: bytes) -> None:
    """One program, both ways."""
    program = bytes(data[:LONGEST])
    memory = bytearray(MEMORY_BYTES)
    ran = decode(ring.run(program, memory))
    if (ran, memory) != by_reference(program):
        raise AssertionError(f"the core and the reference differ: {program.hex()}")


if __name__ == "__main__":
    import atheris

    # The reference is what coverage is measured on: its branches are those of the core.
    for kind in (Run, Ring, Driver, SplitDriver, PackedDriver, Device, SplitDevice, PackedDevice):
        for name, function in vars(kind).items():
            if isinstance(function, FunctionType):
                setattr(kind, name, atheris.instrument_func(function))
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
