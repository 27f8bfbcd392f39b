"""Permissions over tools. What a course's officers may do is `catalogue.look_after`."""

import rules

from learning.people.access import is_administrator

rules.add_perm("partners.manage_tools", is_administrator)
