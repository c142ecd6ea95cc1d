"""The errors of jobline."""


class JobError(Exception):
    """Something about a job."""

    retryable = True


class NoSuchTask(JobError):
    retryable = False


class JobTimeout(JobError):
    def __init__(self, seconds: float) -> None:
        super().__init__(f"longer than {seconds} s")
        self.seconds = seconds


class StoreClosed(RuntimeError):
    """The store was closed before."""
