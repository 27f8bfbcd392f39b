"""The resources of a SCORM manifest: what items start, and the files it lists."""

from dataclasses import dataclass

from courses.packages.readers.links import Link, Place, resolve
from courses.packages.readers.reading import Reading
from courses.packages.xml import Element

_XML_BASE = ("http://www.w3.org/XML/1998/namespace", "base")


@dataclass(frozen=True)
class Resource:
    """A resource, and the folder from which its addresses start."""

    element: Element
    base: str

    @property
    def is_sco(self) -> bool:
        """Say whether it talks to the run-time; what does not say so is taken to."""
        return self.element.get("scormType").lower() != "asset"


class Resources:
    """All resources of a manifest, those of manifests inside it included."""

    def __init__(self, reading: Reading, root: Element) -> None:
        self._reading = reading
        self._by_id: dict[str, Resource] = {}
        self._collect(root, "")

    def started_by(self, item: Element) -> tuple[Resource | None, Link | None]:
        """Return what an item starts, and where that is; None twice for a mere heading."""
        wanted = item.get("identifierref")
        if not wanted:
            return None, None
        resource = self._by_id.get(wanted)
        if resource is None:
            self._reading.note("identifier-dangling", item.line, id=wanted)
            return None, None
        address = self._reading.required(resource.element, "href")
        if not address:
            return resource, None
        link = self._reading.refer(resource.base, address, resource.element.line, needed=True)
        if link.place is Place.REMOTE:
            # The run-time is found through the frames above, which another host may not touch.
            self._reading.note("launch-elsewhere", resource.element.line, url=address)
        return resource, link if link.place is Place.INSIDE else None

    def _collect(self, manifest: Element, base: str) -> None:
        base = _base(manifest, base)
        for resources in manifest.all("resources"):
            for element in resources.all("resource"):
                self._take(element, _base(element, _base(resources, base)))
        for inner in manifest.all("manifest"):
            self._collect(inner, base)

    def _take(self, element: Element, base: str) -> None:
        identifier = self._reading.required(element, "identifier")
        if identifier in self._by_id:
            self._reading.note("identifier-twice", element.line, id=identifier)
        self._by_id[identifier] = Resource(element, base)
        for file in element.all("file"):
            if address := self._reading.required(file, "href"):
                self._reading.refer(base, address, file.line)


def _base(element: Element, base: str) -> str:
    """Return where addresses in the element start (XML Base); outside or remote, then they are so too."""
    own = element.attributes.get(_XML_BASE, "")
    return resolve((), base, own).path if own else base
