"""Money: in which currency an amount is."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

_NATIONAL = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_WITHDRAWN = "ANG BGN CUC HRK SLL ZWL"

CURRENCIES = frozenset(f"{_NATIONAL} {_WITHDRAWN}".split())
"""ISO 4217, list one without funds and metals, and what was withdrawn since 2020: imported history has it."""


def _known(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("a currency is one of the codes of ISO 4217, as in EUR")
    return code


Currency = Annotated[str, AfterValidator(_known), Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
