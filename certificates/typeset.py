"""Set certificates as PDF with Typst: one page each, any number in one file, the same bytes every time."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
import typst
from django.conf import settings
from django.utils import timezone

from certificates import codes, kinds, pdf
from certificates.errors import CannotBeSet
from certificates.models import Certificate

TEMPLATES = Path(__file__).resolve().parent / "typst"

_LACKING = re.compile(r'the text `"(?P<text>.+?)"` could not be displayed')


def check_url(certificate: Certificate) -> str:
    """Return the address in the QR code: upper case only, which QR codes hold in fewer modules."""
    return f"{settings.PUBLIC_ORIGIN}/v/{certificate.code}".upper()


def render_pdf(certificates: Sequence[Certificate], *, thai_numerals: bool = True) -> bytes:
    """Return a PDF/A-2u file with a page for each certificate, in the order given.

    Raises CannotBeSet, naming the certificate, where a name has a character that the font lacks.
    """
    pages = [(certificate, _page(certificate)) for certificate in certificates]
    newest = max(certificate.issued_at for certificate in certificates)
    try:
        return pdf.build(TEMPLATES, _source(pages, thai_numerals=thai_numerals), newest)
    except typst.TypstError as error:
        lacking = _LACKING.search(error.message)
        if lacking is None:
            # Not the data's fault but a template's.
            raise
        for certificate in certificates if len(certificates) > 1 else ():
            render_pdf([certificate], thai_numerals=thai_numerals)
        raise CannotBeSet(certificates[0], lacking["text"]) from error


def render_png(certificate: Certificate, *, ppi: float = 144) -> bytes:
    """Return the page as a PNG picture."""
    source = _source([(certificate, _page(certificate))], thai_numerals=True)
    picture: bytes = pdf.compiler(TEMPLATES).compile(input=source.encode(), format="png", ppi=ppi)
    return picture


def _source(pages: Sequence[tuple[Certificate, dict[str, Any]]], *, thai_numerals: bool) -> str:
    """Return the Typst source: it imports the frozen templates and holds nothing but data."""
    first = pages[0][0]
    title = str(kinds.get(first.kind).title) + (f" {first.register_number}" if len(pages) == 1 else "")
    lines = [f"#set document(title: {pdf.literal(title)}, author: {pdf.literal(pages[0][1]['issuer'])})"]
    runs = groupby(pages, key=lambda page: (page[0].kind, page[0].template_version))
    for index, ((kind, version), run) in enumerate(runs):
        data = {"thai_numerals": thai_numerals, "certificates": [page for _, page in run]}
        lines += [
            f'#import "/{kind}/{version}/template.typ": sheets as sheets{index}',
            f"#sheets{index}({pdf.read_json(data)})",
        ]
    return "\n".join(lines)


def _page(certificate: Certificate) -> dict[str, Any]:
    """Return what a template may use about one certificate."""
    facts = kinds.read_facts(certificate.facts)
    return {
        "number": certificate.number,
        "year": certificate.year,
        "name": facts.holder.full_name,
        "masked_national_id": facts.holder.masked_national_id,
        "issuer": facts.issuer,
        "issuer_en": facts.issuer_en,
        "signer": {
            "name": facts.signer.name,
            "position": facts.signer.position,
            "position_en": facts.signer.position_en,
        },
        "award": facts.award,
        "issued_on": timezone.localdate(certificate.issued_at).isoformat(),
        "code": codes.grouped(certificate.code),
        "check_at": f"{urlsplit(settings.PUBLIC_ORIGIN).netloc}/v/",
        "qr": segno.make(check_url(certificate), error="m", micro=False).svg_inline(border=0, omitsize=True),
    }
