"""Every rule for packages: its code, which never changes, how grave it is, and what the uploader reads.

An error keeps a package out; a warning does not. `docs/packages.md` lists them, and a test compares.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Rule:
    """One rule; the text has named places for what a finding knows."""

    severity: Severity
    text: str | Promise


def _error(text: str | Promise) -> Rule:
    return Rule(Severity.ERROR, text)


def _warning(text: str | Promise) -> Rule:
    return Rule(Severity.WARNING, text)


ARCHIVE = {
    "upload-too-large": _error(
        _("The file is larger than %(limit)d MB. Make videos smaller, or bring the course in parts.")
    ),
    "not-a-package": _error(
        _("This is no ZIP, H5P, MP4 or PDF file, whatever its name says. Export the course again.")
    ),
    "office-document": _error(
        _("This is a document of Word, PowerPoint, Excel or the like. Save it as PDF and upload that.")
    ),
    "other-archive": _error(
        _("Files packed as RAR, 7z or gz are not opened. Unpack it, and pack the course as a ZIP file.")
    ),
    "polyglot": _error(
        _("The file is two kinds of file in one, which attackers make. Export the course again.")
    ),
    "archive-damaged": _error(
        _("The file is damaged and cannot be read to its end. Make the ZIP file again and upload it.")
    ),
    "archive-empty": _error(_("The ZIP file holds no files. Put the course into it and upload it again.")),
    "too-many-files": _error(
        _("The ZIP file holds more than %(limit)d files. Take out what the course does not use.")
    ),
    "unpacked-too-large": _error(
        _("Unpacked, the course is larger than %(limit)d MB. Make videos and pictures smaller.")
    ),
    "zip-bomb": _error(
        _(
            "This unpacks to more than %(limit)d times its size, as files do that are made to fill a disk. "
            "Take it out, or make it smaller."
        )
    ),
    "entries-overlap": _error(
        _("Files lie over each other in the ZIP file, as only an attack does. Make the ZIP file again.")
    ),
    "nested-archive": _error(
        _("A ZIP file inside is too large or holds more archives. Unpack it before you zip the course.")
    ),
    "encrypted": _error(_("The file has a password. Make the ZIP file again without one.")),
    "compression-unknown": _error(
        _("The file is compressed in an unusual way. Make the ZIP file again with the method “Deflate”.")
    ),
    "special-file": _error(_("This is a link or a device, no file. Put the file itself into the ZIP file.")),
    "path-traversal": _error(
        _("The path leads out of the package with “..”. Make the ZIP file from the course folder again.")
    ),
    "path-absolute": _error(
        _("The path begins at a drive or at “/”. Make the ZIP file from the course folder again.")
    ),
    "path-too-long": _error(
        _("The path is too long or too deep; %(limit)d bytes fit, and a Thai letter takes three. Shorten it.")
    ),
    "name-unseen": _error(_("The file's name has characters that cannot be seen. Rename the file.")),
    "name-reserved": _error(
        _("Windows cannot have a file of this name, or it has a colon in it. Rename the file.")
    ),
    "name-twice": _error(
        _("Many computers cannot tell this file's name from “%(other)s”. Rename one of the two.")
    ),
}

MANIFEST = {
    "xml-malformed": _error(
        _("The XML cannot be read from this line on: %(why)s. Export the course again, or mend the file.")
    ),
    "xml-doctype": _error(
        _("The XML has a document type or entities, which are not taken. Remove the <!DOCTYPE …> part.")
    ),
    "xml-too-large": _error(
        _("The XML is too large or too deeply nested to be a description of a course. Export it again.")
    ),
    "json-malformed": _error(_("The JSON cannot be read from this line on. Export the course again.")),
    "manifest-missing": _error(
        _(
            "Nothing says how the course starts: none of imsmanifest.xml, cmi5.xml, tincan.xml, h5p.json and "
            "index.html is in the package. Export it again as SCORM, cmi5, xAPI or H5P."
        )
    ),
    "manifest-in-folder": _error(
        _(
            "The course is inside the folder “%(folder)s”. Open the folder, select everything in it, and zip "
            "that: %(name)s must be at the top of the ZIP file."
        )
    ),
    "manifest-in-archive": _error(
        _("The course is packed twice: it is in “%(name)s”. Unpack this file, and upload that one.")
    ),
    "manifest-lost": _error(
        _(
            "The course was exported to keep results (%(sign)s shows it), but %(name)s is missing. Export it "
            "again and change nothing in the ZIP file; where no results are wanted, export it for the web."
        )
    ),
    "packed-by-itself": _error(
        _("The ZIP file holds no course, only files such as “%(name)s”. Unpack it, upload each alone.")
    ),
    "authoring-source": _error(
        _(
            "This is the file that %(program)s works on. Publish it there as SCORM, cmi5, xAPI or web pages, "
            "and upload the ZIP file that comes of it."
        )
    ),
    "platform-backup": _error(
        _(
            "This is a whole course copied out of another platform (%(platform)s), which cannot be played. "
            "Export its SCORM and H5P packages, films and documents there, and upload each by itself."
        )
    ),
    "aicc": _error(_("The course was exported as AICC, which is not taken. Export it as SCORM or cmi5.")),
    "start-guessed": _warning(
        _("Nothing is called index.html. The course begins with this page, the only one at the top.")
    ),
    "manifests-several": _warning(
        _("The package describes itself in several ways (%(others)s too); this one is used.")
    ),
    "manifest-foreign": _error(
        _("The file does not begin with <%(expected)s>, so it describes no course. Export the course again.")
    ),
    "version-unknown": _warning(
        _("The version “%(version)s” is not known; the course is taken as %(kind)s. Try it in the preview.")
    ),
    "value-missing": _error(_("<%(element)s> lacks “%(name)s”. Add it, or export the course again.")),
    "value-wrong": _error(
        _("“%(value)s” is no value that “%(name)s” of <%(element)s> can have. Allowed: %(allowed)s.")
    ),
    "value-ignored": _warning(
        _("“%(value)s” is no value that “%(name)s” can have, so it is not used. Allowed: %(allowed)s.")
    ),
    "identifier-twice": _error(_("The identifier “%(id)s” is used twice. Every one must be different.")),
    "identifier-too-long": _error(
        _("The identifier “%(id)s” has more than %(limit)d characters. Shorten it in the authoring program.")
    ),
    "identifier-of-platform": _error(
        _("Only the platform gives identifiers like “%(id)s”. Give the course one of your own address.")
    ),
    "identifier-dangling": _error(
        _("This refers to “%(id)s”, which the manifest does not have. Mend it, or export the course again.")
    ),
    "organization-unknown": _warning(
        _("The default organization “%(id)s” does not exist; the first one is used.")
    ),
    "submanifest": _warning(
        _("The manifest holds another manifest. Its files are used, its table of contents is not.")
    ),
    "nothing-to-start": _error(
        _("Nothing in the course can be started. At least one lesson must name a page of the package.")
    ),
    "too-many-units": _error(
        _("The course has more than %(limit)d lessons and headings. Bring it in several parts.")
    ),
    "launch-elsewhere": _error(
        _("The lesson starts at another address (%(url)s). Put its pages into the package.")
    ),
    "launch-remote": _warning(
        _("The lesson is kept at %(url)s and can be changed or taken away there without a review.")
    ),
    "path-outside": _error(
        _(
            "The manifest points outside the package (%(target)s). Put the file into it, and name it from "
            "the top, without “/”, “..” or a drive."
        )
    ),
    "file-missing": _error(_("“%(target)s” is not in the package. Add it, or export the course again.")),
    "file-listed-missing": _warning(
        _("“%(target)s” is listed but is not in the package. If no lesson uses it, nothing is lost.")
    ),
    "file-case": _warning(
        _("“%(target)s” is called “%(actual)s” in the package. It is found here, but not everywhere.")
    ),
    "page-file-missing": _warning(
        _("The page shows “%(target)s”, which is not in the package. Add it, or mend the page.")
    ),
    "from-top": _warning(
        _(
            "The page names “%(target)s” from “/” on, as on a server of its own. Files are found here; an "
            "app that reads its own address is not at “/”. Build it with relative addresses, and try it."
        )
    ),
    "launch-reserved": _error(
        _("The lesson's address has “%(name)s” in it, which the platform adds by itself. Take it out.")
    ),
    "library-missing": _error(
        _(
            "The package lacks the H5P library %(library)s. Export it again from a site that has the content "
            "type, with libraries included."
        )
    ),
    "library-unlisted": _warning(
        _("The content names the H5P library %(library)s, which is not there. Try all of it in the preview.")
    ),
    "h5p-silent": _warning(
        _("The content never says that it is finished. Its learners mark it as done themselves.")
    ),
}

CONTENT = {
    "file-forbidden": _error(_("Programs and server scripts have no place in a course. Take the file out.")),
    "flash": _warning(
        _("%(count)d files, this one first, are Flash, which browsers no longer play. Take them out.")
    ),
    "script": _warning(
        _("The file runs scripts. It is shown apart from the portal, and a reviewer must look at it.")
    ),
    "loads-elsewhere": _warning(
        _("The page loads files from %(hosts)s, and may not work where these are blocked. Include them.")
    ),
    "local-address": _warning(
        _("The page names %(target)s, which only the author's computer or office can reach. Include it.")
    ),
    "script-addresses": _warning(
        _("The script names addresses at %(hosts)s. What it loads from there may not work everywhere.")
    ),
    "links-elsewhere": _warning(
        _("The page leads to %(hosts)s. Let such links open a new window, so that the lesson stays.")
    ),
    "not-all-looked-at": _warning(
        _("The package has more pages than are looked through; the rest is for the reviewer.")
    ),
    "not-a-video": _error(
        _("This is no MP4 video that can be played: %(why)s. Save it again as MP4 (H.264, AAC).")
    ),
    "video-codec": _warning(
        _("Many browsers cannot play the format %(codec)s. Save the video again as MP4 (H.264, AAC).")
    ),
    "video-slow-start": _warning(
        _("The video starts only when all of it is loaded. Save it with “web optimised” or “fast start”.")
    ),
    "pdf-damaged": _error(_("The PDF cannot be read. Save it again from the program that made it.")),
    "pdf-too-large": _error(_("The PDF is larger than %(limit)d MB. Save it with smaller pictures.")),
    "pdf-encrypted": _error(_("The PDF is locked or encrypted. Save it again without a password.")),
    "pdf-launches": _error(_("The PDF starts programs or sends forms. Save it again as a plain PDF.")),
    "pdf-script": _warning(_("The PDF runs scripts. They are not run here; check that it reads without.")),
}

ACCESSIBILITY = {
    "page-without-language": _warning(
        _('The page does not say its language, so screen readers misread it. Write <html lang="th">.')
    ),
    "page-without-title": _warning(_("The page has no title. Write one in <title>.")),
    "image-without-text": _warning(
        _('%(count)d pictures, the first in this line, have no text for those who cannot see. Add alt="…".')
    ),
    "video-without-captions": _warning(
        _('%(count)d videos, the first in this line, have no captions. Add <track kind="captions">.')
    ),
    "h5p-image-without-text": _warning(
        _("%(count)d pictures have no text for those who cannot see. Write it in the H5P editor.")
    ),
    "h5p-video-without-captions": _warning(
        _("%(count)d videos have no captions. Add a text track (WebVTT) in the H5P editor.")
    ),
    "pdf-untagged": _warning(
        _("The PDF has no tags, so screen readers read it badly. Save it as a tagged, accessible PDF.")
    ),
    "pdf-without-text": _warning(
        _("The PDF holds pictures of pages and no text, as scanners make. Bring it with text as well.")
    ),
}

OTHER = {
    "more": _warning(_("%(count)d more findings “%(code)s” are not listed.")),
}

RULES: dict[str, Rule] = ARCHIVE | MANIFEST | CONTENT | ACCESSIBILITY | OTHER
