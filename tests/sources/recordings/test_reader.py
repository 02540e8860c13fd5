"""Reading recordings that are cut short, damaged, of another version, or no recordings."""

import resource
import struct
import zlib

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.recordings import chunks
from dnnvis.sources.recordings.chunks import FRAME, HEADER, MAGIC, pack_chunk
from dnnvis.sources.recordings.frames import MAX_FRAME_BYTES
from dnnvis.sources.recordings.reader import FrameRecording, is_recording
from dnnvis.sources.recordings.writer import RecordingOptions, RecordingWriter
from helpers.recordings import live_of, record

MUTATIONS = 2000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp("recorded") / "a.dnnrec"
    record(path, [live_of(number, 16) for number in range(6)])
    return path.read_bytes()


def test_two_thousand_mutations_never_crash_and_lose_nothing_that_is_whole(recorded, tmp_path):
    rng = np.random.default_rng(18)
    path, opened = tmp_path / "a.dnnrec", 0
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(MUTATIONS):
        path.write_bytes(mutate(bytearray(recorded), rng))
        try:
            with FrameRecording(path) as recording:
                opened += 1
                damaged: list[int] = []
                read = list(recording.frames(damaged))
                assert len(read) + len(damaged) == len(recording)
                assert all(each.frame.pixels.nbytes < 1 << 20 for each in read)
        except BadInput:
            continue
    assert opened > MUTATIONS / 2
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown_kb < 100 << 10


def mutate(data: bytearray, rng: np.random.Generator) -> bytes:
    """Return the bytes with one to four changes: flips, cuts, repeats, other lengths."""
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(0, len(data)))
        kind = rng.integers(0, 6)
        if kind < 2:
            data[at] ^= int(rng.integers(1, 256))
        elif kind == 2:
            del data[at : at + int(rng.integers(1, 200))]
        elif kind == 3:
            data[at:at] = rng.bytes(int(rng.integers(1, 200)))
        elif kind == 4:
            data[at:at] = data[at // 2 : at // 2 + 300]
        else:
            at = data.find(chunks.SYNC, at)
            if at >= 0:
                data[at + 8 : at + 12] = struct.pack("<I", int(rng.integers(0, 2**32)))
        data = data or bytearray(b"\0")
    return bytes(data)


def test_a_byte_changed_in_one_frame_loses_that_frame_alone(recorded, tmp_path):
    data = bytearray(recorded)
    at = data.find(chunks.FRAME) + 1000  # in the payload of the first
    data[at] ^= 1
    (tmp_path / "a.dnnrec").write_bytes(data)
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        damaged: list[int] = []
        assert [each.frame.number for each in recording.frames(damaged)] == [1, 2, 3, 4, 5]
        assert damaged == [0]
        with pytest.raises(BadInput, match="damaged"):
            recording.read(0)


def test_a_damaged_head_loses_that_chunk_alone(recorded, tmp_path):
    data = bytearray(recorded)
    second = data.find(chunks.FRAME, data.find(chunks.FRAME) + 10)
    data[second + 4] ^= 255  # its length
    (tmp_path / "a.dnnrec").write_bytes(data)
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        assert [each.frame.number for each in recording.frames()] == [0, 2, 3, 4, 5]
        assert "damaged in 1 place" in " ".join(recording.notes)


@pytest.mark.parametrize("cut", [0, 5, 8, 50])
def test_a_file_without_a_whole_frame_is_one_sentence(recorded, tmp_path, cut):
    (tmp_path / "a.dnnrec").write_bytes(recorded[:cut])
    with pytest.raises(BadInput, match=r"no recording|no frame"):
        FrameRecording(tmp_path / "a.dnnrec")
    assert is_recording(tmp_path / "a.dnnrec") == (cut >= len(MAGIC))


def test_every_cut_keeps_the_frames_before_it(recorded, tmp_path):
    path = tmp_path / "a.dnnrec"
    ends = []
    with path.open("wb") as file:
        file.write(recorded)
    with path.open("rb") as file:
        for chunk in chunks.scan_chunks(file, chunks.ChunkScan()):
            if chunk.head.kind == FRAME:
                ends.append(chunk.head.end)
    for cut in range(ends[0], len(recorded), 97):
        path.write_bytes(recorded[:cut])
        with FrameRecording(path) as recording:
            assert len(list(recording.frames())) == sum(end <= cut for end in ends)


def test_another_version_is_one_sentence_and_the_file_stays(recorded, tmp_path):
    path = tmp_path / "a.dnnrec"
    header = pack_chunk(HEADER, {"format": 7, "dnnvis": "9.1"})
    data = MAGIC + header + recorded[len(MAGIC) :]
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"dnnvis 9\.1 in format 7"):
        FrameRecording(path)
    assert path.read_bytes() == data


