"""What the files of an archive may be called. Pure: text in, text out.

A name is kept only if it means one and the same file on every machine on which a course may land.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

# Pages with which a folder begins, as servers have it; the last is what Storyline writes for the web.
STARTS = ("index.html", "index.htm", "default.html", "default.htm", "story.html")

# Made by computers, not by authors: nobody misses them, and they would only show up as strange files.
_JUNK_FOLDERS = {"__MACOSX"}
_JUNK_FILES = {".ds_store", "thumbs.db", "desktop.ini"}
_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE)
# Direction marks make "gpj.exe" read as "exe.jpg".
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def decode(raw: Sequence[bytes]) -> list[str]:
    """Return the names of an archive that does not say how they are encoded.

    One program wrote them all, so they are all read the same way: UTF-8, Thai Windows (TIS-620 is a part of
    it), or the code page that the ZIP format began with, which has a letter for every byte.
    """
    for encoding in ("utf-8", "cp874"):
        try:
            return [name.decode(encoding) for name in raw]
        except UnicodeDecodeError:
            continue
    return [name.decode("cp437") for name in raw]


def tidy(name: str) -> str:
    """Return the name with forward slashes and no steps that lead nowhere; a folder ends with a slash."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    path = "/".join(part for part in name.split("/") if part not in {"", "."})
    return path + "/" if name.endswith(("/", "/.")) and path else path


def is_file(path: str) -> bool:
    """Say whether a path is that of a file which somebody meant to be there."""
    *folders, name = path.split("/")
    is_junk = _JUNK_FOLDERS & set(folders) or name.lower() in _JUNK_FILES or name.startswith("._")
    return bool(name) and not is_junk


def fault(name: str, *, path_bytes: int, part_bytes: int, folders: int) -> str:
    """Return the code of the rule that a name in an archive breaks, empty where it breaks none."""
    name = name.replace("\\", "/")
    if _UNSEEN.search(name):
        return "name-unseen"
    if name.startswith("/") or _DRIVE.match(name):
        return "path-absolute"
    parts = [part for part in name.split("/") if part]
    if ".." in parts:
        return "path-traversal"
    if any(_DEVICE.fullmatch(part.strip()) or ":" in part for part in parts):
        return "name-reserved"
    if (
        len(name.encode()) > path_bytes
        or len(parts) > folders
        or any(len(part.encode()) > part_bytes for part in parts)
    ):
        return "path-too-long"
    return ""


def twins(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each file that some machine would take for another: (file, the earlier one).

    Names differ for nobody who is blind to case, to the spelling of a letter, or to a full stop at the end;
    and what is a file cannot be a folder too.
    """
    seen: dict[str, str] = {}
    inner: dict[str, str] = {}
    for path in paths:
        parts = [_folded(part) for part in path.split("/")]
        key = "/".join(parts)
        if key in seen or key in inner:
            yield path, seen.get(key) or inner[key]
            continue
        seen[key] = path
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder in seen:
                yield path, seen[folder]
            inner.setdefault(folder, path)


def _folded(part: str) -> str:
    return unicodedata.normalize("NFKC", part).casefold().rstrip(" .")
