"""The command line, as a customer types it."""

import contextlib
import io
import unittest

from shop.cli import main


def shop(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = main(["--file", "/nonexistent/shop.json", *arguments])
    return status, out.getvalue()


class CommandLineTest(unittest.TestCase):
    def test_search_finds_by_words(self) -> None:
        status, out = shop("search", "tea", "green")
        self.assertEqual(status, 0)
        self.assertIn("tea-green", out)
        self.assertNotIn("mug-blue", out)

    def test_total_of_several_products(self) -> None:
        self.assertEqual(shop("total", "tea-green:2", "mug-blue"), (0, "21.00\n"))

    def test_an_unknown_product_is_one_clear_line(self) -> None:
        self.assertEqual(shop("total", "car"), (1, "shop: no product 'car'\n"))


if __name__ == "__main__":
    unittest.main()
