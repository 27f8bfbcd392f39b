"""What the rules of the item bank say no to."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.bank.content import Problem
from learning.errors import DomainError


class InvalidItem(DomainError):
    """The item is not whole; `problems` says field by field why."""

    code = "item_invalid"
    status = 422
    message: str | Promise = gettext_lazy("The item is not complete.")

    def __init__(self, problems: Sequence[Problem], *, code: str = "") -> None:
        self.problems = list(problems)
        said = [str(self.message), *(problem.message for problem in problems)]
        super().__init__(" ".join([f"{code}:", *said] if code else said))


class CodeTaken(DomainError):
    """Another item of the bank has the code."""

    code = "item_code_taken"

    def __init__(self, code: str) -> None:
        super().__init__(_("Another item already has the code %(code)s.") % {"code": code})


class WrongStatus(DomainError):
    """The version is not in the state that the step starts from."""

    code = "item_wrong_status"

    def __init__(self, status: str) -> None:
        super().__init__(
            _("This version is now “%(status)s”, so this step is not open. Look at the item again.")
            % {"status": status}
        )


class EditConflict(DomainError):
    """Somebody changed the version after it was read."""

    code = "item_edit_conflict"
    message = gettext_lazy(
        "Somebody changed this item after you opened it. Nothing was overwritten: "
        "read the present text, then go on."
    )


class SecondPersonNeeded(DomainError):
    """An author may not review or approve their own version."""

    code = "item_second_person_needed"
    status = 403
    message = gettext_lazy("An item is reviewed and approved by somebody other than its author.")


class NotTheAuthor(DomainError):
    """Only its author edits a version that is not yet approved."""

    code = "item_not_the_author"
    status = 403
    message = gettext_lazy("Only the author edits this version. Send it back with a note instead.")


class NoteNeeded(DomainError):
    """Sending back without a word helps nobody."""

    code = "item_note_needed"
    status = 422
    message = gettext_lazy("Write what the author should change.")


class VersionInWork(DomainError):
    """The item has a version that is not yet approved or retired."""

    code = "item_version_in_work"
    message = gettext_lazy("A new version of this item is already being written. Work on that one.")


class NothingChanged(DomainError):
    """The new version says exactly what the newest one says."""

    code = "item_nothing_changed"
    message = gettext_lazy("Nothing was changed, so no new version was made.")


class ImportDone(DomainError):
    """The list was imported before."""

    code = "item_import_done"
    message = gettext_lazy("This list has been imported already. Upload it again to compare it anew.")


class NothingToImport(DomainError):
    """No row of the list would change anything."""

    code = "item_import_empty"
    status = 422
    message = gettext_lazy("No row of this list can be imported. Correct the file and upload it again.")


class UnknownBankData(DomainError):
    """No content of this code comes with the platform."""

    code = "bank_data_unknown"
    status = 404

    def __init__(self, code: str) -> None:
        super().__init__(_("No item bank “%(code)s” comes with the platform.") % {"code": code})
