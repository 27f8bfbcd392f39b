"""Make a course package of any kind from an exercise: the same bytes from the same exercise. Pure.

They are what learners of the platform's own courses open, and what tests play.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

from courses.catalogue.making.exercises import Exercise, Question, Reading, Sort
from courses.packages.package import Kind

PLAYER = Path(__file__).parent / "player"
# The first that a ZIP file can say.
_MADE = (1980, 1, 1, 0, 0, 0)
_Files = dict[str, str]


def build(exercise: Exercise, kind: Kind, name: str) -> bytes:
    """Return an exercise as a package; `name` is letters and digits, and unlike that of any other package."""
    files = _BUILDERS[kind](exercise, name)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, text in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _MADE)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return made.getvalue()


def file_name(kind: Kind, name: str) -> str:
    """Return the name under which a package would be uploaded."""
    return f"{name}-{kind}.{'h5p' if kind is Kind.H5P else 'zip'}"


# -- Pages ----------------------------------------------------------------------------------------------
def _page(exercise: Exercise, *scripts: str, activity: str = "") -> str:
    # In a script element only "</" and "<!--" would mean anything.
    data = json.dumps(exercise.shown(), ensure_ascii=False).replace("<", "\\u003c")
    loads = "\n".join(f'<script src="{script}" defer></script>' for script in ("lesson.js", *scripts))
    about = f' data-activity="{escape(activity)}"' if activity else ""
    return f"""<!doctype html>
<html lang="th"{about}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(exercise.title_th)}</title>
<link rel="stylesheet" href="lesson.css">
<script type="application/json" id="lesson-data">{data}</script>
{loads}
</head>
<body>
<main class="lesson">
<h1>{escape(exercise.title_th)}</h1>
<div id="lesson"></div>
<noscript><p>แบบฝึกนี้ต้องใช้ JavaScript โปรดเปิดใช้ในเบราว์เซอร์</p></noscript>
</main>
</body>
</html>
"""


def _with_player(page: str, *scripts: str) -> _Files:
    names = ("lesson.css", "lesson.js", *scripts)
    return {"index.html": page} | {name: (PLAYER / name).read_text("utf-8") for name in names}


def _listed(files: Mapping[str, str]) -> str:
    return "".join(f'<file href="{name}"/>' for name in sorted(files))


# -- SCORM ----------------------------------------------------------------------------------------------
def _scorm_12(exercise: Exercise, name: str) -> _Files:
    files = _with_player(_page(exercise, "scorm12.js"), "scorm12.js")
    title = escape(exercise.title_th)
    manifest = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="{name}" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="organization">
    <organization identifier="organization">
      <title>{title}</title>
      <item identifier="item" identifierref="resource">
        <title>{title}</title>
        <adlcp:masteryscore>{exercise.pass_percent}</adlcp:masteryscore>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="resource" type="webcontent" adlcp:scormtype="sco" href="index.html">
      {_listed(files)}
    </resource>
  </resources>
</manifest>
"""
    return files | {"imsmanifest.xml": manifest}


def _scorm_2004(edition: str) -> Callable[[Exercise, str], _Files]:
    def build_edition(exercise: Exercise, name: str) -> _Files:
        files = _with_player(_page(exercise, "scorm2004.js"), "scorm2004.js")
        title = escape(exercise.title_th)
        manifest = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="{name}" version="1" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 {edition} Edition</schemaversion></metadata>
  <organizations default="organization">
    <organization identifier="organization">
      <title>{title}</title>
      <item identifier="item" identifierref="resource">
        <title>{title}</title>
        <imsss:sequencing>
          <imsss:objectives>
            <imsss:primaryObjective objectiveID="passed" satisfiedByMeasure="true">
              <imsss:minNormalizedMeasure>{exercise.pass_percent / 100:g}</imsss:minNormalizedMeasure>
            </imsss:primaryObjective>
          </imsss:objectives>
          <imsss:deliveryControls completionSetByContent="true" objectiveSetByContent="true"/>
        </imsss:sequencing>
      </item>
      <imsss:sequencing><imsss:controlMode choice="true" flow="true"/></imsss:sequencing>
    </organization>
  </organizations>
  <resources>
    <resource identifier="resource" type="webcontent" adlcp:scormType="sco" href="index.html">
      {_listed(files)}
    </resource>
  </resources>
</manifest>
"""
        return files | {"imsmanifest.xml": manifest}

    return build_edition


# -- cmi5 and xAPI --------------------------------------------------------------------------------------
def _cmi5(exercise: Exercise, name: str) -> _Files:
    title = escape(exercise.title_th)
    structure = f"""<?xml version="1.0" encoding="utf-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
  <course id="urn:x-lesson:{name}">
    <title><langstring lang="th">{title}</langstring></title>
    <description><langstring lang="th">{title}</langstring></description>
  </course>
  <au id="urn:x-lesson:{name}:exercise" moveOn="Passed" masteryScore="{exercise.pass_percent / 100:g}"
      launchMethod="AnyWindow" activityType="http://adlnet.gov/expapi/activities/lesson">
    <title><langstring lang="th">{title}</langstring></title>
    <description><langstring lang="th">{title}</langstring></description>
    <url>index.html</url>
  </au>
