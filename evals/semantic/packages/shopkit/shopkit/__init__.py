"""A small shop: a catalogue, carts, prices, orders and payments."""

from .cart import Cart, CartLine
from .catalog import Catalog, Product
from .errors import OutOfStock, PaymentFailed, ShopError, UnknownProduct
from .money import Money
from .orders import Order, OrderStatus, place_order

__all__ = [
    "Cart",
    "CartLine",
    "Catalog",
    "Money",
    "Order",
    "OrderStatus",
    "OutOfStock",
    "PaymentFailed",
    "Product",
    "ShopError",
    "UnknownProduct",
    "place_order",
]
