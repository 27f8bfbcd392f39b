"""Fail on what reviewers would otherwise have to catch by eye, one function a rule."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ("learning", "exams", "certificates", "courses", "enrollment")

# Where text is declared safe on purpose: path → why.
SAFE_ALLOWED = {
    "learning/portal/templates/portal/forms/hint_and_errors.html": "help texts come from code",
    "courses/catalogue/markdown.py": "cleaned by nh3",
    "learning/portal/templatetags/portal.py": "joins parts that templates have already escaped",
}

Finding = tuple[int, str]


def locks_say_their_strength(tree: ast.AST) -> Iterator[Finding]:
    """A bare FOR UPDATE also blocks inserts that refer to the row: pass no_key=, or of=."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "select_for_update"
            and not {keyword.arg for keyword in node.keywords} & {"no_key", "of"}
        ):
            yield node.lineno, "select_for_update() without no_key= or of="


def migrations_stand_alone(tree: ast.AST) -> Iterator[Finding]:
    """App code moves on, a migration does not; a field's own module is the one exception."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        for name in names:
            if name.split(".")[0] in OURS and not name.endswith(".fields"):
                yield node.lineno, f"a migration imports {name}"


def python_declares_nothing_safe(tree: ast.AST) -> Iterator[Finding]:
    """mark_safe turns escaping off; format_html keeps it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name == "mark_safe":
                yield node.lineno, "mark_safe: use format_html"


_TEMPLATE_RULES = (
    (re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", re.IGNORECASE), "inline script"),
    (re.compile(r"<style[\s>]", re.IGNORECASE), "inline style element"),
    (re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE), "style attribute"),
    (re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE), "event handler attribute"),
    (re.compile(r"""(?:href|action)\s*=\s*["']?\s*javascript:""", re.IGNORECASE), "javascript: address"),
    (re.compile(r"\|\s*safe\b"), "|safe"),
    (re.compile(r"{%\s*autoescape\s+off"), "autoescape off"),
)


def templates_keep_the_security_policy(text: str) -> Iterator[Finding]:
    """The content security policy refuses inline code and style, and nothing is exempt from escaping."""
    for pattern, what in _TEMPLATE_RULES:
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, what


PYTHON_RULES: tuple[tuple[Callable[[str], bool], Callable[[ast.AST], Iterator[Finding]]], ...] = (
    (lambda path: path.startswith(OURS), locks_say_their_strength),
    (lambda path: "/migrations/" in path, migrations_stand_alone),
    (lambda path: path.startswith(OURS) and path not in SAFE_ALLOWED, python_declares_nothing_safe),
)


def check(path: str, text: str) -> Iterator[str]:
    """Yield the findings of one file, `path` being relative to the repository."""
    found: list[Finding] = []
    if path.endswith(".py"):
        tree = ast.parse(text, path)
        for applies, rule in PYTHON_RULES:
            if applies(path):
                found += rule(tree)
    elif path.endswith(".html") and path not in SAFE_ALLOWED:
        found += templates_keep_the_security_policy(text)
    for line, what in sorted(found):
        yield f"{path}:{line}: {what}"


def main() -> int:
    """Check every file git knows and return the exit status."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py", "*.html"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    found = [
        finding
        for name in listed
        if name and (path := ROOT / name).is_file()
        for finding in check(name, path.read_text())
    ]
    print("\n".join(found) or "The house rules are kept.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
