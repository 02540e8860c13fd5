"""Define one palette for the whole window, light and dark, and the few fonts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication, QWidget

from dnnvis.app.widgets.qt_optional import require

GAP = 6  # pixels between things that belong together; everything is a multiple of it

MIN_LETTER_FRACTION = 0.8  # of usual letters, where a text would be cut off else
_HAS_OWN_FONT = Qt.WidgetAttribute.WA_SetFont
THEMES = ("system", "light", "dark")
MIN_POINTS, MAX_POINTS = 10.0, 20.0  # of letters, once the user sizes them


@cache
def _parse_color(code: str) -> QColor:
    return QColor(code)


@dataclass(frozen=True)
class Palette:
    """Colors as #rrggbb.

    ``cursor``, ``pinned``, ``stale`` and ``silent`` lie on data and hardly depend on the scheme.
    """

    #: Background of the window.
    window: str
    #: Background of panels and fields.
    base: str
    #: Background of buttons, tool tips and what is raised above the base.
    raised: str
    #: Color of text.
    text: str
    #: Color of less important text.
    muted: str
    #: Color of borders and axes.
    line: str
    #: Color of what is selected.
    accent: str
    #: Color of the bars of diagrams.
    bar: str
    #: Color of warnings.
    warning: str
    #: The olive of the Deep Visualization Toolbox.
    stale: str
    #: Color of grid lines, and of the gaps between maps.
    grid: str
    #: Color of the gaps between maps while the mosaic shows a backward pass.
    backward: str
    #: The green of the Deep Visualization Toolbox.
    cursor: str = "#80ff80"
    #: The blue of the Deep Visualization Toolbox, lightened until it shows on dark maps.
    pinned: str = "#5b74ff"
    #: Color of the dots on silent units.
    silent: str = "#f0b354"

    def color(self, name: str) -> QColor:
        return _parse_color(getattr(self, name))

    def rgb(self, name: str) -> tuple[int, int, int]:
        color = self.color(name)
        return color.red(), color.green(), color.blue()


DARK = Palette(
    window="#1f2227",
    base="#17191d",
    raised="#2a2e35",
    text="#e7e9ec",
    muted="#98a1ab",
    line="#3a4049",
    accent="#4f8ff7",
    bar="#3e6fb8",
    warning="#f0b354",
    stale="#4d4d33",
    grid="#33383f",
    backward="#333380",
)
LIGHT = Palette(
    window="#f3f4f6",
    base="#ffffff",
    raised="#e8eaee",
    text="#1b1f24",
    muted="#5d6772",
    line="#cfd4da",
    accent="#1f6feb",
    bar="#9cc0f5",
    warning="#a15c00",
    stale="#e6e5c4",
    grid="#d5d9df",
    backward="#b9bfe8",
)

_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


def apply_theme(application: QApplication, theme: str = "system") -> None:
    """Apply Fusion with our palette; ``system`` follows the desktop from then on."""
    with _keep_fonts(application):
        if require(application.style()).objectName().lower() != "fusion":
            application.setStyle("Fusion")
        hints = require(QGuiApplication.styleHints())
        if not application.property("dnnvis follows"):
            hints.colorSchemeChanged.connect(lambda _: _apply_palette(application))
            application.setProperty("dnnvis follows", True)
        application.setProperty("dnnvis theme", theme)
        hints.setColorScheme(_SCHEMES.get(theme, Qt.ColorScheme.Unknown))
        _apply_palette(application)


def _apply_palette(application: QApplication) -> None:
    theme = application.property("dnnvis theme")
    system = require(QGuiApplication.styleHints()).colorScheme() == Qt.ColorScheme.Dark
    palette = DARK if theme == "dark" or (theme == "system" and system) else LIGHT
    with _keep_fonts(application):
        application.setPalette(build_qt_palette(palette))
        application.setPalette(_build_box_palette(palette), "QCheckBox")
        application.setStyleSheet(_build_style_sheet(palette))


@contextmanager
def _keep_fonts(application: QApplication) -> Iterator[None]:
    """Keep the widgets' own fonts: another style brings back the sizes that they had at first."""
    own = [w for w in application.allWidgets() if w.testAttribute(_HAS_OWN_FONT)]
    fonts = {widget: QFont(widget.font()) for widget in own}
    yield
    for widget, font in fonts.items():
        if widget.font() != font:
            widget.setFont(font)


