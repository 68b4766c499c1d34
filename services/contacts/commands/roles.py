"""Who may wish what of contacts: the groups of roles that recur."""

from kernel.web.access import Role

STAFF = frozenset({Role.AGENT, Role.MANAGER, Role.INTEGRATOR, Role.OPERATOR})
"""Who works with contacts, and the systems that do."""

PRIVACY = STAFF | {Role.PRIVACY_OFFICER}
"""What the privacy officer may set right too."""

OUTREACH = STAFF | {Role.MARKETER}
"""Who speaks with contacts."""

OWN = PRIVACY | {Role.MARKETER, Role.CUSTOMER}
"""What a customer says about itself; others record it on its behalf."""
