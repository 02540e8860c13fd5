"""Menus and shortcuts, made from ``keys.KEYS`` and from what there is to open."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMenu

from dnnvis.app.runtime import open_files
from dnnvis.app.shell import keymap
from dnnvis.app.shell.typing_guard import TypingGuard
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.errors import DnnvisError
from dnnvis.core.messages import describe_failure
from dnnvis.engine.plan import NetworkChoice

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window

FOCUS_ACTIONS = ("next_panel", "previous_panel")  # Tab is Qt's own way from widget to widget
FRAME_RATE_LIMITS = (5, 10, 15, 30, 60)
CAMERA_SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080))


def build_menus(window: "Window") -> None:
    """Fill the menu bar and bind every key."""
    bar = require(window.menuBar())
    menus = {group: require(bar.addMenu(group)) for group in keymap.GROUPS}
    network = QMenu("Network", window)
    bar.insertMenu(menus["Layer"].menuAction(), network)
    for group, menu in menus.items():
        for key in keymap.keys_in_group(group):
            menu.addAction(_create_action(window, key))
    _fill_file_menu(window, menus["File"])
    _fill_source_menu(window, menus["Source"])
    network.aboutToShow.connect(partial(_fill_network_menu, window, network))
    network.aboutToShow.connect(window.backend.load_names)
    _fill_network_menu(window, network)
    window.source_bar.source.setMenu(menus["Source"])
    window.source_bar.network.setMenu(network)
    _fill_view_menu(window, menus["View"])
    TypingGuard(window)


def _create_action(window: "Window", key: keymap.KeyBinding) -> QAction:
    action = QAction(key.name, window)
    if key.function not in FOCUS_ACTIONS:
        action.setShortcuts([QKeySequence(sequence) for sequence in key.keys])
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setToolTip(key.help)
    action.setStatusTip(key.help)
    action.triggered.connect(partial(_trigger, window.key_actions.resolve(key.function)))
    window.addAction(action)
    return action


def _trigger(callback: Callable[[], None], checked: bool = False) -> None:
    callback()


def _fill_file_menu(window: "Window", menu: QMenu) -> None:
    recent = QMenu("Recent", menu)
    menu.insertMenu(menu.actions()[-1], recent)
    menu.insertSeparator(menu.actions()[-1])

    def fill() -> None:
        recent.clear()
        state = window.session.state
        for path in state.recent_sources + state.recent_networks:
            exists = not Path(path).suffix or Path(path).exists()
            action = require(recent.addAction(path if exists else f"{path} (missing)"))
            action.setEnabled(exists)
            action.triggered.connect(partial(_reopen, window, path))
        if recent.isEmpty():
            require(recent.addAction("Nothing was opened yet")).setEnabled(False)

    recent.aboutToShow.connect(fill)
    fill()


def _reopen(window: "Window", path: str, checked: bool = False) -> None:
    if path in window.session.state.recent_networks:
        window.backend.run(NetworkChoice(net=path))
    else:
        open_files.open_path(window, window.backend, path)


def _fill_source_menu(window: "Window", menu: QMenu) -> None:
    menu.addSeparator()
    demo = require(menu.addAction("Demo photographs"))
    demo.triggered.connect(partial(_open_source, window, "demo"))
    board = require(menu.addAction("Game of Life board"))
    board.triggered.connect(partial(_open_source, window, "life"))
    cameras = require(menu.addMenu("Webcam"))
    cameras.aboutToShow.connect(partial(_fill_camera_menu, window, cameras))
    cameras.addAction("Looking for cameras ...")
    mirror = require(menu.addAction("Mirror the camera"))
    mirror.setCheckable(True)
    mirror.toggled.connect(partial(_change_source, window, "mirror"))
    loop = require(menu.addAction("Films begin again at their end"))
    loop.setCheckable(True)
    loop.setChecked(window.session.state.source.loop)
    loop.toggled.connect(partial(_change_source, window, "loop"))
    rates = require(menu.addMenu("At most"))
    _add_choices(window, rates, "cap", [(f"{c} frames/s", float(c)) for c in FRAME_RATE_LIMITS])
    sizes = require(menu.addMenu("Camera resolution"))
    for width, height in CAMERA_SIZES:
        action = require(sizes.addAction(f"{width} x {height}"))
        action.triggered.connect(partial(_set_camera_size, window, width, height))
    menu.aboutToShow.connect(lambda: mirror.setChecked(window.session.state.source.mirror))


def _fill_camera_menu(window: "Window", menu: QMenu) -> None:
    menu.clear()
    cameras = window.backend.services.cameras()
    for number, title in cameras:
        action = require(menu.addAction(f"{number}: {title}"))
        action.triggered.connect(partial(_open_source, window, f"webcam:{number}"))
    if not cameras:
        require(menu.addAction("No camera was found")).setEnabled(False)


def _open_source(window: "Window", text: str, checked: bool = False) -> None:
    try:
        open_files.open_source(window.backend, text)
    except DnnvisError as error:
        window.backend.mailbox.post_each("problem", describe_failure(error, text))


def _change_source(window: "Window", name: str, value: Any) -> None:
    source = window.backend.current_source()  # it is opened anew
    if getattr(source, name) != value:
        window.session.update(source=replace(source, **{name: value}))


def _set_camera_size(window: "Window", width: int, height: int, checked: bool = False) -> None:
    source = replace(window.backend.current_source(), width=width, height=height)
    window.session.update(source=source)


def _add_choices(window: "Window", menu: QMenu, name: str, options: list[tuple[str, Any]]) -> None:
    group = QActionGroup(menu)
    for label, value in options:
        action = require(menu.addAction(label))
        action.setCheckable(True)
        action.setChecked(getattr(window.session.state.source, name) == value)
        group.addAction(action)
        action.triggered.connect(lambda on, v=value: _change_source(window, name, v))


def _fill_network_menu(window: "Window", menu: QMenu) -> None:
    menu.clear()
    current = window.session.state.network
    require(menu.addAction("Open network or checkpoint ...")).triggered.connect(
        partial(_trigger, window.key_actions.open_checkpoint)
    )
    require(menu.addAction("Cancel the pass under way")).triggered.connect(
        lambda: window.backend.engine.cancel()
    )
    menu.addSeparator()
    for name in window.backend.services.bundled():
        action = require(menu.addAction(name))
        action.setCheckable(True)
        action.setChecked(current.net == name)
        action.triggered.connect(partial(_open_network, window, name))
    more = require(menu.addMenu("torchvision (random weights)"))
    more.aboutToShow.connect(partial(_fill_torchvision_menu, window, more))
    more.addAction("...")


def _fill_torchvision_menu(window: "Window", menu: QMenu) -> None:
    menu.clear()
    families: dict[str, QMenu] = {}
    if not window.torchvision_names:
        wait = menu.addAction("Reading torchvision's list; open this menu again")
        require(wait).setEnabled(False)
    for name in window.torchvision_names:
        family = "".join(c for c in name.split("_")[0] if not c.isdigit()) or name
        if family not in families:
            families[family] = require(menu.addMenu(family))
        action = require(families[family].addAction(name))
        action.triggered.connect(partial(_open_network, window, name))


def _open_network(window: "Window", name: str, checked: bool = False) -> None:
    window.backend.run(NetworkChoice(net=name))


def _fill_view_menu(window: "Window", menu: QMenu) -> None:
    menu.addSeparator()
    panels = require(menu.addMenu("Panels"))
    for dock in window.docks.values():
        panels.addAction(dock.toggleViewAction())
    require(menu.addAction("Put the panels back")).triggered.connect(lambda: window.reset_layout())
    schemes = require(menu.addMenu("Theme"))
    for name in theme.THEMES:
        action = require(schemes.addAction(name))
        action.triggered.connect(lambda on, n=name: window.set_theme(n))
