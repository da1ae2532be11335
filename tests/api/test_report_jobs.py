"""Reports in the background: bounded, ended in time, one's own."""

import threading
from collections.abc import Callable, Iterator

import pytest

from api import report_jobs
from api.errors import Refusal
from api.report_jobs import File, Job, JobEndedError, ReportJobs, State, shared
from reports.errors import ReportsError

FILE = File(b"x", "text/plain", "x.txt")


@pytest.fixture
def jobs() -> Iterator[ReportJobs]:
    made = ReportJobs()
    yield made
    made.close()


def add(jobs: ReportJobs, work: Callable[[Job], File], owner: str = "li") -> Job:
    return jobs.add(owner, "daily", "2026-11", "pdf", work)


def over(job: Job) -> Job:
    """Wait until a job is over."""
    waited = threading.Event()
    for _ in range(500):
        if job.finished is not None:
            return job
        waited.wait(0.01)
    raise AssertionError(f"the job is still {job.state}")


def test_it_runs_and_tells_how_far_it_is(jobs: ReportJobs) -> None:
    seen = []

    def work(job: Job) -> File:
        shared(job.progress, 0.0, 0.8)(0.5)
        seen.append(job.share)
        return FILE

    job = over(add(jobs, work))
    assert (job.state, job.share, job.file, seen) == (State.READY, 1.0, FILE, [0.4])
    assert jobs.find(job.id, "li") is job
    with pytest.raises(Refusal):
        jobs.find(job.id, "wang")


def test_what_fails_says_why_and_the_next_still_runs(
    jobs: ReportJobs, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(_job: Job) -> File:
        raise ReportsError("the tariff ended in 2025")

    def broken(_job: Job) -> File:
        raise ZeroDivisionError

    assert over(add(jobs, unreadable)).reason == "the tariff ended in 2025"
    job = over(add(jobs, broken))
    assert (job.state, job.reason) == (State.FAILED, "the service failed at this; it is in the log")
    assert over(add(jobs, lambda _job: FILE)).state is State.READY


def test_the_queue_is_bounded_for_one_and_for_all(jobs: ReportJobs) -> None:
    go = threading.Event()

    def wait(_job: Job) -> File:
        go.wait(10)
        return FILE

    try:
        for _ in range(report_jobs.MOST_OF_ONE):
            add(jobs, wait)
        with pytest.raises(Refusal, match="too_many"):
            add(jobs, wait)
        for number in range(report_jobs.MOST_UNFINISHED - report_jobs.MOST_OF_ONE):
            add(jobs, wait, f"person {number}")
        with pytest.raises(Refusal, match="too_many"):
            add(jobs, wait, "one more")
    finally:
        go.set()


def test_one_that_runs_or_waits_is_cancelled(jobs: ReportJobs) -> None:
    started, go = threading.Event(), threading.Event()

    def work(job: Job) -> File:
        started.set()
        go.wait(10)
        job.progress(0.5)
        raise AssertionError("it went on")

    running, waiting = add(jobs, work), add(jobs, lambda _job: FILE)
    assert started.wait(10)
    jobs.cancel(waiting.id, "li")
    with pytest.raises(Refusal):
        jobs.find(waiting.id, "li")
    jobs.cancel(running.id, "li")
    go.set()
    assert over(running).state is State.CANCELLED
    assert over(waiting).file is None


def test_one_that_takes_too_long_is_ended() -> None:
    jobs = ReportJobs(timeout_s=-1)

    def work(job: Job) -> File:
        with pytest.raises(JobEndedError):
            job.progress(0.1)
        return FILE

    job = over(add(jobs, work))
    assert (job.state, job.reason, job.file) == (State.FAILED, "it took too long", None)
    jobs.close()


def test_only_so_many_files_are_kept(jobs: ReportJobs) -> None:
    made = [over(add(jobs, lambda _job: FILE)) for _ in range(report_jobs.MOST_KEPT + 2)]
    with pytest.raises(Refusal):
        jobs.find(made[0].id, "li")
    assert jobs.find(made[-1].id, "li").file is FILE
