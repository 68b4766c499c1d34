"""The load around a fault: writers who note what they are told, and readers of what they write."""
