"""What is dropped on the window: files, and what browsers call the things one drags from them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QMimeData, QUrl
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QInputDialog, QLineEdit

from dnnvis.app.runtime.open_files import open_map_example, open_mime, open_path, open_source
from dnnvis.core.address import mask_address
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Failure, describe_failure
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, SourceKind, State
from dnnvis.sources.image_files import read_picture
from dnnvis.sources.parse import choice_from_text


class Desk:
    """Notes what would be opened, and what is reported."""

    def __init__(self) -> None:
        self.opened: list[SourceChoice] = []
        self.reported: list[Failure] = []
        self.fetched: list[str] = []
        self.services = SimpleNamespace(
            choice_from_text=choice_from_text, fetch_picture=self.fetch_picture
        )
        self.weights: list[str] = []
        self.mailbox = SimpleNamespace(post_each=lambda key, value: self.reported.append(value))
        self.fetched_path = ""

    def fetch_picture(self, address: str) -> str:
        self.fetched.append(address)
        if not self.fetched_path:
            raise BadInput(f"{mask_address(address)} does not answer; save the picture first.")
        return self.fetched_path

    def run_weights(self, path: str) -> None:
        self.weights.append(path)

    def current_source(self) -> SourceChoice:
        return SourceChoice()

    def open_source(self, source: SourceChoice) -> None:
        self.opened.append(source)

    def find_source(self, find: Callable[[], dict[str, Any]], about: str) -> None:
        try:
            self.opened.append(replace(SourceChoice(), **find()))
        except BadInput as error:
            self.reported.append(describe_failure(error, about))


def open_dropped(url: str) -> Desk:
    desk: Any = Desk()
    open_mime(None, desk, mime(QUrl(url)))  # type: ignore[arg-type]
    return desk


def mime(url: QUrl | None = None, pixels: np.ndarray | None = None) -> QMimeData:
    data = QMimeData()
    if url is not None:
        data.setUrls([url])
    if pixels is not None:
        height, width = pixels.shape[:2]
        rgb = np.ascontiguousarray(pixels).tobytes()
        data.setImageData(QImage(rgb, width, height, 3 * width, QImage.Format.Format_RGB888).copy())
    return data


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,iVBORw0KGgo=",
        "blob:https://example.org/1",
        "ftp://example.org/a.mp4",
        "about:blank",
    ],
)
def test_an_address_of_another_kind_opens_nothing_and_says_what_to_do(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    desk = open_dropped(url)
    assert desk.opened == []
    assert desk.fetched == []
    (failure,) = desk.reported
    assert "save the picture or film first" in failure.sentence


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    "url", ["https://me:secret@example.org/cat.jpg", "http://example.org/watch?v=1"]
)
def test_a_web_address_is_fetched_as_a_picture(url: str, as_text: bool, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "fetched.png")
    data = QMimeData()
    data.setText(f" {url}\n") if as_text else data.setUrls([QUrl(url)])
    desk: Any = Desk()
    desk.fetched_path = str(tmp_path / "fetched.png")
    open_mime(None, desk, data)  # type: ignore[arg-type]
    assert desk.fetched == [url]
    assert [(one.kind, one.path) for one in desk.opened] == [("pictures", desk.fetched_path)]
    desk = Desk()
    open_mime(None, desk, data)  # type: ignore[arg-type]
    (failure,) = desk.reported
    assert desk.opened == []
    assert "save the picture first" in failure.sentence
    assert "secret" not in f"{failure.sentence} {failure.about}"


@pytest.mark.parametrize("quote", ["", '"'])
def test_the_copied_name_of_a_file_opens_it(quote: str, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a b.png")
    data = QMimeData()
    data.setText(f"{quote}{tmp_path / 'a b.png'}{quote}")
    desk: Any = Desk()
    open_mime(None, desk, data)  # type: ignore[arg-type]
    assert [one.path for one in desk.opened] == [str(tmp_path / "a b.png")]


@pytest.mark.parametrize("text", ["a poem", "two\nlines", "x" * 5000, "a\0b", "~nobody/a"])
def test_other_text_is_a_sentence(text: str) -> None:
    data = QMimeData()
    data.setText(text)
    desk: Any = Desk()
    open_mime(None, desk, data)  # type: ignore[arg-type]
    assert desk.opened == []
    assert "no picture on the clipboard" in desk.reported[0].sentence


def test_of_several_files_the_first_is_opened_and_that_is_said(tmp_path: Path) -> None:
    urls = []
    for name in ("1.png", "2.png", "3.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
        urls.append(QUrl.fromLocalFile(str(tmp_path / name)))
    data = QMimeData()
    data.setUrls(urls)
    desk: Any = Desk()
    open_mime(None, desk, data)  # type: ignore[arg-type]
    assert [one.path for one in desk.opened] == [str(tmp_path / "1.png")]
    assert "3 things came at once" in desk.reported[0].sentence


@pytest.mark.parametrize("url", ["rtsp://cam/live", "http://cam:80/video.mjpg?fps=5"])
def test_the_address_of_a_camera_is_opened(url: str) -> None:
    desk = open_dropped(url)
    assert [(source.kind, source.path) for source in desk.opened] == [("stream", url)]
    assert desk.reported == []


def test_a_file_with_odd_letters_is_opened_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "100 % Bär #1"
    folder.mkdir()
    desk: Any = Desk()
    open_mime(None, desk, mime(QUrl.fromLocalFile(str(folder))))  # type: ignore[arg-type]
    assert desk.opened[0].path == str(folder)


@pytest.mark.parametrize("text", ["demo", "life", "webcam:1", "screen:", "rtsp://cam/live"])
def test_a_source_without_a_file_is_opened_at_once(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk: Any = Desk()
    desk.find_source = None
    open_source(desk, text)
    assert len(desk.opened) == 1
    open_source(desk, "life:no such thing")
    assert len(desk.opened) == len(desk.reported) == 1


@pytest.mark.parametrize(
    "name",
    ["w.pt", "W.PTH", "w.pth.tar", "w.keras", "w.weights.h5", "w.onnx", "w.pt2", "w.index.json"],
)
def test_a_dropped_file_of_weights_is_run(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    desk: Any = Desk()
    open_mime(None, desk, mime(QUrl.fromLocalFile(str(tmp_path / name))))  # type: ignore[arg-type]
    assert desk.weights == [str(tmp_path / name)]
    assert desk.opened == []


@pytest.mark.parametrize(
    ("name", "is_network"),
    [("model.safetensors", True), ("pytorch_model.bin", True), ("cat.png", False)],
)
def test_a_dropped_folder_is_weights_where_it_holds_some(
    name: str, is_network: bool, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(b"")
    desk: Any = Desk()
    open_path(None, desk, str(tmp_path))  # type: ignore[arg-type]
    assert bool(desk.weights) == is_network
    assert bool(desk.opened) != is_network


def test_arrays_are_weights_where_they_are_called_so(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **{"fc.weight": np.ones(2)})
    np.savez(tmp_path / "p.npz", images=np.zeros((1, 4, 4, 3), np.uint8))
    desk: Any = Desk()
    for name in ("w.npz", "p.npz"):
        open_path(None, desk, str(tmp_path / name))  # type: ignore[arg-type]
    assert desk.weights == [str(tmp_path / "w.npz")]


def test_an_empty_name_is_not_the_folder_one_stands_in() -> None:
    desk: Any = Desk()
    open_path(None, desk, "")  # type: ignore[arg-type]
    assert desk.opened == []
    assert len(desk.reported) == 1


@pytest.mark.parametrize("url", [None, QUrl("https://example.org/cat.jpg")])
def test_a_picture_without_a_file_is_opened_as_it_was_and_saved_once(
    url: QUrl | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    pixels = np.random.default_rng(0).integers(0, 256, (13, 7, 3), dtype=np.uint8)
    desk: Any = Desk()
    for _ in range(2):
        open_mime(None, desk, mime(url, pixels))  # type: ignore[arg-type]
    open_mime(None, desk, mime(url, 255 - pixels))  # type: ignore[arg-type]
    assert desk.reported == []
    first, second, third = (source.path for source in desk.opened)
    assert first == second != third
    assert np.array_equal(read_picture(first), pixels)
    assert np.array_equal(read_picture(third), 255 - pixels)
    assert len(list((tmp_path / "data" / "pasted").iterdir())) == 2


def test_a_picture_that_cannot_be_saved_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").touch()
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    desk: Any = Desk()
    open_mime(None, desk, mime(None, np.zeros((2, 2, 3), np.uint8)))  # type: ignore[arg-type]
    assert desk.opened == []
    assert "cannot be written" in desk.reported[0].sentence


def test_an_empty_clipboard_is_a_sentence() -> None:
    desk: Any = Desk()
    open_mime(None, desk, mime())  # type: ignore[arg-type]
    assert desk.opened == []
    assert "no picture on the clipboard" in desk.reported[0].sentence


@pytest.mark.parametrize(
    ("answer", "opened"),
    [
        (("a b", True), "rtsp://me:a%20b@10.0.0.7/live"),
        (("", True), "rtsp://me@10.0.0.7/live"),
        (("a b", False), "rtsp://me@10.0.0.7/live"),
    ],
)
def test_a_password_that_was_not_saved_is_asked_for(
    answer: tuple[str, bool], opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[tuple[str, object]] = []

    def ask(parent: object, title: str, question: str, mode: object) -> tuple[str, bool]:
        questions.append((question, mode))
        return answer

    monkeypatch.setattr(QInputDialog, "getText", ask)
    desk: Any = Desk()
    open_path(None, desk, "rtsp://me@10.0.0.7/live")  # type: ignore[arg-type]
    open_path(None, desk, "rtsp://10.0.0.7/live")  # type: ignore[arg-type]
    assert [source.path for source in desk.opened] == [opened, "rtsp://10.0.0.7/live"]
    ((question, mode),) = questions
    assert "rtsp://me@10.0.0.7/live" in question
    assert mode == QLineEdit.EchoMode.Password


@pytest.mark.parametrize("kind", ["demo", "life"])
def test_the_network_with_a_map_looks_at_photographs(kind: SourceKind) -> None:
    desk: Any = Desk()
    desk.session = Session(State(source=SourceChoice(kind=kind)))
    ran: list[NetworkChoice] = []
    desk.run = ran.append
    open_map_example(desk)
    assert [choice.net for choice in ran] == ["net2-cifar10"]
    assert [source.kind for source in desk.opened] == (["demo"] if kind == "life" else [])
