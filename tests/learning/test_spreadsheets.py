"""Tables are read by content, within limits, and with the row numbers people see."""

import codecs
import csv
import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from learning import spreadsheets
from learning.spreadsheets import STRAY, UNCOUNTED, read_table, write_table


def csv_of(text, encoding="utf-8"):
    return io.BytesIO(text.encode(encoding))


def workbook_of(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    output = io.BytesIO()
    book.save(output)
    output.seek(0)
    return output


def read(upload, name="list.xlsx", *, max_rows=1000, max_bytes=5 * 2**20):
    return read_table(upload, name, max_rows=max_rows, max_bytes=max_bytes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "tis-620", "cp874", "utf-16"])
def test_thai_csv_is_read_in_every_encoding_that_offices_use(encoding):
    table = read(csv_of("ชื่อ,นามสกุล\nสมหญิง,ใจดี\n", encoding))
    assert table.headers == ["ชื่อ", "นามสกุล"]
    assert list(table.rows) == [(2, {"ชื่อ": "สมหญิง", "นามสกุล": "ใจดี"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_taken_from_the_heading_row(delimiter):
    table = read(csv_of(delimiter.join(["a", "b"]) + "\n" + delimiter.join(["1", "2"])))
    assert list(table.rows) == [(2, {"a": "1", "b": "2"})]


def test_rows_keep_the_numbers_of_the_sheet_when_blank_rows_are_left_out():
    table = read(csv_of("a,b\n\n1,2\n,\n3,4\n"))
    assert table.row_count == 2
    assert [number for number, _row in table.rows] == [3, 5]


def test_a_workbook_is_read_with_dates_numbers_and_blank_cells():
    upload = workbook_of(
        ["a", "b", "c", "d"], [], [1234567890121, date(2024, 2, 1), " x ", None], [1.5, True]
    )
    assert list(read(upload).rows) == [
        (3, {"a": "1234567890121", "b": "2024-02-01", "c": "x", "d": ""}),
        (4, {"a": "1.5", "b": "TRUE", "c": "", "d": ""}),
    ]


def test_a_moment_in_a_workbook_keeps_its_time():
    table = read(workbook_of(["a"], [datetime(2024, 2, 1, 9, 30)]))  # noqa: DTZ001
    assert next(table.rows)[1] == {"a": "2024-02-01 09:30:00"}


def test_a_formula_gives_its_value_and_never_its_text():
    # As programs write it that do not calculate: there is no value, and the row says where.
    table = read(workbook_of(["a", "b"], ["=1+1", "x"], ["1", "=A2&A3"], ["=A1"]))
    assert table.row_count == 3
    assert [row for _number, row in table.rows] == [
        {"a": "", "b": "x", UNCOUNTED: "a"},
        {"a": "1", "b": "", UNCOUNTED: "b"},
        {"a": "", "b": "", UNCOUNTED: "a"},
    ]


@pytest.mark.parametrize(
    ("cell", "row"),
    [
        ('<c r="A2"><f>1+1</f><v>2</v></c>', {"a": "2", "b": "x"}),
        ('<c r="A2" t="str"><f>IF(1,"","")</f><v></v></c>', {"a": "", "b": "x"}),
        ('<c r="A2" s="1"><f t="shared" si="0"/></c>', {"a": "", "b": "x", UNCOUNTED: "a"}),
    ],
)
def test_a_formula_with_its_value_is_that_value_an_empty_one_too(cell, row):
    upload = workbook_of(["a", "b"], ["=1+1", "x"])
    output = io.BytesIO()
    with zipfile.ZipFile(upload) as given, zipfile.ZipFile(output, "w") as changed:
        for name in given.namelist():
            content = given.read(name)
            if name.endswith("sheet1.xml"):
                content = re.sub(rb'<c r="A2".*?</c>', cell.encode(), content)
            changed.writestr(name, content)
    output.seek(0)
    assert next(read(output).rows)[1] == row


def test_cells_beyond_the_headings_are_kept_for_the_reader_to_complain_about():
    assert next(read(csv_of("a,b\n1,2,3,4\n")).rows)[1] == {"a": "1", "b": "2", STRAY: "3 4"}


def test_the_name_of_a_file_decides_nothing():
    assert read(csv_of("a,b\n1,2\n"), "list.xlsx").format == "csv"
    assert read(workbook_of(["a"], ["1"]), "list.csv").format == "xlsx"


def test_a_program_renamed_to_xlsx_is_refused_as_a_program():
    program = io.BytesIO(b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + b"\x00" * 500)
    with pytest.raises(spreadsheets.NotASpreadsheet, match=r"staff\.xlsx") as caught:
        read(program, "staff.xlsx")
    assert "โปรแกรม" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n\x00\x01\x02",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"PK\x03\x04 truncated archive",
    ],
)
def test_other_kinds_of_file_are_refused(content):
    with pytest.raises(spreadsheets.NotASpreadsheet):
        read(io.BytesIO(content))


def test_an_archive_that_is_no_workbook_is_refused():
    upload = io.BytesIO()
    with zipfile.ZipFile(upload, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(spreadsheets.NotASpreadsheet):
        read(upload)


def test_bytes_that_are_neither_utf8_nor_tis620_are_refused():
    with pytest.raises(spreadsheets.UnknownEncoding):
        read(io.BytesIO(b"a,b\n\xfc\xfd,1\n"))


def test_a_file_over_the_size_limit_is_refused():
    with pytest.raises(spreadsheets.FileTooLarge):
        read(csv_of("a\n" + "x" * 2000), max_bytes=1000)


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused():
    upload = workbook_of(["a"], ["1"])
    with zipfile.ZipFile(upload, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb.bin", b"\x00" * (8 * 2**20))
    with pytest.raises(spreadsheets.FileTooLarge):
        read(upload)


def test_entities_in_a_workbook_are_not_expanded():
    upload = workbook_of(["a"], ["1"])
    hostile = io.BytesIO()
    with zipfile.ZipFile(upload) as source, zipfile.ZipFile(hostile, "w") as target:
        for member in source.namelist():
            content = source.read(member)
            if member == "xl/workbook.xml":
                content = b'<!DOCTYPE x [<!ENTITY e "boom">]>' + content.split(b"?>")[-1]
            target.writestr(member, content)
    with pytest.raises(spreadsheets.SpreadsheetError):
        read(hostile)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_two_hundred_thousand_rows_are_refused_before_the_first_is_handed_out(kind):
    upload = io.BytesIO(write_table(["a"], ([1] for _ in range(200_000)), kind))
    with pytest.raises(spreadsheets.TooManyRows, match="100,000"):
        read(upload, max_rows=100_000)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exactly_the_allowed_number_of_rows_is_read(kind):
    table = read(io.BytesIO(write_table(["a"], [[1], [2], [3]], kind)), max_rows=3)
    assert len(list(table.rows)) == table.row_count == 3


def test_a_row_number_beyond_excel_is_refused_instead_of_counted_up_to():
    upload = workbook_of(["a"], ["1"])
    hostile = io.BytesIO()
    with zipfile.ZipFile(upload) as source, zipfile.ZipFile(hostile, "w") as target:
        for member in source.namelist():
            content = source.read(member)
            target.writestr(member, content.replace(b'<row r="2"', b'<row r="99999999999999"'))
    with pytest.raises(spreadsheets.SpreadsheetError):
        read(hostile)


@pytest.mark.parametrize("content", ["", "\n\n", "a,b\n", ",,\n,,\n"])
def test_a_file_without_rows_is_refused(content):
    with pytest.raises(spreadsheets.EmptyTable):
        read(csv_of(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [("a,a\n1,2\n", "a"), ("a,,b\n1,2,3\n", "คอลัมน์"), (",".join(map(str, range(300))) + "\n1\n", "200")],
)
def test_headings_must_be_there_once_and_not_too_many(content, words):
    with pytest.raises(spreadsheets.BadHeadings, match=words):
        read(csv_of(content))


def test_missing_columns_are_named():
    with pytest.raises(spreadsheets.BadHeadings, match="c, d"):
        read(csv_of("a,b\n1,2\n")).require(["a", "c", "d"])


def test_the_upload_stays_open_and_can_be_read_again():
    upload = csv_of("a\n1\n")
    assert list(read(upload).rows) == list(read(upload).rows)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_written_is_read_back_even_where_it_looks_like_a_formula(kind):
    values = ["=1+1", "+66 2 000", "-5 องศา", "@name", "'ok", "ปกติ", "＝1+1"]
    table = read(io.BytesIO(write_table(["a"], [[value] for value in values], kind)))
    assert [row["a"] for _number, row in table.rows] == values


def test_written_csv_cannot_be_run_as_a_formula_and_marks_its_encoding():
    starts = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠"]
    content = write_table(["ชื่อ", "n"], [[f"{start}HYPERLINK(1)", -5] for start in starts], "csv")
    assert content.startswith(codecs.BOM_UTF8)
    _headings, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert rows == [[f"'{start}HYPERLINK(1)", "-5"] for start in starts]


def test_written_workbook_holds_formulas_as_text():
    content = write_table(["a", "b", "c"], [["=1+1", Decimal("1.5"), date(2024, 1, 2)]], "xlsx")
    row = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0][2]
    assert (row[0].value, row[0].data_type, row[0].quotePrefix) == ("=1+1", "s", True)
    assert (row[1].value, row[2].value) == (1.5, datetime(2024, 1, 2))  # noqa: DTZ001


def test_a_value_far_to_the_right_is_refused_before_the_cells_between_are_read():
    """A row with a value in the last column Excel has is 16,384 cells long; 20,000 of them took minutes."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["a", "b"])
    book.worksheets[0].append(["1", "2"])
    book.worksheets[0]["XFD2"] = "x"
    upload = io.BytesIO()
    book.save(upload)
    with pytest.raises(spreadsheets.BadHeadings):
        list(read(upload).rows)


def test_more_texts_than_rows_could_use_are_refused_before_they_are_read():
    """Three million of them in seven megabytes took half a minute and a gigabyte."""
    book = workbook_of(["a", "b"], ["1", "2"])
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        texts = "".join(f"<si><t>{number}</t></si>" for number in range(300))
        archive.writestr("xl/elsewhere.xml", f"<sst>{texts}</sst>")
    book.seek(0)
    with pytest.raises(spreadsheets.FileTooLarge):
        read(book, max_rows=10)


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
def test_a_workbook_damaged_on_its_way_is_refused_in_words(at):
    """Overwritten in the middle, as on a bad stick; zlib has its own error for that."""
    content = bytearray(workbook_of(["a", "b"], *([f"{n}", f"{n * n}"] for n in range(500))).getvalue())
    middle = int(len(content) * at)
    content[middle : middle + 40] = b"x" * 40
    with pytest.raises(spreadsheets.SpreadsheetError):
        list(read(io.BytesIO(content)).rows)


def test_a_workbook_with_a_part_packed_in_an_unknown_way_is_refused_in_words():
    content = bytearray(workbook_of(["a"], ["1"]).getvalue())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = -1
        while (place := content.find(mark, place + 1)) >= 0:
            content[place + offset] = 99
    with pytest.raises(spreadsheets.SpreadsheetError):
        list(read(io.BytesIO(content)).rows)


def test_a_workbook_of_blank_texts_is_empty():
    with pytest.raises(spreadsheets.EmptyTable):
        read(workbook_of([" ", " "], [" ", " "]))
