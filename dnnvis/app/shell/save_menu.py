"""Fill the part of the menu File that saves what the window shows, and opens it again."""

from functools import partial
from pathlib import Path

from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtGui import QAction, QImage, QPixmap, QRegion
from PyQt6.QtWidgets import QMenu, QWidget

from dnnvis.app.runtime import state_files
from dnnvis.app.saving.state_dialog import save_state_as
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.modes.layout import CARDS_OF_UNIT
from dnnvis.app.shell.modes.page import ModePage
from dnnvis.app.shell.panel_export import build_recipe
from dnnvis.app.widgets import image_files
from dnnvis.app.widgets.captioned_image import Caption, add_caption
from dnnvis.app.widgets.file_dialogs import save_with_dialog
from dnnvis.app.widgets.image_files import join_name
from dnnvis.core.translation.catalog import tr

UNIT_PAGE = ("heading", *CARDS_OF_UNIT)
SHARPNESS = 2.0  # pixels of the picture for one of the screen


def fill_save_menu(context: ActionContext, menu: QMenu, end: QAction) -> None:
    """Add the entries in front of ``end``; those that cannot be done now are not offered.

    Args:
        context: What the entries work with.
        menu: The menu File.
        end: The entry that follows.
    """

    def add(title: str, callback: object) -> QAction:
        entry = QAction(title, menu)
        entry.triggered.connect(lambda checked=False: callback())  # type: ignore[operator]
        menu.insertAction(end, entry)
        return entry

    view, backend = context.view, context.backend
    menu.insertSeparator(end)
    add(tr("Open state …"), partial(_open_state, context))
    add(tr("Save state as …"), lambda: save_state_as(view.dialog_parent(), backend))
    menu.insertSeparator(end)
    add(tr("Save picture of the window …"), partial(_save_window, context))
    page = add(tr("Save the unit's page …"), partial(_save_unit_page, context))
    captions = add(tr("Saved pictures have caption and scale"), lambda: None)
    captions.setCheckable(True)
    captions.toggled.connect(lambda on: context.session.update(captions=on))
    folder = add(tr("Open the folder of what was saved last"), view.toast.open_folder)
    copy = add(tr("Copy the path of what was saved last"), view.toast.copy_path)

    def show() -> None:
        captions.setChecked(context.session.state.captions)
        page.setVisible(context.session.state.unit is not None and _find_cards(view.page) != [])
        for entry in (folder, copy):
            entry.setVisible(view.toast.path is not None)

    menu.aboutToShow.connect(show)
    show()


def _open_state(context: ActionContext) -> None:
    path = state_files.choose_state_file(context.view.dialog_parent(), context.session)
    if path:
        state_files.open_state(context.backend, path)


def _save_window(context: ActionContext) -> None:
    window = context.view.dialog_parent()
    image = grab_sharp(window, window.rect())
    _save(context, image, "window")


def _save_unit_page(context: ActionContext) -> None:
    image = grab_unit_page(context)
    if image is not None:
        unit = context.state.unit
        subject = "" if unit is None else context.view.mosaic.label(str(unit.whole()))
        _save(context, image, subject, "page")


def _save(context: ActionContext, image: QImage, *parts: str) -> None:
    image_files.write_recipe(image, build_recipe(context.view.mosaic))

    name = join_name(_name_network(context), *parts)

    def write(path: Path) -> None:
        image_files.save_png(image, path)

    save_with_dialog(context.view.dialog_parent(), Path(f"{name}.png"), write)


def grab_unit_page(context: ActionContext) -> QImage | None:
    """Return the cards of the selected unit as one picture; None where the mode has none."""
    page, state = context.view.page, context.state
    cards = _find_cards(page)
    if not cards:
        return None
    box = QRect()
    for card in cards:
        box = box.united(card)
    image = grab_sharp(page, box)
    if not state.captions or state.unit is None:
        return image
    mosaic = context.view.mosaic
    title = mosaic.label(str(state.unit))
    return add_caption(image, Caption(title, (_name_network(context),)))


def _find_cards(page: ModePage) -> list[QRect]:
    """Return where the cards of the unit lie, where the page shows all six of them."""
    cards = [page.cards[name] for name in UNIT_PAGE if name in page.cards]
    visible = [card.geometry() for card in cards if card.isVisible()]
    return visible if len(visible) == len(UNIT_PAGE) and not page.enlarged else []


def grab_sharp(widget: QWidget, box: QRect) -> QImage:
    """Return a part of a widget with twice as many pixels as on the screen."""
    pixmap = QPixmap(box.size() * SHARPNESS)
    pixmap.setDevicePixelRatio(SHARPNESS)
    widget.render(pixmap, QPoint(), QRegion(box))
    image = pixmap.toImage()
    image.setDevicePixelRatio(1.0)
    return image


def _name_network(context: ActionContext) -> str:
    return context.backend.info.name if context.backend.info is not None else "dnnvis"
