import pytest

from certificates import names


@pytest.mark.parametrize(
    ("title", "first_name", "shown"),
    [
        ("นางสาว", "สมหญิง", "นางสาวส••• •••"),
        ("นาย", "เกรียงไกร", "นายเก••• •••"),
        ("ดร.", "โจ", "ดร.โจ••• •••"),
        ("Mr.", "Sean", "Mr. S••• •••"),
        ("", "", "••• •••"),
    ],
)
def test_a_masked_name_keeps_the_title_and_one_letter(title, first_name, shown):
    assert names.masked(title, first_name) == shown


@pytest.mark.parametrize("typed", ["ใจดี", " ใจดี ", "ใจ ดี", "ใจดี\u200b"])
def test_a_surname_is_recognised_however_it_is_spaced(typed):
    assert names.same(typed, "ใจดี")


def test_a_surname_typed_with_marks_out_of_order_is_recognised():
    assert names.same("ก่ิงแก้ว", "กิ่งแก้ว")


def test_case_does_not_matter():
    assert names.same("SMITH", "Smith")


@pytest.mark.parametrize("typed", ["", "ใจ", "ใจดีมาก", "•••"])
def test_another_surname_is_not_recognised(typed):
    assert not names.same(typed, "ใจดี")


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        (("นาย", "สมชาย", "ใจดี"), "นายสมชาย ใจดี"),
        (("Mr.", "Sean", "O'Neil"), "Mr. Sean O'Neil"),
        (("", "สมชาย", "ใจดี"), "สมชาย ใจดี"),
    ],
)
def test_a_title_is_written_close_up_in_thai_and_apart_in_latin(parts, written):
    assert names.full(*parts) == written
