"""Build menus and shortcuts from ``keymap.KEYS`` and from what there is to open."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QAction, QActionGroup, QGuiApplication, QKeySequence
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QMenu

from dnnvis.app.opening.menus import OpeningMenus
from dnnvis.app.runtime import open_files
from dnnvis.app.runtime.screen_grabber import refusal
from dnnvis.app.shell import actions
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.edit_actions import toggle_playground, watch_training
from dnnvis.app.shell.keymap import KEYS
from dnnvis.app.shell.recording_actions import fill_recording_menu
from dnnvis.app.shell.region_chooser import RegionChooser
from dnnvis.app.shell.save_menu import fill_save_menu
from dnnvis.app.shell.typing_guard import TypingGuard
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import LANGUAGES, tr

MENU_TITLES = ("File", "Edit", "Source", "Network", "View", "Help")
ALT_LETTER = re.compile(r"Alt\+\w")
#: The menu in which each further group of keys has a menu of its own.
SUBMENUS = {
    "Unit": "Edit",
    "Backward": "Edit",
    "Synthesis": "Edit",
    "Layer": "Network",
    "Steps": "Network",
    "Colors": "View",
    "Present": "View",
}
FOCUS_ACTIONS = ("next_panel", "previous_panel")  # Tab is Qt's own way from widget to widget
SECONDS_PER_PICTURE = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)  # 0: until another is requested
FRAME_RATE_LIMITS = (5, 10, 15, 30, 60)
LOOKING_FOR_CAMERAS = "Looking for cameras; open this menu again"
VEIL_MILLISECONDS = 200
CAMERA_SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080))


@dataclass(frozen=True)
class Menus:
    """The menus that are filled while the window lives, or shown elsewhere, too."""

    #: The menu of pictures, films, cameras and boards.
    source: QMenu
    #: The menu of networks.
    network: QMenu
    #: The menu of panels, layout and themes.
    view: QMenu
    #: The menu of what explains the window.
    help: QMenu


def mark_letter(title: str, taken: set[str]) -> str:
    """Return a menu's title with the mark before the letter that opens it with Alt.

    Args:
        title: What the menu is called.
        taken: Letters that open another menu, or that a key has with Alt; its own is added.
    """
    for k, letter in enumerate(title):
        if letter.isalnum() and letter.lower() not in taken:
            taken.add(letter.lower())
            return f"{title[:k]}&{title[k:]}"
    return title


def build_menus(window: QMainWindow, context: ActionContext) -> Menus:
    """Fill the menu bar and bind every key."""
    bar = require(window.menuBar())
    letters = {key[-1].lower() for row in KEYS for key in row.keys if ALT_LETTER.fullmatch(key)}
    top = {title: require(bar.addMenu(mark_letter(tr(title), letters))) for title in MENU_TITLES}
    menus, network = dict(top), require(top["Network"].addMenu(tr("Open")))
    menus |= {group: QMenu(tr(group), window) for group in SUBMENUS}
    entries = {action.id: _create_action(window, action, context) for action in actions.ACTIONS}
    for action in actions.ACTIONS:
        menus[action.menu].addAction(entries[action.id])
    _name_steps(context, menus["Edit"], entries["undo"], entries["redo"])
    for group, title in SUBMENUS.items():
        top[title].addMenu(menus[group])
    opening = OpeningMenus(
        context.backend,
        window,
        partial(actions.open_checkpoint, context),
        lambda: context.view.torchvision_names,
    )
    _fill_file_menu(context, opening, menus["File"])
    _fill_source_menu(context, menus["Source"])
    compare = require(top["Network"].addMenu(tr("Compare with")))
    compare.aboutToShow.connect(lambda: context.view.compare.fill_menu(compare))
    learn = require(top["Network"].addMenu(tr("Learn while you watch")))
    for text, run in (
        (tr("Points on the plane (playground)"), toggle_playground),
        (tr("Net1 or Net2, on pictures ..."), watch_training),
    ):
        require(learn.addAction(text)).triggered.connect(partial(_trigger, partial(run, context)))
    _add_fused_entry(top["Network"], context)
    network.aboutToShow.connect(partial(opening.fill_networks, network))
    network.aboutToShow.connect(context.backend.load_names)
    opening.fill_networks(network)
    _fill_help_menu(context, menus["Help"])
    TypingGuard(window)
    return Menus(menus["Source"], network, menus["View"], menus["Help"])


def _add_fused_entry(menu: QMenu, context: ActionContext) -> None:
    """Add the switch between fused and exact passes."""
    entry = require(menu.addAction(tr("Fused passes")))
    entry.setCheckable(True)
    entry.setStatusTip(tr("run what nobody looks at with less work, to 1e-5 of the exact values"))
    entry.triggered.connect(lambda on: context.session.update(fused=on))
    menu.aboutToShow.connect(lambda: entry.setChecked(context.session.state.fused))
    entry.setChecked(context.session.state.fused)


def _add_theme_menu(menu: QMenu, context: ActionContext) -> None:
    """Add the menu of themes, with a mark at the present one."""
    titles = {name: tr(name) for name in theme.THEMES}
    schemes = require(menu.addMenu(tr("Theme")))
    _add_marked(schemes, titles, context.view.set_theme, lambda: context.session.state.theme)


def _add_language_menu(menu: QMenu, context: ActionContext) -> None:
    """Add the menu of languages, each called as it calls itself."""
    titles = {"": tr("System"), **LANGUAGES}
    languages = require(menu.addMenu(tr("Language")))
    choose = partial(_choose_language, context)
    _add_marked(languages, titles, choose, lambda: context.session.state.language)


def _choose_language(context: ActionContext, language: str) -> None:
    context.session.update(language=language)
    context.view.toast.show_text(tr("The window has this language from its next start on."))


def _add_marked(
    menu: QMenu,
    titles: Mapping[str, str],
    choose: Callable[[str], object],
    current: Callable[[], str],
) -> None:
    """Add an entry for each value of a choice, with a mark at the present one.

    Args:
        menu: The menu.
        titles: What the entry of each value is called.
        choose: Is called with the value of the entry that was clicked.
        current: Returns the present value.
    """
    group = QActionGroup(menu)
    for value, title in titles.items():
        action = require(menu.addAction(title))
        action.setCheckable(True)
        action.setData(value)
        group.addAction(action)
        action.triggered.connect(lambda checked=False, v=value: choose(v))

    def mark() -> None:
        for action in group.actions():
            action.setChecked(action.data() == current())

    menu.aboutToShow.connect(mark)
    mark()


def _create_action(window: QMainWindow, action: actions.Action, context: ActionContext) -> QAction:
    entry = QAction(tr(action.label), window)
    if action.id not in FOCUS_ACTIONS:
        entry.setShortcuts([QKeySequence(sequence) for sequence in action.shortcuts])
    if action.id == "hold_unit_off":
        entry.setAutoRepeat(False)
    entry.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    entry.setToolTip(tr(action.help))
    entry.setStatusTip(tr(action.help))
    entry.triggered.connect(partial(_trigger, partial(action.run, context)))
    window.addAction(entry)
    return entry


def _name_steps(context: ActionContext, menu: QMenu, undo: QAction, redo: QAction) -> None:
    """Say in the open menu what would be undone and redone; the keys always work."""

    def name(entry: QAction, title: str, text: str) -> None:
        entry.setText(f"{tr(title)}: {text or tr('nothing yet')}")
        entry.setEnabled(bool(text))

    def show() -> None:
        session = context.session
        name(undo, "Undo", session.history.undo_text(session.state))
        name(redo, "Redo", session.history.redo_text(session.state))

    def hide() -> None:
        for entry, title in ((undo, "Undo"), (redo, "Redo")):
            entry.setText(tr(title))
            entry.setEnabled(True)

    menu.aboutToShow.connect(show)
    menu.aboutToHide.connect(hide)


def _trigger(callback: Callable[[], None], checked: bool = False) -> None:
    callback()


def _fill_file_menu(context: ActionContext, opening: OpeningMenus, menu: QMenu) -> None:
    recent = QMenu(tr("Recent"), menu)
    menu.insertMenu(menu.actions()[-1], recent)
    fill_save_menu(context, menu, menu.actions()[-1])
    menu.insertSeparator(menu.actions()[-1])
    recent.aboutToShow.connect(partial(opening.fill_recent, recent))
    opening.fill_recent(recent)


def _fill_source_menu(context: ActionContext, menu: QMenu) -> None:
    menu.addSeparator()
    demo = require(menu.addAction(tr("Demo photographs")))
    demo.triggered.connect(partial(_open_source, context, "demo"))
    board = require(menu.addAction(tr("Game of Life board")))
    board.triggered.connect(partial(_open_source, context, "life"))
    maze = require(menu.addAction(tr("Mazes")))
    maze.triggered.connect(partial(_open_source, context, "maze"))
    chess = require(menu.addAction(tr("Chess: king and rook against king")))
    chess.triggered.connect(partial(_open_source, context, "chess"))
    cameras = require(menu.addMenu(tr("Webcam")))
    cameras.aboutToShow.connect(partial(_fill_camera_menu, context, cameras))
    menu.aboutToShow.connect(context.backend.load_cameras)
    cameras.addAction(tr(LOOKING_FOR_CAMERAS))
    address = require(menu.addAction(tr("Camera at an address ...")))
    address.triggered.connect(partial(_trigger, partial(_open_address, context)))
    screen = require(menu.addAction(tr("Screen region ...")))
    screen.triggered.connect(lambda: choose_screen_region(context))
    mirror = require(menu.addAction(tr("Mirror the camera")))
    mirror.setCheckable(True)
    mirror.toggled.connect(partial(_change_source, context, "mirror"))
    loop = require(menu.addAction(tr("Films and folders begin again at their end")))
    loop.setCheckable(True)
    loop.setChecked(context.session.state.source.loop)
    loop.toggled.connect(partial(_change_source, context, "loop"))
    fill_recording_menu(context, menu)
    rates = require(menu.addMenu(tr("At most")))
    limits = [(tr("{count} frames/s", count=c), float(c)) for c in FRAME_RATE_LIMITS]
    _add_choices(context, rates, "cap", limits)
    slides = require(menu.addMenu(tr("Pictures of a folder follow each other")))
    slides.aboutToShow.connect(partial(_fill_slides_menu, context, slides))
    _fill_slides_menu(context, slides)
    sizes = require(menu.addMenu(tr("Camera resolution")))
    for width, height in CAMERA_SIZES:
        action = require(sizes.addAction(f"{width} x {height}"))
        action.triggered.connect(partial(_set_camera_size, context, width, height))
    menu.aboutToShow.connect(lambda: mirror.setChecked(context.session.state.source.mirror))


def _fill_slides_menu(context: ActionContext, menu: QMenu) -> None:
    menu.clear()
    for seconds in SECONDS_PER_PICTURE:
        text = tr("every {seconds:g} s", seconds=seconds) if seconds else tr("by hand (w, e)")
        action = require(menu.addAction(text))
        action.setCheckable(True)
        action.setChecked(context.session.state.source.every == seconds)
        action.triggered.connect(partial(_set_seconds, context, seconds))


def _set_seconds(context: ActionContext, seconds: float, checked: bool = False) -> None:
    context.backend.edit(None, every=seconds)


def _fill_camera_menu(context: ActionContext, menu: QMenu) -> None:
    menu.clear()
    cameras = context.view.cameras
    for number, title in cameras or ():
        action = require(menu.addAction(f"{number}: {title}"))
        action.triggered.connect(partial(_open_source, context, f"webcam:{number}"))
    if not cameras:
        text = tr("No camera was found") if cameras is not None else tr(LOOKING_FOR_CAMERAS)
        require(menu.addAction(text)).setEnabled(False)


def _open_address(context: ActionContext) -> None:
    address = open_files.choose_address(context.view.dialog_parent())
    if address:
        _open_source(context, address)


def choose_screen_region(context: ActionContext) -> RegionChooser | None:
    """Let the user drag over a region of the screen, and open it; None where that is forbidden."""
    screen = QGuiApplication.primaryScreen()
    if screen is None or refusal(QGuiApplication.platformName()):
        open_files.open_source(context.backend, "screen:")  # says why not
        return None
    chooser = RegionChooser(screen.virtualGeometry(), context.view.dialog_parent())

    def open_region(*region: int) -> None:
        numbers = ",".join(map(str, region)) if any(region) else ""
        # the veil is still on the screen until the events of its closing were handled
        QTimer.singleShot(
            VEIL_MILLISECONDS, lambda: open_files.open_source(context.backend, f"screen:{numbers}")
        )

    chooser.chosen.connect(open_region)
    chooser.show()
    chooser.activateWindow()
    return chooser


def _open_source(context: ActionContext, text: str, checked: bool = False) -> None:
    open_files.open_source(context.backend, text)


def _change_source(context: ActionContext, name: str, value: Any) -> None:
    source = context.backend.current_source()  # it is opened again
    if getattr(source, name) != value:
        context.session.update(source=replace(source, **{name: value}))


def _set_camera_size(
    context: ActionContext, width: int, height: int, checked: bool = False
) -> None:
    source = replace(context.backend.current_source(), width=width, height=height)
    context.session.update(source=source)


def _add_choices(
    context: ActionContext, menu: QMenu, name: str, options: list[tuple[str, Any]]
) -> None:
    group = QActionGroup(menu)
    for label, value in options:
        action = require(menu.addAction(label))
        action.setCheckable(True)
        action.setChecked(getattr(context.session.state.source, name) == value)
        group.addAction(action)
        action.triggered.connect(lambda on, v=value: _change_source(context, name, v))


def _fill_help_menu(context: ActionContext, menu: QMenu) -> None:
    contents = QAction(tr("Guide"), menu)
    contents.setStatusTip(tr("what the window shows, its words, its commands and methods"))
    contents.triggered.connect(partial(_trigger, partial(context.view.open_guide, "")))
    menu.insertAction(menu.actions()[0], contents)


def fill_view_menu(
    menu: QMenu,
    docks: Iterable[QDockWidget],
    reset_layout: Callable[[], None],
    context: ActionContext,
) -> None:
    """Add what docks there are and how the window looks.

    Args:
        menu: The menu View, with its keys.
        docks: The panels that can be opened and closed while they are unlocked.
        reset_layout: Puts every dock back to where it was at first.
        context: What the entries work with.
    """
    menu.addSeparator()
    panels = require(menu.addMenu(tr("Panels")))
    for dock in docks:
        panels.addAction(dock.toggleViewAction())
    back = require(menu.addAction(tr("Put the panels back")))
    back.triggered.connect(partial(_trigger, reset_layout))
    _add_theme_menu(menu, context)
    _add_language_menu(menu, context)

    def enable() -> None:
        for entry in (panels.menuAction(), back):
            require(entry).setEnabled(context.session.state.unlocked)

    menu.aboutToShow.connect(enable)
