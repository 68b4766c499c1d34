"""Where this code stands: the folder with `./rapport` in it."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
