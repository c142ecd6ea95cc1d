import asyncio
import unittest

from jobline import Fixed, Growing, MemoryStore, NoSuchTask, Queue, State, Worker, make_job
from jobline.clock import FrozenClock
from jobline.events import Events, recorder
from jobline.registry import find_task, task_names
from jobline.retry import is_final, schedule_of
from jobline.worker import run_once


class WorkerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = FrozenClock()
        self.worker = Worker(Queue(MemoryStore(), self.clock), Fixed(1.0), Events())

    def test_a_job_is_done(self) -> None:
        seen: list[tuple[str, int]] = []
        self.worker.events.on("done", recorder(seen, "done"))
        job = self.worker.queue.push("numbers.sum", values=[1, 2])
        self.assertIs(asyncio.run(run_once(self.worker)).state, State.done)
        self.assertEqual(self.worker.results[job.id], 3)
        self.assertEqual(seen, [("done", job.id)])

    def test_a_failed_job_is_tried_three_times(self) -> None:
        self.worker.queue.push("numbers.sum", values=[])
        for _ in range(3):
            ended = self.worker.step()
            self.clock.forward(1)
        self.assertEqual((ended.state, ended.attempts), (State.failed, 3))

    def test_an_unknown_task_is_not_tried_again(self) -> None:
        self.worker.queue.push("no.such")
        self.assertIs(self.worker.step().state, State.failed)
        with self.assertRaises(NoSuchTask):
            find_task("no.such")
        self.assertTrue(is_final(NoSuchTask("x")))

    def test_drain(self) -> None:
        for to in "abc":
            self.worker.queue.push("mail.send", to=to)
        self.assertEqual(self.worker.drain(), 3)

    def test_rules(self) -> None:
        self.assertEqual(schedule_of(Growing()), [1.0, 2.0, 4.0])
        self.assertIsNone(Fixed().again(make_job("x").started().started().started(), ValueError()))
        self.assertIn("mail.send", task_names())
