"""Permissions over the item bank. What an item's status allows is the services' matter."""

from typing import Any

import rules

from exams.bank.models import ItemImport, ItemVersion
from learning.people.access import has_role
from learning.people.models import Role

is_item_staff = has_role(Role.EXAM_OFFICER, Role.REVIEWER)
is_exam_officer = has_role(Role.EXAM_OFFICER)


@rules.predicate
def is_author(user: Any, version: ItemVersion | None) -> bool:
    """Whether the user wrote the version."""
    return version is not None and version.author_id == user.pk


@rules.predicate
def is_uploader(user: Any, uploaded: ItemImport | None) -> bool:
    """Whether the user uploaded the list; without one, anybody may upload."""
    return uploaded is None or uploaded.uploaded_by_id == user.pk


rules.add_perm("bank.view", is_item_staff)
rules.add_perm("bank.write_items", is_item_staff)
rules.add_perm("bank.import_items", is_item_staff & is_uploader)
rules.add_perm("bank.export_items", is_exam_officer)
# In place, so by nobody else; anybody here may write a new version of an approved item.
rules.add_perm("bank.edit_version", is_item_staff & is_author)
rules.add_perm("bank.review_version", is_item_staff & ~is_author)
rules.add_perm("bank.approve_version", is_item_staff & ~is_author)
rules.add_perm("bank.retire_version", is_exam_officer | (is_item_staff & is_author))
