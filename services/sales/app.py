"""What the sales service is made of."""

from typing import get_args

from kernel.aggregate import Aggregate, Taken
from kernel.web.service import Service
from services.sales import product, purchase, value_tiers, waiting
from services.sales.commands import CallPurchasesUp, ListProduct, SetPurchasesAside, SetValueTiers
from services.sales.events import ProductListed, PurchasesCalledUp, PurchasesSetAside, ValueTiersSet
from services.sales.reactions import ATTRIBUTE_PURCHASE

SERVICE = Service(
    name="sales",
    reactions=(ATTRIBUTE_PURCHASE,),
    aggregates=(
        Aggregate(
            name="purchase",
            path="purchases",
            commands=get_args(purchase.PurchaseCommand),
            events=get_args(purchase.PurchaseEvent),
            initial=purchase.initial,
            evolve=purchase.evolve,
            decide=purchase.decide,
            claims=purchase.claims,
            taken=Taken("already-recorded", "A purchase with this external number is recorded already."),
        ),
        Aggregate(
            name="waiting-purchases",
            path="waiting-purchases",
            commands=(SetPurchasesAside, CallPurchasesUp),
            events=(PurchasesSetAside, PurchasesCalledUp),
            initial=waiting.initial,
            evolve=waiting.evolve,
            decide=waiting.decide,
            stream_of=waiting.stream_of,
        ),
        Aggregate(
            name="product",
            path="products",
            commands=(ListProduct,),
            events=(ProductListed,),
            initial=product.initial,
            evolve=product.evolve,
            decide=product.decide,
            stream_of=product.stream_of,
        ),
        Aggregate(
            name="value-tiers",
            path="value-tiers",
            commands=(SetValueTiers,),
            events=(ValueTiersSet,),
            initial=value_tiers.initial,
            evolve=value_tiers.evolve,
            decide=value_tiers.decide,
            stream_of=value_tiers.stream_of,
        ),
    ),
)
