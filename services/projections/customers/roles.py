"""Who may ask what of customers."""

from kernel.web.access import Role

CLEAR = frozenset({Role.AGENT, Role.MANAGER, Role.PRIVACY_OFFICER})
"""Who sees customers' personal values."""

HISTORY = CLEAR | {Role.MARKETER, Role.OPERATOR}
"""Who sees what happened; personal parts stay sealed to those who are not in CLEAR."""
