import unittest

from jobline import MemoryStore, Priority, Queue, State, StoreClosed, open_store
from jobline.clock import FrozenClock


class QueueTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = FrozenClock(100.0)
        self.queue = Queue(MemoryStore(), self.clock)

    def test_the_most_urgent_comes_first(self) -> None:
        self.queue.push("mail.send", to="a")
        urgent = self.queue.push("mail.send", Priority.high, to="b")
        self.assertEqual(self.queue.pop().id, urgent.id)
        self.assertEqual(len(self.queue), 1)

    def test_what_is_delayed_waits(self) -> None:
        job = self.queue.push("mail.send", to="a")
        self.queue.delay(job, 5)
        self.assertEqual(self.queue.waiting(), [])
        self.clock.forward(5)
        self.assertEqual([waiting.id for waiting in self.queue.waiting()], [job.id])

    def test_both_stores_keep_the_latest(self) -> None:
        for url in ("memory", "journal", "journal://jobs"):
            store = open_store(url)
            queue = Queue(store, self.clock)
            job = queue.push("mail.send", to="a")
            queue.finish(job)
            self.assertIs(store.get(job.id).state, State.done)
            self.assertEqual(store.size(), 1)
            store.close()
            with self.assertRaises(StoreClosed):
                store.put(job)
