"""What the partners service is made of."""

from typing import get_args

from kernel.aggregate import Aggregate, classes_of
from kernel.log.facts import Event
from kernel.web.service import Service
from services.partners import agreement, organisation
from services.partners.commands import (
    CounterAgreement,
    EndAgreement,
    NarrowAgreement,
    ProposeAgreement,
    ResumeAgreement,
    SignAgreement,
    SuspendAgreement,
)
from services.partners.events import agreement as agreement_facts
from services.partners.events import organisation as organisation_facts

SERVICE = Service(
    name="partners",
    aggregates=(
        Aggregate(
            name="organisation",
            path="organisations",
            commands=get_args(organisation.OrganisationCommand),
            events=classes_of(Event, organisation_facts),
            initial=organisation.initial,
            evolve=organisation.evolve,
            decide=organisation.decide,
            stream_of=organisation.stream_of,
        ),
        Aggregate(
            name="agreement",
            path="agreements",
            commands=(
                ProposeAgreement,
                CounterAgreement,
                SignAgreement,
                NarrowAgreement,
                SuspendAgreement,
                ResumeAgreement,
                EndAgreement,
            ),
            events=classes_of(Event, agreement_facts),
            initial=agreement.Agreement,
            evolve=agreement.evolve,
            decide=agreement.decide,
            gates=agreement.gates,
            touches=agreement.touches,
            decide_many=agreement.decide_many,
        ),
    ),
)
