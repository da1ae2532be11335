"""Reports that are made in the background: a bounded queue, a time-out, and a way to end one."""

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy.exc
import structlog

from api.errors import ApiError, Refusal
from device_configs.faults import DeviceConfigsError
from ingest.bus import IngestError
from records.engine import RecordsError
from reports.asked import Progress
from reports.errors import ReportsError

AT_ONCE = 1
"""Reports that are made at a time; each holds the interpreter for a while."""
MOST_UNFINISHED = 20
MOST_OF_ONE = 5
"""Unfinished jobs of one caller."""
MOST_KEPT = 20
"""Finished jobs whose files are kept, all callers together."""
KEPT_S = 1800.0
"""How long a finished job is kept. [s]"""
TIMEOUT_S = 300.0
"""After so long a running job is ended. [s]"""
_log = structlog.get_logger(__name__)


class JobEndedError(ApiError):
    """The job was cancelled or took too long; raised inside its work."""


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class File:
    """What a download is."""

    content: bytes
    media_type: str
    name: str


@dataclass
class Job:
    """One job; changed by its thread, read by the routes."""

    id: str
    owner: str
    kind: str
    period: str
    format: str
    state: State = State.WAITING
    share: float = 0.0
    reason: str | None = None
    file: File | None = None
    ended: bool = False
    """Asked to end."""
    deadline: float | None = None
    finished: float | None = None

    def progress(self, share: float) -> None:
        """Take how far the work is.

        Raises:
            JobEndedError: it is not wanted any more, or has taken too long.
        """
        if self.stopped():
            raise JobEndedError("cancelled" if self.ended else "it took too long")
        self.share = max(self.share, min(share, 1.0))

    def stopped(self) -> bool:
        """Whether the work is to end."""
        return self.ended or (self.deadline is not None and time.monotonic() > self.deadline)


class ReportJobs:
    """The jobs of one app; they are gone when it stops."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="report")

    def add(
        self, owner: str, kind: str, period: str, format: str, work: Callable[[Job], File]
    ) -> Job:
        """Queue one piece of work.

        Raises:
            Refusal: `too_many` are unfinished.
        """
        job = Job(secrets.token_urlsafe(12), owner, kind, period, format)
        with self._lock:
            self._forget()
            unfinished = [one for one in self._jobs.values() if one.finished is None]
            own = [one for one in unfinished if one.owner == owner]
            if len(unfinished) >= MOST_UNFINISHED or len(own) >= MOST_OF_ONE:
                raise Refusal("too_many", headers={"Retry-After": "10"})
            self._jobs[job.id] = job
        future = self._threads.submit(self._run, job, work)
        future.add_done_callback(lambda done: _closed(job, done))
        return job

    def find(self, id_: str, owner: str) -> Job:
        """A caller's own job.

        Raises:
            Refusal: `not_found`.
        """
        with self._lock:
            self._forget()
            job = self._jobs.get(id_)
        if job is None or job.owner != owner:
            raise Refusal("not_found", "there is no such report in the making, or no more")
        return job

    def cancel(self, id_: str, owner: str) -> None:
        """End a job, or throw away what it made.

        Raises:
            Refusal: `not_found`.
        """
        job = self.find(id_, owner)
        job.ended = True
        if job.finished is not None or job.state is State.WAITING:
            with self._lock:
                self._jobs.pop(id_, None)

    def close(self) -> None:
        """End everything."""
        for job in self._jobs.values():
            job.ended = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _forget(self) -> None:
        now = time.monotonic()
        finished = sorted(
            (one for one in self._jobs.values() if one.finished is not None),
            key=lambda one: one.finished or 0.0,
            reverse=True,
        )
        old = (one for one in finished if now - (one.finished or now) > KEPT_S)
        for job in {one.id for one in itertools.chain(old, finished[MOST_KEPT:])}:
            self._jobs.pop(job, None)

    def _run(self, job: Job, work: Callable[[Job], File]) -> None:
        if job.ended:
            return
        job.state, job.deadline = State.RUNNING, time.monotonic() + self._timeout_s
        try:
            file = work(job)
            job.progress(1.0)
        except JobEndedError as error:
            job.state = State.CANCELLED if job.ended else State.FAILED
            job.reason = None if job.ended else str(error)
            return
        except (ReportsError, RecordsError, IngestError, DeviceConfigsError) as error:
            # What was being set when it was cancelled was ended, and says so as a failure.
            job.state, job.reason = State.CANCELLED if job.ended else State.FAILED, str(error)
            return
        except sqlalchemy.exc.SQLAlchemyError as error:
            _log.warning("a report could not be made", kind=job.kind, error=str(error))
            job.state, job.reason = State.FAILED, "the database cannot be read"
            return
        job.file, job.state = file, State.READY


def _closed(job: Job, done: Future[None]) -> None:
    """Whatever happened to the thread, the job is over."""
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.error("a report failed", kind=job.kind, period=job.period, exc_info=error)
        job.reason = "the service failed at this; it is in the log"
        job.state = State.FAILED
    if job.state in (State.WAITING, State.RUNNING):
        job.state = State.CANCELLED
    job.finished = time.monotonic()


def shared(progress: Progress, low: float, high: float) -> Progress:
    """The progress of a part of the work, as one of the whole."""
    return lambda share: progress(low + (high - low) * share)
