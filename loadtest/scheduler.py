"""The platform's schedule in a process of its own: ``python -m loadtest.scheduler``.

The same embedded scheduler that a single web process runs, with the same tasks from the settings; the seat
processes beside it run none.
"""

import signal
import threading

import django


def main() -> None:
    """Run the schedule until told to end."""
    django.setup()
    from learning.celery import app
    from learning.embedded_beat import EmbeddedBeat

    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    beat = EmbeddedBeat(app)
    beat.start()
    over.wait()
    beat.stop()


if __name__ == "__main__":
    main()
