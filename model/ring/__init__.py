"""Virtqueues in guest memory, byte-exact to virtio 1.3: the C core, and its oracle in Python.

`ring.py` binds the core, whose contract is `vq.h`. `reference.py` is the same in plain Python.
"""