def test_parts_of_a_later_version_are_passed_over_and_named(recorded, tmp_path):
    path = tmp_path / "a.dnnrec"
    path.write_bytes(recorded + pack_chunk(b"LATR", {}, b"something"))
    with FrameRecording(path) as recording:
        assert len(recording) == 6
        assert "later version" in recording.notes[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [1 << 20, 1 << 20, 3]},
        {"shape": [-1, 4, 3]},
        {"shape": [16, 16, 3, 1, 1, 1]},
        {"shape": "16"},
        {"type": "|O"},
        {"codec": "pickle"},
        {"bytes": 1 << 60},
        {"bytes": True},
        {"name": 7},
    ],
)
def test_what_a_frame_claims_is_not_believed(tmp_path, change):
    pixels = np.zeros((16, 16, 3), np.uint8).tobytes()
    row = {"name": "pixels", "type": "|u1", "shape": [16, 16, 3], "codec": "raw"}
    row |= {"bytes": len(pixels)}
    index = {"seconds": 0, "network": 0, "number": 0, "source": "", "rule": ""}
    good = pack_chunk(FRAME, {**index, "arrays": [row]}, pixels)
    bad = pack_chunk(FRAME, {**index, "arrays": [row | change]}, pixels)
    (tmp_path / "a.dnnrec").write_bytes(MAGIC + good + bad)
    with FrameRecording(tmp_path / "a.dnnrec") as recording:
        assert recording.read(0).frame.pixels.shape == (16, 16, 3)
        with pytest.raises(BadInput):
            recording.read(1)


def test_a_small_part_that_unpacks_to_very_much_takes_no_memory(tmp_path):
    bomb = zlib.compress(bytes(MAX_FRAME_BYTES // 4))
    row = {"name": "pixels", "type": "|u1", "shape": [64, 64, 3], "codec": "zlib"}
    index = {"seconds": 0, "network": 0, "number": 0, "source": "", "rule": ""}
    rows = [row | {"bytes": len(bomb)}]
    (tmp_path / "a.dnnrec").write_bytes(MAGIC + pack_chunk(FRAME, {**index, "arrays": rows}, bomb))
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with FrameRecording(tmp_path / "a.dnnrec") as recording, pytest.raises(BadInput):
        recording.read(0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 20 << 10


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b"{", b"\xff", b'{"seconds": 1e999}'])
def test_an_index_that_is_none_is_counted(tmp_path, text):
    fixed = chunks.HEAD.pack(chunks.SYNC, FRAME, len(text), 0, zlib.crc32(text), 0, 0)[:-4]
    chunk = fixed + struct.pack("<I", zlib.crc32(fixed)) + text
    path = tmp_path / "a.dnnrec"
    record(path, [live_of(1, 16)])
    path.write_bytes(path.read_bytes() + chunk)
    with FrameRecording(path) as recording:
        assert len(recording) == 1
        assert "damaged" in recording.notes[0]


def test_layers_come_back(tmp_path):
    path = tmp_path / "a.dnnrec"
    writer = RecordingWriter(path, RecordingOptions(maps=True))
    writer.offer(live_of(3, 8))
    writer.stop()
    with FrameRecording(path) as recording:
        assert set(recording.read(0).maps) == {"conv1"}
