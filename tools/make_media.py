"""Make the films and covers of the lessons that come with the platform, and put them beside these.

Run after editing a ``video.toml``: ``python -m tools.make_media [CODE …]``. What is made is committed, since
a machine that only serves it has no encoder.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import msgspec
import typst
from PIL import Image

from certificates.pdf import FONTS, read_json
from courses.catalogue import lesson_files
from courses.catalogue.lesson_files import VideoData
from courses.catalogue.making.blocks import blocks
from courses.catalogue.making.handouts import TEMPLATES

# Pictures that stand still: two a second are enough to seek by, and cost next to nothing.
FRAMES_A_SECOND = 2
# A whole picture where a scene begins, and hardly anything until the next.
KEY_FRAME_EVERY = 30 * FRAMES_A_SECOND
# Of what the transcript says, as much as fits on a screen.
SILENCE = "วิดีโอนี้ไม่มีเสียง โปรดอ่านคำบรรยายใต้ภาพ"


def main(codes: list[str]) -> None:
    """Make everything for these courses, or for all."""
    for folder in lesson_files.course_folders():
        if codes and folder.name not in codes:
            continue
        for path in sorted(folder.glob("video*.toml")):
            video = msgspec.toml.decode(path.read_bytes(), type=VideoData)
            _write(path.with_name(lesson_files.film_file(path.name)), film(folder.name, video))
        _write(folder / lesson_files.COVER, cover(folder.name))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    print(f"{path.parent.name}/{path.name}: {len(data) / 1000:,.0f} kB")


def film(code: str, video: VideoData) -> bytes:
    """Return the scenes as an MP4 file without sound that plays while it is loading."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as made:
        # By its name: what describes the film is moved to its front in a second pass over the file.
        with av.open(made.name, "w", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=FRAMES_A_SECOND)
            stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
            stream.options = {
                "crf": "26",
                "preset": "veryslow",
                "tune": "stillimage",
                "profile": "high",
                "x264-params": f"keyint={KEY_FRAME_EVERY}:colorprim=bt709:transfer=bt709:colormatrix=bt709",
            }
            for picture, seconds in zip(pictures(code, video), video.scenes, strict=True):
                for _number in range(seconds.seconds * FRAMES_A_SECOND):
                    container.mux(stream.encode(_frame(picture)))
            container.mux(stream.encode(None))
        return Path(made.name).read_bytes()


def pictures(code: str, video: VideoData) -> Iterator[Image.Image]:
    """Yield the picture of each scene."""
    for number, scene in enumerate(video.scenes, 1):
        data = {
            "course": f"{code} · {video.title_th}",
            "number": number,
            "count": len(video.scenes),
            "silent": number == 1,
            "silence": SILENCE,
            "blocks": blocks(scene.screen),
        }
        yield _picture("video.typ", "scene", data)


def _frame(picture: Image.Image) -> av.VideoFrame:
    frame: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    return frame


def cover(code: str) -> bytes:
    """Return the cover of a course as a small PNG file."""
    picture = _picture("cover.typ", "cover", {"code": code, "category": code[:2]})
    made = io.BytesIO()
    picture.quantize(64).save(made, "PNG", optimize=True)
    return made.getvalue()


def _picture(file: str, function: str, data: dict[str, Any]) -> Image.Image:
    # One point is one pixel.
    return Image.open(io.BytesIO(_compile(file, function, data, format="png", ppi=72))).convert("RGB")


def _compile(file: str, function: str, data: dict[str, Any], **how: Any) -> bytes:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(root=str(TEMPLATES), font_paths=fonts, ignore_system_fonts=True)
    source = f'#import "/{file}": {function}\n#{function}({read_json(data)})'
    made = compiler.compile(input=source.encode(), **how)
    assert isinstance(made, bytes)
    return made


if __name__ == "__main__":
    main(sys.argv[1:])
