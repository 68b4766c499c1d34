"""What a customer is known by elsewhere: kinds of identifiers, one spelling of each value, keyed digests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any
from unicodedata import normalize

import phonenumbers
from pydantic import (
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from lib.records import Record

LONGEST = 254
"""Characters of a value: e-mail's own limit (RFC 5321)."""


class IdentifierKind(StrEnum):
    """What sort of identifier it is."""

    EMAIL = "email"
    PHONE = "phone"
    LOYALTY_CARD = "loyalty-card"
    DEVICE = "device"
    EXTERNAL = "external"
    """An id in another system, as `system:id`."""


def normalised(kind: IdentifierKind, value: str) -> str:
    """The one spelling of it; a ValueError, which does not show the value, for what is none of its kind."""
    text = normalize("NFC", value).strip()
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"an identifier has at most {LONGEST} printable characters")
    return _SPELLINGS[kind](text)


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]{1,64}@([^@\s.]+\.)+[^@\s.]{2,}", text):
        raise ValueError("an e-mail address looks like name@example.org")
    return text.lower()


def _phone(text: str) -> str:
    """E.164, by Google's metadata (phonenumbers)."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_possible_number(number):
        raise ValueError("a phone number starts with + and the country's code, and has no extension")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _loyalty_card(text: str) -> str:
    number = re.sub(r"[\s-]", "", text).upper()
    if not re.fullmatch(r"[0-9A-Z]{1,64}", number):
        raise ValueError("a loyalty card's number has up to 64 digits and letters")
    return number


def _device(text: str) -> str:
    if not re.fullmatch(r"\S{1,128}", text):
        raise ValueError("a device's id has up to 128 characters and no spaces")
    return text


def _external(text: str) -> str:
    system, _, number = text.partition(":")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", system) or not number.strip():
        raise ValueError("an external id names its system first, as in erp:4711")
    return f"{system.lower()}:{number.strip()}"


_SPELLINGS: Mapping[IdentifierKind, Callable[[str], str]] = {
    IdentifierKind.EMAIL: _email,
    IdentifierKind.PHONE: _phone,
    IdentifierKind.LOYALTY_CARD: _loyalty_card,
    IdentifierKind.DEVICE: _device,
    IdentifierKind.EXTERNAL: _external,
}


class Identifier(Record):
    """An identifier in the clear, spelt the one way: personal."""

    kind: IdentifierKind
    value: Annotated[str, Field(min_length=1, max_length=LONGEST, examples=["anna@example.org"])]

    @field_validator("value")
    @classmethod
    def _spell(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        return value if kind is None else normalised(kind, value)


_CLEAR = TypeAdapter(Identifier)


class IdentifierDigest(Record):
    """An identifier that may be written where no person's key seals it: only its keyed digest.

    A body brings kind and value; validating it with the context `{"digest": f}` puts f(kind, value) in
    its place, before anything else sees it. Without such a context it is as written: kind and digest.
    """

    kind: IdentifierKind
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["00112233445566778899aabbccddeeff"])]

    @model_validator(mode="before")
    @classmethod
    def _conceal(cls, body: Any, info: ValidationInfo) -> Any:
        digest = (info.context or {}).get("digest")
        if digest is None or isinstance(body, cls):
            return body
        clear = _CLEAR.validate_python(body)
        return {"kind": clear.kind, "digest": digest(clear.kind.value, clear.value).hex()}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(_CLEAR.core_schema if handler.mode == "validation" else schema)
