"""Labels in every form that people have them in."""

import json
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.zoo import label_files
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.label_files import read_label_file

NAMES = tuple(f"name {k}" for k in range(12))  # 10 and 11 sort before 2 as texts
NUMBERED = {str(k): name for k, name in enumerate(NAMES)}
REVERSED = dict(reversed(NUMBERED.items()))
YAML = "nc: 12\nnames:\n" + "".join(f"  {k}: {name}\n" for k, name in enumerate(NAMES))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.txt", "\n".join(NAMES)),
        ("a.json", json.dumps(NAMES)),
        ("indented.json", json.dumps(NAMES, indent=1)),
        ("a.json", json.dumps(REVERSED)),
        ("class_index.json", json.dumps({k: [f"n01440{k:0>3}", n] for k, n in REVERSED.items()})),
        ("config.json", json.dumps({"hidden_size": 3, "id2label": REVERSED})),
        ("config.json", json.dumps({"label2id": {n: int(k) for k, n in REVERSED.items()}})),
        ("class_to_idx.json", json.dumps({n: int(k) for k, n in REVERSED.items()})),
        ("objects.json", json.dumps([{"id": int(k), "name": n} for k, n in NUMBERED.items()])),
        ("data.yaml", YAML),
        ("list.yml", "names: [" + ", ".join(NAMES) + "]"),
        ("python.txt", "{" + ",\n ".join(f"{k}: '{n}'" for k, n in NUMBERED.items()) + "}"),
        ("numbered.txt", "\n".join(f"{k}: {n}" for k, n in REVERSED.items())),
        ("from_one.txt", "\n".join(f"{int(k) + 1} {n}" for k, n in NUMBERED.items())),
        ("synset_words.txt", "\n".join(f"n01440{k:0>3} {n}" for k, n in NUMBERED.items())),
        ("a.csv", "id,name\n" + "\n".join(f"{k},{n}" for k, n in REVERSED.items())),
        ("a.csv", "name,other\n" + "\n".join(f"{n},x" for n in NAMES)),
        ("a.tsv", "index\tdisplay_name\n" + "\n".join(f"{k}\t{n}" for k, n in REVERSED.items())),
        ("bare.csv", "\n".join(f"{k},{n}" for k, n in NUMBERED.items())),
    ],
)  # fmt: skip
def test_each_form_gives_the_names_in_the_order_of_the_outputs(
    tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text)
    assert read_label_file(tmp_path / file).names == NAMES


def test_gaps_between_numbers_have_no_name(tmp_path: Path) -> None:
    (tmp_path / "coco.json").write_text('{"1": "person", "3": "car"}')
    assert read_label_file(tmp_path / "coco.json").names == ("", "person", "", "car")


def test_yes_and_no_stay_texts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("names: [no, yes, 1e3]")
    assert read_label_file(tmp_path / "a.yaml").names == ("no", "yes", "1e3")


@pytest.mark.parametrize(
    "text", ["n01440764 tench, Tinca tinca\nno synset here", "7 up\n9 lives", "1 one"]
)
def test_numbers_that_are_part_of_names_stay(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    assert read_label_file(tmp_path / "a.txt").names == tuple(text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"b": 1}}',
        "[[1, 2]]",
        "[]",
        "{}",
        '{"0": "a", "0x": "b"}',
        '{"a": 1, "b": 1}',
        '{"a": 99999999}',
        "{unclosed: [",
        "[" * 100_000,
    ],
)
def test_what_names_no_classes_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(BadInput, match=r"a\.json"):
        read_label_file(tmp_path / "a.json")


def test_a_tag_of_python_builds_no_object(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    (tmp_path / "a.yaml").write_text(f"!!python/object/apply:os.mkdir ['{marker}']")
    assert read_label_file(tmp_path / "a.yaml").names == (str(marker),)
    assert not marker.exists()


def test_a_long_yaml_file_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_files, "MAX_YAML_LETTERS", 20)
    (tmp_path / "a.yaml").write_text("names: [a, b]")
    assert read_label_file(tmp_path / "a.yaml").names == ("a", "b")
    (tmp_path / "a.yaml").write_text("names: [a, b, c, d, e]")
    with pytest.raises(BadInput, match="too long for YAML"):
        read_label_file(tmp_path / "a.yaml")
    (tmp_path / "a.json").write_text('["a", "b", "c", "d", "e"]')
    assert len(read_label_file(tmp_path / "a.json").names) == 5


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("one.txt", "1: cat\n2: dog"),
        ("one.json", '{"2": "dog", "1": "cat"}'),
        ("one.csv", "id,name\n1,cat\n2,dog"),
    ],
)
def test_numbers_that_begin_at_one_are_said(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    labels = read_label_file(tmp_path / file)
    assert labels.names == ("cat", "dog")
    (note,) = labels.notes
    assert f"{file} count from 1" in note
    assert "'cat' for output 0" in note
    (tmp_path / file).write_text(text.replace("2", "0"))
    assert read_label_file(tmp_path / file).notes == ()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("class_index.json", '{"1": ["n02102040", "springer"], "0": ["n01440764", "tench"]}'),
        ("synset_words.txt", "n01440764 tench, Tinca tinca\nn02102040 springer"),
        ("LOC_synset_mapping.txt", "n01440764 tench\nn02102040 springer"),
        ("class_to_idx.json", '{"n02102040": 1, "n01440764": 0}'),
        ("wnids.txt", "n01440764\nn02102040"),
        ("list.json", '[["n01440764", "tench"], ["n02102040", "springer"]]'),
    ],
)
def test_synsets_are_remembered_in_the_order_of_the_outputs(
    tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text)
    assert read_label_file(tmp_path / file).synsets == ("n01440764", "n02102040")


@pytest.mark.parametrize("text", ["n01440764 tench\nn01440764 trout", "tench\nn01440764"])
def test_synsets_that_are_missing_or_come_twice_are_left_aside(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    assert read_label_file(tmp_path / "a.txt").synsets == ()


def test_an_opened_network_says_so_and_has_the_synsets(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("\n".join(f"{k + 1} class {k}" for k in range(10)))
    network = open_network("net2-cifar10", labels=tmp_path / "one.txt")
    assert any("count from 1" in note for note in network.notes)
    assert network.info.synsets == ()
    synsets = tuple(f"n0144076{k}" for k in range(10))
    (tmp_path / "words.txt").write_text("\n".join(f"{name} class" for name in synsets))
    network = open_network("net2-cifar10", labels=str(tmp_path / "words.txt"))
    assert network.info.synsets == synsets
    assert not any("count from 1" in note for note in network.notes)
