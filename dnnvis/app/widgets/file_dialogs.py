"""Ask for a file to write to."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QMessageBox, QWidget

from dnnvis.core.errors import DnnvisError
from dnnvis.core.formatting import as_plain_text


def save_with_dialog(parent: QWidget, name: Path, write: Callable[[Path], None]) -> None:
    """Ask for a path and write a file; a failure is shown in a message box.

    Args:
        parent: Parent of the dialogs.
        name: Path that is suggested; its suffix stays.
        write: Writes the file, and raises DnnvisError where it cannot.
    """
    path, _ = QFileDialog.getSaveFileName(parent, "Save", str(name), f"*{name.suffix}")
    if not path:
        return
    try:
        write(Path(path).with_suffix(name.suffix))
    except DnnvisError as error:
        QMessageBox.warning(parent, "Not saved", as_plain_text(str(error)))
