"""The load in whose midst faults happen: writers who note what they are told, and readers of what they wrote."""
