"""A machine that does what a design says: rings, registers, interrupts and CPUs, on bytes."""
