"""The wiring of contacts, as data."""

from kernel.aggregate import Aggregate, Taken, classes_of
from kernel.commands import Command
from kernel.log.facts import Event
from kernel.web.service import Service
from services.contacts import commands, events
from services.contacts.decider import decide, decide_many, evolve, touches
from services.contacts.decider.gating import gates
from services.contacts.decider.identifiers import claims
from services.contacts.decider.state import Contact

CONTACT = Aggregate(
    name="contact",
    path="contacts",
    commands=classes_of(Command, commands),
    events=classes_of(Event, events),
    initial=lambda _org_id, contact_id: Contact(contact_id),
    evolve=evolve,
    ignores=(events.InteractionRecorded,),
    decide=decide,
    claims=claims,
    gates=gates,
    taken=Taken("identifier-taken", "Another contact has one of these identifiers."),
    touches=touches,
    decide_many=decide_many,
)

SERVICE = Service("contacts", aggregates=(CONTACT,))
