"""Reactions: others' events become a service's own commands, each carried out once."""
