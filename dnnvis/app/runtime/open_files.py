"""Open a file that was chosen or dropped as a source or as a network."""

from dataclasses import replace
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QInputDialog, QWidget

from dnnvis.app.runtime.backend import Backend
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.messages import describe_failure
from dnnvis.engine.plan import NetworkChoice

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".safetensors", ".ckpt", ".bin")
MEDIA_FILTER = (
    "Pictures, films and boards (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.mp4 *.avi "
    "*.mov *.mkv *.webm *.m4v *.rle *.cells *.lif *.life *.mc);;All files (*)"
)
BOARD_FILTER = "Boards (*.rle *.cells *.lif *.life *.mc *.gz);;All files (*)"
WEIGHTS_FILTER = (
    "Checkpoints (*.pt *.pth *.safetensors *.ckpt *.bin);;Python files (*.py);;All files (*)"
)


def open_path(parent: QWidget, backend: Backend, path: str) -> None:
    """Open the file at a path; a problem becomes a line in Problems.

    Args:
        parent: Parent of dialogs.
        backend: Runs the source or the network.
        path: Path of a picture, film, folder, checkpoint or Python file.
    """
    try:
        file = Path(path)
        if not file.exists():
            raise BadInput(f"There is nothing at {path}.")
        if file.suffix.lower() == ".py":
            _open_code(parent, backend, path)
        elif file.suffix.lower() in CHECKPOINT_SUFFIXES:
            backend.run(NetworkChoice(net=path))
        else:
            open_source(backend, path)
    except DnnvisError as error:
        backend.mailbox.post_each("problem", describe_failure(error, path))


def open_source(backend: Backend, text: str) -> None:
    """Open ``text`` (a file, a folder, webcam:0, demo, life) as the source; raises BadInput."""
    backend.open_source(
        replace(backend.current_source(), **backend.services.choice_from_text(text))
    )


def choose_file(parent: QWidget) -> str:
    """Ask for a picture or film; "" for none."""
    return QFileDialog.getOpenFileName(parent, "Open picture or film", "", MEDIA_FILTER)[0]


def choose_board_file(parent: QWidget) -> str:
    """Ask for the file of a board; "" for none."""
    return QFileDialog.getOpenFileName(parent, "Open a board", "", BOARD_FILTER)[0]


def choose_folder(parent: QWidget) -> str:
    """Ask for a folder of pictures; "" for none."""
    return QFileDialog.getExistingDirectory(parent, "Open a folder of pictures")


def choose_weights_file(parent: QWidget) -> str:
    """Ask for a checkpoint; "" for none."""
    return QFileDialog.getOpenFileName(parent, "Open a checkpoint", "", WEIGHTS_FILTER)[0]


def _open_code(parent: QWidget, backend: Backend, path: str) -> None:
    question = f"Which function of {Path(path).name} makes the network?"
    name, accepted = QInputDialog.getText(parent, "Open a network", question)
    if accepted and name.strip():
        backend.run(NetworkChoice(net=f"{path}:{name.strip()}"))
