"""What docs/papers.md tells a third party works, with the file it shows and without anything of ours."""

import base64
import json
import re
import subprocess
import sys

from django.conf import settings

from exams.papers import sealing

PAGE = (settings.BASE_DIR / "docs/papers.md").read_text()


def test_the_script_on_the_page_opens_the_bundle_on_the_page(tmp_path):
    [script] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    [key] = re.findall(r"^    paper key +(\S+)$", PAGE, re.MULTILINE)
    [form] = re.findall(r"^    form +(\S+)$", PAGE, re.MULTILINE)
    [name] = re.findall(r"^    bundle +(\w+)", PAGE, re.MULTILINE)
    [text] = re.findall(r"in base 64:\n\n((?:    \S+\n)+)", PAGE)
    bundle = base64.b64decode("".join(text.split()))
    assert sealing.name_of(bundle) == name
    assert sealing.open_sealed(bundle, sealing.parse_key(key), form).paper.title == "ชุดทดสอบ"

    (tmp_path / "open.py").write_text(script)
    (tmp_path / "paper").write_bytes(bundle)
    opened = subprocess.run(
        [sys.executable, "-I", "open.py", "paper", key, form], cwd=tmp_path, capture_output=True, check=True
    )
    assert json.loads(opened.stdout)["paper"]["items"][0]["stem"] == "น้ำเดือดที่กี่องศา"
