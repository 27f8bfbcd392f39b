"""How far a long job of a round is, for the page that waits for it.

Kept in the cache, beside the job's own transaction, which shows nothing before it ends. Where it is lost, a
bar is lost: what the job did, or did not, stands in the database.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from django.core.cache import cache

from learning.errors import DomainError

T = TypeVar("T")

PAPERS, PLACES = "papers", "places"
# Nothing heard of a job for so long means that its process is gone; then it can be started again.
_LIFE_S = 10 * 60
# Things done between two reports.
_STEP = 500


@dataclass(frozen=True)
class Job:
    """A job under way: how much is done of how much, or the sentence with which it ended in vain."""

    done: int
    total: int
    problem: str = ""


def begin(kind: str, round_pk: int, total: int) -> bool:
    """Claim a job of a round; False where somebody has it under way."""
    standing = current(kind, round_pk)
    if standing is not None and standing.problem:
        end(kind, round_pk)
    return cache.add(_key(kind, round_pk), Job(0, total), _LIFE_S)


def current(kind: str, round_pk: int) -> Job | None:
    """Return the job under way or failed, if there is one."""
    found: Job | None = cache.get(_key(kind, round_pk))
    return found


def report(kind: str, round_pk: int, done: int) -> None:
    """Say how much is done. The last of it is done when the work has ended and stands in the database."""
    job = current(kind, round_pk)
    if job is not None:
        cache.set(_key(kind, round_pk), replace(job, done=max(0, min(done, job.total - 1))), _LIFE_S)


def end(kind: str, round_pk: int) -> None:
    """Forget a job that is done."""
    cache.delete(_key(kind, round_pk))


def carry_out(kind: str, round_pk: int, work: Callable[[Callable[[int], None]], object]) -> None:
    """Do the work, which gets what to call with how much is done; keep for the page what a rule refuses."""
    try:
        work(lambda done: report(kind, round_pk, done))
    except DomainError as error:
        cache.set(_key(kind, round_pk), Job(0, 0, str(error.message)), _LIFE_S)
    except BaseException:
        end(kind, round_pk)
        raise
    else:
        end(kind, round_pk)


def counted(rows: Iterable[T], tell: Callable[[int], None], *, before: int = 0) -> Iterator[T]:
    """Yield the rows, and tell now and then how many have gone by."""
    for n, row in enumerate(rows, start=before + 1):
        yield row
        if not n % _STEP:
            tell(n)


def _key(kind: str, round_pk: int) -> str:
    return f"registration-job:{kind}:{round_pk}"
