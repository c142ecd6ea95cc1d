import unittest

from shopkit import Money, OrderStatus, OutOfStock, PaymentFailed, place_order
from shopkit.orders import open_orders
from shopkit.payment import TestGateway, retrying
from shopkit.reports import best_customers, by_status, turnover

from . import filled, mug, stocked


class OrderTest(unittest.TestCase):
    def test_a_paid_order_has_a_receipt(self) -> None:
        cart, catalog = filled(), stocked()
        order = place_order(cart, catalog, TestGateway())
        self.assertEqual((order.number, order.status, order.receipt), ("O-00001", OrderStatus.PAID, "R1"))
        self.assertEqual(catalog.available("mug"), 8)
        self.assertTrue(cart.is_empty())
        order.ship()
        self.assertEqual(open_orders([order]), [])

    def test_what_is_not_there_is_not_sold(self) -> None:
        cart = filled()
        cart.add(mug(), 20)
        with self.assertRaises(OutOfStock):
            place_order(cart, stocked(), TestGateway())

    def test_a_refused_account_is_told_in_the_end(self) -> None:
        with self.assertRaises(PaymentFailed):
            retrying(TestGateway(("ann",)).charge)("ann", Money(5))

    def test_reports(self) -> None:
        orders = [place_order(filled(), stocked(), TestGateway()) for _ in range(2)]
        orders[1].cancel()
        self.assertEqual(turnover(orders), Money(1900))
        self.assertEqual(by_status(orders), {"paid": 1, "cancelled": 1})
        self.assertEqual(best_customers(orders), ["ann"])
