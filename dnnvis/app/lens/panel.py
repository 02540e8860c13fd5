"""What one lens says of the selected unit."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QPoint, QSignalBlocker, Qt, QTimer
from PyQt6.QtGui import QGuiApplication, QShowEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.lens import rendering
from dnnvis.app.lens.value_histogram import Bars
from dnnvis.app.widgets import image_files, messages, theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.file_dialogs import ask_and_write
from dnnvis.app.widgets.image_view import PictureView
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.lens_results import VIEWS, Picture
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.imaging import mosaic
from dnnvis.session.session import Session
from dnnvis.session.state import LENSES, LONG, LensPanel, State

SEEDS = {"activation": "activation", "one": "one"}


class LensPanelView(Panel):
    """The panel ``key`` of the state. ``lenses`` are the names to choose from, with titles.

    A picture counts as stale when it has not belonged to the present unit, frame and network
    for ``patience`` milliseconds: between a frame and its picture a little time passes.
    """

    def __init__(
        self,
        session: Session,
        key: str,
        parent: QWidget | None = None,
        *,
        lenses: Mapping[str, str] | None = None,
        patience: int = 300,
    ) -> None:
        super().__init__(session, parent)
        self.key = key
        self.live: Live | None = None
        self.got: Picture | Failure | None = None
        self._lenses = lenses or {name: name for name in LENSES + LONG}
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(patience)
        self._wait.timeout.connect(self._show_stale)
        self.lens = _combo(self, "Lens", {title: name for name, title in self._lenses.items()})
        self.shown_as = _combo(self, "View", {view: view for view in VIEWS})
        self.seed = _combo(
            self, "Backward pass starts from", {words: seed for seed, words in SEEDS.items()}
        )
        self.to = _combo(self, "Shown at", {"input": "input"})
        self.again = QPushButton("Invert this frame", self)
        self.again.setToolTip("Begin again with the present frame (r)")
        self.again.clicked.connect(lambda checked=False: self._choose("run", self.chosen.run + 1))
        self.view = PictureView("Picture of the lens", self)
        self.bars = Bars(self)
        self.caption = Line(self, theme.small(self))
        self.notes = Line(self, theme.small(self), muted=True, lines=2)
        self._arrange()
        for combo, field in (
            (self.lens, "lens"),
            (self.shown_as, "view"),
            (self.seed, "seed"),
            (self.to, "to"),
        ):
            combo.activated.connect(lambda _, c=combo, f=field: self._choose(f, c.currentData()))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.show_state(self.state)

    def _arrange(self) -> None:
        controls = QGridLayout()
        controls.setSpacing(theme.GAP // 2)
        for place, combo in enumerate((self.lens, self.shown_as, self.seed, self.to)):
            controls.addWidget(combo, *divmod(place, 2))
        controls.addWidget(self.again, 0, 1)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.bars)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(controls)
        column.addWidget(self._stack, 1)
        column.addWidget(self.caption)
        column.addWidget(self.notes)
        Spare(self, column, self.notes)

    @property
    def chosen(self) -> LensPanel:
        return self.state.panels.get(self.key, LensPanel())

    # -- what arrives

    def show_state(self, state: State) -> None:
        super().show_state(state)
        self._fill_to()
        for combo, value in (
            (self.lens, self.chosen.lens),
            (self.shown_as, self.chosen.view),
            (self.seed, self.chosen.seed),
            (self.to, self.chosen.to),
        ):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(value), 0))
        long = self.chosen.lens in LONG
        self.again.setVisible(long)
        for combo in (self.shown_as, self.seed, self.to):  # of backward pictures
            combo.setVisible(not long)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.live = self.got = None
        self.show_state(self.state)

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            self.live = value
            if self._picture() is None:
                self._redraw()
            else:
                self._check()
        elif key == self.key:
            self.got = value
            self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    # -- drawing

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        picture = self._picture()
        if picture is None:
            self._show_words(self._why_empty())
            return
        shown = rendering.drawn(picture, self.chosen.view)
        if shown.counts is not None:
            self.bars.show_counts(shown.counts, shown.span)
        elif shown.pixels is not None:
            self.view.show_pixels(shown.pixels)
        else:
            self.view.show_words(shown.words)
        self._stack.setCurrentWidget(self.view if shown.counts is None else self.bars)
        self.notes.setText(shown.notes)
        self._check()

    def _picture(self) -> Picture | None:
        return self.got if isinstance(self.got, Picture) else None

    def _show_words(self, words: str) -> None:
        self._wait.stop()
        self._stack.setCurrentWidget(self.view)
        self.view.show_words(words)
        self.view.show_stale(False)
        self.caption.setText("")
        self.notes.setText("")

    def _why_empty(self) -> str:
        if self.info is None:
            return messages.NO_NETWORK
        if self.state.origin is None:
            return messages.NO_UNIT
        if isinstance(self.got, Failure):
            return self.got.sentence
        if self.live is None:
            return messages.NO_FRAME
        return messages.NO_PICTURE.format(unit=self.state.origin)

    def why_stale(self) -> str:
        """Why the picture does not belong to what the window shows; '' where it does."""
        picture = self._picture()
        if picture is None:
            return ""
        long = self.chosen.lens in LONG  # made of the frame it began with
        frame = self.live.frame.number if self.live and not long else None
        network = self.info.name if self.info else None
        return messages.why_stale(picture, self.state.origin, frame, network)

    def _check(self) -> None:
        """Mark the picture as stale once it has been so for a while; unmark it at once."""
        if self._picture() is None:
            return
        if not self.why_stale():
            self._wait.stop()
            self._show_stale()
        elif self.view.stale or self._wait.interval() == 0:
            self._show_stale()
        elif not self._wait.isActive():
            self._wait.start()

    def _show_stale(self) -> None:
        picture, why = self._picture(), self.why_stale()
        if picture is None:
            return
        self.view.show_stale(bool(why))
        text = messages.stamp(picture) + (" · stale" if why else "")
        self.caption.setText(text)
        self.caption.tip = f"This picture is {why}." if why else ""

    # -- what is chosen

    def _fill_to(self) -> None:
        """The layers before the origin's, nearest last, besides the input."""
        names = ["input"]
        origin = self.state.origin
        if self.info is not None and origin is not None:
            layers = [layer.name for layer in mosaic.leaves(self.info.layers)]
            names += layers[: layers.index(origin.layer)] if origin.layer in layers else layers
        if [self.to.itemData(k) for k in range(self.to.count())] == names:
            return
        with QSignalBlocker(self.to):
            self.to.clear()
            for name in names:
                self.to.addItem(f"at {name}", name)

    def _choose(self, field: str, value: Any) -> None:
        panel = replace(self.chosen, **{field: value})
        self.session.update(panels={**self.state.panels, self.key: panel})

    # -- saving

    def _menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, verb in (
            ("Save picture (PNG with recipe) ...", self.save),
            ("Save numbers (.npy) ...", self._ask_npy),
            ("Copy picture", self.copy),
        ):
            require(menu.addAction(words, verb)).setEnabled(self._picture() is not None)
        menu.popup(self.mapToGlobal(where))

    def _pixels(self, picture: Picture) -> Any:
        shown = rendering.drawn(picture, self.chosen.view)
        return shown.pixels

    def image(self) -> Any:
        """The picture as a QImage with its recipe; of a histogram or of words the panel's."""
        picture = require(self._picture())
        recipe = {**messages.recipe_of(picture), "view": self.chosen.view, **self._address(picture)}
        pixels = self._pixels(picture)
        if pixels is not None:
            return image_files.image_of(pixels, recipe)
        image = self._stack.grab().toImage()
        image_files.write_recipe(image, recipe)
        return image

    def _address(self, picture: Picture) -> dict[str, Any]:
        """Where the frame comes from, as far as it can be found again."""
        if self.live is None or self.live.frame.number != picture.frame:
            return {}
        return {"image": image_files.address(self.live.frame, self.state.source)}

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        require(QGuiApplication.clipboard()).setImage(self.image())

    def save_png(self, path: Path) -> None:
        image_files.save_png(self.image(), path)

    def save_npy(self, path: Path) -> None:
        """The unscaled values as the lens gave them."""
        image_files.save_npy(require(self._picture()).values, path)

    def save(self) -> None:
        """Ask for a file and write the picture into it, with its recipe."""
        self._ask(".png", self.save_png)

    def _ask_npy(self) -> None:
        self._ask(".npy", self.save_npy)

    def _ask(self, suffix: str, write: Any) -> None:
        name = rendering.file_name(require(self._picture()), self.chosen.lens) + suffix
        ask_and_write(self, Path(name), write)


def _combo(parent: QWidget, name: str, items: dict[str, str]) -> QComboBox:
    combo = QComboBox(parent)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(5)
    for words, value in items.items():
        combo.addItem(words, value)
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    return combo
