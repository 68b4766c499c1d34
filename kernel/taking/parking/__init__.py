"""What a taker set aside: parked, tried again in the order of its stream, or dropped on record."""
