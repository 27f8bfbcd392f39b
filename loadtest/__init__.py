"""The day of the exam, played against the real service and audited: ``make loadtest``, ``make chaos``.

=================  =======================================================================================
``plan``           when each phase is and how each seat behaves; pure
``machine``        what a candidate's machine keeps and sends, as ``static/seat/sender.js`` does; pure
``wire``           a small HTTP client on gevent
``candidates``     the Locust user
``generator``      Locust's master and workers, each a process
``acked``          the log of what was acknowledged
``world``          the examination in a throw-away database
``rooms``          what the invigilators do
``processes``      PostgreSQL, the seat service and the scheduler, watched and measured
``network``        machines of the cluster test: namespaces and nginx
``faults``         what ``make chaos`` and ``make cluster-test`` break
``audit``          acknowledged against stored, folded and marked, seat by seat
``verdict``        what a run has to show
``report``         ``var/loadtest/report.json`` and ``report.html``
``day``            puts it all together
``performance``    writes docs/performance.md, with ``promises``, ``sizing``, ``tls`` and ``tables``
=================  =======================================================================================
"""
