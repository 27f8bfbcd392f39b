"""Lines over time as inline SVG, each with its figures in a table beside it. Pure."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

_WIDTH, _HEIGHT = 760, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 10, 44
# Dashes besides colours, for who cannot tell the colours apart.
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4")
_MAX_ROWS = 60

Series = Sequence[tuple[float, float]]


def nice_ceiling(value: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999))


def plot(lines: Mapping[str, Series], *, unit: str, phases: Mapping[str, float], label: str) -> str:
    """Return an SVG of the lines: points are (seconds since the doors, value), phases begin at seconds."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    last = max(1.0, *(at for at, _ in points), *phases.values())
    top = nice_ceiling(max(value for _, value in points))

    def x(seconds: float) -> float:
        return _LEFT + max(0.0, seconds) / last * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (1 - value / top) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label, quote=True)}">']
    for step in range(5):
        value = top * step / 4
        parts.append(f'<path class="grid" d="M{_LEFT} {y(value):.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text class="y" x="{_LEFT - 6}" y="{y(value) + 4:.1f}">{_short(value)}</text>')
    for place, (name, begins) in enumerate(phases.items()):
        # In two lines, since some phases are shorter than their names.
        below = _HEIGHT - (30 if place % 2 else 17)
        parts.append(f'<path class="phase" d="M{x(begins):.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>')
        parts.append(f'<text x="{x(begins) + 2:.1f}" y="{below}">{escape(name)}</text>')
    parts.append(f'<text x="{_WIDTH - _RIGHT - 40}" y="{_HEIGHT - 2}">{last:.0f} s</text>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 2}">0 s · {escape(unit)}</text>')
    for n, line in enumerate(lines.values()):
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in line)
        dash = f' stroke-dasharray="{_DASHES[n % len(_DASHES)]}"' if n % len(_DASHES) else ""
        parts.append(f'<polyline class="line c{n % len(_DASHES)}"{dash} points="{path}"/>')
    parts.append("</svg>")
    return "".join(parts) + _legend(lines)


def _legend(lines: Mapping[str, Series]) -> str:
    items = []
    for n, name in enumerate(lines):
        dash = f' stroke-dasharray="{_DASHES[n % len(_DASHES)]}"' if n % len(_DASHES) else ""
        stroke = f'<path class="line c{n % len(_DASHES)}"{dash} d="M0 4H30"/>'
        items.append(f'<li><svg viewBox="0 0 30 8" aria-hidden="true">{stroke}</svg> {escape(name)}</li>')
    return f'<ul class="legend">{"".join(items)}</ul>'


def figures(lines: Mapping[str, Series], *, unit: str, caption: str) -> str:
    """Return the same figures as a table, at most 60 rows of them, taken evenly."""
    moments = sorted({round(at) for line in lines.values() for at, _ in line})
    moments = moments[:: max(1, ceil(len(moments) / _MAX_ROWS))]
    by_name = {name: {round(at): value for at, value in line} for name, line in lines.items()}
    head = "".join(f'<th scope="col">{escape(name)} ({escape(unit)})</th>' for name in lines)
    rows = "".join(
        f'<tr><th scope="row">{at}</th>'
        + "".join(f"<td>{_short(values[at]) if at in values else '–'}</td>" for values in by_name.values())
        + "</tr>"
        for at in moments
    )
    return (
        f'<table><caption>{escape(caption)}</caption><thead><tr><th scope="col">s</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _short(value: float) -> str:
    if value >= 100 or value == round(value):  # noqa: PLR2004 (a hundred has digits enough)
        return f"{value:,.0f}"
    return f"{value:.2g}" if value < 1 else f"{value:.1f}"
