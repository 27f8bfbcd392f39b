"""Where apps above put the rules of their launches, since the store may not import them.

An app registers in its ``AppConfig.ready`` and gives the name to
`services.credentials.issue_launch_credential`.
Everything is called inside the transaction that stores the statement or document: what the app writes there
stands or falls with it, and what it raises (`errors.Forbidden`) is answered to the sender and undone alone.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from learning.records.models import Launch, Resource

StatementDict = dict[str, Any]


class LaunchRules(Protocol):
    """What an app may say about the statements and documents of its launches."""

    def before_statements(self, launch: Launch, statements: Sequence[StatementDict], /) -> None:
        """Look at statements before they are stored, as received; one that came without an id has none.

        Raise `errors.Forbidden` to refuse all of them. Statements that must come first are stored here
        with `services.store.store_own`.
        """

    def after_statements(self, launch: Launch, statements: Sequence[StatementDict], /) -> None:
        """Be told of statements that have been stored now; never of one that was there already."""

    def before_document(self, launch: Launch, resource: Resource, name: str, method: str, /) -> None:
        """Look at a request (GET, PUT, POST, DELETE) for a state or profile, before it is answered.

        Raise `errors.Forbidden` to refuse it. `name` is empty where all of them are listed or deleted.
        """


_rules: dict[str, LaunchRules] = {}


def add_launch_rules(name: str, rules: LaunchRules) -> None:
    """Register the rules of a kind of launch, for example "cmi5"."""
    _rules[name] = rules


def rules_of(launch: Launch | None) -> LaunchRules | None:
    """Return the further rules of a launch, if it has any."""
    return _rules[launch.rules] if launch is not None and launch.rules else None
