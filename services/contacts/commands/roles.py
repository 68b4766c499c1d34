"""Who may wish what of contacts: the groups of roles that recur."""

from kernel.web.access import Role

STAFF = frozenset({Role.AGENT, Role.MANAGER, Role.INTEGRATOR, Role.OPERATOR})
"""Who works with contacts, and the systems that do."""

PRIVACY = STAFF | {Role.PRIVACY_OFFICER}
"""What the privacy officer may set right too."""

OUTREACH = STAFF | {Role.MARKETER}
"""Who speaks with contacts."""

SELF = PRIVACY | {Role.CUSTOMER}
"""What a customer may set right itself."""

OWN = SELF | {Role.MARKETER}
"""What a customer says about itself; others record it on its behalf."""
