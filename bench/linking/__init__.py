"""Sets of persons whose true pairs are known, and what a way of matching makes of them."""
