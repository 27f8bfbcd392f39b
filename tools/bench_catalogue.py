"""Measure what searching a catalogue of 5,000 courses takes: ``make bench-catalogue``.

A throw-away database (PostgreSQL where ``DATABASE_URL`` names one, else SQLite) gets courses put together
from the demonstration's; one server process on one core answers one client on another, page by page. Prints
a table and writes ``var/bench/catalogue-<database>.json``: milliseconds from the request to the last byte;
beside them those of CPU that the server took for one, which say what a page costs even on a busy machine.
"""

import argparse
import http.client
import itertools
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, urlencode

from tools import benching

_REQUESTS = 100
_INSTRUCTORS = ("มานะ รักเรียน", "ปิติ ยินดี", "ชูใจ เลิศล้ำ", "วีระ ประสงค์สุข", "สมคิด จริงใจ", "เพชร เจริญผล")
_PREFIXES = ("", "พื้นฐาน", "การประยุกต์ใช้", "แนวปฏิบัติ", "กรณีศึกษา", "ทบทวน")
_SEARCHES = {
    "the whole list": [""],
    "one word": ["ข้อมูล", "กฎหมาย", "ภาษาอังกฤษ", "จริยธรรม", "โครงการ"],
    "two letters": ["งา", "กา", "ข้", "AI"],
    "another spelling": ["ดิจิตอล", "เวปไซท์", "พรบ", "OCSC", "กฏหมาย"],
    "words written together": ["บริหารข้อมูลบุคคล", "วิเคราะห์โครงการภาครัฐ", "กฎหมายข้อมูลข่าวสาร"],
    "four words": ["การ บริหาร ภาครัฐ ข้อมูล", "เจ้าหน้าที่ ของรัฐ ดิจิทัล เบื้องต้น"],
    "an instructor": ["มานะ", "ชูใจ เลิศล้ำ"],
    "nothing found": ["กขคง", "ไม่มีคำนี้แน่นอน"],
    "the longest question": ["ความรู้เรื่องการบริหารราชการแผ่นดินและการพัฒนาทรัพยากรบุคคลภาครัฐในยุคดิจิทัลสำหรับผู้ปฏิบัติงาน"],
}


