"""Filling a cart and checking out."""

import unittest

from shop.cart import Cart, EmptyCart, checkout
from shop.catalogue import SAMPLE, UnknownProduct
from shop.money import Money


class CartTest(unittest.TestCase):
    def setUp(self) -> None:
        self.cart = Cart(SAMPLE)

    def test_the_same_product_twice_is_one_line(self) -> None:
        self.cart.add("tea-green")
        self.cart.add("tea-green", 2)
        self.assertEqual([line.quantity for line in self.cart.lines], [3])
        self.assertEqual(self.cart.total, Money(1350))

    def test_only_products_of_the_catalogue(self) -> None:
        with self.assertRaises(UnknownProduct):
            self.cart.add("car")

    def test_what_was_removed_costs_nothing(self) -> None:
        self.cart.add("mug-blue")
        self.cart.remove("mug-blue")
        self.assertEqual(self.cart.total, Money(0))

    def test_an_order_is_what_was_in_the_cart(self) -> None:
        self.cart.add("pot-iron")
        order = checkout(self.cart)
        self.cart.add("tea-black")
        self.assertEqual(order.total, Money(5490))
        self.assertEqual(len(order.lines), 1)

    def test_an_empty_cart_is_no_order(self) -> None:
        with self.assertRaises(EmptyCart):
            checkout(self.cart)


if __name__ == "__main__":
    unittest.main()
