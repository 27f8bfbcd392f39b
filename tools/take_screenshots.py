"""Take the README's pictures from the running demo: start it on an empty folder, use it, photograph it.

Needs Chromium. The pictures go to ``docs/images``, reduced to 256 colours so that each stays small.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
LARGEST = 300 * 1024
PASSWORD = "demo-2569-ok"  # noqa: S105  the demo prints it


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo in a folder of its own and yield its address."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", "0"],
            cwd=ROOT,
            env=os.environ | {"VAR_DIR": folder, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            ready = (re.search(r"Ready at +(\S+)", line) for line in process.stdout)
            yield next(match[1] for match in ready if match)
        finally:
            process.terminate()
            process.wait()


def save(page: Page, name: str) -> None:
    """Photograph what is in the window, and refuse a picture too large for a bad line."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    path = IMAGES / f"{name}.png"
    picture.convert("RGB").quantize(256).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}  {size // 1024} KB")
    if size > LARGEST:
        raise RuntimeError(f"{path} is larger than {LARGEST} bytes")


def open_page(
    browser: Browser, address: str, account: str = "", width: int = 1280, height: int = 800
) -> Page:
    """Open the home page in a window of its own, signed in as `account` through the sign-in page."""
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": height}, reduced_motion="reduce", locale="th-TH"
    )
    page = context.new_page()
    page.goto("/")
    if account:
        page.goto("/accounts/login/")
        page.fill("[name=login]", f"{account}@demo.example")
        page.fill("[name=password]", PASSWORD)
        page.locator("main form [type=submit]").click()
        page.wait_for_url(lambda url: "/login/" not in url)
    return page


def sit_the_test(page: Page) -> None:
    """Start the open knowledge test, answer a few questions and stay on the exam page."""
    page.goto("/tests/")
    page.locator("main a[href$='/start/']").last.click()
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url("**/seat/**")
    page.wait_for_timeout(1000)
    for number in range(1, 8):
        page.keyboard.press(str(1 + number % 4))
        page.wait_for_timeout(400)
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1500)


def begin_a_course(page: Page) -> None:
    """Enrol in a course and open its list of lessons."""
    page.goto("/courses/KD10/")
    page.locator("main .btn-primary").click()
    page.locator("main .btn-primary").click()
    page.wait_for_url("**/learn/**")


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        save(open_page(browser, address), "home")
        learner = open_page(browser, address, "learner")
        learner.goto("/courses/")
        save(learner, "catalogue")
        begin_a_course(learner)
        save(learner, "course")
        sit_the_test(learner)
        save(learner, "exam")
        learner.set_viewport_size({"width": 390, "height": 800})
        save(learner, "exam-phone")
        officer = open_page(browser, address, "exam.officer")
        officer.goto("/tests/report/?year=2566")
        save(officer, "report")
        browser.close()


if __name__ == "__main__":
    main()
