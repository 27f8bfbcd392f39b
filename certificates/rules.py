"""Permissions over certificates."""

from typing import Any

import rules

from certificates.models import Certificate
from learning.people.access import has_role
from learning.people.models import Role


@rules.predicate
def is_holder(user: Any, certificate: Certificate | None) -> bool:
    """Whether the certificate is the user's own."""
    return certificate is not None and certificate.person_id == user.pk


is_certificate_officer = has_role(Role.CERTIFICATE_OFFICER, Role.ADMINISTRATOR)

rules.add_perm("certificates.manage", is_certificate_officer)
rules.add_perm("certificates.download", is_holder | is_certificate_officer)
