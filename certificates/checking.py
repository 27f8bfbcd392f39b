"""What a stranger may learn about a certificate: whether it stands, and the name once they know it."""

from certificates import codes, kinds, names
from certificates.errors import UnknownCode
from certificates.limits import UNKNOWN_CODES, WRONG_SURNAMES, WRONG_SURNAMES_OF_ONE
from certificates.models import Certificate


def find(typed: str, *, address: str) -> Certificate:
    """Return the certificate whose code `typed` spells.

    Raises UnknownCode, the same for what is no code at all and for a code that was never issued, or
    TooManyAttempts when `address` has guessed too often.
    """
    UNKNOWN_CODES.check(address)
    code = codes.parse(typed)
    found = Certificate.objects.filter(code=code).first() if code else None
    if found is None:
        UNKNOWN_CODES.count(address)
        raise UnknownCode
    return found


def knows_surname(certificate: Certificate, typed: str, *, address: str) -> bool:
    """Say whether `typed` is the surname on the certificate. Raises TooManyAttempts."""
    WRONG_SURNAMES.check(address)
    WRONG_SURNAMES_OF_ONE.check(certificate.code)
    if names.same(typed, kinds.read_facts(certificate.facts).holder.last_name):
        return True
    WRONG_SURNAMES.count(address)
    WRONG_SURNAMES_OF_ONE.count(certificate.code)
    return False
