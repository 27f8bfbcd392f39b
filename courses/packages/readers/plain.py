"""Read what describes itself: a folder of web pages, a video, a document."""

from courses.packages import mp4, pages, pdf
from courses.packages.findings import Finding, Findings, PackageRefused
from courses.packages.package import Kind, Package, Unit
from courses.packages.readers.reading import Reading
from courses.packages.sniffing import HTML
from courses.packages.sources import Source


def only_page(source: Source) -> str:
    """Return the one page that lies at the top, empty where there is none or several."""
    found = [path for path, file in source.files.items() if "/" not in path and file.media_type == HTML]
    return found[0] if len(found) == 1 else ""


def read_html(reading: Reading) -> Package:
    """Read web pages that begin with this one."""
    look = pages.look_at_page(pages.decode(reading.source.read(reading.file, pages.MOST)))
    title = look.title or reading.file
    return Package(
        kind=Kind.HTML,
        title=title,
        language=look.language,
        units=(Unit(id=reading.file, title=title, href=reading.file),),
        manifest=reading.file,
    )


def read_mp4(source: Source, path: str) -> Package:
    """Read a video. Raises PackageRefused when it is none."""
    with source.open(path) as stream:
        try:
            video = mp4.probe(stream, source.files[path].size)
        except mp4.NotAVideo as error:
            raise PackageRefused(Finding("not-a-video", path, {"why": error.args[0]})) from error
    unit = _unit(path)
    return Package(kind=Kind.MP4, title=unit.title, units=(unit,), video=video)


def read_pdf(source: Source, path: str, findings: Findings) -> Package:
    """Read a document. Raises PackageRefused when it is none."""
    if source.files[path].size > pdf.MOST:
        raise PackageRefused(Finding("pdf-too-large", path, {"limit": pdf.MOST >> 20}))
    document, codes = pdf.inspect(source.read(path, pdf.MOST))
    if "pdf-damaged" in codes:
        raise PackageRefused(Finding("pdf-damaged", path))
    for code in codes:
        findings.add(code, path)
    unit = _unit(path)
    return Package(kind=Kind.PDF, title=unit.title, units=(unit,), document=document)


def _unit(path: str) -> Unit:
    return Unit(id=path, title=path.rpartition(".")[0] or path, href=path)
