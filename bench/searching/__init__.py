"""A directory of a hundred thousand contacts, and how people search it."""
