"""What is dropped on the window: files, and what browsers call the things one drags from them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PyQt6.QtCore import QUrl

from dnnvis.app.runtime.open_files import open_path, open_url
from dnnvis.core.messages import Failure
from dnnvis.session.state import SourceChoice
from dnnvis.sources.parse import choice_from_text


class Desk:
    """Notes what would be opened, and what is reported."""

    def __init__(self) -> None:
        self.opened: list[SourceChoice] = []
        self.reported: list[Failure] = []
        self.services = SimpleNamespace(choice_from_text=choice_from_text)
        self.mailbox = SimpleNamespace(post_each=lambda key, value: self.reported.append(value))

    def current_source(self) -> SourceChoice:
        return SourceChoice()

    def open_source(self, source: SourceChoice) -> None:
        self.opened.append(source)


def open_dropped(url: str) -> Desk:
    desk: Any = Desk()
    open_url(None, desk, QUrl(url))  # type: ignore[arg-type]
    return desk


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/cat.jpg",
        "http://example.org/",
        "https://example.org/watch?v=1",
        "data:image/png;base64,iVBORw0KGgo=",
        "blob:https://example.org/1",
        "ftp://example.org/a.mp4",
        "about:blank",
        "",
    ],
)
def test_a_web_address_opens_nothing_and_says_what_to_do(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    desk = open_dropped(url)
    assert desk.opened == []
    (failure,) = desk.reported
    assert "save the picture or film first" in failure.sentence


@pytest.mark.parametrize("url", ["rtsp://cam/live", "http://cam:80/video.mjpg?fps=5"])
def test_the_address_of_a_camera_is_opened(url: str) -> None:
    desk = open_dropped(url)
    assert [(source.kind, source.path) for source in desk.opened] == [("stream", url)]
    assert desk.reported == []


def test_a_file_with_odd_letters_is_opened_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "100 % Bär #1"
    folder.mkdir()
    desk: Any = Desk()
    open_url(None, desk, QUrl.fromLocalFile(str(folder)))  # type: ignore[arg-type]
    assert desk.opened[0].path == str(folder)


def test_an_empty_name_is_not_the_folder_one_stands_in() -> None:
    desk: Any = Desk()
    open_path(None, desk, "")  # type: ignore[arg-type]
    assert desk.opened == []
    assert len(desk.reported) == 1