</courseStructure>
"""
    return _with_player(_page(exercise, "records.js", "cmi5.js"), "records.js", "cmi5.js") | {
        "cmi5.xml": structure
    }


def _xapi(exercise: Exercise, name: str) -> _Files:
    title, activity = escape(exercise.title_th), f"urn:x-lesson:{name}"
    described = f"""<?xml version="1.0" encoding="utf-8"?>
<tincan xmlns="http://projecttincan.com/tincan.xsd">
  <activities>
    <activity id="{activity}" type="http://adlnet.gov/expapi/activities/lesson">
      <name lang="th">{title}</name>
      <description lang="th">{title}</description>
      <launch lang="th">index.html</launch>
    </activity>
  </activities>
</tincan>
"""
    page = _page(exercise, "records.js", "xapi.js", activity=activity)
    return _with_player(page, "records.js", "xapi.js") | {"tincan.xml": described}


# -- H5P ------------------------------------------------------------------------------------------------
def _h5p(exercise: Exercise, _name: str) -> _Files:
    library = {"machineName": "H5P.ShortLesson", "majorVersion": 1, "minorVersion": 0}
    folder = "H5P.ShortLesson-1.0"
    scripts, styles = ("lesson.js", "h5p.js"), ("lesson.css",)
    described = {
        "title": exercise.title_th,
        "language": "th",
        "mainLibrary": "H5P.ShortLesson",
        "embedTypes": ["div"],
        "license": "U",
        "preloadedDependencies": [library],
    }
    own = library | {
        "title": "Short lesson",
        "patchVersion": 0,
        "runnable": 1,
        "license": "Apache-2.0",
        "coreApi": {"majorVersion": 1, "minorVersion": 19},
        "preloadedJs": [{"path": script} for script in scripts],
        "preloadedCss": [{"path": style} for style in styles],
    }
    return {
        "h5p.json": _json(described),
        "content/content.json": _json({"lesson": exercise.shown()}),
        f"{folder}/library.json": _json(own),
        **{f"{folder}/{name}": (PLAYER / name).read_text("utf-8") for name in (*scripts, *styles)},
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


# -- Pages without scripts ------------------------------------------------------------------------------
def _html(exercise: Exercise, _name: str) -> _Files:
    """Make pages that run nothing: an answer opens and says whether it is right."""
    steps = "\n".join(_written(step) for step in exercise.steps)
    page = f"""<!doctype html>
<html lang="th">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(exercise.title_th)}</title>
<link rel="stylesheet" href="lesson.css">
</head>
<body>
<main class="lesson">
<h1>{escape(exercise.title_th)}</h1>
<p class="lesson-hint">คิดคำตอบก่อน แล้วกดที่ตัวเลือกเพื่อดูว่าถูกหรือไม่</p>
{steps}
</main>
</body>
</html>
"""
    return {"index.html": page, "lesson.css": (PLAYER / "lesson.css").read_text("utf-8")}


def _written(step: Reading | Question) -> str:
    texts = "\n".join(f"<p>{escape(text)}</p>" for text in step.text)
    asked = "" if isinstance(step, Reading) else _asked(step)
    return f"<section>\n<h2>{escape(step.heading)}</h2>\n{texts}\n{asked}\n</section>"


def _asked(question: Question) -> str:
    if isinstance(question, Sort):
        answers = [(item, question.options[group], True) for item, group in question.items]
    else:
        right = set(question.keys)
        answers = [
            (option, "ถูกต้อง" if place in right else "ยังไม่ถูก", place in right)
            for place, option in enumerate(question.options)
        ]
    opened = "\n".join(
        f'<details><summary>{escape(said)}</summary><p class="lesson-{"right" if is_right else "wrong"}">'
        f"{escape(reply)}</p></details>"
        for said, reply, is_right in answers
    )
    why = f"<details><summary>คำอธิบาย</summary><p>{escape(question.explanation)}</p></details>"
    return f"<p><strong>{escape(question.question)}</strong></p>\n{opened}\n{why}"


_BUILDERS: Mapping[Kind, Callable[[Exercise, str], _Files]] = {
    Kind.SCORM_12: _scorm_12,
    Kind.SCORM_2004_3: _scorm_2004("3rd"),
    Kind.SCORM_2004_4: _scorm_2004("4th"),
    Kind.CMI5: _cmi5,
    Kind.XAPI: _xapi,
    Kind.H5P: _h5p,
    Kind.HTML: _html,
}
# What an exercise can become.
KINDS = tuple(_BUILDERS)
