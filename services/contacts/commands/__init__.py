"""Wishes about contacts, by subject, each with the roles that may have it and a body that succeeds."""

from services.contacts.commands.consent import GiveConsent as GiveConsent
from services.contacts.commands.consent import WithdrawConsent as WithdrawConsent
from services.contacts.commands.contact import AssignOwner as AssignOwner
from services.contacts.commands.contact import AssignTeam as AssignTeam
from services.contacts.commands.contact import ChangeAddress as ChangeAddress
from services.contacts.commands.contact import CloseContact as CloseContact
from services.contacts.commands.contact import CorrectBirthDate as CorrectBirthDate
from services.contacts.commands.contact import CorrectName as CorrectName
from services.contacts.commands.contact import RegisterContact as RegisterContact
from services.contacts.commands.contact import RemoveAddress as RemoveAddress
from services.contacts.commands.contact import ReopenContact as ReopenContact
from services.contacts.commands.identifiers import AddIdentifier as AddIdentifier
from services.contacts.commands.identifiers import RemoveIdentifier as RemoveIdentifier
from services.contacts.commands.identifiers import VerifyIdentifier as VerifyIdentifier
from services.contacts.commands.interactions import RecordInteraction as RecordInteraction
from services.contacts.commands.merging import MergeContact as MergeContact
from services.contacts.commands.merging import UnmergeContact as UnmergeContact
from services.contacts.commands.preferences import PreferChannels as PreferChannels
from services.contacts.commands.preferences import PreferFrequency as PreferFrequency
from services.contacts.commands.preferences import PreferLanguage as PreferLanguage
from services.contacts.commands.preferences import PreferQuietHours as PreferQuietHours
from services.contacts.commands.preferences import PreferShipment as PreferShipment
from services.contacts.commands.preferences import PreferTopics as PreferTopics
from services.contacts.commands.relations import AddRelation as AddRelation
from services.contacts.commands.relations import EndRelation as EndRelation
