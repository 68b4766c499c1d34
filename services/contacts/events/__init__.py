"""Facts about contacts, by subject. The one module here that others may import."""

from services.contacts.events.consent import ConsentEvent as ConsentEvent
from services.contacts.events.consent import ConsentGiven as ConsentGiven
from services.contacts.events.consent import ConsentWithdrawn as ConsentWithdrawn
from services.contacts.events.contact import AddressChanged as AddressChanged
from services.contacts.events.contact import AddressRemoved as AddressRemoved
from services.contacts.events.contact import BirthDateCorrected as BirthDateCorrected
from services.contacts.events.contact import ContactClosed as ContactClosed
from services.contacts.events.contact import ContactRegistered as ContactRegistered
from services.contacts.events.contact import ContactReopened as ContactReopened
from services.contacts.events.contact import MasterDataEvent as MasterDataEvent
from services.contacts.events.contact import NameCorrected as NameCorrected
from services.contacts.events.contact import OwnerAssigned as OwnerAssigned
from services.contacts.events.contact import TeamAssigned as TeamAssigned
from services.contacts.events.identifiers import IdentifierAdded as IdentifierAdded
from services.contacts.events.identifiers import IdentifierEvent as IdentifierEvent
from services.contacts.events.identifiers import IdentifierRemoved as IdentifierRemoved
from services.contacts.events.identifiers import IdentifierVerified as IdentifierVerified
from services.contacts.events.identifiers import VerificationMethod as VerificationMethod
from services.contacts.events.interactions import InteractionRecorded as InteractionRecorded
from services.contacts.events.merging import ContactsAbsorbed as ContactsAbsorbed
from services.contacts.events.merging import ContactsReleased as ContactsReleased
from services.contacts.events.merging import CustomerJoined as CustomerJoined
from services.contacts.events.merging import CustomerLeft as CustomerLeft
from services.contacts.events.merging import MergeEvent as MergeEvent
from services.contacts.events.preferences import ChannelsPreferred as ChannelsPreferred
from services.contacts.events.preferences import FrequencyPreferred as FrequencyPreferred
from services.contacts.events.preferences import LanguagePreferred as LanguagePreferred
from services.contacts.events.preferences import PreferenceEvent as PreferenceEvent
from services.contacts.events.preferences import QuietHoursPreferred as QuietHoursPreferred
from services.contacts.events.preferences import ShipmentPreferred as ShipmentPreferred
from services.contacts.events.preferences import TopicsPreferred as TopicsPreferred
from services.contacts.events.relations import RelationAdded as RelationAdded
from services.contacts.events.relations import RelationEnded as RelationEnded
from services.contacts.events.relations import RelationEvent as RelationEvent

ContactEvent = (
    MasterDataEvent
    | IdentifierEvent
    | PreferenceEvent
    | ConsentEvent
    | InteractionRecorded
    | RelationEvent
    | MergeEvent
)
