"""The catalogue: what the shop sells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shop.money import Money


class UnknownProduct(LookupError):
    """There is no product with this article number."""


@dataclass(frozen=True)
class Product:
    """Something to buy."""

    sku: str  # article number
    name: str
    price: Money


class Catalogue:
    """Products by article number."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self._products = {product.sku: product for product in products}

    def __iter__(self) -> Iterator[Product]:
        return iter(sorted(self._products.values(), key=lambda product: product.sku))

    def find(self, sku: str) -> Product:
        """The product of an article number, or ``UnknownProduct``."""
        try:
            return self._products[sku]
        except KeyError:
            raise UnknownProduct(f"no product {sku!r}") from None

    def search(self, words: str) -> list[Product]:
        """Products whose name has every one of the words, upper and lower case alike."""
        wanted = words.lower().split()
        return [p for p in self if all(word in p.name.lower() for word in wanted)]


SAMPLE = Catalogue(
    [
        Product("tea-green", "Green tea, 100 g", Money(450)),
        Product("tea-black", "Black tea, 100 g", Money(390)),
        Product("mug-blue", "Blue mug", Money(1200)),
        Product("pot-iron", "Cast iron tea pot", Money(5490)),
    ]
)
