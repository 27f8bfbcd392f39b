"""Import a course package."""

import json
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from courses.catalogue.services.importing import Imported, import_package
from courses.content.errors import PackageUnfit
from learning.errors import DomainError

_EMPTY: dict[str, Any] = {
    "status": "errors",
    "kind": None,
    "units": [],
    "errors": [],
    "warnings": [],
    "course": None,
    "version": None,
    "package": None,
}
_INTERRUPTED = 130


class Command(BaseCommand):
    """Call the service and print what it said as JSON."""

    help = (
        "Check a course package (SCORM 1.2 and 2004, cmi5, xAPI, H5P, HTML, MP4, PDF) and put it into the "
        "draft of a course, which is made when the code is new. Prints one JSON report and nothing else on "
        "standard output; ends with status 1 on errors, and then nothing was changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--course", required=True, help="code of the course, for example KD90")
        parser.add_argument(
            "--owner", default="", help="code of the agency; default: the course's own, or the platform's"
        )
        parser.add_argument("--publish", action="store_true", help="approve and publish the draft at once")

    def handle(self, *_args: Any, **options: Any) -> None:
        with translation.override("th"), _sigterm_as_interrupt():
            try:
                self._report(self._imported(**options))
            except PackageUnfit as unfit:
                self._report(_EMPTY | unfit.report.as_dict(), status=1)
            except DomainError as error:
                self._report(_failed(error.code, error.message), status=1)
            except OSError as error:
                if _was_interrupted(error):
                    self._report_interrupted()
                else:
                    self._report(_failed("file-unreadable", _cannot_read(error), options["file"]), status=1)
            except KeyboardInterrupt:
                self._report_interrupted()

    def _report_interrupted(self) -> None:
        message = _("Interrupted. Nothing was kept; run the command again.")
        self._report(_failed("interrupted", message), status=_INTERRUPTED)

    def _imported(
        self, *, file: Path, course: str, owner: str, publish: bool, **_options: Any
    ) -> dict[str, Any]:
        with file.open("rb") as upload:
            imported = import_package(
                upload,
                file.name,
                code=course.strip().upper(),
                owner_code=owner.strip(),
                is_to_be_published=publish,
                progress=self._say_progress,
            )
        report: dict[str, Any] = imported.package.report
        return report | _ids(imported)

    def _say_progress(self, done: int, total: int) -> None:
        """Tell somebody who watches a terminal; a program that reads us is not disturbed."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{done >> 20} / {total >> 20} MB", ending="\n" if done == total else "")

    def _report(self, report: dict[str, Any], status: int = 0) -> None:
        self.stdout.write(json.dumps(report, ensure_ascii=False))
        if status:
            sys.exit(status)


def _ids(imported: Imported) -> dict[str, Any]:
    return {
        "course": imported.course.code,
        "version": {"number": imported.version.number, "status": imported.version.status},
        "package": str(imported.package.pk),
    }


def _failed(code: str, message: str | Promise, file: Path | str = "") -> dict[str, Any]:
    finding = {"code": code, "file": str(file), "line": None, "message": str(message)}
    return _EMPTY | {"errors": [finding]}


def _was_interrupted(error: BaseException | None) -> bool:
    """Say whether an error came of an interruption: storage then closes a file that is closed already."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _cannot_read(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return _("There is no such file. Check the path.")
    return _("The file cannot be read or the package cannot be written: %(why)s") % {"why": error.strerror}


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Clean up after `kill` as after Ctrl-C."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
