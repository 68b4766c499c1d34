"""What views and reactions have in common: they take each record of a topic once, in order, or park it."""
