"""Accidents in the middle of a load, and what the oracle finds afterwards; for tests and long campaigns.

    async with running() as system:                          # system.py: everything there is, wires between
        line = await survive(system, fault, seed, journal)   # oracle.py: load, accident, recovery, verdict
        assert line.ok, line

A `Fault` has a name and `inject(system, load, random)`, which brings it about, ends it, and says how often
it struck. It kills, stops and starts `system.programs[name]` (programs.py), and resets, swallows and mends
`system.wires[who_asks, who_answers]` (wires.py). `load.more(n)` waits for n more commands. Whatever it
draws, it draws from `random`. accidents/ has a module for each kind.

The load (loading/) is some writers over real HTTP that repeat what was not answered with the same key, and
note everything in a journal as `ops.acks` writes it; and readers of the pages that were just written.
`Line.ok`: the system recovered, nothing is lost, doubled, inverted, nor left unsettled, every view is the
fold of the log, and no page was older than its reader had a right to.
"""

from bench.faults.campaign import measure

__all__ = ["measure"]
