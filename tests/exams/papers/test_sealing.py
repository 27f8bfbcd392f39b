"""What only the right code opens, and what is refused when one byte of it has changed."""

import base64
import gzip
import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from exams.papers import sealing
from exams.papers.assembly import Paper, PaperFigure, PaperItem, digest
from exams.papers.sealing import BundleAltered, Contents, MistypedPaperKey, WrongPaperKey
from learning import crockford

SECRET = "0123456789ABCDEFGHJK"
KEY = "01234-56789-ABCDE-FGHJK-J"
PAPER = Paper("ชุดทดสอบ", [PaperItem(1, "น้ำเดือดที่กี่องศา", ["50", "100"])])
FORM = digest(PAPER)
BUNDLE = sealing.seal(Contents(FORM, "th", PAPER, {}), SECRET)

letters = st.sampled_from(crockford.ALPHABET)
secrets = st.text(letters, min_size=20, max_size=20)


@given(secrets)
def test_every_key_is_read_as_it_was_written(secret):
    assert sealing.parse_key(sealing.spelled(secret)) == secret


SPELLINGS = {
    "as printed": KEY,
    "small letters": KEY.lower(),
    "no hyphens": KEY.replace("-", ""),
    "blanks": f" {KEY.replace('-', ' ')}\n",
    "o for 0": KEY.replace("0", "o"),
    "l for 1": KEY.replace("1", "l"),
    "Thai digits": KEY.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")),
}


@pytest.mark.parametrize("typed", SPELLINGS.values(), ids=SPELLINGS)
def test_a_key_may_be_typed_in_any_reasonable_way(typed):
    assert sealing.parse_key(typed) == SECRET


@given(secrets, st.integers(0, 20), letters)
def test_any_one_wrong_letter_is_noticed(secret, place, letter):
    key = list(sealing.spelled(secret).replace("-", ""))
    if key[place] == letter:
        return
    key[place] = letter
    with pytest.raises(MistypedPaperKey):
        sealing.parse_key("".join(key))


@given(secrets, st.integers(0, 20), st.integers(0, 20))
def test_two_letters_that_changed_places_are_noticed(secret, one, other):
    key = list(sealing.spelled(secret).replace("-", ""))
    if key[one] == key[other]:
        return
    key[one], key[other] = key[other], key[one]
    with pytest.raises(MistypedPaperKey):
        sealing.parse_key("".join(key))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "รหัสเปิดซองข้อสอบมี 21 ตัวอักษร แต่ได้รับ 0 ตัว"),
        (KEY[:-1], "รหัสเปิดซองข้อสอบมี 21 ตัวอักษร แต่ได้รับ 20 ตัว"),
        (KEY + "7", "รหัสเปิดซองข้อสอบมี 21 ตัวอักษร แต่ได้รับ 22 ตัว"),
        (KEY.replace("F", "U"), "ไม่มี “U” ในรหัสเปิดซองข้อสอบ โปรดตรวจสอบกลุ่มที่ 4 อีกครั้ง"),
        ("ฟหกดเ", "รหัสเปิดซองข้อสอบไม่มีตัวอักษรไทย โปรดเปลี่ยนแป้นพิมพ์เป็นภาษาอังกฤษแล้วพิมพ์ใหม่"),
        (
            KEY.replace("A", "B"),
            "รหัสเปิดซองข้อสอบผิดหนึ่งตัว หรือมีสองตัวสลับที่กัน โปรดเทียบกับต้นฉบับทีละกลุ่ม",
        ),
    ],
)
def test_a_mistyped_key_says_in_thai_what_to_look_at(typed, said):
    with translation.override("th"), pytest.raises(MistypedPaperKey) as caught:
        sealing.parse_key(typed)
    assert str(caught.value) == said


def test_a_new_secret_is_100_bits_and_never_the_same():
    made = {sealing.new_secret() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(secret) for secret in made} == {20}


def test_what_was_sealed_comes_out():
    assert sealing.open_sealed(BUNDLE, SECRET, FORM) == Contents(FORM, "th", PAPER, {})


def test_sealing_again_gives_the_same_bytes():
    assert sealing.seal(Contents(FORM, "th", PAPER, {}), SECRET) == BUNDLE


