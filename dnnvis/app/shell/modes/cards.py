"""Name the cards of the window, and fill them with its panels."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.app.shell.modes.page import OVER_MODES, ModePage
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.messages import LENS_TITLES
from dnnvis.session.session import Session
from dnnvis.session.state import State

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window


@dataclass(frozen=True)
class CardTitle:
    """How a card is headed, and where its panel lies while the panels are unlocked."""

    #: Title of the card.
    title: str
    #: Name of the panel's dock; "" for what has none of its own.
    dock: str = ""
    #: Whether the title is shown.
    header: bool = True


CARD_TITLES = {
    "input": CardTitle("Input", "Input"),
    "predictions": CardTitle("Predictions", "Predictions"),
    "layers": CardTitle("Layers", "Layer tree"),
    "mosaic": CardTitle("Units"),
    "heading": CardTitle("Unit", header=False),
    "unit": CardTitle("Where it fires", "Unit"),
    "lens1": CardTitle("Deconvnet", "Lens 1"),
    "lens2": CardTitle("Guided backprop", "Lens 2"),
    "lens3": CardTitle("Gradient", "Lens 3"),
    "synthesis": CardTitle("What it wants", "Synthesis"),
    "examples": CardTitle("What it fires on", "Examples"),
    "statistics": CardTitle("Statistics", "Statistics"),
    "check": CardTitle("Check", "Check"),
    "steps": CardTitle("Steps", "Steps"),
    "train": CardTitle("Training", "Train"),
    "map": CardTitle("Map", "Map"),
    "outcome": CardTitle("What the picture reaches"),
    "patterns": CardTitle("Kept pictures", header=False),
    "near": CardTitle("Nearest examples"),
    "tabs": CardTitle("Beside the map", header=False),
    "kernels": CardTitle("Kernels", "Kernels"),
    "graph": CardTitle("Graph", "Graph"),
    "compare": CardTitle("Compare", "Compare"),
    "playground": CardTitle("Playground", "Playground"),
}


class MapKeys(QObject):
    """Hands the keys that nothing else takes to the map while it is in sight."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        is_key = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        canvas = self._window.map.canvas
        return is_key and canvas.isVisible() and canvas.handle_key(event)


def fill_cards(page: ModePage, window: "Window") -> None:
    """Move every panel of the window into its card; the cards are made the first time."""
    if not page.cards:
        for name, card in CARD_TITLES.items():
            page.add_card(name, card.title, header=card.header)
        window.train.form_requested.connect(lambda: page.toggle_enlarged("train"))
        window.unit.card_heading.note_requested.connect(lambda: page.toggle_fold("unit"))
        page.changed.connect(lambda: _follow_page(page, window.session))
        window.installEventFilter(MapKeys(window))
    contents: dict[str, QWidget] = {
        "input": window.input,
        "predictions": window.predictions,
        "layers": window.layer_tree,
        "mosaic": window.mosaic,
        "unit": window.unit,
        **window.lenses,
        "synthesis": window.synthesis,
        "examples": window.examples,
        "statistics": window.statistics,
        "check": window.check,
        "steps": window.steps,
        "train": window.train,
        "map": window.map,
        "kernels": window.kernels,
        "graph": window.graph,
        "compare": window.compare,
        "playground": window.playground,
    }
    for name, content in contents.items():
        page.cards[name].hold(content)
    _offer_check(page, window)
    page.cards["patterns"].hold(window.saved_strip)
    page.cards["outcome"].hold(window.synthesis.outcome)
    page.cards["heading"].hold(window.unit.card_heading)
    page.cards["tabs"].hold(window.map.side)
    page.cards["near"].hold(window.map.side.near)


def show_mode(page: ModePage, state: State) -> None:
    """Show the cards that the state asks for."""
    page.shows_kernels = state.kernels.shown
    page.show_mode(state.mode)
    page.show_over("graph", state.graph.shown)
    page.show_over("compare", state.compare.shown)
    page.show_over("playground", state.playground.shown)


def _follow_page(page: ModePage, session: Session) -> None:
    """Note that what lies over a mode was closed on the page itself."""
    if session.state.unlocked:
        return
    for name in OVER_MODES:
        choice = getattr(session.state, name)
        if choice.shown and page.enlarged != name:
            session.update(**{name: replace(choice, shown=False)})


def _offer_check(page: ModePage, window: "Window") -> None:
    """Put a button for the check of the network among what the predictions can do."""
    fold = page.cards["predictions"].fold
    if fold is not None:
        tip = "Does the network get what it was trained for?"
        button = create_push_button(fold, "Check the network", tip)
        button.clicked.connect(lambda checked=False: window.run_action("check"))
        fold.add_row(button)


def move_into_cards(window: "Window") -> None:
    """Show the page with every panel in its card; the docks are closed."""
    for dock in window.docks.values():
        dock.hide()
    window.takeCentralWidget()
    fill_cards(window.page, window)
    window.setCentralWidget(window.page)
    window.problem_popup.hold(window.problems)
    window.page.show()


def move_into_docks(window: "Window") -> None:
    """Show every panel in its dock, and the mosaic between them."""
    window.page.put_back()
    window.page.close_fold()
    window.problem_popup.hide()
    for name, card in window.page.cards.items():
        content = card.release()
        if dock := CARD_TITLES[name].dock:
            window.docks[dock].setWidget(content)
    window.docks["Problems"].setWidget(window.problems)
    window.takeCentralWidget()
    window.page.hide()
    window.setCentralWidget(window.mosaic)
    window.mosaic.show()


def show_titles(page: ModePage, state: State, mosaic: str) -> None:
    """Show the titles that depend on the state.

    Args:
        page: The page of cards.
        state: The session's state.
        mosaic: The title of the mosaic.
    """
    for key, panel in state.panels.items():
        if key in page.cards:
            page.cards[key].set_title(LENS_TITLES[panel.lens])
    page.cards["mosaic"].set_title(CARD_TITLES["mosaic"].title, mosaic.split(" · "))
    page.show_check(state.check.shown)
