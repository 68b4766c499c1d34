"""Every accident that Rapport promises to survive, each in the middle of a load, with its oracle's line."""
