"""The wiring of the projections: the views that the worker folds, and the queries that read them."""

from kernel.web.service import Service
from services.projections.customers.customer_360 import CUSTOMER_360
from services.projections.customers.directory.query import SEARCH
from services.projections.customers.field_history.query import HISTORY
from services.projections.customers.field_history.view import FIELD_HISTORY
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.past.changes import CHANGES
from services.projections.customers.past.explain import EXPLAIN
from services.projections.customers.person import PERSON
from services.projections.customers.timeline.query import TIMELINE
from services.projections.customers.value_tiers import VALUE_TIERS
from services.projections.operations.journal import JOURNAL
from services.projections.partners import agreements, organisations
from services.projections.shared.identity import IDENTITY
from services.projections.sharing import shared_customers
from services.projections.sharing.disclosure_consents import DISCLOSURE_CONSENTS
from services.projections.sharing.matchable import MATCHABLE
from services.projections.sharing.monthly_purchases import MONTHLY_PURCHASES

VIEWS = (
    IDENTITY,
    PERSON,
    CUSTOMER_360,
    VALUE_TIERS,
    FIELD_HISTORY,
    JOURNAL,
    organisations.ORGANISATIONS,
    agreements.AGREEMENTS,
    MATCHABLE,
    DISCLOSURE_CONSENTS,
    MONTHLY_PURCHASES,
)

SERVICE = Service(
    name="views",
    queries=(
        SEARCH,
        CUSTOMER,
        EXPLAIN,
        CHANGES,
        TIMELINE,
        HISTORY,
        organisations.LIST,
        agreements.LIST,
        agreements.ONE,
        shared_customers.LIST,
        shared_customers.ONE,
    ),
)
