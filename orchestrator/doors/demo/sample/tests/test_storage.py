"""What is kept comes back."""

import tempfile
import unittest
from pathlib import Path

from shop.catalogue import SAMPLE
from shop.storage import Storage


class StorageTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.storage = Storage(Path(directory.name) / "shop.json")

    def test_before_the_first_time_there_is_nothing(self) -> None:
        self.assertEqual(list(self.storage.load_catalogue()), [])

    def test_the_catalogue_comes_back(self) -> None:
        self.storage.save_catalogue(SAMPLE)
        self.assertEqual(list(self.storage.load_catalogue()), list(SAMPLE))


if __name__ == "__main__":
    unittest.main()
