"""Lines through points, as a picture (SVG)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 900, 420, 60
COLOURS = ("#b0413e", "#2f6f9f", "#5a8a3a", "#8a5aa0")


def draw(
    file: Path, series: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str
) -> None:
    """Writes `file`: one line for each name, both axes from zero, named `across` and `up`."""
    points = [point for line in series.values() for point in line]
    widest, highest = (max(max(p[axis] for p in points), 1e-9) for axis in (0, 1))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            MARGIN + x / widest * (WIDTH - 2 * MARGIN),
            HEIGHT - MARGIN - y / highest * (HEIGHT - 2 * MARGIN),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{MARGIN}" y="{HEIGHT - 12}">{across}</text>',
        f'<text x="8" y="20">{up}</text>',
    ]
    for part in range(5):
        x, y = place(widest * part / 4, highest * part / 4)
        parts.append(
            f'<path d="M{MARGIN} {y:.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>'
            f'<text x="8" y="{y + 4:.1f}">{highest * part / 4:.3g}</text>'
            f'<text x="{x:.1f}" y="{HEIGHT - MARGIN + 20}">{widest * part / 4:.4g}</text>'
        )
    for number, (name, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        drawn = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in line)
        parts.append(
            f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
            f'<text x="{MARGIN + 160 * (number + 1)}" y="20" fill="{colour}">{name}</text>'
        )
    file.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")
