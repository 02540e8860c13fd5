"""Ask which network to run, with everything ``dnnvis.open`` takes."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from dnnvis.app.runtime.open_files import choose_weights_file, choose_weights_folder
from dnnvis.engine.plan import NetworkChoice

WEIGHT_OPTIONS = ("", "random", "pretrained")


class NetworkDialog(QDialog):
    """The dialog of a network; its ``choice`` is to be opened after ``exec`` returned true."""

    def __init__(self, names: list[str], current: NetworkChoice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open a network")
        self.net = QComboBox(self)
        self.net.setEditable(True)
        self.net.addItems(names)
        self.net.setCurrentText(current.net)
        self.checkpoint = QLineEdit(current.checkpoint or "", self)
        self.weights = QComboBox(self)
        self.weights.addItems(["as the name says", "random", "pretrained"])
        self.edge, self.channels, self.mean, self.std = (QLineEdit(self) for _ in range(4))
        self.labels, self.output, self.inputs = (QLineEdit(self) for _ in range(3))
        help_label = QLabel(
            "A bundled or torchvision name, file.py:factory, package.module:factory, a "
            "checkpoint or an ONNX file. Your own Python file runs only after you agreed.",
            self,
        )
        help_label.setWordWrap(True)
        form = QFormLayout(self)
        form.addRow(help_label)
        form.addRow("Network", self.net)
        row = self._with_button(self.checkpoint, self._choose_weights)
        self._add_button(row, "Folder ...", self._choose_folder)
        form.addRow("Checkpoint", row)
        form.addRow("Weights", self.weights)
        for title, field, hint in (
            ("Input size", self.edge, "224 or 480x640; empty: as the network says"),
            ("Channels", self.channels, "1, 3, 4 ...; empty: as the network says"),
            ("Mean", self.mean, "0.485, 0.456, 0.406 for pixels in [0, 1]"),
            ("Std", self.std, "0.229, 0.224, 0.225"),
        ):
            field.setPlaceholderText(hint)
            form.addRow(title, field)
        self.labels.setPlaceholderText("a text file with one class a line")
        form.addRow("Labels", self._with_button(self.labels, self._choose_labels))
        self.output.setPlaceholderText("aux, 0.boxes ...; empty: the likeliest of its results")
        form.addRow("Output", self.output)
        self.inputs.setPlaceholderText("t=0.5, mask=none ...; empty: as a first pass tells")
        form.addRow("Further inputs", self.inputs)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self.setMinimumWidth(520)

    def choice(self) -> NetworkChoice:
        weights = WEIGHT_OPTIONS[self.weights.currentIndex()] or None
        return NetworkChoice(
            net=self.net.currentText().strip(),
            checkpoint=self.checkpoint.text().strip() or None,
            weights=weights,
            size=self.edge.text().strip() or None,
            mean=self.mean.text().strip() or None,
            std=self.std.text().strip() or None,
            labels=self.labels.text().strip() or None,
            channels=self.channels.text().strip() or None,
            output=self.output.text().strip() or None,
            inputs=self.inputs.text().strip() or None,
        )

    def _with_button(self, field: QLineEdit, on_click: Callable[[], None]) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(field)
        self._add_button(row, "Choose ...", on_click)
        return row

    def _add_button(self, row: QWidget, title: str, on_click: Callable[[], None]) -> None:
        button = QPushButton(title, row)
        button.clicked.connect(on_click)
        layout = row.layout()
        if layout is not None:
            layout.addWidget(button)

    def _choose_folder(self) -> None:
        """Ask for a folder; one that says what its network is becomes the network."""
        path = choose_weights_folder(self)
        if path and (Path(path) / "config.json").is_file():
            self.net.setCurrentText(path)
            self.checkpoint.setText("")
        elif path:
            self.checkpoint.setText(path)

    def _choose_weights(self) -> None:
        path = choose_weights_file(self)
        if path:
            self.checkpoint.setText(path)

    def _choose_labels(self) -> None:
        path = QFileDialog.getOpenFileName(self, "Class names", "", "Text (*.txt);;All files (*)")
        if path[0]:
            self.labels.setText(path[0])
