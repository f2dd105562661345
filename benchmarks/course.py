"""The course of a few numbers over time, as a picture (SVG)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, MARGIN = 900, 420, 60
COLOURS = ("#b0413e", "#2f6f9f", "#5a8a3a")


def draw_course(courses: Mapping[str, Sequence[float]], unit: str = "s of backlog") -> str:
    """One line for each name, one value a second; time below in minutes."""
    seconds = max(map(len, courses.values()), default=1)
    most = max((max(values, default=0.0) for values in courses.values()), default=1.0) or 1.0
    across = (WIDTH - 2 * MARGIN) / max(seconds - 1, 1)
    down = (HEIGHT - 2 * MARGIN) / most
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for minute in range(seconds // 60 + 1):
        x = MARGIN + 60 * minute * across
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - MARGIN + 20}">{minute} min</text>')
    for part in range(5):
        value = most * part / 4
        y = HEIGHT - MARGIN - value * down
        parts.append(
            f'<path d="M{MARGIN} {y:.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>'
            f'<text x="8" y="{y + 4:.1f}">{value:.0f}</text>'
        )
    for number, (name, values) in enumerate(courses.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{MARGIN + second * across:.1f},{HEIGHT - MARGIN - value * down:.1f}"
            for second, value in enumerate(values)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
            f'<text x="{MARGIN + 120 * number}" y="30" fill="{colour}">{name}, {unit}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])
