"""A pickle is read, and nothing in it runs."""

import argparse
import collections
import copyreg
import datetime
import enum
import io
import pickle
import pickletools
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.inert_pickle import InertObject, InertUnpickler, as_plain, read_plain


def read(content: bytes) -> tuple[Any, list[str]]:
    unpickler = InertUnpickler(io.BytesIO(content))
    return unpickler.read(), unpickler.unknown_names


class Color(enum.Enum):
    RED = 1


class Rebuilt:
    """Rebuilds itself by a call, a state, items and pairs."""

    def __reduce__(self) -> Any:
        return Rebuilt, (1, "two"), {"x": 3}, iter([4, 5]), iter([("k", 6)])


PLAIN: list[Any] = [
    None,
    True,
    [1, -(2**70), 2.5, "text", b"bytes", bytearray(b"more"), 1 + 2j],
    {"a": (1, 2, (3,)), 4: {5, 6}, None: frozenset({7})},
    collections.OrderedDict([("b", 1), ("a", 2)]),
    collections.defaultdict(list, {"a": [1]}),
    collections.Counter("hello"),
    {"nested": [[[[]]]], "empty": ((), {}, [])},
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", PLAIN, ids=str)
def test_plain_values_are_read_as_python_reads_them(value: Any, protocol: int) -> None:
    result, unknown = read(pickle.dumps(value, protocol))
    assert result == value
    assert unknown == []


@pytest.mark.parametrize("protocol", range(6))
def test_numbers_of_numpy_are_read_as_such(protocol: int) -> None:
    values = [np.float64(0.9), np.int32(-3), np.bool_(True), np.complex64(1 + 2j)]
    arrays = [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.ones((2, 3), "<i2")), np.zeros(0)]
    arrays.append(np.array([1, 2], ">f4"))
    result, unknown = read(pickle.dumps([values, arrays], protocol))
    assert result[0] == [value.item() for value in values]
    for got, expected in zip(map(as_plain, result[1]), arrays, strict=True):
        assert np.array_equal(got, expected)
        assert got.dtype.kind == expected.dtype.kind
    assert unknown == []


@pytest.mark.parametrize("protocol", range(6))
def test_objects_of_unknown_classes_keep_what_they_were_made_of(protocol: int) -> None:
    values = [argparse.Namespace(lr=0.1), Color.RED, Rebuilt(), datetime.datetime(2026, 1, 2)]
    (namespace, color, rebuilt, date), unknown = read(pickle.dumps(values, protocol))
    assert isinstance(namespace, InertObject)
    assert (namespace.name, namespace.fields) == ("argparse.Namespace", {"lr": 0.1})
    make, args = Color.RED.__reduce_ex__(protocol)[:2]  # Color(1), or getattr before Python 3.11.4
    assert (color.name.rpartition(".")[2], color.args[-1]) == (make.__name__, args[-1])
    assert (rebuilt.args, rebuilt.fields) == ((1, "two"), {"x": 3})
    assert rebuilt.items == [4, 5, ("k", 6)]
    assert date.name == "datetime.datetime"
    assert "argparse.Namespace" in unknown


def test_paths_are_texts() -> None:
    assert read(pickle.dumps(PurePosixPath("/x/y.pt")))[0] == "/x/y.pt"