def prepare(count: int) -> int:
    """Fill the database of this process, and return how many courses are listed."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from courses.catalogue.listing import touch
    from courses.catalogue.models import Course, CourseVersion, Instructor, Topic, VersionStatus
    from courses.catalogue.services.loading import load_folder
    from learning.people import demo
    from learning.people.models import Agency

    call_command("migrate", verbosity=0)
    demo.load()
    from courses.catalogue.lesson_files import DATA

    draw = random.Random(5)  # noqa: S311  synthetic data, not a secret
    with transaction.atomic():
        load_folder(DATA, owner_code=demo.OCSC)
        models = list(Course.objects.all())
        agencies = list(Agency.objects.all())
        made = []
        for number in range(count - len(models)):
            one, other = draw.sample(models, 2)
            made.append(
                Course(
                    code=f"{one.category}{number + 1000}",
                    name_th=f"{draw.choice(_PREFIXES)}{one.name_th} {number}"[:200],
                    name_en=f"{one.name_en} {number}"[:200],
                    owner=draw.choice(agencies),
                    category=one.category,
                    objective_th=f"{one.objective_th} {other.objective_th}",
                    target_group=other.target_group,
                    keywords=one.keywords,
                    hours=Decimal(draw.randint(1, 60)) / 2,
                )
            )
        made = Course.objects.bulk_create(made, batch_size=500)
        versions = CourseVersion.objects.bulk_create(
            [CourseVersion(course=course, number=1) for course in made], batch_size=500
        )
        names = [course.name_th for course in models]
        Topic.objects.bulk_create(
            [
                Topic(version=version, order=order, name_th=name, minutes=30)
                for version in versions
                for order, name in enumerate(draw.sample(names, draw.randint(3, 8)))
            ],
            batch_size=500,
        )
        start = made[0].created_at
        CourseVersion.objects.filter(status=VersionStatus.DRAFT).update(
            status=VersionStatus.PUBLISHED, published_at=start
        )
        Instructor.objects.bulk_create(
            [
                Instructor(course=course, order=order, name=name, position="วิทยากร")
                for course in made
                for order, name in enumerate(draw.sample(_INSTRUCTORS, 2))
            ],
            batch_size=500,
        )
        touch()
    with connection.cursor() as cursor:
        # As autovacuum has done long before anybody searches.
        cursor.execute("ANALYZE")
    return Course.objects.listed().count()


def change() -> int:
    """Rename a course, as an officer would; return its key."""
    import django

    django.setup()
    from courses.catalogue.models import Course
    from courses.catalogue.services.courses import change_course

    course = Course.objects.all()[0]
    change_course(course, {"name_th": f"{course.name_th} ใหม่"}, actor=None)
    return int(course.pk)


class _Client:
    """Asks one page after another, as one person does."""

    def __init__(self, port: int, server: int) -> None:
        self.server = server
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, path: str) -> float:
        """Return the milliseconds until the last byte of a page."""
        start = time.perf_counter()
        self.connection.request("GET", path, headers={"Host": "localhost"})
        response = self.connection.getresponse()
        response.read()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {response.status}")
        return (time.perf_counter() - start) * 1000

    def time(self, paths: Sequence[str]) -> dict[str, float]:
        """Ask the paths in turn; return median, 95th percentile, the slowest, and the CPU of the server."""
        for path in paths:
            self.ask(path)
        worked = benching.cpu_seconds(self.server)
        took = sorted(self.ask(path) for path in itertools.islice(itertools.cycle(paths), _REQUESTS))
        return {
            "median_ms": took[len(took) // 2],
            "p95_ms": took[int(len(took) * 0.95)],
            "slowest_ms": took[-1],
            "cpu_ms": (benching.cpu_seconds(self.server) - worked) / _REQUESTS * 1000,
        }


def _paths() -> dict[str, list[str]]:
    found = {
        name: [f"/courses/?{urlencode({'q': text})}" if text else "/courses/" for text in texts]
        for name, texts in _SEARCHES.items()
    }
    found["a word and filters"] = [
        f"/courses/?q={quote(text)}&category=DS&category=KD&hours=3&offered=here&sort=name"
        for text in _SEARCHES["one word"]
    ]
    found["the last page"] = ["/courses/?page=9999&sort=name"]
    found["suggestions"] = [
        f"/courses/suggest/?q={quote(text[:length])}"
        for text in _SEARCHES["one word"]
        for length in range(1, len(text) + 1)
    ]
    found["a course"] = ["/courses/KD10/", "/courses/KD53/"]
    found["the front page"] = ["/"]
    return found


def _memory(pid: int) -> int:
    """Return the megabytes a process holds."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) // 1024


def measure(environment: dict[str, str]) -> dict[str, dict[str, float]]:
    """Serve the catalogue and time its pages."""
    figures: dict[str, dict[str, float]] = {}
    with benching.served(["learning.asgi:application"], environment) as (port, pid):
        client = _Client(port, pid)
        for _ in range(5):
            client.ask("/accessibility/")
        before = _memory(pid)
        figures["first search of a process"] = {"median_ms": client.ask("/courses/")}
        figures["memory of the list"] = {"megabytes": _memory(pid) - before}
        figures |= {name: client.time(paths) for name, paths in _paths().items()}
        benching.call_in(environment, "bench_catalogue", "change()")
        # The server has closed the connection, should the change have taken longer than it waits.
        figures["first search after a change"] = {"median_ms": _Client(port, pid).ask("/courses/")}
    return figures


def main() -> None:
    """Measure on the database of the environment."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--courses", type=int, default=5000)
    count = parser.parse_args().courses
    benching.take_second_core()
    with (
        tempfile.TemporaryDirectory() as folder,
        benching.throw_away_database("bench_catalogue", folder) as url,
    ):
        environment = benching.environment_with(url, folder) | {
            "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
            "SEAT_APP": "",
        }
        try:
            listed = benching.call_in(environment, "bench_catalogue", f"prepare({count})")
            figures = measure(environment)
        except subprocess.CalledProcessError as error:
            sys.exit(f"the database could not be filled: {error}")
        database = "postgresql" if benching.is_postgres(url) else "sqlite"
    print(f"{listed:,} courses, {database}, {benching.machine()}")
    print(f"{'':32}{'median':>10}{'p95':>10}{'slowest':>10}{'CPU':>10}")
    for name, row in figures.items():
        print(f"{name:32}" + "".join(f"{value:10.1f}" for value in row.values()))
    report = {"date": time.strftime("%Y-%m-%d"), "machine": benching.machine(), "courses": listed}
    benching.write_report(f"catalogue-{database}", report | {"figures": figures})


if __name__ == "__main__":
    main()
