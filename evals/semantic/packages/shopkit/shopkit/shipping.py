"""What sending it costs, and how."""

from __future__ import annotations

from .cart import Cart
from .money import Money

RATES = {"letter": Money(160), "parcel": Money(490)}
LETTER_GRAMS = 500


def weight_of(cart: Cart) -> int:
    return sum(line.product.weight * line.quantity for line in cart.lines)


def shipping_kind(grams: int) -> str:
    return "letter" if grams <= LETTER_GRAMS else "parcel"


def shipping_price(cart: Cart, express: bool = False) -> Money:
    price = RATES[shipping_kind(weight_of(cart))]
    return price.times(2) if express else price
