"""Print the worked example of docs/papers.md: a small sealed paper, its key and the name of its form."""

import base64
import os
import textwrap

SECRET = "0123456789ABCDEFGHJK"  # noqa: S105  the example's


def main() -> None:
    """Seal the example and print it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
    import django

    django.setup()
    from exams.papers import sealing
    from exams.papers.assembly import Paper, PaperItem, digest

    paper = Paper("ชุดทดสอบ", [PaperItem(1, "น้ำเดือดที่กี่องศา", ["50", "100"])])
    bundle = sealing.seal(sealing.Contents(digest(paper), "th", paper, {}), SECRET)
    print(f"paper key   {sealing.spelled(SECRET)}")
    print(f"form        {digest(paper)}")
    print(f"bundle      {sealing.name_of(bundle)}, {len(bundle)} bytes, in base 64:\n")
    print("\n".join(textwrap.wrap(base64.b64encode(bundle).decode(), 88)))


if __name__ == "__main__":
    main()
