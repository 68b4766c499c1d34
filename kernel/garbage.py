"""How often Python looks for cycles among the objects of a process that works in batches."""

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 50


def collect_rarely() -> None:
    """Called once everything is imported.

    A batch of events is tens of thousands of small objects without cycles that die together: looking through
    them at Python's own pace costs three times what reading them does.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def collect_when_told() -> None:
    """For a process that fills tables, once everything is imported; it calls gc.collect() itself."""
    gc.collect()
    gc.freeze()
    gc.disable()
