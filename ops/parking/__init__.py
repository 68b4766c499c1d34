"""`parked`: what views and reactions could not take, why, and what an operator does about it."""
