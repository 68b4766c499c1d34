"""What follows the contract is answered by the contract, what does not is refused: never a 500."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from kernel.web.contract.openapi import openapi
from services.projections.app import SERVICE as VIEWS
from tests.contracts.conftest import SERVICE, Caller

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
FUZZED = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

contacts = schemathesis.openapi.from_dict(openapi(SERVICE["contacts"]))
views = schemathesis.openapi.from_dict(openapi(VIEWS))
sales = schemathesis.openapi.from_dict(openapi(SERVICE["sales"]))

# The role is a parameter because a test without one has the same id for every operation.


def answered_by_the_contract(case: Any, caller: Caller, service: str) -> None:
    # A batch is taken, and what is wrong in it refused command by command.
    checks = CHECKS if case.path == "/commands" else [*CHECKS, negative_data_rejection]
    headers = {"authorization": f"Bearer {caller.token(str(caller.org), caller.role)}"}
    case.call_and_validate(base_url=caller.addresses[service], headers=headers, checks=checks)


@pytest.mark.timeout(300)
@contacts.parametrize()
@pytest.mark.parametrize("role", ["agent"])
@FUZZED
def test_contacts(case: Any, caller: Caller, role: str) -> None:
    answered_by_the_contract(case, caller.as_(role), "contacts")


@pytest.mark.timeout(300)
@sales.parametrize()
@pytest.mark.parametrize("role", ["integrator"])
@FUZZED
def test_sales(case: Any, caller: Caller, role: str) -> None:
    answered_by_the_contract(case, caller.as_(role), "sales")


@pytest.mark.timeout(300)
@views.parametrize()
@pytest.mark.parametrize("role", ["agent", "partner"])
@FUZZED
def test_views(case: Any, caller: Caller, role: str) -> None:
    answered_by_the_contract(case, caller.as_(role), "views")
