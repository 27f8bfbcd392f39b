"""Draw a placeholder portrait: nobody's face, but one that can be told from the next. Pure."""

import random
import struct
import zlib

_WIDTH, _HEIGHT = 120, 160
_GROUNDS = ((214, 226, 240), (226, 236, 220), (240, 228, 214), (232, 222, 240))
_SHIRTS = ((250, 250, 250), (60, 84, 130), (90, 120, 96), (140, 74, 82), (72, 72, 80))
_SKINS = ((224, 186, 152), (206, 164, 126), (184, 140, 104), (236, 204, 176))
_HAIRS = ((34, 28, 26), (58, 42, 34), (96, 90, 88))


def portrait(seed: int) -> bytes:
    """Return a PNG picture, 120 × 160 pixels; the same seed gives the same one."""
    draw = random.Random(seed)  # noqa: S311  a drawing, not a secret
    ground, shirt = draw.choice(_GROUNDS), draw.choice(_SHIRTS)
    skin, hair = draw.choice(_SKINS), draw.choice(_HAIRS)
    face, fringe = draw.randint(25, 30), draw.randint(40, 52)
    # Ellipses as (centre x, centre y, half width, half height, colour), the last one drawn on top.
    shapes = (
        (60, 62, face + 8, 42, hair),
        (60, 168, 56, 56, shirt),
        (60, 112, 13, 22, skin),
        (60, 70, face, 36, skin),
        (60, fringe, face, fringe - 26, hair),
        (49, 70, 3, 2, hair),
        (71, 70, 3, 2, hair),
        (60, 91, 8, 2, (150, 84, 80)),
    )
    rows = bytearray()
    for y in range(_HEIGHT):
        line = bytearray(bytes(ground) * _WIDTH)
        for across, down, wide, high, colour in shapes:
            share = 1 - ((y - down) / high) ** 2
            if share > 0:
                half = int(wide * share**0.5)
                left, right = max(0, across - half), min(_WIDTH, across + half + 1)
                line[3 * left : 3 * right] = bytes(colour) * (right - left)
        rows += b"\0" + line
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
