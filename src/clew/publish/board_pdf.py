"""The board pack on paper: PDF by ReportLab, from the same views as the page. No browser, no system library.

The same pack gives the same bytes (ReportLab's `invariant`). The fourteen standard fonts know the letters of Windows
code page 1252; a letter beyond it is written without its accent, or as a question mark.
"""

from __future__ import annotations

import io
import unicodedata
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from clew.assurance.control import ControlStatus
from clew.publish import wording
from clew.publish.board import BoardPack
from clew.publish.control_layout import ControlLayout
from clew.publish.control_page import ControlView
from clew.publish.pages import day_words
from clew.publish.palette import LIGHT

MARGIN = 16 * mm
_INK, _QUIET, _LINE = (colors.HexColor(LIGHT[name]) for name in ("ink", "quiet", "line"))
_FOR, _AGAINST, _PANEL, _NOTICE = (colors.HexColor(LIGHT[name]) for name in ("for", "against", "panel", "notice"))
_BANDS = {
    ControlStatus.NOT_YET_EVIDENCED: (colors.white, _INK),
    ControlStatus.OPERATING: (_PANEL, _INK),
    ControlStatus.DRIFTING: (_NOTICE, _INK),
    ControlStatus.FAILED: (_INK, colors.white),
}
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=13, textColor=_INK, spaceAfter=3)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=8, leading=10.5, textColor=_QUIET)
_TITLE = ParagraphStyle("title", parent=_BODY, fontName="Helvetica-Bold", fontSize=20, leading=24, spaceAfter=2)
_H2 = ParagraphStyle(
    "h2", parent=_BODY, fontName="Helvetica-Bold", fontSize=14, leading=18, spaceBefore=12, spaceAfter=4
)
_H3 = ParagraphStyle(
    "h3", parent=_BODY, fontName="Helvetica-Bold", fontSize=10.5, leading=14, spaceBefore=8, spaceAfter=2
)
_NOTE = ParagraphStyle("note", parent=_BODY, backColor=_NOTICE, borderPadding=5, spaceBefore=6, spaceAfter=8)


def fit(text: str) -> str:
    """`text` in letters that the standard fonts have."""
    kept = []
    for letter in wording.clean_text(text):
        try:
            letter.encode("cp1252")
            kept.append(letter)
        except UnicodeEncodeError:
            plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
            kept.append(plain or "?")
    return "".join(kept)