def set_letters(application: QApplication, points: float) -> None:
    """Set the size of all letters, those of captions and titles in proportion.

    Args:
        application: The one application.
        points: Points of usual letters; 0: as the desktop has them.
    """
    desktop = application.property("dnnvis letters") or application.font().pointSizeF()
    application.setProperty("dnnvis letters", desktop)
    target = points or desktop
    previous = application.font().pointSizeF()
    if target == previous:
        return
    own = [w for w in application.allWidgets() if w.testAttribute(_HAS_OWN_FONT)]
    sizes = {widget: widget.font().pointSizeF() for widget in own}
    font = application.font()
    font.setPointSizeF(target)
    _fixed_font.cache_clear()
    application.setFont(font)
    application.setStyleSheet("")  # a styled widget takes the new letters only with a new style
    _apply_palette(application)
    for widget, size in sizes.items():
        scaled = widget.font()
        scaled.setPointSizeF(size * target / previous)
        widget.setFont(scaled)


def scale_points(step: int) -> float:
    """Return the points of letters that many steps larger; 0 steps: 0, as the desktop has them."""
    present = QApplication.font().pointSizeF()
    return min(max(present + step, MIN_POINTS), MAX_POINTS) if step else 0.0


def palette(widget: QWidget) -> Palette:
    """Return the colors of the scheme in which ``widget`` is drawn."""
    return DARK if widget.palette().window().color().lightness() < 128 else LIGHT


def build_qt_palette(palette: Palette) -> QPalette:
    """Convert ``palette`` to Qt's."""
    role, qt_palette = QPalette.ColorRole, QPalette()
    for name, roles in {
        "window": (role.Window,),
        "base": (role.Base,),
        "raised": (role.AlternateBase, role.Button, role.ToolTipBase),
        "text": (role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText),
        "muted": (role.PlaceholderText,),
        "line": (role.Mid, role.Midlight, role.Dark),
        "accent": (role.Highlight, role.Link),
    }.items():
        for color_role in roles:
            qt_palette.setColor(color_role, palette.color(name))
    qt_palette.setColor(role.HighlightedText, QColor("#ffffff"))
    for color_role in (role.WindowText, role.Text, role.ButtonText):
        qt_palette.setColor(QPalette.ColorGroup.Disabled, color_role, palette.color("muted"))
    return qt_palette


def _build_box_palette(palette: Palette) -> QPalette:
    """Return the colors of boxes to check: Fusion frames them in a darker tone of the window's."""
    qt_palette = build_qt_palette(palette)
    qt_palette.setColor(QPalette.ColorRole.Window, palette.color("muted"))
    return qt_palette


def _build_style_sheet(palette: Palette) -> str:
    return (
        f"QDockWidget::title {{ background: {palette.window}; padding: {GAP}px;"
        f" border-bottom: 1px solid {palette.line}; }}"
        f"QMainWindow::separator {{ background: {palette.window}; width: 5px; height: 5px; }}"
        f"QMainWindow::separator:hover {{ background: {palette.accent}; }}"
        f"QToolButton[segment='true'] {{ border: 1px solid {palette.line}; border-radius: 4px;"
        f" padding: 3px 10px; margin: 0 1px; background: {palette.raised}; }}"
        f"QToolButton[segment='true']:checked {{ background: {palette.accent}; color: #ffffff; }}"
        f"QPushButton[segment='true']:checked {{ background: {palette.accent}; color: #ffffff;"
        f" border: 1px solid {palette.line}; border-radius: 3px; padding: 3px; }}"
        f"QToolTip {{ color: {palette.text}; background: {palette.raised};"
        f" border: 1px solid {palette.line}; }}"
    )


def caption_font(widget: QWidget) -> QFont:
    """Return the font of captions: the system's, a little smaller."""
    font = QFont(widget.font())
    font.setPointSizeF(max(7.0, QApplication.font().pointSizeF() * 0.88))
    return font


def fit_font(font: QFont, text: str, width: float) -> QFont:
    """Return the font, or a smaller one in which the text fits, down to four fifths of usual.

    Args:
        font: The font.
        text: The text.
        width: Pixels that there are.
    """
    needed = QFontMetricsF(font).horizontalAdvance(text)
    if needed <= width:
        return font
    fitted = QFont(font)
    smallest = MIN_LETTER_FRACTION * QApplication.font().pointSizeF()
    points = max(font.pointSizeF() * width / needed, min(smallest, font.pointSizeF()))
    fitted.setPointSizeF(points)
    return fitted


def strong_font(widget: QWidget) -> QFont:
    """Return the font of a card's title: the system's, heavier."""
    font = QFont(widget.font())
    font.setPointSizeF(QApplication.font().pointSizeF())
    font.setWeight(QFont.Weight.DemiBold)
    return font


def title_font(widget: QWidget) -> QFont:
    """Return the font of titles: the system's, a little larger and heavier."""
    font = QFont(widget.font())
    font.setPointSizeF(QApplication.font().pointSizeF() * 1.12)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def value_font(widget: QWidget) -> QFont:
    """Return the font of values: every digit equally wide."""
    return _fixed_font(max(7.0, QApplication.font().pointSizeF() * 0.9))


@cache
def _fixed_font(size: float) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(size)
    return font
