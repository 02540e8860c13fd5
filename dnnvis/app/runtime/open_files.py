"""Open a file that was chosen or dropped as a source or as a network."""

import hashlib
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QMimeData, QUrl
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QWidget

from dnnvis.app.runtime.backend import Backend
from dnnvis.core.address import add_password, address_suffix, is_address, lacks_password
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.messages import describe_failure
from dnnvis.core.paths import user_data_folder
from dnnvis.core.stable_file import replace_file
from dnnvis.engine.plan import NetworkChoice

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".safetensors", ".ckpt", ".bin")
PASTED_FOLDER = "pasted"  # in the user's data folder
STREAM_SUFFIXES = (".mjpg", ".mjpeg", ".m3u8")  # of addresses that may be dropped
MEDIA_FILTER = (
    "Pictures, films and boards (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.mp4 *.avi "
    "*.mov *.mkv *.webm *.m4v *.rle *.cells *.lif *.life *.mc);;All files (*)"
)
BOARD_FILTER = "Boards (*.rle *.cells *.lif *.life *.mc *.gz);;All files (*)"
WEIGHTS_FILTER = (
    "Checkpoints (*.pt *.pth *.safetensors *.ckpt *.bin);;Python files (*.py);;All files (*)"
)


def open_mime(parent: QWidget, backend: Backend, data: QMimeData) -> None:
    """Open what was dropped on the window or copied; a problem becomes a line in Problems.

    A file counts before pixels, and these before the address where a browser found them.

    Args:
        parent: Parent of dialogs.
        backend: Runs the source or the network.
        data: A file, a picture without one, or an address.
    """
    url = data.urls()[0] if data.urls() else QUrl()
    if url.isLocalFile():
        open_path(parent, backend, url.toLocalFile())
        return
    address = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
    try:
        image = QImage(data.imageData()) if data.hasImage() else QImage()
        if not image.isNull():
            return open_source(backend, str(_save_pasted(image)))
        if url.isEmpty():
            raise BadInput("There is no picture on the clipboard; copy one, or a file, first.")
        if not _names_stream(address):
            raise BadInput(
                "A web address was dropped, and nothing is fetched from the web: save the picture "
                "or film first, and drop the file. The address of a camera is opened by Source > "
                "Camera at an address."
            )
        open_source(backend, address)
    except DnnvisError as error:
        backend.mailbox.post_each("problem", describe_failure(error, "drop"))


def _save_pasted(image: QImage) -> Path:
    """Save a picture that has no file, in the user's data folder, under a name of its pixels."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    bits = image.constBits()
    digest = hashlib.sha256(bits.asstring(image.sizeInBytes()) if bits else b"").hexdigest()
    path = user_data_folder() / PASTED_FOLDER / f"pasted {digest[:12]}.png"
    if path.exists():
        return path
    with replace_file(path) as temporary:
        if not image.save(str(temporary), "PNG"):
            raise BadInput(f"The picture could not be written to {path}. Is the folder writable?")
    return path


def _names_stream(address: str) -> bool:
    is_page = address.lower().startswith("http") and address_suffix(address) not in STREAM_SUFFIXES
    return is_address(address) and not is_page


def choose_address(parent: QWidget) -> str:
    """Ask for the address of a camera; "" for none."""
    question = "Address of the camera's stream (rtsp://..., http://.../video.mjpg):"
    address, accepted = QInputDialog.getText(parent, "Camera at an address", question)
    return address.strip() if accepted else ""


def _ask_password(parent: QWidget, address: str) -> str:
    """Return an address with the password that its user was asked for; it is never saved."""
    if not lacks_password(address):
        return address
    question = as_plain_text(f"Password for {address} (it is not saved):")
    mode = QLineEdit.EchoMode.Password
    password, accepted = QInputDialog.getText(parent, "Camera at an address", question, mode)
    return add_password(address, password) if accepted and password else address


def open_path(parent: QWidget, backend: Backend, path: str) -> None:
    """Open the file at a path; a problem becomes a line in Problems.

    Args:
        parent: Parent of dialogs.
        backend: Runs the source or the network.
        path: Path of a picture, film, folder, checkpoint or Python file; or a stream's address.
    """
    try:
        if is_address(path):
            return open_source(backend, _ask_password(parent, path))
        file = Path(path)
        if not path or not file.exists():
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
    """Open ``text`` as the source: a file, a folder, webcam:0, an address, demo or life.

    Raises:
        BadInput: It stands for nothing that can be opened.
    """
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
    question = as_plain_text(f"Which function of {Path(path).name} makes the network?")
    name, accepted = QInputDialog.getText(parent, "Open a network", question)
    if accepted and name.strip():
        backend.run(NetworkChoice(net=f"{path}:{name.strip()}"))
