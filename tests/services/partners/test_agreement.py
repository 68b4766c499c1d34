"""Agreements: proposed, countered, signed by both, narrowed or stopped by either."""

from datetime import timedelta

import pytest

from services.partners.commands import (
    CounterAgreement,
    EndAgreement,
    NarrowAgreement,
    ProposeAgreement,
    ResumeAgreement,
    SuspendAgreement,
)
from services.partners.events import (
    AgreementCountered,
    AgreementEnded,
    AgreementNarrowed,
    AgreementProposed,
    AgreementResumed,
    AgreementSigned,
    AgreementSuspended,
    AgreementTookEffect,
)
from services.partners.organisation import Organisation
from services.partners.text import digest
from tests.services.partners.deciding import (
    MAKER,
    NOW,
    SHOP,
    ending,
    giving,
    in_force,
    proposed,
    signing,
    state,
    terms,
    when,
)
from tests.services.sales.deciding import rejected

WIDER = giving(retention_days=91)
NARROWER = giving(retention_days=89)


def test_both_sides_hold_what_one_proposes():
    assert proposed() == [
        AgreementProposed(proposer_id=SHOP, counterpart_id=MAKER, terms=terms(), digest=digest(1, terms()))
    ]


def test_nobody_agrees_with_itself():
    with rejected("with-itself", "/counterpart_id"):
        when(ProposeAgreement(counterpart_id=SHOP, terms=terms()))


@pytest.mark.parametrize("counterpart", [None, Organisation(), Organisation("Maker", listed=False)])
def test_an_unlisted_organisation_is_as_unknown_as_one_that_is_not_there(counterpart):
    with rejected("organisation-unknown", "/counterpart_id"):
        when(ProposeAgreement(counterpart_id=MAKER, terms=terms()), counterpart=counterpart)


def test_a_text_gives_something():
    with rejected("nothing-given", "/terms"):
        proposed(terms(proposer_gives=None))


def test_a_text_has_not_ended_before_it_is_proposed():
    with rejected("over-already", "/terms/ends_at"):
        proposed(ending(terms(), NOW))
    assert proposed(ending(terms(), NOW + timedelta(seconds=1)))


def test_one_signature_puts_nothing_in_force():
    given = proposed()
    signed = when(signing(), given, MAKER)
    assert signed == [AgreementSigned(by=MAKER, text_version=1, digest=digest(1, terms()))]
    assert state([*given, *signed], SHOP).in_force is None


def test_the_second_signature_puts_the_text_in_force():
    given = in_force()
    assert given[-1] == AgreementTookEffect(text_version=1, terms=terms(), digest=digest(1, terms()))
    for who in (SHOP, MAKER):
        standing = state(given, who)
        assert standing.in_force is not None
        assert (standing.in_force.terms, standing.open) == (terms(), None)


def test_a_text_is_signed_once_by_each():
    given = proposed()
    given = [*given, *when(signing(), given, SHOP)]
    with rejected("already-signed") as refusal:
        when(signing(), given, SHOP)
    assert refusal.value.status == 409


def test_an_outdated_text_is_not_signed():
    given = proposed()
    given = [*given, *when(CounterAgreement(terms=WIDER), given, MAKER)]
    for outdated in (signing(), signing(2), signing(3, WIDER)):
        with rejected("text-outdated") as refusal:
            when(outdated, given, SHOP)
        assert refusal.value.status == 409
    assert when(signing(2, WIDER), given, SHOP)


def test_a_signature_of_a_former_text_does_not_count_for_another():
    given = proposed()
    given = [*given, *when(signing(), given, SHOP)]
    given = [*given, *when(CounterAgreement(terms=WIDER), given, MAKER)]
    assert [type(event) for event in when(signing(2, WIDER), given, MAKER)] == [AgreementSigned]


def test_a_widening_that_one_side_signs_leaves_what_is_in_force():
    given = in_force()
    given = [*given, *when(CounterAgreement(terms=WIDER), given, SHOP)]
    given = [*given, *when(signing(2, WIDER), given, SHOP)]
    standing = state(given, MAKER)
    assert standing.in_force is not None
    assert standing.in_force.terms == terms()


def test_either_side_narrows_alone_and_at_once():
    given = in_force()
    for who in (SHOP, MAKER):
        assert when(NarrowAgreement(terms=NARROWER), given, who) == [
            AgreementNarrowed(by=who, text_version=2, terms=NARROWER, digest=digest(2, NARROWER))
        ]


def test_what_waited_for_signatures_when_it_was_narrowed_waits_no_more():
    given = in_force()
    for who, wish in ((SHOP, CounterAgreement(terms=WIDER)), (SHOP, signing(2, WIDER))):
        given = [*given, *when(wish, given, who)]
    given = [*given, *when(NarrowAgreement(terms=NARROWER), given, SHOP)]
    with rejected("text-outdated"):
        when(signing(2, WIDER), given, MAKER)


def test_nobody_widens_alone():
    with rejected("not-narrower", "/terms"):
        when(NarrowAgreement(terms=WIDER), in_force())


def test_what_is_not_in_force_is_not_narrowed():
    with rejected("not-in-force"):
        when(NarrowAgreement(terms=NARROWER), proposed())


def test_what_one_side_suspends_it_alone_resumes():
    given = in_force()
    given = [*given, *when(SuspendAgreement(), given, MAKER)]
    assert given[-1] == AgreementSuspended(by=MAKER)
    assert when(SuspendAgreement(), given, MAKER) == []
    assert when(ResumeAgreement(), given, SHOP) == []
    assert when(ResumeAgreement(), given, MAKER) == [AgreementResumed(by=MAKER)]


def test_what_has_ended_stays_so():
    given = in_force()
    given = [*given, *when(EndAgreement(reason="We close."), given, MAKER)]
    assert given[-1] == AgreementEnded(by=MAKER, reason="We close.")
    for wish in (CounterAgreement(terms=WIDER), signing(), NarrowAgreement(terms=NARROWER), EndAgreement()):
        with rejected("agreement-ended"):
            when(wish, given, SHOP)


def test_the_same_text_again_is_nothing():
    given = proposed()
    assert when(CounterAgreement(terms=terms()), given, MAKER) == []
    assert [type(event) for event in when(CounterAgreement(terms=WIDER), given, MAKER)] == [
        AgreementCountered
    ]
    assert when(NarrowAgreement(terms=terms()), in_force()) == []
