"""Files of packages in the media storage, through Django's storage interface: a local folder or S3."""

from contextlib import suppress

from django.core.files.storage import default_storage


def in_other_case(folder: str, path: str) -> str:
    """Return the path of a file that differs only in capital letters; as it is where there is none.

    Many authors' computers find it, so their pages name it as they like. No package has two such files.
    """
    found = ""
    for part in path.split("/"):
        try:
            folders, names = default_storage.listdir(f"{folder}{found}")
        except (OSError, ValueError):
            return path
        same = next((name for name in (*folders, *names) if name.casefold() == part.casefold()), None)
        if same is None:
            return path
        found = f"{found}/{same}" if found else same
    return found


def remove_folder(folder: str) -> None:
    """Remove a folder with everything in it; what is not there is no fault."""
    folder = folder.rstrip("/")
    try:
        folders, names = default_storage.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        remove_folder(f"{folder}/{name}")
    # A bucket has no folders, a disk has.
    with suppress(OSError):
        default_storage.delete(folder)
