"""Draws one case's life from the transition table, so that page and picture tell the same story as the code.

`python -m tests.support.case_life` writes docs/case-life.md and docs/case-life.svg; a test compares them.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from domain.case.commands import CASE_COMMANDS
from domain.case.stage import FINAL, Stage
from domain.case.transitions import TRANSITIONS

DOCS = Path(__file__).resolve().parents[2] / "docs"
CHINESE = {
    Stage.COLLECTED: "已收集",
    Stage.SCREENED: "已排查",
    Stage.ASSIGNED: "已交办",
    Stage.ACCEPTED: "已签收",
    Stage.RESOLVED: "已化解",
    Stage.VISITED: "已回访",
    Stage.CLOSED: "已销号",
    Stage.REFUSED: "不予受理",
    Stage.MERGED: "已并案",
    Stage.SUSPENDED: "已中止",
    Stage.HUNG_UP: "已挂账",
    Stage.UNDER_REVIEW: "复查复核中",
}
WIDTH, HEIGHT, ROW, SIDE = 1180, 470, 230, 390
BOX_W, BOX_H = 112, 46
PLACES: dict[Stage, tuple[int, int]] = {
    **{
        stage: (80 + 170 * column, ROW)
        for column, stage in enumerate(
            (
                Stage.COLLECTED,
                Stage.SCREENED,
                Stage.ASSIGNED,
                Stage.ACCEPTED,
                Stage.RESOLVED,
                Stage.VISITED,
                Stage.CLOSED,
            )
        )
    },
    Stage.REFUSED: (165, SIDE),
    Stage.MERGED: (380, SIDE),
    Stage.SUSPENDED: (640, SIDE),
    Stage.HUNG_UP: (800, SIDE),
    Stage.UNDER_REVIEW: (1010, SIDE),
}
"""Centres of the boxes: the straight way in a row, what lies beside it below."""


WITH_LEADER = "resolve of the leading case"
"""A merged case is resolved by no command of its own; see domain.case.decide.links."""


def moves() -> dict[tuple[Stage, Stage], tuple[str, ...]]:
    """Return the verbs that lead from one stage to another, in the order of a case's life."""
    found: dict[tuple[Stage, Stage], tuple[str, ...]] = {}
    for kind in CASE_COMMANDS:
        for before, targets in TRANSITIONS[kind].items():
            for after in sorted(targets):
                if before is not None and before is not after:
                    found[before, after] = (*found.get((before, after), ()), kind.VERB)
    found[Stage.MERGED, Stage.RESOLVED] = (WITH_LEADER,)
    return found


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join((*_head(), *_mermaid(), *_table(), *_staying())) + "\n"


def _head() -> Iterator[str]:
    yield from (
        "# One case's life",
        "",
        "Written by `python -m tests.support.case_life` from the transition table in",
        "`domain/case/transitions.py`; a test keeps the two the same.",
        "",
        "![One case's life: stages and the commands between them](case-life.svg)",
        "",
        "From every stage but the last ones some clock runs, or a date waits, and a unit is named. A closed",
        "case can be reopened by its resident; who is refused is told where to turn. A merged case is",
        "resolved together with the one that it follows, and stands still or gets more time with it; each of",
        "the two keeps its own return visit.",
        "",
    )


def _mermaid() -> Iterator[str]:
    yield from ("## As a diagram", "", "```mermaid", "stateDiagram-v2", "    [*] --> collected: collect")
    for (before, after), verbs in moves().items():
        yield f"    {before.value} --> {after.value}: {', '.join(verbs)}"
    for stage in sorted(FINAL):
        yield f"    {stage.value} --> [*]"
    yield from ("```", "")


def _table() -> Iterator[str]:
    yield from (
        "## Each command: from where it leads where",
        "",
        "| command | in stage | leads to |",
        "| --- | --- | --- |",
    )
    for kind in CASE_COMMANDS:
        moving = {before: after for before, after in TRANSITIONS[kind].items() if not after <= {before}}
        for before, targets in moving.items():
            start = before.value if before else "(none)"
            yield f"| `{kind.VERB}` | {start} | {', '.join(one.value for one in Stage if one in targets)} |"
    yield ""


