"""Tiny packages, kept through the service, and learners in them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.urls import reverse

from courses.catalogue.models import Unit
from courses.catalogue.services.versions import UnitPlan
from courses.content.models import StoredPackage
from courses.content.services.packages import keep
from courses.player.models import Registration
from courses.player.services.registrations import take_session
from learning.people.models import Agency, Person
from tests.courses.packages.factories import PAGE, zipped
from tests.courses.player.factories import make_registration, units

_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="M" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2" xmlns:adlnav="http://www.adlnet.org/xsd/adlnav_v1p3">
  <metadata><schema>ADL SCORM</schema><schemaversion>{version}</schemaversion></metadata>
  <organizations default="O">
    <organization identifier="O"{attributes}><title>ชุดบทเรียน</title>{items}{root}</organization>
  </organizations>
  <resources>{resources}</resources>
</manifest>"""
_ITEM = '<item identifier="{id}" identifierref="R-{id}"><title>บทที่ {id}</title>{more}</item>'
_RESOURCE = (
    '<resource identifier="R-{id}" type="webcontent" adlcp:scormtype="{type}" href="{id}.html">'
    '<file href="{id}.html"/></resource>'
)


def scorm(
    *names: str,
    version: str = "1.2",
    assets: tuple[str, ...] = (),
    page: str = PAGE,
    root: str = "",
    attributes: str = "",
    **more: str,
) -> BytesIO:
    """A package with an item for each name; `more` is XML inside the item of that name, `root` beside all.

    `attributes` are those of the organization, with a blank before them.
    """
    names = names or ("A",)
    items = "".join(_ITEM.format(id=name, more=more.get(name, "")) for name in names)
    resources = "".join(
        _RESOURCE.format(id=name, type="asset" if name in assets else "sco") for name in names
    )
    manifest = _MANIFEST.format(
        version=version, items=items, resources=resources, root=root, attributes=attributes
    )
    return zipped({"imsmanifest.xml": manifest, **{f"{name}.html": page for name in names}})


def kept(upload: BytesIO, owner: Agency, name: str = "package.zip") -> StoredPackage:
    return keep(upload, name, owner=owner, actor=None)


def in_package(person: Person, package: StoredPackage, **plan: Any) -> tuple[Registration, Unit, str]:
    """A registration for a course with this package as its unit, and the session of a device in it."""
    registration = _registration(person, package, plan)
    return registration, units(registration)[0], take_session(registration, "Chrome · Windows")


def new_package_page(person: Person, package: StoredPackage, **plan: Any) -> str:
    """The address of a unit that is this package, in a course that the person has on no device yet."""
    registration = _registration(person, package, plan)
    return reverse("player:unit", args=[registration.pk, units(registration)[0].pk])


def _registration(person: Person, package: StoredPackage, plan: dict[str, Any]) -> Registration:
    return make_registration(person, UnitPlan("package", "ชุดบทเรียน", package_id=package.id, **plan))