def board_pdf(pack: BoardPack) -> bytes:
    """The pack as a PDF of A4 pages."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=20 * mm,
        bottomMargin=18 * mm,
        title=fit(pack.title),
        author="Clew",
        lang="en-GB",
        invariant=1,
    )

    def frame(canvas: Any, _: Any) -> None:
        canvas.saveState()
        width, height = A4
        canvas.setFont("Helvetica-Bold", 8.5)
        canvas.setFillColor(_INK)
        for y in (height - 11 * mm, 9 * mm):
            canvas.drawCentredString(width / 2, y, fit(pack.marking))
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(_QUIET)
        canvas.drawRightString(width - MARGIN, 9 * mm, f"page {canvas.getPageNumber()}")
        canvas.drawString(MARGIN, 9 * mm, f"as known at {pack.as_at.astimezone(pack.zone):%Y-%m-%d %H:%M}")
        canvas.restoreState()

    document.build(_story(pack), onFirstPage=frame, onLaterPages=frame)
    return buffer.getvalue()


def _p(text: str, style: ParagraphStyle = _BODY) -> Paragraph:
    return Paragraph(escape(fit(text)), style)


def _story(pack: BoardPack) -> list[Flowable]:
    story: list[Flowable] = [
        _p("Clew gives every unexpected death a second look", _SMALL),
        _p(pack.title, _TITLE),
        _p(f"As known at {wording.moment_words(pack.as_at, pack.zone)} ({pack.zone.key})"),
    ]
    if pack.notice:
        story.append(_p(f"Please note. {pack.notice}", _NOTE))
    story.append(_grid([[_p(term, _SMALL), _p(words)] for term, words in pack.summary], (50 * mm, None)))
    if pack.controls:
        story.append(_p("Is it operating today?", _H2))
        for name, view in pack.controls:
            story += _control(name, view, pack)
    story.append(_p("Recommendations", _H2))
    for row in pack.rows:
        story += _recommendation(row)
    if not pack.rows:
        story.append(_p("There are none."))
    if pack.findings:
        story.append(_p("Findings", _H2))
    for finding in pack.findings:
        parts = {
            "Should be": finding.criterion,
            "Was found": finding.condition,
            "Why": finding.cause,
            "What follows": finding.effect,
            "Rests on": "; ".join(f"{e.name}, as at {e.of.isoformat()}, SHA-256 {e.digest}" for e in finding.evidence),
        }
        table = _grid([[_p(name, _SMALL), _p(text)] for name, text in parts.items()], (26 * mm, None))
        story.append(KeepTogether([_p(f"{finding.finding_id}: {finding.severity.value}", _H3), table]))
    if pack.samples:
        story.append(_p("What the samples show", _H2))
        story += [_p(sentence) for sentence in pack.samples]
    closing = (
        "Figures are of duties and recommendations, never of persons. No record of something means that none was held."
    )
    return [*story, Spacer(1, 6 * mm), _p(closing, _SMALL)]


def _control(name: str, view: ControlView, pack: BoardPack) -> list[Flowable]:
    head = _p(f"{name}: {view.rule} {view.title}: {view.status.words}", _H3)
    about = _p(
        f"Target: {view.target:.1%} of duties met in time, since the change of {day_words(view.changed_at, pack.zone)}."
    )
    period = "a week" if view.layout.days_a_point == 7 else "four weeks"
    legend = _p(
        f"Points: share met in time of the duties that arose in {period}; diamonds: special cause for concern by "
        "the NHS rules. Solid line: mean; short dashes: limits; long dashes: target; upright line: the change. "
        "Band: the status.",
        _SMALL,
    )
    turns = [_p(f"{day_words(turn.at, pack.zone)}  {turn.status.words}: {turn.reason}.") for turn in view.turns]
    return [KeepTogether([head, about, _Chart(view.layout), legend]), *turns]


def _recommendation(row: dict[str, Any]) -> list[Flowable]:
    head = _p(f"{row['recommendation_id']} to {row['addressee']}: {row['state'].replace('_', ' ')}", _H3)
    facts = [f"made {row['made']}", f"answer due {row['answer_due']}"]
    facts += [f"owner {row['owner']}"] * bool(row["owner"])
    facts += [f"action due {row['due']}"] * bool(row["due"])
    facts += [f"{row['days_overdue']} days past its date"] * bool(row["days_overdue"])
    facts += [f"findings {', '.join(row['findings'])}"] * bool(row["findings"])
    facts += [f"control {each['rule']} at {each['target']:.1%}" for each in row["controls"]]
    lines = []
    for answer in row["answers"]:
        late = f", {answer['days_late']} days late" if answer["days_late"] else ""
        reason = f": {answer['reason']}" if answer["reason"] else ""
        lines.append(f"{answer['on']}  {answer['by']}: {answer['act'].replace('_', ' ')}{late}{reason}")
    lines += [] if row["answers"] else ["No answer on record."]
    lines += [
        f"{each['on']}  moved to {each['to']}"
        + (f" (milestone {each['milestone']})" if each["milestone"] else "")
        + f": {each['reason']}"
        for each in row["moved"]
    ]
    lines += [
        f"Milestone {each['name']}: "
        + (f"reached {each['reached']}" if each["reached"] else f"due {each['due']}, no record that it was reached")
        for each in row["milestones"]
    ]
    lines += [f"{each['on']}  re-opened by {each['by']}: {each['reason']}" for each in row["reopened"]]
    return [KeepTogether([head, _p(row["text"]), _p("; ".join(facts), _SMALL), *(_p(line) for line in lines)])]


def _grid(rows: list[list[Flowable]], widths: tuple[float, float | None]) -> Table:
    rest = A4[0] - 2 * MARGIN - widths[0]
    table = Table(rows, colWidths=(widths[0], rest), hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return table


class _Chart(Flowable):  # type: ignore[misc]
    """The chart of a control, drawn from its layout."""

    def __init__(self, layout: ControlLayout) -> None:
        super().__init__()
        self.layout = layout
        self.width = A4[0] - 2 * MARGIN
        self.scale = self.width / layout.width
        self.height = layout.height * self.scale

    def wrap(self, *_: float) -> tuple[float, float]:
        """How much room it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Draws it, y upwards."""
        c, at = self.canv, self.layout

        def x(value: float) -> float:
            return float(value * self.scale)

        def y(value: float) -> float:
            return float(self.height - value * self.scale)

        def line(
            x0: float, y0: float, x1: float, y1: float, *, colour: Any, width: float, dash: tuple[int, ...]
        ) -> None:
            c.setStrokeColor(colour)
            c.setLineWidth(width)
            c.setDash(*dash) if dash else c.setDash()
            c.line(x(x0), y(y0), x(x1), y(y1))

        c.setFont("Helvetica", 7)
        for tick, label in at.y_ticks:
            line(at.left, tick, at.right, tick, colour=_LINE, width=0.4, dash=())
            c.setFillColor(_QUIET)
            c.drawRightString(x(at.left - 5), y(tick + 3), label)
        for tick, label in at.x_ticks:
            line(tick, at.top, tick, at.bottom + 4, colour=_LINE, width=0.4, dash=())
            c.drawCentredString(x(tick), y(at.bottom + 16), label)
        for phase in at.phases:
            line(phase.x0, phase.mean, phase.x1, phase.mean, colour=_QUIET, width=0.9, dash=())
            for limit in (phase.upper, phase.lower):
                line(phase.x0, limit, phase.x1, limit, colour=_QUIET, width=0.6, dash=(2, 2))
        line(at.left, at.target_y, at.right, at.target_y, colour=_INK, width=0.9, dash=(6, 3))
        line(at.change_x, 4, at.change_x, at.bottom, colour=_INK, width=0.8, dash=())
        for before, after in zip(at.marks, at.marks[1:], strict=False):
            line(before.x, before.y, after.x, after.y, colour=_FOR, width=0.7, dash=())
        c.setDash()
        for mark in at.marks:
            self._mark(x(mark.x), y(mark.y), concern=mark.concern)
        c.setLineWidth(0.5)
        c.setStrokeColor(_INK)
        c.setFont("Helvetica-Bold", 7)
        for band in at.bands:
            fill, ink = _BANDS[band.status]
            c.setFillColor(fill)
            c.rect(x(band.x0), y(22), max(x(band.x1 - band.x0), 1), x(14), fill=1)
            if band.x1 - band.x0 > 100:
                c.setFillColor(ink)
                c.drawString(x(band.x0 + 5), y(18.5), band.status.words)

    def _mark(self, x: float, y: float, *, concern: bool) -> None:
        c = self.canv
        c.setFillColor(_AGAINST if concern else _FOR)
        if concern:
            path = c.beginPath()
            path.moveTo(x, y + 2.6)
            for dx, dy in ((2.6, 0), (0, -2.6), (-2.6, 0)):
                path.lineTo(x + dx, y + dy)
            path.close()
            c.drawPath(path, fill=1, stroke=0)
        else:
            c.circle(x, y, 1.6, fill=1, stroke=0)
