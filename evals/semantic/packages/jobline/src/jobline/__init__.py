"""jobline: jobs that are done later, in order, and tried again."""

from jobline.errors import JobError, JobTimeout, NoSuchTask, StoreClosed
from jobline.job import Job, Priority, State, make_job
from jobline.queue import Queue
from jobline.retry import Fixed, Growing, RetryRule
from jobline.stores import MemoryStore, Store, open_store
from jobline.worker import Worker

__version__ = "2.3.0"
