"""Read and write tables that people keep in spreadsheets: XLSX, and CSV in UTF-8 or TIS-620.

A file is judged by its content, never by its name. Size, row count and unpacked size are checked before
the first row is handed out, so that a file that is too large is refused in about a second. Rows come one
at a time with the number the person sees at the left of the sheet.
"""

import codecs
import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import zip_longest
from typing import Any, BinaryIO, Literal

import openpyxl
import puremagic
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import column_index_from_string, get_column_letter

from learning.errors import DomainError

Format = Literal["xlsx", "csv"]
Cell = str | int | float | Decimal | date | None

CONTENT_TYPES: dict[Format, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
# Key of the cells that stand to the right of the last heading; mostly a comma that was not quoted.
STRAY = ""
# Key of the headings under which a row has formulas whose result the workbook does not hold. Headings are
# stripped, so none of them is a blank; rows are kept as JSON, in which PostgreSQL takes no NUL.
UNCOUNTED = " "

_MAX_COLUMNS = 200
_EXCEL_ROWS = 1_048_576
# Honest sheets unpack to 5–50 times their size; a zip bomb to 1,000 times.
_MAX_RATIO = 200
_MAX_UNPACKED_PER_BYTE_ALLOWED = 8
_CHUNK = 1 << 18
# Characters of CSV that are sent together.
_PIECE = 1 << 15
# The wide ones are taken for the others by Excel in the languages of East Asia.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Control characters that no text file has; NUL is by far the commonest sign of a binary file.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class SpreadsheetError(DomainError):
    """The file cannot be read as a table."""

    code = "spreadsheet_unreadable"
    status = 422
    message: str | Promise = _("The file cannot be read. Save it again as an Excel workbook (.xlsx) or CSV.")


class NotASpreadsheet(SpreadsheetError):
    """The content is something else, whatever the file is called."""

    code = "spreadsheet_wrong_type"


class FileTooLarge(SpreadsheetError):
    """More bytes than allowed, packed or unpacked."""

    code = "spreadsheet_too_large"
    status = 413


class TooManyRows(SpreadsheetError):
    """More rows than allowed."""

    code = "spreadsheet_too_many_rows"
    status = 413


class UnknownEncoding(SpreadsheetError):
    """Neither UTF-8 nor TIS-620."""

    code = "spreadsheet_encoding"
    message: str | Promise = _("The text in the file is neither UTF-8 nor TIS-620. Save it as CSV UTF-8.")


class EmptyTable(SpreadsheetError):
    """No heading row, or nothing under it."""

    code = "spreadsheet_empty"
    message: str | Promise = _(
        "The file has no rows. Put the column headings in the first row and the data below."
    )


class BadHeadings(SpreadsheetError):
    """Headings are missing, doubled or too many."""

    code = "spreadsheet_headings"


@dataclass(frozen=True)
class Table:
    """A table: headings, how many rows follow, and the rows with their numbers in the sheet.

    `rows` can be walked once, while the upload is open. A row maps every heading to its text, stripped;
    text to the right of the last heading is under `STRAY`, and under `UNCOUNTED` which cells are formulas
    without a result, as programs write them that do not calculate: nobody can tell what they would say.
    """

    headers: list[str]
    row_count: int
    rows: Iterator[tuple[int, dict[str, str]]]
    format: Format

    def require(self, headings: Iterable[str]) -> None:
        """Raise BadHeadings unless every heading is there."""
        missing = [heading for heading in headings if heading not in self.headers]
        if missing:
            raise BadHeadings(
                _("These columns are missing: %(columns)s. Use the headings of the template.")
                % {"columns": ", ".join(missing)}
            )


class _Formula(str):
    """The empty text of a cell that is not empty: a formula without a result."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


_UNCOUNTED = _Formula()


def uncounted(headings: str) -> str:
    """Return what is wrong with a row that has formulas without a result, named under `UNCOUNTED`."""
    return gettext(
        "%(columns)s: the cell is a formula whose result is not in the file. Open the file in a spreadsheet "
        "program and save it, or put the value itself."
    ) % {"columns": headings}


def looks_like_formula(value: str) -> bool:
    """Say whether a spreadsheet program might run this text as a formula."""
    return value.startswith(_FORMULA_STARTS)


def read_table(upload: BinaryIO, name: str, *, max_rows: int, max_bytes: int) -> Table:
    """Open an uploaded file as a table; `name` is only used in messages.

    Raises a SpreadsheetError that says what is wrong with the file as a whole.
    """
    size = upload.seek(0, io.SEEK_END)
    if size > max_bytes:
        raise FileTooLarge(
            _("The file %(name)s is %(size)s MB. At most %(limit)s MB can be read. Split it into parts.")
            % {"name": name, "size": -(-size // 2**20), "limit": max_bytes // 2**20}
        )
    upload.seek(0)
    start = upload.read(_CHUNK)
    upload.seek(0)
    if not start.strip():
        raise EmptyTable
    if start.startswith(b"PK\x03\x04"):
        return _read_workbook(upload, name, start, max_rows=max_rows, max_bytes=max_bytes)
    return _read_csv(upload, name, start, max_rows)


def write_table(headers: Sequence[str], rows: Iterable[Sequence[Cell]], format: Format) -> bytes:  # noqa: A002
    """Return a file of the table. Text that looks like a formula is written so that nothing runs it."""
    return _write_workbook(headers, rows) if format == "xlsx" else _write_csv(headers, rows)


# -- Reading ----------------------------------------------------------------------------------------
def _refuse(name: str, start: bytes) -> NotASpreadsheet:
    try:
        kinds = {match.extension for match in puremagic.magic_string(start)}
    except puremagic.PureError:
        kinds = set()
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return NotASpreadsheet(
            _("%(name)s is an old Excel file or is locked with a password. Save it as .xlsx without one.")
            % {"name": name}
        )
    if start.startswith(b"MZ") and ".exe" in kinds:
        return NotASpreadsheet(
            _("%(name)s is a program, not a spreadsheet, whatever its name says. It was not opened.")
            % {"name": name}
        )
    return NotASpreadsheet(
        _("%(name)s is not an Excel workbook (.xlsx) or a CSV text file. Save it as one of these.")
        % {"name": name}
    )


def _table(
    name: str, numbered: Iterator[tuple[int, list[str]]], row_count: int, max_rows: int, kind: Format
) -> Table:
    """Take the headings off the first row that is not blank."""
    if row_count > max_rows + 1:
        raise TooManyRows(
            _("The file %(name)s has more than %(limit)s rows. Split it into parts.")
            % {"name": name, "limit": f"{max_rows:,}"}
        )
    if row_count <= 1:
        raise EmptyTable
    # None, where all the values counted turn out to be blank.
    _number, headers = next(numbered, (0, []))
    if not headers:
        raise EmptyTable
    while headers and not headers[-1]:
        headers.pop()
    _check_width(headers)
    doubled = sorted({heading for heading in headers if headers.count(heading) > 1})
    if "" in headers:
        raise BadHeadings(_("A column has no heading. Every column needs one, in the first row."))
    if doubled:
        raise BadHeadings(
            _("A heading stands over more than one column: %(columns)s.") % {"columns": ", ".join(doubled)}
        )

    rows = ((number, _row(headers, values)) for number, values in numbered)
    return Table(headers=headers, row_count=row_count - 1, rows=rows, format=kind)


def _row(headers: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    row = dict(zip_longest(headers, values[: len(headers)], fillvalue=""))
    if stray := " ".join(filter(None, values[len(headers) :])).strip():
        row[STRAY] = stray
    if without := [heading for heading, value in row.items() if value is _UNCOUNTED]:
        row |= dict.fromkeys(without, "") | {UNCOUNTED: ", ".join(without)}
    return row


def _check_width(cells: Sequence[object]) -> None:
    """Refuse a row with a value far to the right: one such cell makes a row of 16,384."""
    beyond = cells[_MAX_COLUMNS:]
    # Counted, since nothing is quicker: the cells between are None.
    if len(beyond) > beyond.count(None):
        raise BadHeadings(_("The file has more than %(limit)s columns.") % {"limit": _MAX_COLUMNS})


def _filled(rows: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Number the rows from 1 and leave blank ones out."""
    return ((number, row) for number, row in enumerate(rows, start=1) if any(row))


# -- CSV --------------------------------------------------------------------------------------------
def _encoding(upload: BinaryIO, name: str, start: bytes) -> str:
    """Return the first encoding that decodes the whole file; UTF-8 first, as Thai TIS-620 is never valid."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif _BINARY.search(start):
        raise _refuse(name, start)
    else:
        candidates = ["utf-8-sig", "cp874"]
    for encoding in candidates:
        upload.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := upload.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError:
            continue
        return encoding
    raise UnknownEncoding


def _delimiter(first_line: str) -> str:
    unquoted = re.sub(r'"[^"]*"', "", first_line)
    return max(",;\t|", key=unquoted.count)


def _csv_rows(upload: BinaryIO, encoding: str) -> Iterator[list[str]]:
    upload.seek(0)
    text = io.TextIOWrapper(upload, encoding, newline="")
    try:
        delimiter = _delimiter(text.readline())
        text.seek(0)
        for row in csv.reader(text, delimiter=delimiter):
            yield [_unescape(value) if value[:1] == "'" else value for value in map(str.strip, row)]
    except csv.Error as error:
        raise SpreadsheetError from error
    finally:
        # Without this the wrapper would close the upload, which is not ours.
        text.detach()


def _unescape(value: str) -> str:
    """Take off the apostrophe, the first letter, that `_write_csv` puts before what looks like a formula."""
    return value[1:] if looks_like_formula(value[1:]) else value


def _read_csv(upload: BinaryIO, name: str, start: bytes, max_rows: int) -> Table:
    encoding = _encoding(upload, name, start)
    count = 0
    for _number, _row in _filled(_csv_rows(upload, encoding)):
        count += 1
        if count > max_rows + 1:
            break
    return _table(name, _filled(_csv_rows(upload, encoding)), count, max_rows, "csv")


def stream_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file piece by piece as its rows come, for a table too long to keep."""
    output = io.StringIO(newline="")
    writer = csv.writer(output)
    # With the mark, because Excel reads CSV without one in the code page of Windows.
    output.write("\ufeff")
    writer.writerow(headers)
    # At once: whoever waits, and every proxy on the way, sees that the file has begun.
    yield _take(output)
    for row in rows:
        writer.writerow([f"'{v}" if isinstance(v, str) and looks_like_formula(v) else v for v in row])
        if output.tell() > _PIECE:
            yield _take(output)
    yield _take(output)


def _take(output: io.StringIO) -> bytes:
    piece = output.getvalue().encode()
    output.seek(0)
    output.truncate()
    return piece


def _write_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    return b"".join(stream_csv(headers, rows))


# -- XLSX -------------------------------------------------------------------------------------------
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_ROW_WITH_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)[ >]")
_FORMULA = re.compile(
    # What is typed as text and is empty is the result "".
    rb"<(?:\w+:)?c (?![^>]*\bt=\"str\")(?:[^>]*? )?r=\"([A-Z]{1,3})\d+\"[^>]*>\s*"
    rb"<(?:\w+:)?f(?: [^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v *(?:/>|></(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"
)
# What zipfile, zlib and openpyxl raise over a broken, locked or oddly packed part; none has one error for it.
_BROKEN = (
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    SyntaxError,
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
_SHARED_TEXT = re.compile(rb"<(?:\w+:)?si[ />]")
# Different texts a row; a list of persons has about ten.
_MAX_TEXTS_PER_ROW = 20
_ROW_NUMBER = re.compile(rb"<(?:\w+:)?row [^>]*?\br=\"(\d+)\"")


def _check_archive(archive: zipfile.ZipFile, name: str, max_bytes: int) -> None:
    """Refuse what is no workbook and what unpacks too large.

    The sizes are the archive's own claims, which bind: zipfile never hands out more than it claims.
    """
    members = archive.infolist()
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= {member.filename for member in members}:
        raise NotASpreadsheet(
            _("%(name)s is not an Excel workbook (.xlsx) or a CSV text file. Save it as one of these.")
            % {"name": name}
        )
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > max_bytes * _MAX_UNPACKED_PER_BYTE_ALLOWED or (
        unpacked > 2**20 and unpacked > packed * _MAX_RATIO
    ):
        raise FileTooLarge(
            _("%(name)s unpacks to far more data than a list needs. Save the rows in a new workbook.")
            % {"name": name}
        )


def _check_texts(archive: zipfile.ZipFile, name: str, max_rows: int) -> None:
    """Refuse more texts than the rows could use: they are all read into memory before the first row.

    Every part is searched, because which one holds them is the file's own claim.
    """
    allowed = (max_rows + 1) * _MAX_TEXTS_PER_ROW
    for member in archive.infolist():
        with archive.open(member) as part:
            while allowed >= 0 and (chunk := part.read(_CHUNK)):
                allowed -= len(_SHARED_TEXT.findall(chunk))
    if allowed < 0:
        raise FileTooLarge(
            _("%(name)s unpacks to far more data than a list needs. Save the rows in a new workbook.")
            % {"name": name}
        )


def _count_rows(sheet: BinaryIO, max_rows: int) -> tuple[int, dict[int, list[int]]]:
    """Count rows that hold a value, reading the sheet's XML without parsing it; stop past the limit.

    Parsing 200,000 rows takes half a minute, this about a second. Formatted empty rows do not count. With
    the count come the formulas that have no result, by number of the row and place in it.
    """
    count, rest, place = 0, b"", 0
    formulas: dict[int, list[int]] = {}
    while chunk := sheet.read(_CHUNK):
        *complete, rest = _ROW_END.split(rest + chunk)
        for row in complete:
            number = _ROW_NUMBER.search(row)
            place = int(number[1][:12]) if number else place + 1
            if place > _EXCEL_ROWS:
                raise SpreadsheetError
            if found := _formulas(row):
                formulas[place] = found
            count += bool(found or _ROW_WITH_VALUE.search(row))
        if count > max_rows + 1:
            break
        if len(rest) > 64 * _CHUNK:
            raise SpreadsheetError
    return count, formulas


def _formulas(row: bytes) -> list[int]:
    """Return where in a row, of its XML, formulas stand without a result; one that is empty is a result."""
    if b"f" not in row:
        return []
    return [column_index_from_string(cell[1].decode()) - 1 for cell in _FORMULA.finditer(row)]


def _cell_text(value: object) -> str:
    """Return a cell as its text: whole numbers without a decimal point, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    return str(value).strip()


def _read_workbook(upload: BinaryIO, name: str, start: bytes, *, max_rows: int, max_bytes: int) -> Table:
    try:
        with zipfile.ZipFile(upload) as archive:
            _check_archive(archive, name, max_bytes)
            _check_texts(archive, name, max_rows)
        upload.seek(0)
        # data_only: the value that Excel last showed, never the formula.
        book = openpyxl.load_workbook(upload, read_only=True, data_only=True, keep_links=False)
        sheet: Any = book.worksheets[0]
        with sheet._get_source() as xml:  # noqa: SLF001
            count, formulas = _count_rows(xml, max_rows)
        # The sheet's own claim of its extent is often wrong and would cut rows off.
        sheet.reset_dimensions()
    except zipfile.BadZipFile as error:
        raise _refuse(name, start) from error
    except _BROKEN as error:
        raise SpreadsheetError from error

    def rows() -> Iterator[list[str]]:
        try:
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                _check_width(values)
                cells = [_cell_text(value) for value in values[: _MAX_COLUMNS + 1]]
                for place in formulas.get(number, ()):
                    if place < len(cells):
                        cells[place] = _UNCOUNTED
                yield cells
        except _BROKEN as error:
            raise SpreadsheetError from error

    return _table(name, _filled(rows()), count, max_rows, "xlsx")


def _write_workbook(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"

    def cell(value: Cell, *, bold: bool = False) -> Any:
        drawn = WriteOnlyCell(sheet, value=value)  # type: ignore[arg-type]
        if isinstance(value, str):
            # Text stays text: without this openpyxl writes "=…" as a formula, and Excel would make one
            # of it as soon as somebody edits the cell.
            drawn.data_type = "s"
            drawn.quotePrefix = looks_like_formula(value)
        if bold:
            drawn.font = Font(bold=True)
        return drawn

    for index, heading in enumerate(headers):
        sheet.column_dimensions[get_column_letter(index + 1)].width = max(12, len(heading) + 4)
    sheet.append([cell(heading, bold=True) for heading in headers])
    for row in rows:
        sheet.append([cell(value) for value in row])
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()
