"""What may happen: a module for each kind of accident, each a `Fault` or several."""
