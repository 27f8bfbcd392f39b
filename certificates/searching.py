"""The staff list: what is typed into its search box, and its filters."""

import re

from django.db.models import Q

from certificates import codes
from certificates.models import Certificate, CertificateQuerySet
from learning import thai
from learning.people import national_id

_REGISTER_NUMBER = re.compile(r"(?P<number>\d{1,9})(?:/(?P<year>\d{4}))?")


def search(*, text: str = "", kind: str = "", year: str = "", status: str = "") -> CertificateQuerySet:
    """Return the certificates that fit, in the order of the registers, the newest first.

    `text` is a name or part of one, a register number with or without its year, a code in any spelling,
    or a whole national ID, which is looked up by its blind index and appears nowhere.
    """
    found = Certificate.objects.order_by("-year", "kind", "-number")
    if kind:
        found = found.filter(kind=kind)
    if year.isdecimal():
        found = found.filter(year=int(year))
    if status:
        found = found.filter(status=status)
    text = _plain(text)
    return found.filter(_matching(text)) if text else found


def is_national_id(text: str) -> bool:
    """Say whether what was typed is a national ID, which must not appear in an address."""
    return national_id.is_valid(national_id.clean(_plain(text)))


def _plain(text: str) -> str:
    return thai.to_arabic_numerals(thai.tidy(text))


def _matching(text: str) -> Q:
    digits = national_id.clean(text)
    if national_id.is_valid(digits):
        return Q(person__national_id_index=national_id.blind_index(digits))
    number = _REGISTER_NUMBER.fullmatch(text)
    if number:
        wanted = Q(number=int(number["number"]))
        return wanted & Q(year=int(number["year"])) if number["year"] else wanted
    code = codes.parse(text)
    if code:
        return Q(code=code)
    words = Q()
    for word in text.split():
        words &= Q(holder_name__icontains=word)
    return words
