import contextlib
import io
import unittest

from jobline.cli import main
from jobline.job import Priority, make_job, parse_priority
from jobline.schema import migrations
from jobline.serialize import dump_job, load_job
from jobline.settings import read_settings


def said(*words: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        main(list(words))
    return out.getvalue().strip()


class CommandTest(unittest.TestCase):
    def test_push_does_the_job(self) -> None:
        self.assertEqual(said("push", "numbers.sum", "values=1,2"), "numbers.sum done")

    def test_schedule(self) -> None:
        self.assertEqual(said("schedule"), "0m30s 1m00s 2m00s")

    def test_a_job_survives_as_plain_data(self) -> None:
        job = make_job("mail.send", {"to": "a"}, priority=parse_priority(" High "))
        self.assertEqual(load_job(dump_job(job)), job)
        self.assertIs(job.priority, Priority.high)

    def test_settings_and_schema(self) -> None:
        self.assertEqual(read_settings({"JOBLINE_STORE": "journal"}).store, "journal")
        self.assertEqual(len({number for number, _ in migrations()}), len(migrations()))
