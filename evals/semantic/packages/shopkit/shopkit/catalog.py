"""Products, and how many of them there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import OutOfStock, UnknownProduct
from .money import Money


@dataclass(frozen=True)
class Product:
    sku: str
    title: str
    price: Money
    weight: int = 0
    tags: frozenset[str] = frozenset()


@dataclass
class Catalog:
    products: dict[str, Product] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)

    def register(self, product: Product, stock: int = 0) -> Product:
        self.products[product.sku] = product
        self.stock[product.sku] = self.stock.get(product.sku, 0) + stock
        return product

    def find(self, sku: str) -> Product:
        """The product with this number.

        Raises:
            UnknownProduct: there is none.
        """
        try:
            return self.products[sku]
        except KeyError:
            raise UnknownProduct(sku) from None

    def lookup(self, title: str) -> Product | None:
        for product in self.products.values():
            if product.title == title:
                return product
        return None

    def available(self, sku: str) -> int:
        return self.stock.get(sku, 0)

    def take(self, sku: str, count: int) -> None:
        if self.available(sku) < count:
            raise OutOfStock(sku)
        self.stock[sku] -= count

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products.values())


def by_tag(catalog: Catalog, tag: str) -> list[Product]:
    return [product for product in catalog if tag in product.tags]


def heaviest(catalog: Catalog) -> Product:
    return max(catalog, key=lambda product: product.weight)
