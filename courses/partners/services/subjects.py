"""Who a tool knows a person as: another number for every tool, so that partners cannot compare lists.

A public id is one block of AES, and encrypting one block under the tool's own key is a keyed permutation:
no table is needed to find the person again.
"""

from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

from courses.partners.models import Tool
from learning.people import sealing
from learning.people.models import Person


def subject_of(person: Person, tool: Tool) -> str:
    """Return the number that stands for the person at this tool, the same at every launch."""
    encryptor = _cipher(tool).encryptor()
    return str(UUID(bytes=encryptor.update(person.public_id.bytes) + encryptor.finalize()))


def person_of(subject: str, tool: Tool) -> Person | None:
    """Return the active person whom a number of `subject_of` stands for."""
    try:
        block = UUID(subject).bytes
    except ValueError:
        return None
    decryptor = _cipher(tool).decryptor()
    public_id = UUID(bytes=decryptor.update(block) + decryptor.finalize())
    return Person.objects.filter(public_id=public_id, is_active=True).first()


def _cipher(tool: Tool) -> Cipher[modes.ECB]:
    key = sealing.derive(settings.SECRET_KEY, b"partners-subject:" + tool.client_id.bytes)
    # One block exactly, so that ECB hides all there is to hide.
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
