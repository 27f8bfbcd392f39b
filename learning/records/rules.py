"""Permissions over learning records."""

import rules

from learning.people.access import has_role, is_administrator
from learning.people.models import Role

rules.add_perm("records.explore", has_role(Role.AUDITOR, Role.ADMINISTRATOR))
rules.add_perm("records.operate", is_administrator)
