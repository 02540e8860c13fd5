"""Ask which network to run, with everything ``dnnvis.open`` takes, until it runs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.opening import text
from dnnvis.app.opening.differences import DifferencesTable
from dnnvis.app.opening.preview import InputPreviewView
from dnnvis.app.runtime import open_files
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.runtime.network_openings import Answer
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_tool_button
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.messages import Failure, NetworkInfo, RecognizedWeights, WeightsPart
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.recent import find_folder, list_networks
from dnnvis.session.state import State

WEIGHTS = {"": "as the name says", "random": "random", "pretrained": "pretrained"}
#: The fields of a NetworkChoice that are lines of text, with their titles and hints.
OPTIONS = {
    "size": ("Input size", "224 or 480x640; empty: as the network says"),
    "channels": ("Channels", "1, 3, 4 ...; empty: as the network says"),
    "mean": ("Mean", "0.485, 0.456, 0.406 for pixels in [0, 1]"),
    "std": ("Std", "0.229, 0.224, 0.225"),
    "labels": ("Labels", "a text file with one class a line"),
    "output": ("Output", "aux, 0.boxes ...; empty: the likeliest of its results"),
    "inputs": ("Further inputs", "t=0.5, mask=none ...; empty: as a first pass tells"),
}
TYPING_MS = 300  # milliseconds without a key after which what is typed is looked into
REFRESH_MS = 1000  # milliseconds between two looks at a new frame


def first_choice(state: State) -> NetworkChoice:
    """Return what the dialog begins with: what was typed last, or the network that runs."""
    return state.network_form if state.form_is_newer else state.network


class NetworkDialog(QDialog):
    """The dialog of a network; it closes once the network runs, and keeps all that is typed.

    Where weights do not fit it stays, shows what is different, and offers what the file fits.
    """

    def __init__(self, backend: Backend, names: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._backend, self._session = backend, backend.session
        self.setWindowTitle(tr("Open a network"))
        self._base = NetworkChoice(net="")  # what the fields were filled in with
        self._opening: NetworkChoice | None = None
        self._file = ""  # the one whose sets of weights are listed
        self._recognized: RecognizedWeights | None = None
        self._add_fields(names)
        self._add_results()
        self._arrange()
        self._typing_timer = QTimer(self)
        self._typing_timer.setSingleShot(True)
        self._typing_timer.setInterval(TYPING_MS)
        self._typing_timer.timeout.connect(self._inquire)
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setInterval(REFRESH_MS)
        self._refresh_timer.timeout.connect(self._refresh)
        self._previewed: object = None  # the frame on show
        for field in (self.checkpoint, *self.fields.values()):
            field.textChanged.connect(self._note_typing)
        self.net.currentTextChanged.connect(self._note_typing)
        self.weights.currentIndexChanged.connect(self._note_typing)
        self.fill(first_choice(self._session.state))
        backend.openings.listen(self._receive)
        self._refresh_timer.start()

    def _add_fields(self, names: Sequence[str]) -> None:
        self.net = QComboBox(self)
        self.net.setEditable(True)
        self.net.addItems(list(names))
        self.net.setAccessibleName(tr("Network"))
        self.checkpoint = QLineEdit(self)
        self.checkpoint.setAccessibleName(tr("Checkpoint"))
        self.part = QComboBox(self)
        self.part.setAccessibleName(tr("Which of the weights in the file"))
        self.part.activated.connect(self._choose_part)
        self.weights = QComboBox(self)
        self.weights.setAccessibleName(tr("Weights"))
        for value, title in WEIGHTS.items():
            self.weights.addItem(tr(title), value)
        self.download = create_label(self, theme.caption_font(self), muted=True)
        self.download.setWordWrap(True)
        self.fields = {name: QLineEdit(self) for name in OPTIONS}
        for name, (title, hint) in OPTIONS.items():
            self.fields[name].setPlaceholderText(tr(hint))
            self.fields[name].setAccessibleName(tr(title))
        self.fill_menu = QMenu(self)
        self.fill_menu.aboutToShow.connect(self._list_choices)
        self.fill_button = create_tool_button(
            self, "Fill in ", "Fill in a network that was opened or typed lately"
        )
        self.fill_button.setMenu(self.fill_menu)
        self.fill_button.setPopupMode(self.fill_button.ToolButtonPopupMode.InstantPopup)

    def _add_results(self) -> None:
        self.preview = InputPreviewView(self)
        self.message = create_label(self)
        self.message.setWordWrap(True)
        self.message.hide()
        self.differences = DifferencesTable(self)
        self.offer = create_label(self)
        self.offer.setWordWrap(True)
        self.offer_button = QPushButton(tr("Open it so"), self)
        self.offer_button.clicked.connect(self._open_recognized)
        self._show_offer(None)

    def _arrange(self) -> None:
        help_label = create_label(self, text=text.HELP)
        help_label.setWordWrap(True)
        help_label.setMinimumHeight(2 * help_label.fontMetrics().lineSpacing())
        head = QHBoxLayout()
        head.addWidget(help_label, 1)
        head.addWidget(self.fill_button)
        form = self._form = QFormLayout()
        form.addRow(head)
        form.addRow(tr("Network"), self.net)
        buttons = {"Choose ...": self._choose_weights, "Folder ...": self._choose_folder}
        form.addRow(tr("Checkpoint"), self._with_buttons(self.checkpoint, buttons))
        form.addRow(tr("Part of it"), self.part)
        form.addRow(tr("Weights"), self.weights)
        form.addRow("", self.download)
        for name, (title, _) in OPTIONS.items():
            field: QWidget = self.fields[name]
            if name == "labels":
                field = self._with_buttons(self.fields[name], {"Choose ...": self._choose_labels})
            form.addRow(tr(title), field)
        offer = QHBoxLayout()
        offer.addWidget(self.offer, 1)
        offer.addWidget(self.offer_button)
        left = QVBoxLayout()
        left.addLayout(form)
        left.addWidget(self.message)
        left.addWidget(self.differences, 1)
        left.addLayout(offer)
        left.addStretch(0)
        columns = QHBoxLayout()
        columns.setSpacing(2 * theme.GAP)
        columns.addLayout(left, 1)
        columns.addWidget(self.preview)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel, self
        )
        self.buttons.accepted.connect(self.open_network)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(columns, 1)
        column.addWidget(self.buttons)
        self.setMinimumWidth(860)

    def fill(self, choice: NetworkChoice) -> None:
        """Fill in all fields from a choice."""
        self._base = choice
        self.net.setCurrentText(choice.net)
        self.checkpoint.setText(choice.checkpoint or "")
        self.weights.setCurrentIndex(max(self.weights.findData(choice.weights or ""), 0))
        for name, field in self.fields.items():
            field.setText(text.as_text(name, getattr(choice, name)))
        names = choice.labels if isinstance(choice.labels, tuple) else ()
        hint = (
            tr("the {count} names that are known", count=len(names))
            if names
            else tr(OPTIONS["labels"][1])
        )
        self.fields["labels"].setPlaceholderText(hint)
        self._typing_timer.start()

    def choice(self) -> NetworkChoice:
        """Return what is typed; what was filled in and not changed stays as it was."""
        options: dict[str, Any] = {}
        for name, field in self.fields.items():
            typed, value = field.text().strip(), getattr(self._base, name)
            options[name] = value if typed == text.as_text(name, value) else typed or None
        return replace(
            self._base,
            net=self.net.currentText().strip(),
            checkpoint=self.checkpoint.text().strip() or None,
            weights=self.weights.currentData() or None,
            trust_code=False,
            **options,
        )

    def open_network(self) -> None:
        """Open what is typed; the dialog closes once it runs."""
        choice = self.choice()
        self._show_offer(None)
        self.differences.show_differences(())
        if not choice.net and not choice.checkpoint:
            self._show_message(tr(text.NO_NAME))
            return
        if not choice.net:  # weights alone are recognized
            choice = replace(choice, net=choice.checkpoint or "", checkpoint=None)
        self._remember()
        self._opening = choice
        self._show_message(text.OPENING.format(name=Path(choice.net).name))
        self._open_button.setEnabled(False)
        self._backend.run(choice)

    @property
    def _open_button(self) -> QPushButton:
        return require(self.buttons.button(QDialogButtonBox.StandardButton.Open))

    def done(self, result: int) -> None:
        """Close the dialog; what is typed is there the next time."""
        self._refresh_timer.stop()
        self._typing_timer.stop()
        self._backend.openings.forget(self._receive)
        self._remember()
        super().done(result)

    def _remember(self) -> None:
        choice, state = self.choice(), self._session.state
        if choice != first_choice(state).without_trust:
            self._session.update(network_form=choice, form_is_newer=True)

    def _receive(self, value: Answer | NetworkInfo | Failure) -> None:
        """Take in what became of the network, or what was seen in a file."""
        if isinstance(value, Answer):
            self._receive_answer(value)
        elif self._opening is None:
            return
        elif isinstance(value, NetworkInfo):
            if _is_same(value.choice, self._opening):
                self.accept()
        elif value.about is None or _is_same(value.about, self._opening):
            self._show_failure(self._opening, value)

    def _show_failure(self, choice: NetworkChoice, failure: Failure) -> None:
        self._open_button.setEnabled(True)
        rows = failure.differences
        self._show_message(text.summarize_differences(choice, rows) if rows else failure.sentence)
        self.differences.show_differences(rows)
        file = choice.checkpoint
        if failure.kind == "Mismatch" and file:
            recognize = self._backend.services.recognize_weights
            self._backend.openings.submit("inquiry weights", file, partial(recognize, file))

    def _receive_answer(self, answer: Answer) -> None:
        if answer.key == "inquiry preview":
            choice, frame = answer.about
            if isinstance(answer.value, Failure):
                self.preview.show_failure(answer.value)
            elif choice == self.choice():
                self.preview.show_preview(frame.pixels, answer.value)
        elif answer.key == "inquiry parts" and answer.about == self._file:
            self._show_parts(() if isinstance(answer.value, Failure) else answer.value)
        elif answer.key == "inquiry download" and answer.about == self.choice().net:
            failed = isinstance(answer.value, Failure)
            self._show_download("" if failed else answer.value)
        elif answer.key == "inquiry weights" and answer.about == self.checkpoint.text().strip():
            is_known = isinstance(answer.value, RecognizedWeights)
            self._show_offer(answer.value if is_known else None)

    def _show_message(self, message: str) -> None:
        self.message.setText(message)
        self.message.setVisible(bool(message))

    def _show_offer(self, recognized: RecognizedWeights | None) -> None:
        self._recognized = recognized
        self.offer.setText("" if recognized is None else recognized.sentence)
        for part in (self.offer, self.offer_button):
            part.setVisible(recognized is not None)

    def _open_recognized(self) -> None:
        """Open the file as the network that it fits, with all else as it is typed."""
        recognized = self._recognized
        if recognized is not None:
            self.net.setCurrentText(recognized.net)
            self.checkpoint.setText(recognized.checkpoint)
            self.open_network()

    def _note_typing(self, value: object) -> None:
        """Look into what is typed once nothing more follows."""
        self._typing_timer.start()

    def _inquire(self) -> None:
        """Look into what is typed now, beside the window."""
        choice, openings = self.choice(), self._backend.openings
        file = (choice.checkpoint or choice.net).partition("#")[0]
        if file != self._file:
            self._file = file
            self._show_parts(())
            if file and Path(file).is_file() and open_files.holds_weights(Path(file)):
                openings.submit(
                    "inquiry parts", file, partial(self._backend.services.list_parts, file)
                )
        self._show_download("")
        if choice.weights == "pretrained" and choice.net:
            describe = self._backend.services.describe_download
            openings.submit("inquiry download", choice.net, partial(describe, choice.net))
        self._previewed = None
        self._refresh()

    def _refresh(self) -> None:
        """Prepare the frame on show for what is typed, where either is new."""
        live = self._backend.live
        if live is None or live.frame is self._previewed or not self.isVisible():
            return
        self._previewed, choice = live.frame, self.choice()
        task = partial(self._backend.services.preview_input, choice, live.frame.pixels)
        self._backend.openings.submit("inquiry preview", (choice, live.frame), task)

    def _show_parts(self, parts: Sequence[WeightsPart]) -> None:
        self.part.clear()
        for part in parts:
            self.part.addItem(text.describe_part(part), part.path)
        current = self.checkpoint.text().strip() or self.net.currentText().strip()
        self.part.setCurrentIndex(max(self.part.findData(current), 0))
        self._form.setRowVisible(self.part, len(parts) > 1)

    def _choose_part(self, index: int) -> None:
        path = str(self.part.itemData(index))
        if self.checkpoint.text().strip():
            self.checkpoint.setText(path)
        else:
            self.net.setCurrentText(path)

    def _show_download(self, sentence: str) -> None:
        self.download.setText(sentence)
        self._form.setRowVisible(self.download, bool(sentence))

    def _list_choices(self) -> None:
        """Fill the menu of what can be filled in."""
        state = self._session.state
        typed = (state.network_form,) if state.network_form.net else ()
        menu = self.fill_menu
        menu.clear()
        for choice in dict.fromkeys((state.network.without_trust, *typed, *list_networks(state))):
            action = require(menu.addAction(text.describe_choice(choice)))
            action.triggered.connect(partial(self._fill_again, choice))

    def _fill_again(self, choice: NetworkChoice, checked: bool = False) -> None:
        self.fill(choice)

    def _with_buttons(self, field: QLineEdit, buttons: dict[str, Callable[[], None]]) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(field)
        for title, on_click in buttons.items():
            button = QPushButton(title, row)
            button.setAutoDefault(False)
            button.clicked.connect(on_click)
            layout.addWidget(button)
        return row

    def _first_folder(self) -> str:
        """Return where dialogs for files begin: where the network is, else where one was last."""
        choice = self.choice()
        folder = find_folder(choice.checkpoint or choice.net)
        return folder or self._session.state.network_folder

    def _choose_folder(self) -> None:
        """Ask for a folder; one that says what its network is becomes the network."""
        path = open_files.choose_weights_folder(self, self._first_folder())
        if path and (Path(path) / "config.json").is_file():
            self.net.setCurrentText(path)
            self.checkpoint.setText("")
        elif path:
            self.checkpoint.setText(path)
        self._remember_folder(path)

    def _choose_weights(self) -> None:
        path = open_files.choose_weights_file(self, self._first_folder())
        if path:
            self.checkpoint.setText(path)
        self._remember_folder(path)

    def _choose_labels(self) -> None:
        path = open_files.choose_labels_file(self, self._first_folder())
        if path:
            self.fields["labels"].setText(path)
        self._remember_folder(path)

    def _remember_folder(self, path: str) -> None:
        folder = find_folder(path)
        if folder:
            self._session.update(network_folder=folder)


def _is_same(choice: object, other: NetworkChoice) -> bool:
    """Return whether a choice is another one, whether or not its code may run."""
    return isinstance(choice, NetworkChoice) and choice.without_trust == other.without_trust
