"""Who may ask what of customers."""

from kernel.web.access import Role

CLEAR = frozenset({Role.AGENT, Role.MANAGER, Role.PRIVACY_OFFICER})
"""Who sees every customer's personal values."""

OWN = CLEAR | {Role.CUSTOMER}
"""Who sees one customer with its personal values: a customer itself."""

HISTORY = OWN | {Role.MARKETER, Role.OPERATOR}
"""Who sees what happened; personal parts stay sealed to those who are not in OWN."""