def test_a_bundle_of_past_years_still_opens():
    """A change of these bytes would mean that a paper can no longer be shown in an appeal."""
    old = base64.b64decode(
        "U0VBTDEKgrsMmtwY4hrUyI/e/WZV+8eDdhXrcendsBeizRMFbKpleXHEibaEm2Pwb+rhQMLAxY1jE9rRXvhwukTKh0"
        "Ko5lI6PJ1JgJxRmcjjmyS/6CaOoe4fed8vvu4xuxaPqv5hq8FiJXbgApPcsPknmAysEqREx4TcWmYRy/uKD/hTD5+R"
        "hxlB9H/7CknU9JGSrVC5QbeIr0ghLUQ9nW/ErkTBVSBT09aTNUMnXF8s0JA7lXxiUFDxbH/PvE778xhuR8La40Pblj"
        "RFl3WDgvLyc2JMiIbfWFK7ohNyXia4q4P8pxdoTIUsgJ0tAWYjDfNZKRtywh+hzy/UYZ47STMG9c0="
    )
    assert sealing.open_sealed(old, SECRET, FORM).paper == PAPER


@pytest.mark.parametrize("place", range(len(BUNDLE)))
def test_one_altered_byte_anywhere_is_refused(place):
    altered = bytearray(BUNDLE)
    altered[place] ^= 1
    # An altered nonce cannot be told from a key of another round; it is refused all the same.
    with pytest.raises((BundleAltered, WrongPaperKey)):
        sealing.open_sealed(bytes(altered), SECRET, FORM)


@given(st.binary(max_size=60), st.booleans())
def test_bytes_that_are_no_bundle_are_refused(data, is_marked):
    with pytest.raises((BundleAltered, WrongPaperKey)):
        sealing.open_sealed(sealing.MAGIC + data if is_marked else data, SECRET, FORM)


@pytest.mark.parametrize("end", [0, 5, 6, 17, 18, 40, len(BUNDLE) - 1])
def test_half_a_download_is_refused(end):
    with pytest.raises(BundleAltered):
        sealing.open_sealed(BUNDLE[:end], SECRET, FORM)


def test_the_key_of_another_round_opens_nothing():
    with pytest.raises(WrongPaperKey):
        sealing.open_sealed(BUNDLE, sealing.new_secret(), FORM)


def test_a_bundle_opens_as_its_own_form_only():
    with pytest.raises(WrongPaperKey):
        sealing.open_sealed(BUNDLE, SECRET, "0" * 64)


def test_a_bundle_made_with_the_right_key_that_holds_another_paper_is_refused():
    other = Paper("อีกชุดหนึ่ง", PAPER.items)
    with pytest.raises(BundleAltered):
        sealing.open_sealed(sealing.seal(Contents(FORM, "th", other, {}), SECRET), SECRET, FORM)


@pytest.mark.parametrize(
    "plain", [b"", b"text", gzip.compress(b"{}", mtime=0)], ids=["nothing", "text", "JSON"]
)
def test_a_bundle_made_with_the_right_key_that_holds_no_paper_is_refused(plain):
    key, nonce = sealing._key_and_nonce(SECRET, FORM)
    sealed = AESGCM(key).encrypt(nonce, plain, sealing.MAGIC + FORM.encode())
    with pytest.raises(BundleAltered):
        sealing.open_sealed(sealing.MAGIC + nonce + sealed, SECRET, FORM)


PICTURE = b"\x89PNG picture"
URL = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
NAME = hashlib.sha256(PICTURE).hexdigest()
ILLUSTRATED = Paper("ชุด", [PaperItem(1, "กี่คน", ["1", "2"], PaperFigure(NAME, "กราฟแท่ง", 40, 30))])


def test_a_paper_comes_out_with_its_figures():
    contents = Contents(digest(ILLUSTRATED), "th", ILLUSTRATED, {NAME: URL})
    opened = sealing.open_sealed(sealing.seal(contents, SECRET), SECRET, contents.form)
    assert opened == contents
    assert sealing.read_data_url(opened.figures[NAME]) == PICTURE


@pytest.mark.parametrize(
    "figures",
    [{}, {NAME: URL, "0" * 64: URL}, {NAME: URL[:-4]}, {NAME: "data:image/png;base64,?"}, {NAME: "data:,"}],
    ids=["missing", "one more", "another picture", "no base 64", "no data"],
)
def test_a_bundle_with_other_figures_than_its_paper_has_is_refused(figures):
    contents = Contents(digest(ILLUSTRATED), "th", ILLUSTRATED, figures)
    with pytest.raises(BundleAltered):
        sealing.open_sealed(sealing.seal(contents, SECRET), SECRET, contents.form)


@given(secrets, st.text(), st.lists(st.tuples(st.text(), st.lists(st.text(), max_size=5)), max_size=5))
def test_any_paper_survives_its_envelope(secret, title, rows):
    paper = Paper(title, [PaperItem(n, stem, options) for n, (stem, options) in enumerate(rows, start=1)])
    contents = Contents(digest(paper), "th", paper, {})
    assert sealing.open_sealed(sealing.seal(contents, secret), secret, contents.form) == contents
