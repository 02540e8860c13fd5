"""Survey a window on the screen: pictures, controls and texts that are cut off."""

from collections.abc import Iterator
from dataclasses import dataclass

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QToolButton,
    QWidget,
)

from dnnvis.app.shell.modes.card import PanelCard
from dnnvis.app.shell.modes.layout import CARDS_OF_UNIT
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.painted_widget import PaintedWidget

_CONTROLS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)


@dataclass(frozen=True)
class WindowSurvey:
    """What a window shows just now."""

    #: Width and height of the window, in pixels.
    size: tuple[int, int]
    #: Fraction of the window that pictures take.
    pictures: float
    #: Fraction that the pictures of the selected unit take.
    evidence: float
    #: Fraction that the mosaic takes.
    mosaic: float
    #: Smaller side of the smallest picture of each card, in pixels.
    sides: dict[str, int]
    #: Names of the controls in sight, without menus and layers.
    controls: tuple[str, ...]
    #: Texts that do not fit where they stand.
    cut_off: tuple[str, ...]
    #: Points of the smallest letters of a label.
    smallest_points: float


def survey_window(window: QWidget) -> WindowSurvey:
    """Survey all widgets of a window that are in sight."""
    areas: dict[str, float] = {}
    sides: dict[str, int] = {}
    for widget in _visible_children(window):
        for rect in _picture_rects(widget):
            shown = rect & QRectF(_surface(widget).visibleRegion().boundingRect())
            name = _card_name(widget)
            areas[name] = areas.get(name, 0.0) + shown.width() * shown.height()
            side = round(min(rect.width(), rect.height()))
            sides[name] = min(sides.get(name, side), side)
    whole = max(window.width() * window.height(), 1)
    return WindowSurvey(
        (window.width(), window.height()),
        round(sum(areas.values()) / whole, 3),
        round(sum(areas.get(name, 0.0) for name in CARDS_OF_UNIT) / whole, 3),
        round(areas.get("mosaic", 0.0) / whole, 3),
        sides,
        tuple(_name(widget) for widget in _visible_children(window) if _is_control(widget)),
        tuple(text for widget in _visible_children(window) if (text := _cut_off_text(widget))),
        _smallest_points(window),
    )


def _visible_children(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        is_of_window = widget.window() is window
        in_sight = widget.isVisible() and not _surface(widget).visibleRegion().isEmpty()
        if is_of_window and in_sight:
            yield widget


def _surface(widget: QWidget) -> QWidget:
    """Return what of a widget is seen: of a scrolling one its viewport, which covers it."""
    viewport = widget.viewport() if isinstance(widget, QAbstractScrollArea) else None
    return viewport or widget


def _picture_rects(widget: QWidget) -> tuple[QRectF, ...]:
    rects = getattr(widget, "picture_rects", None)
    return tuple(rects()) if callable(rects) else ()


def _card_name(widget: QWidget) -> str:
    ancestor: QWidget | None = widget
    while ancestor is not None and not isinstance(ancestor, PanelCard):
        ancestor = ancestor.parentWidget()
    return ancestor.name if ancestor is not None else "elsewhere"


def _is_control(widget: QWidget) -> bool:
    if not isinstance(widget, _CONTROLS) or isinstance(widget, QScrollBar):
        return False
    parent = widget.parentWidget()
    inside = isinstance(parent, QAbstractSpinBox | QComboBox | QTabBar | QMenuBar)
    return not inside and _card_name(widget) != "layers"


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text or widget.toolTip() or type(widget).__name__


def _cut_off_text(widget: QWidget) -> str:
    """Return the text of a widget that shows only a part of it; "" where all is to be read."""
    if isinstance(widget, ElidedLabel):
        metrics, width = widget.fontMetrics(), widget.contentsRect().width()
        rows = widget.rows() if widget.text() else []
        text = widget.text() if rows and rows[-1].endswith("…") else ""
        fits = len(rows) > 1 or metrics.horizontalAdvance(widget.text()) <= width
        return text if text and not widget.text().endswith("…") else "" if fits else widget.text()
    if isinstance(widget, QLabel):
        narrow = not widget.wordWrap() and widget.sizeHint().width() > widget.width()
        return widget.text() if narrow else ""
    if isinstance(widget, QToolButton) and not widget.icon().isNull():
        return ""  # the text is its tool tip
    if isinstance(widget, QAbstractButton):
        width = widget.fontMetrics().horizontalAdvance(widget.text().replace("&", ""))
        return widget.text() if width > widget.width() else ""
    if isinstance(widget, PaintedWidget) and widget.message:
        return widget.message if _message_overflows(widget) else ""
    return ""


def _message_overflows(widget: PaintedWidget) -> bool:
    room = widget.rect().adjusted(12, 12, -12, -12)
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    needed: QRect = widget.fontMetrics().boundingRect(room, int(flags), widget.message)
    return needed.height() > widget.height() or needed.width() > widget.width()


def _smallest_points(window: QWidget) -> float:
    labels = (w for w in _visible_children(window) if isinstance(w, ElidedLabel | QLabel))
    return round(min((label.font().pointSizeF() for label in labels), default=0.0), 1)
