"""Packages made in memory, good ones by default; a test changes what it is about."""

import io
import struct
import zipfile
from collections.abc import Mapping

Content = str | bytes
Files = Mapping[str, Content]


def entry(name: str, *, mode: int = 0o100644, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Return an entry of an archive; `mode` as Unix has it, with the kind of file."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = method
    return info


def zipped(files: Files | list[tuple[str | zipfile.ZipInfo, Content]]) -> io.BytesIO:
    """Return a ZIP file; a list may hold names twice, and entries made by hand."""
    upload = io.BytesIO()
    pairs = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(upload, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            archive.writestr(name, content)
    upload.seek(0)
    return upload


def with_raw_name(ascii_name: str, raw: bytes, files: Files) -> io.BytesIO:
    """Return a ZIP file in which a name was written byte by byte, as programs do that know no Unicode."""
    assert len(ascii_name) == len(raw)
    return io.BytesIO(zipped(files).getvalue().replace(ascii_name.encode(), raw))


def patched(
    upload: io.BytesIO, *, offset: int, form: str, value: int, signature: bytes = b"PK\x01\x02"
) -> io.BytesIO:
    """Return the archive with one number changed in the last header of that signature."""
    data = bytearray(upload.getvalue())
    struct.pack_into(form, data, data.rindex(signature) + offset, value)
    return io.BytesIO(bytes(data))


# -- Packages -----------------------------------------------------------------------------------------
PAGE = '<!doctype html>\n<html lang="th"><head><title>บทที่ 1</title></head><body><p>สวัสดี</p></body></html>'

SCORM_12 = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="M" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="O">
    <organization identifier="O">
      <title>ข้อมูลข่าวสาร</title>
      <item identifier="I0"><title>หมวด 1</title>
        <item identifier="I1" identifierref="R1" parameters="?lesson=1">
          <title>บทที่ 1</title>
          <adlcp:prerequisites type="aicc_script">I0</adlcp:prerequisites>
          <adlcp:maxtimeallowed>00:30:00</adlcp:maxtimeallowed>
          <adlcp:timelimitaction>exit,message</adlcp:timelimitaction>
          <adlcp:datafromlms>level=1</adlcp:datafromlms>
          <adlcp:masteryscore>80</adlcp:masteryscore>
        </item>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="R1" type="webcontent" adlcp:scormtype="sco" href="index.html">
      <file href="index.html"/>
    </resource>
  </resources>
</manifest>"""

SCORM_2004 = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="M" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 4th Edition</schemaversion></metadata>
  <organizations default="O">
    <organization identifier="O">
      <title>ข้อมูลข่าวสาร</title>
      <item identifier="I1" identifierref="R1">
        <title>บทที่ 1</title>
        <adlcp:timeLimitAction>exit,no message</adlcp:timeLimitAction>
        <adlcp:dataFromLMS>level=1</adlcp:dataFromLMS>
        <adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.75"/>
        <imsss:sequencing IDRef="S1">
          <imsss:limitConditions attemptAbsoluteDurationLimit="PT1H30M"/>
        </imsss:sequencing>
      </item>
      <imsss:sequencing><imsss:controlMode flow="true"/></imsss:sequencing>
    </organization>
  </organizations>
  <resources>
    <resource identifier="R1" type="webcontent" adlcp:scormType="sco" xml:base="content/" href="index.html">
      <file href="index.html"/>
    </resource>
  </resources>
  <imsss:sequencingCollection>
    <imsss:sequencing ID="S1">
      <imsss:objectives>
        <imsss:primaryObjective objectiveID="P1" satisfiedByMeasure="true">
          <imsss:minNormalizedMeasure>0.6</imsss:minNormalizedMeasure>
        </imsss:primaryObjective>
        <imsss:objective objectiveID="P2"/>
      </imsss:objectives>
    </imsss:sequencing>
  </imsss:sequencingCollection>
</manifest>"""

CMI5 = """<?xml version="1.0" encoding="utf-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
  <course id="https://example.org/course">
    <title><langstring lang="en">Information</langstring><langstring lang="th">ข้อมูลข่าวสาร</langstring></title>
    <description><langstring lang="th">-</langstring></description>
  </course>
  <objectives><objective id="https://example.org/goal"/></objectives>
  <block id="https://example.org/block">
    <title><langstring lang="th">หมวด 1</langstring></title>
    <au id="https://example.org/au" moveOn="CompletedAndPassed" masteryScore="0.8" launchMethod="OwnWindow"
        activityType="http://adlnet.gov/expapi/activities/lesson">
      <title><langstring lang="th">บทที่ 1</langstring></title>
      <objectives><objective idref="https://example.org/goal"/></objectives>
      <url>index.html?lesson=1</url>
      <launchParameters>level=1</launchParameters>
    </au>
  </block>
</courseStructure>"""

TINCAN = """<?xml version="1.0" encoding="utf-8"?>
<tincan xmlns="http://projecttincan.com/tincan.xsd">
  <activities>
    <activity id="https://example.org/course" type="http://adlnet.gov/expapi/activities/course">
      <name lang="en-US">Information</name><name lang="th-TH">ข้อมูลข่าวสาร</name>
      <description lang="en-US">-</description>
      <launch lang="th-TH">index.html</launch>
    </activity>
    <activity id="https://example.org/question" type="http://adlnet.gov/expapi/activities/question"/>
  </activities>
</tincan>"""

H5P = """{"title": "แบบทดสอบ", "language": "th", "mainLibrary": "H5P.Quiz", "embedTypes": ["div"],
 "preloadedDependencies": [{"machineName": "H5P.Quiz", "majorVersion": 1, "minorVersion": 2}]}"""

QUIZ = """{"machineName": "H5P.Quiz", "majorVersion": 1, "minorVersion": 2, "patchVersion": 3,
 "preloadedJs": [{"path": "quiz.js"}],
 "preloadedDependencies": [{"machineName": "H5P.Button", "majorVersion": "1", "minorVersion": "0"}]}"""

BUTTON = '{"machineName": "H5P.Button", "majorVersion": 1, "minorVersion": 0}'

GOOD: dict[str, dict[str, str]] = {
    "scorm-1.2": {"imsmanifest.xml": SCORM_12, "index.html": PAGE},
    "scorm-2004-4": {"imsmanifest.xml": SCORM_2004, "content/index.html": PAGE},
    "cmi5": {"cmi5.xml": CMI5, "index.html": PAGE},
    "xapi": {"tincan.xml": TINCAN, "index.html": PAGE},
    "h5p": {
        "h5p.json": H5P,
        "content/content.json": '{"question": {"library": "H5P.Button 1.0"}}',
        "H5P.Quiz-1.2/library.json": QUIZ,
        "H5P.Quiz-1.2/quiz.js": "start(); onEnd(() => say('completed'))",
        "H5P.Button-1.0/library.json": BUTTON,
    },
    "html": {"index.html": PAGE, "css/style.css": "p { color: navy }"},
}


def package(kind: str, **changes: Content | None) -> io.BytesIO:
    """Return a good package of a kind with some files changed, added, or (None) left out.

    Dots and slashes in names are written as in paths: package("html", **{"index.html": "…"}).
    """
    files: dict[str, Content | None] = {**GOOD[kind], **changes}
    return zipped({name: content for name, content in files.items() if content is not None})


def with_manifest(kind: str, old: str, new: str) -> io.BytesIO:
    """Return a good package of a kind with one thing in its manifest changed."""
    name, text = next(iter(GOOD[kind].items()))
    assert old in text
    return package(kind, **{name: text.replace(old, new)})


# -- Videos and documents ---------------------------------------------------------------------------------
def box(kind: bytes, *inside: bytes) -> bytes:
    """Return a box of an MP4 file."""
    content = b"".join(inside)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def track(handler: bytes, codec: bytes) -> bytes:
    """Return a track of one kind, coded in one way."""
    described = box(b"stsd", struct.pack(">II", 0, 1), box(codec, b"\0" * 8))
    return box(
        b"trak",
        box(b"mdia", box(b"hdlr", b"\0" * 8, handler, b"\0" * 13), box(b"minf", box(b"stbl", described))),
    )


def mp4(
    *,
    codecs: tuple[bytes, ...] = (b"avc1", b"mp4a"),
    seconds: int = 90,
    slow: bool = False,
    media: int = 1000,
) -> bytes:
    """Return a video without pictures: all that describes it, and a little that stands for the rest."""
    header = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000))
    handlers = (b"vide", b"soun")
    tracks = [track(handler, codec) for handler, codec in zip(handlers, codecs, strict=False)]
    contents = box(b"moov", header, *tracks)
    pictures = box(b"mdat", bytes(media))
    parts = (pictures, contents) if slow else (contents, pictures)
    return box(b"ftyp", b"isom\0\0\2\0isommp42") + b"".join(parts)


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Return a document of one page with more objects in it."""
    page = (
        b"1 0 obj <</Type /Catalog /Pages 2 0 R /StructTreeRoot 4 0 R>> endobj\n"
        b"3 0 obj <</Type /Page /Parent 2 0 R /Resources <</Font <</F1 5 0 R>>>>>> endobj\n"
    )
    return (
        b"%PDF-1.7\n" + page + b"\n".join(objects) + b"\ntrailer <<" + trailer + b">>\nstartxref\n9\n%%EOF\n"
    )
