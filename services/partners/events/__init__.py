"""The facts of partners, by subject. The one room here that others may import."""

from services.partners.events.agreement import AgreementCountered as AgreementCountered
from services.partners.events.agreement import AgreementEnded as AgreementEnded
from services.partners.events.agreement import AgreementEvent as AgreementEvent
from services.partners.events.agreement import AgreementNarrowed as AgreementNarrowed
from services.partners.events.agreement import AgreementProposed as AgreementProposed
from services.partners.events.agreement import AgreementResumed as AgreementResumed
from services.partners.events.agreement import AgreementSigned as AgreementSigned
from services.partners.events.agreement import AgreementSuspended as AgreementSuspended
from services.partners.events.agreement import AgreementTookEffect as AgreementTookEffect
from services.partners.events.organisation import OrganisationEvent as OrganisationEvent
from services.partners.events.organisation import OrganisationListed as OrganisationListed
from services.partners.events.organisation import OrganisationRegistered as OrganisationRegistered
from services.partners.events.organisation import OrganisationRenamed as OrganisationRenamed
from services.partners.events.organisation import OrganisationUnlisted as OrganisationUnlisted