def _staying() -> Iterator[str]:
    yield from (
        "## Commands that leave the stage as it is",
        "",
        "| command | has its place in |",
        "| --- | --- |",
    )
    for kind in CASE_COMMANDS:
        stays = [stage.value for stage in Stage if TRANSITIONS[kind].get(stage) == frozenset({stage})]
        where = "every stage" if len(stays) == len(Stage) else ", ".join(stays)
        if stays:
            yield f"| `{kind.VERB}` | {where} |"


def picture() -> str:
    """Return the picture as SVG."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" role="img">',
        "<title>One case's life</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="#4a5568"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_arrows(),
        *(_box(stage, *PLACES[stage]) for stage in Stage),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _box(stage: Stage, x: int, y: int) -> str:
    fill = "#e2e8f0" if stage in FINAL else "#fefcbf" if y == SIDE else "#c6f6d5"
    name = stage.value.replace("_", " ")
    return (
        f'<g text-anchor="middle"><rect x="{x - BOX_W // 2}" y="{y - BOX_H // 2}" width="{BOX_W}" '
        f'height="{BOX_H}" rx="8" fill="{fill}" stroke="#2d3748"/>'
        f'<text x="{x}" y="{y - 3}" font-size="14">{escape(name)}</text>'
        f'<text x="{x}" y="{y + 15}" font-size="12" fill="#4a5568">{CHINESE[stage]}</text></g>'
    )


def _arrows() -> Iterator[str]:
    """Yield the straight way, the arcs above it, and the ways to and from what lies beside it."""
    aside: dict[Stage, dict[str, None]] = {}
    beside: dict[tuple[Stage, Stage], tuple[bool, bool]] = {}
    for (before, after), verbs in moves().items():
        upper, lower = sorted((before, after), key=lambda stage: PLACES[stage][1])
        if PLACES[upper][1] == PLACES[lower][1]:
            yield _along(PLACES[before], PLACES[after], " / ".join(verbs))
            continue
        aside.setdefault(lower, {}).update(dict.fromkeys(verbs))
        up, down = beside.get((upper, lower), (False, False))
        beside[upper, lower] = (up or after is upper, down or after is lower)
    for (upper, lower), (up, down) in beside.items():
        yield _beside(PLACES[upper], PLACES[lower], up=up, down=down)
    for stage, names in aside.items():
        x, y = PLACES[stage]
        yield _label(x, y + BOX_H // 2 + 17, " / ".join(names))


def _along(start: tuple[int, int], end: tuple[int, int], label: str) -> str:
    (x1, y), (x2, _) = start, end
    step, half = abs(x2 - x1), BOX_W // 2
    if x2 - x1 == PLACES[Stage.SCREENED][0] - PLACES[Stage.COLLECTED][0]:
        return _line(x1 + half, y, x2 - half, y) + _label((x1 + x2) // 2, y - 7, label)
    # Arcs back run wide above the row, and the short cut forward flat above it.
    lift = 34 + step * 3 // 10 if x2 < x1 else 44
    top, shift = y - BOX_H // 2, 18 if x2 < x1 else 30
    x1, x2 = (x1 - shift, x2 + shift) if x2 < x1 else (x1 + shift, x2 - shift)
    path = f"M{x1} {top} C{x1} {top - lift} {x2} {top - lift} {x2} {top}"
    peak = top - lift * 3 // 4
    arrow = f'<path d="{path}" fill="none" stroke="#4a5568" marker-end="url(#tip)"/>'
    return arrow + _label((x1 + x2) // 2, peak - 5, label)


def _beside(upper: tuple[int, int], lower: tuple[int, int], *, up: bool, down: bool) -> str:
    (x1, y1), (x2, y2) = upper, lower
    lean = max(8 - BOX_W // 2, min(BOX_W // 2 - 8, (x1 - x2) // 5))
    ends = (x1 + (x2 - x1) // 12, y1 + BOX_H // 2, x2 + lean, y2 - BOX_H // 2)
    return _line(*ends, tail=up, tip=down)


def _line(x1: int, y1: int, x2: int, y2: int, *, tail: bool = False, tip: bool = True) -> str:
    marks = ' marker-start="url(#tip)"' * tail + ' marker-end="url(#tip)"' * tip
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#4a5568"{marks}/>'


def _label(x: int, y: int, text: str) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="11" fill="#2b6cb0" '
        f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{escape(text)}</text>'
    )


def write() -> None:
    """Write both files into docs/."""
    (DOCS / "case-life.md").write_text(page(), encoding="utf-8")
    (DOCS / "case-life.svg").write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    write()
