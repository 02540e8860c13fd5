"""Build the controls of the synthesis that a card has besides, and the menu of its dreams."""

from collections.abc import Callable
from functools import partial

from PyQt6.QtWidgets import QCheckBox, QMenu, QPushButton, QWidget

from dnnvis.app.synthesis.preset_list import PresetList
from dnnvis.app.widgets.controls import create_check_box, create_push_button
from dnnvis.core.lens_settings import LensSettings
from dnnvis.core.translation.catalog import tr


def create_card_controls(
    parent: QWidget, settings: LensSettings
) -> tuple[PresetList, QCheckBox, QPushButton, QPushButton, QPushButton]:
    """Return the list of presets, the box below it, and the buttons One, Nine and Save.

    All but Nine are hidden.
    """
    presets = PresetList(settings, parent)
    every_unit = create_check_box(
        parent, "for every unit", "Grow the units that you select next with this preset, too"
    )
    one = create_push_button(parent, "One", "One picture")
    nine = create_push_button(parent, "nine", "Nine seeds at once (Yosinski et al. 2015), or one")
    for button in (one, nine):
        button.setCheckable(True)
        button.setProperty("segment", True)
    save = create_push_button(parent, "Save …", "Save the picture as a PNG with its recipe")
    for part in (presets, every_unit, one, save):
        part.hide()
    return presets, every_unit, one, nine, save


def create_dream_menu(parent: QWidget, dream: Callable[[bool], None]) -> QMenu:
    """Return a menu of what is dreamed of; ``dream`` is called with whether it is the layer."""
    menu = QMenu(parent)
    menu.addAction(tr("Dream this frame: the selected unit"), partial(dream, False))
    menu.addAction(tr("Dream this frame: the layer on show"), partial(dream, True))
    return menu
