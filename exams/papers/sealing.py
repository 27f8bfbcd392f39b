"""Seal a paper so that it may lie anywhere until one code opens it. Pure: no storage, no clock, no ORM.

The code is a secret of 100 random bits, written as 20 letters of Crockford's base 32 and a check letter.
One secret serves all the forms of a round; each form has a key of its own, derived from the secret and
the form's name (docs/papers.md says how to open a bundle with other software).
"""

import base64
import gzip
import hashlib
import json
import zlib

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.papers.assembly import Paper, digest
from learning import crockford
from learning.errors import DomainError

MAGIC = b"SEAL1\n"
SECRET_LENGTH = 20
_GROUP = 5
_KEY_BYTES, _NONCE_BYTES = 32, 12
_THAI = range(0x0E00, 0x0E80)


class WrongPaperKey(DomainError):
    """The code is none that opens this paper."""

    code = "wrong_paper_key"
    status = 400
    message: str | Promise = gettext_lazy(
        "This paper key does not open this paper. It may be the key of another round."
    )


class MistypedPaperKey(WrongPaperKey):
    """What was typed is no paper key at all; the message says what to look at."""

    code = "mistyped_paper_key"


class BundleAltered(DomainError):
    """The file is not what was sealed."""

    code = "bundle_altered"
    status = 422
    message: str | Promise = gettext_lazy(
        "This file is not the sealed paper that was made: it is damaged or was changed. Download it again."
    )


class Contents(msgspec.Struct, frozen=True):
    """What a bundle holds. `form` names the paper; `figures` maps SHA-256 names to data URLs."""

    form: str
    language: str
    paper: Paper
    figures: dict[str, str]


def new_secret() -> str:
    """Return the secret of a new envelope, 20 letters."""
    return crockford.random(SECRET_LENGTH)


def spelled(secret: str) -> str:
    """Return the paper key as people see it: the secret and its check letter, in groups of five."""
    return crockford.grouped(secret + _check_letter(secret), _GROUP)


def parse_key(typed: str) -> str:
    """Return the secret that a typed paper key spells. Raises MistypedPaperKey, which says what is wrong."""
    letters = crockford.tidy(typed)
    if any(ord(letter) in _THAI for letter in letters):
        raise MistypedPaperKey(
            _("A paper key has no Thai letters. Switch the keyboard to English and type it again.")
        )
    for place, letter in enumerate(letters):
        if letter not in crockford.ALPHABET:
            raise MistypedPaperKey(
                _("“%(letter)s” does not occur in a paper key. Look at group %(group)d again.")
                % {"letter": letter, "group": place // _GROUP + 1}
            )
    if len(letters) != SECRET_LENGTH + 1:
        raise MistypedPaperKey(
            _("A paper key has %(length)d letters and digits; %(typed)d were typed.")
            % {"length": SECRET_LENGTH + 1, "typed": len(letters)}
        )
    secret = letters[:SECRET_LENGTH]
    if _check_letter(secret) != letters[SECRET_LENGTH]:
        raise MistypedPaperKey(
            _("One letter of the paper key is wrong, or two have changed places. Compare it group by group.")
        )
    return secret


def _check_letter(secret: str) -> str:
    """Return the letter that finds every single mistake and every exchange of two letters.

    The letters are coefficients of a polynomial over GF(32), taken at a primitive element: 31 places have
    different weights there, and a key has 21.
    """
    value = 0
    for letter in secret:
        value = (value ^ crockford.ALPHABET.index(letter)) << 1
        if value > 31:  # noqa: PLR2004
            value ^= 0b100101
    return crockford.ALPHABET[value]


def _key_and_nonce(secret: str, form: str) -> tuple[bytes, bytes]:
    # Derived too, the nonce costs no safety, since a key seals one paper and is never used again; and it
    # tells a wrong code from a damaged file before anything is decrypted.
    derived = HKDF(hashes.SHA256(), _KEY_BYTES + _NONCE_BYTES, salt=None, info=form.encode())
    material = derived.derive(secret.encode())
    return material[:_KEY_BYTES], material[_KEY_BYTES:]


def _bound(form: str) -> bytes:
    """Return what is authenticated beside the ciphertext, so that a bundle opens as its own form only."""
    return MAGIC + form.encode()


def seal(contents: Contents, secret: str) -> bytes:
    """Return the bundle: magic, 12 bytes nonce, AES-256-GCM ciphertext and tag of the gzipped JSON.

    The same contents and secret give the same bytes.
    """
    text = json.dumps(
        msgspec.to_builtins(contents), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    key, nonce = _key_and_nonce(secret, contents.form)
    plain = gzip.compress(text.encode(), mtime=0)
    return MAGIC + nonce + AESGCM(key).encrypt(nonce, plain, _bound(contents.form))


def open_sealed(data: bytes, secret: str, form: str) -> Contents:
    """Return what the bundle of the form of this SHA-256 holds. Raises WrongPaperKey, BundleAltered."""
    start = len(MAGIC) + _NONCE_BYTES
    if not data.startswith(MAGIC) or len(data) < start:
        raise BundleAltered
    key, nonce = _key_and_nonce(secret, form)
    if data[len(MAGIC) : start] != nonce:
        raise WrongPaperKey
    try:
        plain = AESGCM(key).decrypt(nonce, data[start:], _bound(form))
        contents = msgspec.json.decode(gzip.decompress(plain), type=Contents)
    except (InvalidTag, OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise BundleAltered from error
    if contents.form != form or digest(contents.paper) != form:
        raise BundleAltered
    if set(contents.figures) != contents.paper.figure_names:
        raise BundleAltered
    if any(hashlib.sha256(read_data_url(url)).hexdigest() != name for name, url in contents.figures.items()):
        raise BundleAltered
    return contents


def read_data_url(url: str) -> bytes:
    """Return the bytes of a base64 data URL. Raises BundleAltered."""
    try:
        return base64.b64decode(url.partition(";base64,")[2], validate=True)
    except ValueError as error:
        raise BundleAltered from error


def name_of(data: bytes) -> str:
    """Return the name of a bundle: the SHA-256 of all its bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
