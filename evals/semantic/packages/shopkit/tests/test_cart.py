import unittest

from shopkit import Cart, Money
from shopkit.cart import merge_carts

from . import filled, mug


class CartTest(unittest.TestCase):
    def test_total_is_the_sum_of_the_lines(self) -> None:
        self.assertEqual(filled().total(), Money(1900))

    def test_what_is_removed_is_gone(self) -> None:
        cart = filled()
        self.assertEqual(cart.remove("mug"), 1)
        self.assertTrue(cart.is_empty())

    def test_two_carts_become_one(self) -> None:
        self.assertEqual(merge_carts(filled(), Cart("bob")).count(), 2)

    def test_a_line_knows_its_subtotal(self) -> None:
        self.assertEqual(Cart().add(mug(), 3).subtotal, Money(2850))
