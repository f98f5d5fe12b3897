"""Defects of the machine, one a line: where, what it says, and what it would wrongly say.

Each is a mistake that somebody made in a VMM, a driver or a controller, or could. Lock-step has to
notice every one of them (test_machine.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    name: str
    module: str
    old: str
    new: str


def mutant(name: str, module: str, old: str, new: str) -> Mutant:
    return Mutant(name, f"model.machine.{module}", old, new)


MUTANTS = [
    # Linux' line handling
    mutant("an interrupt during the handlers is forgotten", "linux",
           "            self.irq_pending = True\n        else:", "            pass\n        else:"),
    mutant("entering does not take what was pending", "linux",
           "        self.wanted = self.irq_pending = False\n        self.in_progress = True",
           "        self.wanted = False\n        self.in_progress = True"),
    mutant("a disabled line runs its handlers", "linux",
           "waits and not (self.in_progress or self.disabled or self.killed)",
           "waits and not (self.in_progress or self.killed)"),
    mutant("a disabled line forgets what a CPU had accepted", "linux",
           "self.wanted, self.irq_pending = False, True", "self.wanted = False"),
    mutant("the handlers stay in progress", "linux",
           "        self.in_progress = False\n        self.ran += 1", "        self.ran += 1"),
    # Pins and vectors
    mutant("a raise of a pin that is up is an edge", "controllers",
           "        if not was and not self.chip_masked:", "        if not self.chip_masked:"),
    mutant("a wire does not count for the level of a pin", "controllers",
           "        was = (self.driven and self.lowers) or self.wire\n",
           "        was = self.driven and self.lowers\n"),
    mutant("a pin is never let go", "controllers",
           "            self.driven = False\n            return\n        was =",
           "            return\n        was ="),
    mutant("a wire that goes down is an edge", "controllers",
           "if condition and not was and not self.chip_masked:",
           "if condition != was and not self.chip_masked:"),
    mutant("a wire that is up is an edge each time", "controllers",
           "if condition and not was and not self.chip_masked:",
           "if condition and not self.chip_masked:"),
    mutant("a masked pin goes on", "controllers",
           "        if on:\n            self.desc.disable()\n        else:\n"
           "            self.desc.enable()\n\n    def asserted(self) -> bool:\n"
           "        return (self.driven",
           "        self.desc.enable()\n\n    def asserted(self) -> bool:\n"
           "        return (self.driven"),
    mutant("the pending bit is lost at unmask", "controllers",
           "        if self.table.take(self.k):\n            self.desc.deliver()",
           "        self.table.take(self.k)"),
    mutant("there is no pending bit", "controllers",
           "            self.table.note(self.k)\n        else:\n            self.desc.deliver()",
           "            pass\n        else:\n            self.desc.deliver()"),
    mutant("the mask bit does not mask", "controllers",
           "_CONTROL.pack_into(self.table, _ENTRY.size * k + 12, _MASKED if on else 0)", "pass"),
    mutant("Remote_IRR does not refuse a pulse", "controllers",
           "elif not (self.remote_irr or self.desc.disabled):",
           "elif not self.desc.disabled:"),
    mutant("Remote_IRR is not cleared", "controllers",
           "        self.remote_irr = False\n        if self.resample:",
           "        if self.resample:"),
    mutant("a pulse on a level pin is never latched", "controllers",
           "            self.latched = True\n\n    def _look",
           "            self.latched = False\n\n    def _look"),
    mutant("a latched pulse fires for ever", "controllers",
           "self.latched, self.remote_irr = False, True", "self.remote_irr = True"),
    mutant("a resampled pin is not looked at again", "controllers",
           "            self.driven = self.wire\n", "            self.driven = False\n"),
    mutant("a resampled pin stays up for ever", "controllers",
           "            self.driven = self.wire\n", "            pass\n"),
    mutant("a resampled pin goes down with the wire", "controllers",
           "        self.wire = condition\n        self._look()",
           "        self.wire = condition\n        self.driven &= condition or not self.resample"),
    mutant("a resampled pin goes up with the wire", "controllers",
           "        self.wire = condition\n        self._look()",
           "        self.wire = condition\n        self.driven |= condition and self.resample"),
    mutant("a level pin ignores its wire", "controllers",
           "return self.driven if self.resample else self.driven or self.wire",
           "return self.driven"),
    # Registers
    mutant("setting a bit clobbers the others", "registers",
           "self.window[self.at] |= mask & self.defined",
           "self.window[self.at] = mask & self.defined"),
    mutant("an acknowledgement clears the whole status", "registers",
           "self.window[self.at] &= ~(mask & self.defined)", "self.window[self.at] = 0"),
    mutant("an acknowledgement clears nothing", "registers",
           "self.window[self.at] &= ~(mask & self.defined)", "pass"),
    mutant("an acknowledgement is the new status", "registers",
           "self.window[self.at] &= ~(mask & self.defined)",
           "self.window[self.at] = mask & self.defined"),
    mutant("the ISR stays after a read", "registers",
           "        word = self.peek()\n        self.clear(word)", "        word = self.peek()"),
    mutant("indicators of a byte are cleared together", "registers",
           "self.ram[self.at] &= ~((mask & self.defined) << self.shift)", "self.ram[self.at] = 0"),
    mutant("an indicator is set for its neighbour", "registers",
           "self.ram[self.at] |= (mask & self.defined) << self.shift",
           "self.ram[self.at] |= (mask & self.defined) << (self.shift ^ 1)"),
    mutant("all lines have one register", "registers",
           'self.every[r.name, of] = self._register(r, of)',
           'self.every[r.name, of] = self.every.get((r.name, "line 0")) or self._register(r, of)'),
    # Rings and memory
    mutant("need_event is off by one", "rings",
           "return (new - event - 1) & 0xFFFF < (new - old) & 0xFFFF",
           "return (new - event) & 0xFFFF < (new - old) & 0xFFFF"),
    mutant("the device forgets when it last decided", "rings",
           "        self.signalled = new\n", ""),
    mutant("the newest entry is taken for the one asked about", "rings",
           "return need_event(event, new, old)", "return need_event(event, new, new - 1)"),
    mutant("enabling asks about the entry after the next", "rings",
           "self._event(self.last_used, stores)\n        else:",
           "self._event(self.last_used + 1 & 0xFFFF, stores)\n        else:"),
    mutant("disabling leaves the event index", "rings",
           "self._event((self.last_used + FAR) & 0xFFFF, stores)", "pass"),
    mutant("the flag of a split ring is the other way round", "rings",
           "self._flags(NO_INTERRUPT, stores)", "self._flags(0, stores)"),
    mutant("one entry is left when all are taken", "rings",
           "        self._take(n)\n", "        self._take(n - 1)\n"),
    mutant("a taken buffer is not made available again", "rings",
           "        self._post(heads)\n", ""),
    mutant("a packed ring's event ignores DISABLE", "rings",
           "return self._driver_event(word) >> 16 != DISABLE", "return True"),
    mutant("a packed ring asks about its first entry at the start", "rings",
           "return self._driver_event() >> 16 == ENABLE", "return False"),
    mutant("a packed used descriptor has the wrong wrap bit", "rings",
           "return _AVAIL | _DONE if wrap else 0", "return 0 if wrap else _AVAIL | _DONE"),
    mutant("a store passes the buffer", "memory",
           "        self.waiting.append((address, size, word))",
           '        self.ram[address : address + size] = word.to_bytes(size, "little")'),
    mutant("a store never arrives", "memory",
           '        self.ram[address : address + size] = word.to_bytes(size, "little")',
           "        pass"),
    mutant("stores arrive newest first", "memory", "self.waiting.popleft()", "self.waiting.pop()"),
    mutant("a buffer is never full", "memory", "len(self.waiting) >= self.room", "False"),
    # Programs
    mutant("a lock keeps nobody out", "effects",
           "return lambda: held[name] == 0, take", "return lambda: True, take"),
    mutant("a lock is never given up", "effects",
           "            if held[name] == mine:\n                held[name] = 0",
           "            pass"),
    mutant("a scheduled service keeps its bit", "effects",
           "            scheduled[queue] = False", "            pass"),
    mutant("nothing is scheduled", "effects",
           "            scheduled[queue] = True", "            scheduled[queue] = False"),
    mutant("the driver does not see a change of the configuration", "effects",
           "        self.m.config_read = self.m.window.generation", "        pass"),
    mutant("a barrier does not wait", "effects",
           "return lambda: not any(s.waiting for s in some)\n\n    def _buffer",
           "return lambda: True\n\n    def _buffer"),
    mutant("a register read is a barrier", "effects",
           '            case OfRegister("read"):\n                return None\n', ""),
    mutant("a wire is not told of a change", "machine",
           "return lambda: follow(condition())", "return lambda: None"),
    mutant("locals survive the end of a program", "agents",
           "            self.loc[:] = self.first", "            pass"),
]  # fmt: skip
