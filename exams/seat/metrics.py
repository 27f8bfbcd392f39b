"""What Prometheus is told about a process of the seat service, on ``/seat/metrics``.

Every process has its own figures; Prometheus asks each and adds them up.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
# Fine around the promises: a reply within 50 ms, a storm within 3 s.
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

ACKNOWLEDGED = Counter("seat_acknowledged_entries", "Journal entries acknowledged", registry=REGISTRY)
REFUSED = Counter("seat_refused", "Requests refused or put off, by error", ["error"], registry=REGISTRY)
REPLY_SECONDS = Histogram(
    "seat_reply_seconds",
    "From the request read to its reply, by action",
    ["action"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
GROUP_SIZE = Histogram("seat_flush_jobs", "Jobs written together", buckets=_SIZES, registry=REGISTRY)
GROUP_SECONDS = Histogram(
    "seat_flush_seconds", "Time to write one group", buckets=_SECONDS, registry=REGISTRY
)
LAG_SECONDS = Histogram(
    "seat_lag_seconds",
    "From its arrival until it was stored, of the job that waited longest in each group",
    buckets=_SECONDS,
    registry=REGISTRY,
)
WAITING = Gauge("seat_waiting_jobs", "Jobs that wait for the next group", registry=REGISTRY)
ACTIVE = Gauge("seat_active_sittings", "Sittings heard from in the last 90 seconds", registry=REGISTRY)
FEED_AGE = Gauge("seat_clock_feed_age_seconds", "Since clock changes were last read", registry=REGISTRY)

# The actions by name; an address of somebody's making counts as "other", or it would fill the memory.
_ACTIONS = ("entries", "submit", "enter", "key", "paper", "papers", "page")
_BY_ACTION = {action: REPLY_SECONDS.labels(action) for action in _ACTIONS}
_OTHER = REPLY_SECONDS.labels("other")


def observe(action: str, seconds: float) -> None:
    """Take note of how long a reply took."""
    _BY_ACTION.get(action, _OTHER).observe(seconds)


def observe_group(size: int, seconds: float, lag: float) -> None:
    """Take note of one group of jobs; `lag` is that of the job that came first."""
    GROUP_SIZE.observe(size)
    GROUP_SECONDS.observe(seconds)
    LAG_SECONDS.observe(lag)


def text() -> bytes:
    """Return the figures in Prometheus' text format."""
    return generate_latest(REGISTRY)
