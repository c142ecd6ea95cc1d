"""Amounts are exact."""

import unittest

from shop.money import Money


class MoneyTest(unittest.TestCase):
    def test_amounts_are_read_and_written(self) -> None:
        self.assertEqual(Money.parse("12.50"), Money(1250))
        self.assertEqual(str(Money(1250)), "12.50")
        self.assertEqual(str(Money.parse("7")), "7.00")

    def test_what_is_not_an_amount_is_refused(self) -> None:
        for text in ("", "-1", "1.5", "1,50", "ten"):
            with self.subTest(text), self.assertRaises(ValueError):
                Money.parse(text)

    def test_sums_are_exact(self) -> None:
        self.assertEqual(Money(10) * 3 + Money(1), Money(31))


if __name__ == "__main__":
    unittest.main()
