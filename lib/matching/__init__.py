"""Scored matching of persons: who on one side is whom on the other, without labels and without guessing."""
