"""``dnnvis replay`` and ``dnnvis recording``."""

import json

import numpy as np
import pytest

import dnnvis as dnnvis_api
from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.sources.recordings.chunks import HEADER, MAGIC, pack_chunk
from dnnvis.sources.video import Video
from helpers.recordings import live_of, record

NET, OTHER = "net1-mnist", "net2-cifar10"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return a recording of eight noisy squares, as NET answers to them."""
    network, lives = dnnvis_api.open(NET), []
    rng = np.random.default_rng(0)
    for number in range(8):
        pixels = rng.integers(0, 60, (28, 28, 1), dtype=np.uint8)
        pixels[4 + number : 20, 6:12] = 255
        output = network.run(network.encode(pixels), ()).output.reshape(-1)
        frame = Frame(pixels, number, "squares", born=number / 10)
        lives.append(Live(frame, NET, pixels, {}, output, 0.0, fingerprint=network.fingerprint))
    path = tmp_path_factory.mktemp("recorded") / "a.dnnrec"
    record(path, lives, network.info)
    return path


def test_the_network_that_recorded_agrees_in_all_and_bit_for_bit(dnnvis, recorded):
    said = dnnvis("replay", recorded, NET, "--compare-output", "--threads", 1)
    assert said.status == 0
    assert "the same class in 8 of 8 (100.0%)" in said.out
    assert "8 equal bit for bit" in said.out


def test_another_network_is_compared_by_the_names_of_its_classes(dnnvis, recorded):
    summary = json.loads(dnnvis("replay", recorded, OTHER, "--json").out)
    assert set(summary) == {
        *("frames", "compared", "agree", "agreement", "same_outputs", "max_difference"),
        *("mean_correlation", "recorded", "network", "notes", "disagreements"),
    }
    assert summary["frames"] == summary["compared"] == 8
    assert summary["network"][0] == OTHER
    assert summary["agreement"] < 1.0  # no digit is a car


def test_other_weights_of_the_same_name_are_named(dnnvis, tmp_path):
    live = live_of(1, 28, NET)
    record(
        tmp_path / "a.dnnrec",
        [Live(live.frame, NET, live.pixels, {}, live.output, 0.0, fingerprint="0" * 64)],
    )
    summary = json.loads(dnnvis("replay", tmp_path / "a.dnnrec", NET, "--json").out)
    assert f"The recording was made with other weights of {NET}." in summary["notes"]


def test_outputs_of_other_sizes_are_not_compared_number_by_number(refuses, tmp_path):
    live = live_of(1, 28)
    output = np.zeros(7, np.float32)
    record(tmp_path / "a.dnnrec", [Live(live.frame, "seven", live.pixels, {}, output, 0.0)])
    sentence = refuses("replay", tmp_path / "a.dnnrec", NET, "--compare-output")
    assert "of other sizes" in sentence


def test_what_is_no_recording_or_of_another_version_is_a_sentence(refuses, tmp_path):
    (tmp_path / "a.dnnrec").write_bytes(b"PK\3\4")
    assert "no recording" in refuses("replay", tmp_path / "a.dnnrec", NET)
    (tmp_path / "b.dnnrec").write_bytes(MAGIC + pack_chunk(HEADER, {"format": 2, "dnnvis": "3"}))
    assert "format 2" in refuses("recording", tmp_path / "b.dnnrec")
    assert "cannot be read" in refuses("recording", tmp_path / "c.dnnrec")


def test_a_recording_says_what_is_in_it(dnnvis, recorded):
    said = dnnvis("recording", recorded)
    assert "8 frames in 0.7 s (10.0/s)" in said.out
    assert NET in said.out
    record_of = json.loads(dnnvis("recording", recorded, "--json").out)
    assert set(record_of) == {
        *("file", "frames", "seconds", "bytes", "dnnvis", "created", "source", "networks"),
        *("whole", "notes"),
    }
    assert (record_of["frames"], record_of["whole"], record_of["notes"]) == (8, True, [])


def test_one_that_was_cut_short_says_so_and_exports_what_there_is(dnnvis, recorded, tmp_path):
    data = recorded.read_bytes()
    (tmp_path / "a.dnnrec").write_bytes(data[: len(data) * 3 // 4])
    said = dnnvis("recording", tmp_path / "a.dnnrec", "--export", tmp_path / "a.mp4")
    assert "was cut short" in said.out
    with Video(tmp_path / "a.mp4", loop=False) as video:
        frames = list(iter(video.read, None))
    assert f"{len(frames)} frames are in" in said.out
    assert 3 < len(frames) < 8
