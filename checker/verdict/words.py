"""What the words of a verdict mean, and what they do not: said once, for terminal and documents."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "holds": """\
Outcome. The property is true: for all values that the design allows (`proved`), or as far
as was searched (`bounded`). Something was also seen to happen (the witness), so that it is
not true for want of anything that could fail. It does not mean that the design describes
your code.""",
    "violated": """\
Outcome. The property is false for the values shown. They come from a solver or a search and
were then evaluated, or the run was done on the machine (`replayed`). There may be others.""",
    "vacuous": """\
Outcome. Nothing in the design could have made the property false: no queue, no line, no
run. That says nothing, and fails the run (exit code 5).""",
    "unknown": """\
Outcome. No answer within the budget (`--rlimit`, `--timeout`, `--memory`), and why. It says
nothing about the design (exit code 4).""",
    "skipped": """\
Outcome. The property was not asked, because the design has nothing that it is about. `check
all` does so; a property that is asked for by name has to have a subject. Where all is
skipped, nothing was checked (exit code 5).""",
    "disagree": """\
Outcome. Two engines say different things about the same question. That is a bug in vqcheck:
trust neither (exit code 6).""",
    "error": """\
Outcome. The tool broke off while it worked on the property: a bug in vqcheck, which says
nothing about the design. Other properties are judged all the same (exit code 70).""",
    "proved": """\
Strength of `holds`. In brackets, of what: `all values` of parameters, features, grants and
numberings; `any device` that looks the same to a layer; `any number of queues, lines and
CPUs`, for runs of any length. It is a proof about the design as it is written, by Z3.""",
    "bounded": """\
Strength of `holds`: `bounded (k steps, n queues, m lines)`. Small devices that the design
allows were tried, and of those with at most so many active queues and lines every run was
visited, to the end; none fails. k is the longest of the shortest runs to any state. A proof
for any number was tried and not found, and the report says why; it also names devices that
had too many states and were passed over, which the numbers leave out, as they do larger devices
that were played by chance. It is not a proof: a loss that takes more queues, or a device that
was not tried, would not have been seen.""",
    "fuzzed": """\
Strength of `holds`, of `checker fuzz`: so many runs, drawn by chance, were made on the machine,
and none of them failed. It says that a mistake that is easy to hit is not there, and proves
nothing.""",
    "certified": """\
Strength, added to `proved` by `--certify`. Each question that the proof rests on was answered
once more by Z3 and by cvc5, in processes of their own, and neither found a model. The
argument that runs come to an end is not among these questions.""",
    "lost": """\
Run that violates `no_lost_notifications`. It ends: every agent rests, nobody will step again, and a
queue has used entries (or the configuration has changed) that nobody has looked at.""",
    "storm": """\
Run that violates `no_lost_notifications`. It goes on for ever: nothing new is produced, and a
handler is entered again and again. Mostly a level line that nobody lowers.""",
    "starved": """\
Run that violates `no_lost_notifications`. It goes on for ever, and a queue that asked to be
told has used entries that are never served in it.""",
    "replayed": """\
Strength of `violated`. Maps were evaluated once more for the values shown, by code that
knows no solver; a run was done step by step by the machine, on rings, registers and
interrupt lines, and ended as it is shown.""",
}
"""By word, in the order in which they are listed."""

OUTPUT: dict[str, str] = {
    "agent": """\
Run. Who can take a step: the device at one of its queues or at its configuration, the handler
of a line, a deferred service of a queue; with `memory tso` or `relaxed` also a buffer, in which
stores wait. The table of a run names the agent of each step.""",
    "rests": """\
Run. An agent rests when it has nothing to do: its program is at its end, and nothing that
would start it again is there. Where every agent rests the run is over, and what is still
unseen then is lost.""",
    "unseen": """\
Run. `rx[0].unseen = 1`: so many used entries of the queue are published that the driver has
not taken. `config.unseen`: the configuration has changed, and the driver has not read it.""",
    "any device": """\
Strength, in `proved (any device)`. The proof is not only about the devices of the design: no
device at all, of whatever type, that looks the same to the layer is mapped differently.""",
    "all values": """\
Strength, in `proved (all values)`. The proof is for all values of the parameters, all choices
of features, all grants of lines and all numberings that the design allows.""",
    "any number": """\
Strength, in `proved (any number of queues, lines and CPUs)`. The proof is about runs of any
length, with as many queues, lines and CPUs as the design allows.""",
    "not needed": """\
Output. A declaration that no proof needed: all that was asked is proved without it. Often
something is left over, or a check is missing. It is said only where all that is asked is
about maps, and is proved.""",
    "expected": """\
Output. `violated (expected)`: an `expect` of the design says so, and the outcome counts as
success. `holds (expected violated)` is a failure. `--no-expect` judges as if there were none.""",
    "assumed": """\
Output. What follows are the `assume` lines of the design: values that they exclude were not
looked at, by no property.""",
    "cached": """\
Output, in place of the time. The verdict was reached in an earlier run, on the same texts, by
the same version, with the same options. `--no-cache` verifies anew.""",
    "granted": """\
Output. `granted: 24, 26`: the numbers of the lines that the machine gave to the device, as many
as its `lines` allow. In a map `line 0` is the first of them.""",
    "served": """\
Output. Whether a handler that was requested for the line of a queue runs the service program of
that queue, on some path. `NO:` is followed by the first thing that is missing.""",
    "obligation": """\
Output. A part of a property that is proved or refuted by itself: of `coverage`, for instance,
there is one for each kind of device. `--timeout` and `--memory` are for each of them.""",
    "hazard": """\
Output. A division or a remainder in a map that is not defined for some values: by zero, or of a
negative number. `coverage` reports it; nothing is assumed about its result.""",
}
"""The same for other words that reports use."""
