"""Ask for a file to write to, and report where it is."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QEvent
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QWidget

from dnnvis.core.errors import DnnvisError
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.translation.catalog import tr
from dnnvis.session.recent import first_folder
from dnnvis.session.session import Session

SAVED_EVENT = QEvent.Type(QEvent.registerEventType())
_folder = ""  # where a file was saved last, of any window


class SavedEvent(QEvent):
    """Tells a window that something was saved, or copied where there is no ``path``."""

    def __init__(self, text: str, path: Path | None) -> None:
        super().__init__(SAVED_EVENT)
        self.text, self.path = text, path


def report_saved(part: QWidget, path: Path) -> None:
    """Tell the window of a widget where something was saved."""
    parent = path.absolute().parent
    folder = parent.name or str(parent)
    event = SavedEvent(
        tr("Saved {name} in {folder}", name=path.name, folder=folder), path.absolute()
    )
    QCoreApplication.sendEvent(part.window(), event)


def report_copied(part: QWidget, what: str) -> None:
    """Tell the window of a widget what was copied to the clipboard."""
    QCoreApplication.sendEvent(
        part.window(), SavedEvent(tr("Copied {what} to the clipboard", what=what), None)
    )


def set_saving_folder(folder: str) -> None:
    """Let the next file be proposed in a folder; "": in the user's home."""
    global _folder
    _folder = folder


def remember_saving_folder(session: Session, folder: str) -> None:
    """Let files be proposed in a folder from now on, also after the next start."""
    set_saving_folder(folder)
    session.update(save_folder=folder)


def propose_path(name: str, folder: str = "") -> Path:
    """Return a path for a new file: in a folder, else beside the file that was saved last.

    Args:
        name: Name of the file; one with a folder stays there.
        folder: The folder; "" for that of the last file, and the home where there was none.

    Returns:
        A path where no file is yet.
    """
    parent = Path(first_folder(folder or _folder))
    path = parent / name
    stem, dot, suffix = name.partition(".") if name.endswith(".json") else name.rpartition(".")
    number = 2
    while path.exists():
        path = parent / f"{stem} {number}{dot}{suffix}"
        number += 1
    return path


def with_suffix(parent: QWidget, path: str, suffix: str) -> Path | None:
    """Return a path that ends in ``suffix``, as typed or with it added.

    Args:
        parent: Parent of the question whether another file is replaced.
        path: The path that the dialog returned, which asked where it is one of a file.
        suffix: The suffix.

    Returns:
        The path; None where its file is there and shall stay.
    """
    if path.lower().endswith(suffix.lower()):
        return Path(path)
    target = Path(path + suffix)
    question = as_plain_text(tr("{name} is there already. Replace it?", name=target.name))
    if target.exists():
        answer = QMessageBox.question(parent, tr("Replace the file?"), question)
        if answer != QMessageBox.StandardButton.Yes:
            return None
    return target


def save_with_dialog(parent: QWidget, name: Path, write: Callable[[Path], None]) -> None:
    """Ask for a path and write a file; a failure is shown in a message box.

    Args:
        parent: Parent of the dialogs.
        name: Path that is suggested; its suffix stays.
        write: Writes the file, and raises DnnvisError where it cannot.
    """
    proposal = str(propose_path(str(name)))
    path, _ = QFileDialog.getSaveFileName(parent, tr("Save"), proposal, f"*{name.suffix}")
    target = with_suffix(parent, path, name.suffix) if path else None
    if target is None:
        return
    try:
        write(target)
    except DnnvisError as error:
        QMessageBox.warning(parent, tr("Not saved"), as_plain_text(str(error)))
        return
    report_saved(parent, target)
