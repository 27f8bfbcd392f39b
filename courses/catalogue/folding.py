"""Spellings made one, so that a search finds what looks, sounds or is typed the same. Pure.

`fold` gives texts and questions one form; only what it returns is ever compared, and nobody is shown it.
It goes letter by letter and knows no words, so a word typed halfway still begins the word that is meant.
Different spellings of words (ดิจิทัล, ดิจิตอล) and different words for a thing are `words`' matter.

===========================  =======================================================================
what differs                 how it is made the same
===========================  =======================================================================
case, width, accents         compatibility decomposition, no accents of Latin letters, lower case
tone marks                   left out: many are typed wrong, or left out on a phone
mai taikhu, phinthu          left out: เว็บ and เวบ
thanthakhat                  the mark is left out and its letter stays: จันทร์ and จันทร
sara am                      ำ however it was typed: ํา, ้ํา, ํ้า; a nikhahit alone is left out
sara ae                      two sara e are one แ
a mark typed twice           once
ใ and ไ, ๅ and า             ไ, า
letters of one sound         ศ ษ → ส, ณ → น, ญ → ย, ฬ → ล, ฏ → ฎ, ฑ ฒ ธ → ท, ฐ → ถ, ฆ ฅ → ค, ฃ → ข, ฌ → ช
numerals                     Arabic ones
abbreviations, hyphens       without dots and hyphens: พ.ร.บ. and พรบ, e-learning and elearning
ๆ ฯ and other signs          a blank
blanks between Thai letters  none: where they stand is taste
Thai beside Latin or digits  a blank: มาตรา15 and มาตรา 15
===========================  =======================================================================
"""

import re
import unicodedata

from learning import thai

_TONES = "\u0e48\u0e49\u0e4a\u0e4b"
_LEFT_OUT = _TONES + "\u0e47\u0e4c\u0e3a\u0e4e"
_VOWEL_MARKS = "\u0e31\u0e34-\u0e39\u0e4d"
_THAI = "\u0e01-\u0e2e\u0e30-\u0e39\u0e40-\u0e45\u0e4d"
# Written by word processors and messengers; nobody sees them.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_FOREIGN = re.compile("[^\x00-\x7f\u0e00-\u0e7f]")
_LATIN_ACCENTS = re.compile("[\u0300-\u036f]+")
_TABLE = (
    dict.fromkeys(map(ord, _LEFT_OUT))
    | str.maketrans("ใๅศษณญฬฏฑฒธฐฆฅฃฌ", "ไาสสนยลฎทททถคคขช")
    | str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
)
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[.\-–—](?=[0-9])")
# Dots and hyphens of abbreviations and compounds, of whatever length.
_JOINERS = re.compile(r"[.\-‐‑'’_·]+")
_SIGNS = re.compile(rf"ฯลฯ|[ๆฯ]+|[^\w{_VOWEL_MARKS}]+")
_BETWEEN_THAI = re.compile(rf"(?<=[{_THAI}])\s+(?=[{_THAI}])")
_MARK_AGAIN = re.compile(rf"([{_VOWEL_MARKS}])\1+")
_SCRIPTS_MEET = re.compile(f"(?<=[{_THAI}])(?=[0-9a-z])|(?<=[0-9a-z])(?=[{_THAI}])")
_LEADING_VOWEL = re.compile("([เแโใไ])([ก-ฮ])")


def fold(text: str) -> str:
    """Return the one form of a text, its words apart by single blanks. Folding twice changes nothing."""
    text = _INVISIBLE.sub("", text).casefold()
    is_ascii = text.isascii()
    if not is_ascii:
        if _FOREIGN.search(text):
            text = _compatible(text)
        text = text.translate(_TABLE)
    text = _JOINERS.sub("", _BETWEEN_DIGITS.sub(" ", text))
    text = _SIGNS.sub(" ", text)
    if not is_ascii:
        text = _BETWEEN_THAI.sub("", text)
        # A nikhahit that no า follows is a slip, or Pali.
        text = text.replace("ํา", "ำ").replace("ํ", "")
        text = _MARK_AGAIN.sub(r"\1", text).replace("เเ", "แ")
        text = _SCRIPTS_MEET.sub(" ", text)
    return " ".join(text.split())


def _compatible(text: str) -> str:
    """Return full-width, ligature and accented letters as plain ones; sara am comes apart as well."""
    # Once more, since ™ comes apart into capitals.
    return _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()


def questions(text: str) -> list[str]:
    """Return the words that were asked for, folded: what blanks, signs or a change of script hold apart."""
    return [word for part in text.split() for word in fold(part).split()]


def collation_key(text: str) -> tuple[str, str]:
    """Return what sorts names as a Thai dictionary does: by consonant before vowel, marks only break ties."""
    tidy = thai.tidy(text).casefold()
    plain = tidy.translate(dict.fromkeys(map(ord, _LEFT_OUT)))
    return _LEADING_VOWEL.sub(r"\2\1", plain), tidy
