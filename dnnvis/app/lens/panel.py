"""The Lens panel: draws what one lens computes about the selected unit."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QPoint, QSignalBlocker, Qt, QTimer
from PyQt6.QtGui import QGuiApplication, QShowEvent
from PyQt6.QtWidgets import (
    QGridLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.lens import rendering as lens_rendering
from dnnvis.app.lens.audit_part import AuditPart
from dnnvis.app.lens.lens_view import LensView
from dnnvis.app.lens.value_histogram import ValueHistogram
from dnnvis.app.widgets import image_files, messages, theme
from dnnvis.app.widgets.captioned_image import ColorScale
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.controls import compose_tip, create_combo
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.file_dialogs import report_copied, save_with_dialog
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.lens_results import VIEWS, Picture
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.layers import find_leaf_layers
from dnnvis.session.session import Session
from dnnvis.session.state import (
    LENSES,
    LONG,
    PANEL_LENSES,
    PATCH_FILLS,
    PATCH_SIDES,
    PATH_BASELINES,
    LensPanel,
    State,
)

SEED_LABELS = {"activation": "activation", "one": "one"}


class LensPanelView(Panel):
    """The panel ``key`` of the state; it shows the picture of one lens.

    ``lenses`` are the names to choose from, with titles.

    A picture counts as stale when it has not belonged to the present unit, frame and network for
    ``stale_after_ms`` milliseconds: between a frame and its picture a little time passes.
    """

    def __init__(
        self,
        session: Session,
        key: str,
        parent: QWidget | None = None,
        *,
        lenses: Mapping[str, str] | None = None,
        stale_after_ms: int = 300,
    ) -> None:
        super().__init__(session, parent)
        self.key = key
        self.live: Live | None = None
        self.received: Picture | Failure | None = None
        self._pictures: dict[str, Picture] = {}  # the newest of every lens panel, by key
        self._description = ""
        self._lenses = lenses or {name: name for name in PANEL_LENSES}
        self._stale_timer = QTimer(self)
        self._stale_timer.setSingleShot(True)
        self._stale_timer.setInterval(stale_after_ms)
        self._stale_timer.timeout.connect(self._show_stale)
        self.lens = create_combo(self, "Lens", self._lenses, min_letters=5)
        views = {view: view for view in VIEWS}
        self.shown_as = create_combo(self, "View", views, min_letters=5)
        self.seed = create_combo(self, "Backward pass starts from", SEED_LABELS, min_letters=5)
        self.to = create_combo(self, "Shown at", {"input": "input"}, min_letters=5)
        fills = {fill: fill for fill in PATCH_FILLS}
        self.patch = create_combo(self, "Hidden by", fills, min_letters=5)
        self.patch.setToolTip(tr("What covers a part of the picture: gray, its mean, or its blur"))
        sides = {side: f"{side} px" if side else "auto" for side in PATCH_SIDES}
        self.side = create_combo(self, "Side of the patch, moved by half of it", sides)
        self.side.setToolTip(tr("Large patches are quick and coarse; auto: an eighth of the side"))
        baselines = {name: name for name in PATH_BASELINES}
        self.baseline = create_combo(self, "Way begins at", baselines, min_letters=5)
        self.baseline.setToolTip(tr("The picture from which the gradients are added up"))
        self.audit = AuditPart(session, key, self, self.label)
        self.invert_button = QPushButton(self)
        self.invert_button.clicked.connect(
            lambda checked=False: self._choose("run", self.choice.run + 1)
        )
        self.view = LensView(tr("Picture of the lens"), self)
        self.bars = ValueHistogram(self)
        self.caption = ElidedLabel(self, theme.caption_font(self))
        self.notes = ElidedLabel(self, theme.caption_font(self), muted=True, lines=2)
        self.line = ElidedLabel(self, theme.caption_font(self), muted=True)  # in a card
        self._arrange()
        for combo, field in (
            (self.lens, "lens"),
            (self.shown_as, "view"),
            (self.seed, "seed"),
            (self.to, "to"),
            (self.patch, "patch"),
            (self.side, "side"),
            (self.baseline, "baseline"),
        ):
            combo.activated.connect(lambda _, c=combo, f=field: self._choose(f, c.currentData()))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.show_state(self.state)

    def _create_drag_image(self) -> Any:
        return None if self._picture() is None else self.image()

    def _arrange(self) -> None:
        self.drag = image_files.PictureDrag(self.view, self._create_drag_image, self._file_name)
        self._controls = QWidget(self)
        controls = self._grid = QGridLayout(self._controls)
        controls.setContentsMargins(0, 0, 0, 0)
        controls.setSpacing(theme.GAP // 2)
        for index, combo in enumerate((self.lens, self.shown_as, self.seed, self.to)):
            controls.addWidget(combo, *divmod(index, 2))
        controls.addWidget(self.patch, 1, 0)
        controls.addWidget(self.baseline, 1, 0)
        controls.addWidget(self.side, 1, 1)
        controls.addWidget(self.invert_button, 2, 0)
        self._test_row = QWidget(self)
        test_row = QVBoxLayout(self._test_row)
        test_row.setContentsMargins(0, 0, 0, 0)
        test_row.addWidget(self.audit.button)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.bars)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self._controls)
        column.addWidget(self._test_row)
        column.addWidget(self._stack, 1)
        column.addWidget(self.audit)
        column.addWidget(self.caption)
        column.addWidget(self.notes)
        column.addWidget(self.line)
        self.line.hide()
        self._collapse = CollapseToFit(self, column, self._test_row, self.notes)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self._controls, self._test_row)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.caption, self.notes)

    def caption_part(self) -> QWidget:
        return self.line

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.view, self.bars)

    def set_compact(self, on: bool) -> None:
        if on:
            self._collapse.set_active(False)
        super().set_compact(on)
        if not on:
            self.line.hide()
            self._collapse.set_active(True)

    @property
    def choice(self) -> LensPanel:
        return self.state.panels.get(self.key, LensPanel())

    def show_state(self, state: State) -> None:
        super().show_state(state)
        self._fill_targets()
        for combo, value in (
            (self.lens, self.choice.lens),
            (self.shown_as, self.choice.view),
            (self.seed, self.choice.seed),
            (self.to, self.choice.to),
            (self.patch, self.choice.patch),
            (self.side, self.choice.side),
            (self.baseline, self.choice.baseline),
        ):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(value), 0))
        self._show_controls(self.choice.lens)
        self.audit.show_state(state)
        self._redraw()

    def _show_controls(self, lens: str) -> None:
        """Show what can be set of a lens."""
        shown = {
            self.shown_as: lens not in ("inversion", "layercam"),
            self.seed: lens in LENSES,
            self.to: lens in LENSES or lens == "layercam",
            self.patch: lens == "occlusion",
            self.side: lens == "occlusion",
            self.baseline: lens == "integrated",
            self.invert_button: lens in LONG,
        }
        for control, is_shown in shown.items():
            control.setVisible(is_shown)
        self._grid.addWidget(self.to, 0 if lens == "layercam" else 1, 1)  # no row for it alone
        is_inversion = lens == "inversion"
        title = tr("Invert this frame") if is_inversion else tr("Look at this frame")
        self.invert_button.setText(title)
        tip = tr("Begin again with the present frame (r)")
        self.invert_button.setToolTip(compose_tip(lens, tip) if lens in LONG else tip)
        first = tr("at the last map") if lens == "layercam" else tr("at {label}", label="input")
        if self.to.count() and self.to.itemText(0) != first:
            self.to.setItemText(0, first)

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.live = self.received = None
        self._pictures.clear()
        self.show_state(self.state)

    def on_message(self, key: str, value: Any) -> None:
        if self.audit.on_message(key, value):
            return
        had_failed = self.frame_failure is not None
        if self.note_frame(key, value) or (had_failed and self.frame_failure is None):
            self.live = value if isinstance(value, Live) else self.live
            self._redraw()
        elif isinstance(value, Live):
            self.live = value
            if self._picture() is None:
                self._redraw()
            else:
                self._update_stale()
        elif key in self.state.panels:
            if isinstance(value, Picture):
                self._pictures[key] = value
            else:
                self._pictures.pop(key, None)
            if key == self.key:
                self.received = value
                self._redraw()
            else:
                self._update_notes()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        picture = self._picture()
        if picture is None:
            self._show_message(self._empty_reason())
            return
        rendering = self._render(picture)
        if rendering.counts is not None:
            self.bars.show_counts(rendering.counts, rendering.value_range)
        elif rendering.pixels is not None:
            self.view.show_pixels(rendering.pixels)
            self.view.show_cut_out(rendering.cut_out, rendering.size)
        else:
            self.view.show_message(self.label(rendering.message))
        self._stack.setCurrentWidget(self.view if rendering.counts is None else self.bars)
        self._description = self.label(rendering.notes)
        self._update_notes()
        self._update_stale()

    def _update_notes(self) -> None:
        picture = self._picture()
        if picture is None or not self.isVisible():
            return
        others = [
            self.state.panels[key].lens
            for key, other in self._pictures.items()
            if key != self.key
            and key in self.state.panels
            and {self.choice.lens, self.state.panels[key].lens} <= set(LENSES)
            and lens_rendering.are_equal(picture, other)
        ]
        equal = lens_rendering.describe_equal_lenses(self.choice.lens, others)
        self.notes.setText(" · ".join(part for part in (equal, self._description) if part))
        self.view.show_note(equal if self.compact else "")

    def _picture(self) -> Picture | None:
        if self.frame_failure is not None and self.choice.lens not in LONG:
            return None  # it was of a frame before
        return self.received if isinstance(self.received, Picture) else None

    def _show_message(self, message: str) -> None:
        self._stale_timer.stop()
        self._stack.setCurrentWidget(self.view)
        self.view.show_message(message)
        self.view.show_stale(False)
        for line in (self.caption, self.notes, self.line):
            line.setText("")

    def _empty_reason(self) -> str:
        if self.info is None:
            return ""
        if self.state.origin is None:
            return tr(messages.NO_UNIT)
        if self.frame_failure is not None:
            return messages.explain_failing_frame(self.frame_failure)
        if isinstance(self.received, Failure):
            return self.received.sentence
        if self.live is None:
            return tr(messages.NO_FRAME)
        return self.label(tr(messages.NO_PICTURE, unit=self.state.origin))

    def stale_reason(self) -> str:
        """Return why the picture does not belong to what the window shows; "" where it does."""
        picture = self._picture()
        if picture is None:
            return ""
        is_long = self.choice.lens in LONG  # computed from the frame it started with
        frame = self.live.frame.number if self.live and not is_long else None
        network = self.info.name if self.info else None
        return messages.explain_stale(picture, self.state.origin, frame, network)

    def _update_stale(self) -> None:
        """Mark the picture as stale once it has been so for a while; unmark it at once."""
        if self._picture() is None:
            return
        if not self.stale_reason():
            self._stale_timer.stop()
            self._show_stale()
        elif self.view.stale or self._stale_timer.interval() == 0:
            self._show_stale()
        elif not self._stale_timer.isActive():
            self._stale_timer.start()

    def _show_stale(self) -> None:
        picture, reason = self._picture(), self.stale_reason()
        if picture is None:
            return
        self.view.show_stale(bool(reason))
        text = messages.describe_origin(picture) + (tr(" · stale") if reason else "")
        self.caption.setText(self.label(text))
        self.caption.tip = (
            self.label(tr("This picture is {reason}.", reason=reason)) if reason else ""
        )
        notes = self.notes.text().replace("\n", " · ")
        parts = notes.replace(" · ", ", ").split(", ")  # the tool tip has all of it
        self.line.set_parts(["stale" if reason else "", *parts], ", ")
        self.line.tip = " · ".join(part for part in (self.caption.tip, text, notes) if part)

    def _fill_targets(self) -> None:
        """List the layers before the origin's, nearest last, besides the input."""
        names = ["input"]
        origin = self.state.origin
        if self.info is not None and origin is not None:
            layers = [layer.name for layer in find_leaf_layers(self.info.layers)]
            names += layers[: layers.index(origin.layer)] if origin.layer in layers else layers
        if [self.to.itemData(k) for k in range(self.to.count())] == names:
            return
        with QSignalBlocker(self.to):
            self.to.clear()
            for name in names:
                self.to.addItem(tr("at {label}", label=self.label(name)), name)

    def _choose(self, field: str, value: Any) -> None:
        changes = {field: value}
        if field not in ("view", "run"):  # another picture is put to the test when asked for
            changes["audited"] = ""
        panel = replace(self.choice, **changes)
        self.session.update(panels={**self.state.panels, self.key: panel})

    def _show_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action_text, action in (
            ("Save picture (PNG with recipe) ...", self.export_image),
            ("Save numbers (.npy) ...", self._save_npy_as),
            ("Copy picture", self.export_copy),
        ):
            require(menu.addAction(action_text, action)).setEnabled(self._picture() is not None)
        menu.popup(self.mapToGlobal(position))

    def _render(self, picture: Picture) -> lens_rendering.LensRendering:
        """Render a picture in the view on show, over its frame where that is still there."""
        live = self.live
        is_same = live is not None and live.frame.number == picture.frame
        seen = live.pixels if live is not None and is_same else None
        return lens_rendering.render_picture(picture, self.choice.view, seen)

    def _pixels(self, picture: Picture) -> Any:
        rendering = self._render(picture)
        return rendering.pixels

    def image(self) -> Any:
        """Return the picture as a QImage with its recipe; else the whole panel as an image.

        The panel is returned where a histogram or a message is on show.
        """
        picture = require(self._picture())
        recipe = {
            **messages.build_recipe(picture),
            "view": self.choice.view,
            **self._locate_frame(picture),
        }
        pixels = self._pixels(picture)
        if pixels is not None:
            image = image_files.to_qimage(pixels, recipe)
            title = tr(
                "{title} of {unit}",
                title=tr(messages.LENS_TITLES[self.choice.lens]),
                unit=self.label(picture.unit),
            )
            return self.caption_image(image, title, self._caption_lines(picture))
        image = self._stack.grab().toImage()
        image_files.write_recipe(image, recipe)
        return image

    def _caption_lines(self, picture: Picture) -> tuple[str, ...]:
        frame = "" if self.live is None else messages.describe_frame(self.live.frame)
        network = " · ".join(part for part in (picture.network, frame) if part)
        return network, self.label(self._render(picture).notes)

    def export_scale(self) -> ColorScale | None:
        """Return what the gray levels of the picture on show mean."""
        picture = self._picture()
        if picture is None:
            return None
        return self._render(picture).scale

    def _locate_frame(self, picture: Picture) -> dict[str, Any]:
        """Return the frame's origin, as far as it can be located again."""
        if self.live is None or self.live.frame.number != picture.frame:
            return {}
        return {"image": image_files.locate_frame(self.live.frame, self.state.source)}

    def export_copy(self) -> bool:
        """Copy the picture to the clipboard."""
        require(QGuiApplication.clipboard()).setImage(self.image())
        report_copied(self, "the picture")
        return True

    def save_png(self, path: Path) -> None:
        image_files.save_png(self.image(), path)

    def save_npy(self, path: Path) -> None:
        """Save the unscaled values as the lens returned them."""
        image_files.save_npy(require(self._picture()).values, path)

    def export_image(self) -> bool:
        """Ask for a file and write the picture into it, with its recipe."""
        self._save_as(".png", self.save_png)
        return True

    def _save_npy_as(self) -> None:
        self._save_as(".npy", self.save_npy)

    def _file_name(self) -> str:
        return image_files.file_name(require(self._picture()), self.choice.lens, self.label)

    def _save_as(self, suffix: str, write: Any) -> None:
        name = self._file_name() + suffix
        save_with_dialog(self, Path(name), write)