class Caller:
    """Calls a function when anything obeys its pickle."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.recipe = (function, args)

    def __reduce__(self) -> Any:
        return self.recipe


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("function", [open, exec, getattr, __import__, Path.touch])
def test_nothing_that_a_pickle_names_is_called(
    function: Any, protocol: int, tmp_path: Path
) -> None:
    marker = tmp_path / "it-ran"
    arguments: dict[Any, tuple[Any, ...]] = {
        open: (str(marker), "w"),
        exec: (f"open({str(marker)!r}, 'w')",),
        getattr: (1, "real"),
        __import__: ("this",),
        Path.touch: (marker,),
    }
    result, unknown = read(pickle.dumps(Caller(function, *arguments[function]), protocol))
    assert isinstance(result, InertObject)
    assert len(unknown) == 1
    assert not marker.exists()


def test_what_is_known_cannot_be_changed_by_a_pickle() -> None:
    # the function that makes dictionaries is given a state, as if it were an object
    content = b"ccollections\nOrderedDict\n}X\x08\x00\x00\x00functionX\x01\x00\x00\x00xsb."
    pickletools.dis(content, io.StringIO())  # it is one
    read(content)
    value = collections.OrderedDict(a=1)
    assert read(pickle.dumps(value))[0] == value


def test_names_by_number_are_not_looked_up() -> None:
    copyreg.add_extension("builtins", "print", 240)  # type: ignore[no-untyped-call]
    try:
        result, unknown = read(pickle.dumps(print, 2))
    finally:
        copyreg.remove_extension("builtins", "print", 240)  # type: ignore[no-untyped-call]
    assert unknown == ["copyreg.extension_240"]
    assert isinstance(result, type)


def test_values_that_hold_themselves_and_shared_ones_are_read_once() -> None:
    shared: list[Any] = [0]
    for _ in range(60):
        shared = [shared, shared]
    own: list[Any] = []
    own.append(own)
    result, _ = read(pickle.dumps([shared, own]))
    assert result[0][0] is result[0][1]
    assert result[1][0] is result[1]


def test_keys_that_would_take_forever_to_hash_are_stood_for() -> None:
    key: Any = (0,)
    for _ in range(4):
        key = (key, key)
    content = pickle.dumps({"k": 1, ("short", 2): 3})
    assert read(content)[0] == {"k": 1, ("short", 2): 3}
    deep: Any = ()
    for _ in range(40):
        deep = (deep, deep)
    memo = pickle.dumps(deep)[:-1]  # its value stays on the stack
    result, _ = read(memo.replace(b"\x80\x04", b"\x80\x04}", 1) + b"K\x01s.")
    assert list(result.values()) == [1]
    assert len(next(iter(result))) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"dear diary",
        pickle.dumps([1, 2, 3])[:-3],
        pickle.dumps("text" * 100)[:50],
        b"\x80\x09.",
        b"\x80\x02R.",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x02\x8b\xff\xff\xff\x7f\x01.",
        b"Pexternal\n.",
    ],
)
def test_what_is_no_pickle_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"broken or no pickle|more than it can hold") as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_copies_of_copies_have_an_end() -> None:
    # a list of many items, made a tuple over and over
    content = pickle.dumps([0] * 300_000, 2)[:-1]
    content += b"q\xfe0" + b"c__builtin__\ntuple\nh\xfe\x85R0" * 100 + b"N."
    with pytest.raises(BadInput, match="more items than any checkpoint has"):
        read(content)


def test_an_array_that_python_2_wrote_is_read() -> None:
    content = (
        b"\x80\x02}U\x04data"
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x02\xff\x07tbs."
    )
    expected = pickle.loads(content, encoding="latin1")["data"]  # the oracle: Python's own
    array = read_plain(content, "a")["data"]
    assert array.dtype == expected.dtype == np.uint8
    assert array.tolist() == expected.tolist() == [255, 7]


def test_plain_values_with_an_object_among_them_are_refused_whole() -> None:
    with pytest.raises(BadInput, match=r"a holds objects \(argparse\.Namespace\), not plain"):
        read_plain(pickle.dumps({"x": [argparse.Namespace(lr=1)]}), "a")


def test_what_a_pickle_refers_to_is_refused_in_its_own_sentence() -> None:
    def load(name: Any) -> Any:
        raise BadInput(f"the weights {name} are missing")

    with pytest.raises(BadInput, match="the weights 7 are missing"):
        InertUnpickler(io.BytesIO(b"\x80\x02K\x07Q."), load).read()


@pytest.mark.parametrize("content", [b"\x80\x02h\x07.", b"P\xff\n.", b"\x80\x04\x8c\x01\xff."])
def test_no_text_of_pythons_own_reader_is_passed_on(content: bytes) -> None:
    with pytest.raises(BadInput) as refusal:
        read(content)
    with pytest.raises(Exception) as oracle:  # noqa: PT011  # any: only its text counts
        pickle.loads(content)
    assert str(oracle.value) not in str(refusal.value)
