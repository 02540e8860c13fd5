"""What actions work with: the session, the running parts, and a view of the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PyQt6.QtWidgets import QWidget

from dnnvis.app.comparison.panel import ComparePanel
from dnnvis.app.edits.held_key import HeldKey
from dnnvis.app.edits.strip import EditBar
from dnnvis.app.examples.panel import ExamplesPanel
from dnnvis.app.forms import Forms
from dnnvis.app.graph.panel import GraphPanel
from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.app.playground.panel import PlaygroundPanel
from dnnvis.app.recording.desk import RecordingDesk
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.saving.toast import Toast
from dnnvis.app.shell.go_to import GoToPalette
from dnnvis.app.shell.modes.page import ModePage
from dnnvis.app.steps.panel import StepsPanel
from dnnvis.app.synthesis.panel import SynthesisPanel
from dnnvis.app.unit.panel import UnitPanel
from dnnvis.app.widgets.panel import Panel
from dnnvis.session.session import Session
from dnnvis.session.state import Mode, State


class Overlay(Protocol):
    """Something over the window that one key opens and closes."""

    def toggle(self) -> None:
        """Show it, or hide it."""


class TeachingView(Protocol):
    """What actions need of what lies over the window."""

    @property
    def keys(self) -> Overlay: ...
    @property
    def cards(self) -> Overlay: ...
    @property
    def pointer(self) -> Overlay: ...
    @property
    def pen(self) -> Overlay: ...


class WindowView(Protocol):
    """The part of the window that actions and menus need; ``Window`` has all of it."""

    @property
    def mosaic(self) -> MosaicPanel: ...
    @property
    def unit(self) -> UnitPanel: ...
    @property
    def steps(self) -> StepsPanel: ...
    @property
    def synthesis(self) -> SynthesisPanel: ...
    @property
    def examples(self) -> ExamplesPanel: ...
    @property
    def edit_bar(self) -> EditBar: ...
    @property
    def held_key(self) -> HeldKey: ...
    @property
    def perturb(self) -> QWidget: ...
    @property
    def recording(self) -> RecordingDesk: ...
    @property
    def forms(self) -> Forms: ...
    @property
    def graph(self) -> GraphPanel: ...
    @property
    def compare(self) -> ComparePanel: ...
    @property
    def playground(self) -> PlaygroundPanel: ...
    @property
    def teaching(self) -> TeachingView: ...
    @property
    def go_to(self) -> GoToPalette: ...
    @property
    def panels(self) -> Sequence[Panel]: ...
    @property
    def page(self) -> ModePage: ...
    @property
    def toast(self) -> Toast: ...
    @property
    def torchvision_names(self) -> Sequence[str]: ...
    @property
    def cameras(self) -> Sequence[tuple[int, str]] | None: ...

    def dialog_parent(self) -> QWidget:
        """Return the widget that dialogs lie over."""

    def close(self) -> bool: ...

    def raise_dock(self, name: str, *, activate: bool = False) -> None:
        """Raise a dock before those that share its dock area."""

    def is_covered(self, name: str) -> bool:
        """Return whether other docks hide all of a dock."""

    def name_panel(self, panel: Panel) -> str:
        """Return the name of a panel's dock, "Layers" for what lies between the docks."""

    def open_guide(self, topic: str) -> None:
        """Open the guide at the section of a panel or page; "" opens its contents."""

    def panel_with_focus(self) -> Panel:
        """Return the panel that has the focus, the mosaic where none has."""

    def step_focus(self, step: int) -> None:
        """Give the focus to the visible panel that many positions on."""

    def panel_under_mouse(self) -> Panel | None:
        """Return the panel that the mouse points at; None where it points at none."""

    def enlarge(self, panel: Panel) -> None:
        """Show a panel over all others, or restore the one that is."""

    def put_back(self) -> None:
        """Put back the panel that is enlarged, if one is."""

    def close_open(self) -> None:
        """Close what lies over the window, and nothing else."""

    def enter_mode(self, mode: Mode) -> None:
        """Show the layout of a mode."""

    def toggle_locked(self) -> None:
        """Put every panel into a dock, or back into the mode's layout."""

    def enlarge_card(self, name: str) -> None:
        """Enlarge a card of the present mode."""

    def toggle_bars(self) -> None:
        """Show the pictures alone on all of the screen, or the bars around them again."""

    def scale_letters(self, step: int) -> None:
        """Make the letters a point larger or smaller; 0: as the desktop has them."""

    def set_theme(self, name: str) -> None:
        """Change between light, dark and the system's choice."""


@dataclass(frozen=True)
class ActionContext:
    """What an action is run with."""

    #: The session, with its state.
    session: Session
    #: The sources and the engine.
    backend: Backend
    #: The window.
    view: WindowView

    @property
    def state(self) -> State:
        """Return the session's present state."""
        return self.session.state
