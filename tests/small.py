"""A machine with one controller and a device of up to 8 queues, for designs of a few lines."""

HEAD = """
param n in 1..8
platform p { cpus 1; controller c : edge { lines 0..7 } }
device_type d { id 1; queue q[i in 0..n-1] at i { role rx } }
"""
