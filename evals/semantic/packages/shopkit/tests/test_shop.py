import contextlib
import io
import unittest

from shopkit import Money, UnknownProduct
from shopkit.catalog import by_tag, heaviest
from shopkit.cli import main
from shopkit.config import setting
from shopkit.database import migrate
from shopkit.pricing import BulkOff, PercentOff, describe_all, with_discounts, with_tax
from shopkit.routing import load_handlers
from shopkit.shipping import shipping_price

from . import filled, stocked


class ShopTest(unittest.TestCase):
    def test_catalogue(self) -> None:
        catalog = stocked()
        self.assertEqual(catalog.lookup("Mug"), catalog.find("mug"))
        self.assertEqual([product.sku for product in by_tag(catalog, "kitchen")], ["mug"])
        self.assertEqual(heaviest(catalog).sku, "mug")
        with self.assertRaises(UnknownProduct):
            catalog.find("cup")

    def test_discounts(self) -> None:
        rules = [PercentOff(10), BulkOff(1, Money(100))]
        self.assertEqual(with_discounts(filled(), rules), Money(1610))
        self.assertEqual(describe_all(rules), "percent off, bulk")
        self.assertEqual(with_tax(Money(1000)), Money(1190))

    def test_shipping(self) -> None:
        self.assertEqual(shipping_price(filled(), express=True), Money(980))

    def test_routes(self) -> None:
        router = load_handlers()
        self.assertEqual(router.answer("GET", "/cart", owner="x"), {"status": 200, "articles": 0, "total": "0.00 EUR"})
        self.assertEqual(router.answer("GET", "/health")["shop"], "Corner Shop")

    def test_migrations_are_numbered_one_by_one(self) -> None:
        self.assertIn("orders", migrate())

    def test_settings(self) -> None:
        self.assertEqual(setting("limits.max_lines"), "50")

    def test_command_line(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            main(["price", "mug", "pen"])
        self.assertEqual(out.getvalue(), "12.73 EUR\n")
