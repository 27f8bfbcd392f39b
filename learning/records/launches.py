"""Where apps above put the rules of their launches and clients, since the store may not import them.

An app registers in its ``AppConfig.ready`` and gives the name to
`services.credentials.issue_launch_credential`.
Everything is called inside the transaction that stores the statement or document: what the app writes there
stands or falls with it, and what it raises (`errors.Forbidden`) is answered to the sender and undone alone.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from learning.records.models import Launch, Resource

StatementDict = dict[str, Any]
Sender_contra = TypeVar("Sender_contra", contravariant=True)


class StatementRules(Protocol[Sender_contra]):
    """What an app may say about the statements of its launches, or of clients that it has let in.

    The sender is the launch, or the primary key of the client.
    """

    def before_statements(self, sender: Sender_contra, statements: Sequence[StatementDict], /) -> None:
        """Look at statements before they are stored, as received; one that came without an id has none.

        Raise `errors.Forbidden` to refuse all of them. Statements that must come first are stored here
        with `services.store.store_own`.
        """

    def after_statements(self, sender: Sender_contra, statements: Sequence[StatementDict], /) -> None:
        """Be told of statements that have been stored now; never of one that was there already."""


class LaunchRules(StatementRules[Launch], Protocol):
    """What an app may say about its launches: about their documents as well."""

    def before_document(self, launch: Launch, resource: Resource, name: str, method: str, /) -> None:
        """Look at a request (GET, PUT, POST, DELETE) for a state or profile, before it is answered.

        Raise `errors.Forbidden` to refuse it. `name` is empty where all of them are listed or deleted.
        """


_rules: dict[str, LaunchRules] = {}
_client_rules: dict[str, StatementRules[int]] = {}


def add_launch_rules(name: str, rules: LaunchRules) -> None:
    """Register the rules of a kind of launch, for example "cmi5"."""
    _rules[name] = rules


def rules_of(launch: Launch | None) -> LaunchRules | None:
    """Return the further rules of a launch, if it has any."""
    return _rules[launch.rules] if launch is not None and launch.rules else None


def add_client_rules(name: str, rules: StatementRules[int]) -> None:
    """Register the rules of clients that an app has let in, for example "partners"."""
    _client_rules[name] = rules


def client_rules(name: str) -> StatementRules[int] | None:
    """Return the further rules of a client, if it has any."""
    return _client_rules[name] if name else None
