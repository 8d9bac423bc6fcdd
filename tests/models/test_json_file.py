"""JSON model files are read within bounds, and whatever does not fit is named."""

import numpy as np
import pytest
from nam_files import array, lstm, wavenet, with_condition, write

from wetdry.models import load
from wetdry.models.errors import FileProblem, ModelFileError
from wetdry.models.formats import json_file


def parsed(folder, content):
    path = folder / "file"
    path.write_bytes(content)
    return json_file.read(path)


REFUSED = {
    "nothing": (b"", "content: broken JSON at line 1 column 1"),
    "cut": (b'{"a": [1, 2', "content: broken JSON at line 1"),
    "two values": (b"{} {}", "content: broken JSON at line 1 column 4"),
    "a key twice": (b'{"a": 1, "b": {"c": 1, "c": 2}}', 'content: the key "c" stands twice in one object'),
    "NaN": (b'{"a": NaN}', "content: NaN is not JSON"),
    "minus infinity": (b'{"a": -Infinity}', "content: -Infinity is not JSON"),
    "a large power": (b'{"a": {"b": [1, 1e999]}}', "a.b.1: a number beyond the range of float64"),
    "a long number": (b'{"a": 1' + b"0" * 400 + b"}", "a: a number beyond the range of float64"),
    "a very long number": (b"9" * 5000, "content: a number with too many digits"),
    "not UTF-8": (b'{"a": "\xff"}', "content: not UTF-8 text (byte 7)"),
    "half a character": (b'{"a": "\\ud800"}', "content: a text that is not Unicode"),
    "half a character in a key": (b'{"a": {"\\udfff": 1}}', "a: a text that is not Unicode"),
    "a key of two lines": (b'{"a\\nb": [1e999]}', r"a\nb.0: a number beyond the range"),
    "a long key": (b'{"' + b"k" * 5000 + b'": [1e999]}', "kkk…kkk"),
    "deep": (b"[" * 70 + b"]" * 70, "nested deeper than 64 levels"),
    "bottomless": (b'{"a":' * 200_000, "content: nested deeper than 64 levels"),
    "many lists": (b"[" + b"[]," * 1_000_001 + b"1]", "size: more than 1000000 lists and objects"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name, tmp_path):
    content, words = REFUSED[name]
    with pytest.raises(ModelFileError) as caught:
        parsed(tmp_path, content)
    message = str(caught.value)
    assert words in message and message.startswith(f"{tmp_path / 'file'}: ") and len(message) < 400 and message.isprintable()


def test_a_file_too_large_is_not_parsed(tmp_path):
    path = write(tmp_path, lstm(1))
    with path.open("ab") as file:
        file.truncate(json_file.LARGEST_FILE + 1)
    with pytest.raises(ModelFileError, match="size: larger than 67108864 bytes"):
        load(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileProblem, match="No such file"):
        json_file.read(tmp_path / "absent")
    with pytest.raises(FileProblem, match="No such file"):
        load(tmp_path / "absent.nam")
    with pytest.raises(FileProblem, match="is a folder"):
        load(tmp_path)
    with pytest.raises(FileProblem, match="is not a file"):
        load("/dev/null")
    for content in (b"", b"RIFF....", b"\x00" * 100):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(ModelFileError, match=r"content: not a model file wetdry reads \(wetdry safetensors, \.nam"):
            load(tmp_path / "file")
    for content in (b"[]", b"{}", b'{"a": 1}', b'{"version": "0.7.0"}'):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(ModelFileError, match="content: JSON, but not of a model file wetdry reads"):
            load(tmp_path / "file")


def test_the_content_decides_and_not_the_name(tmp_path):
    path = write(tmp_path, lstm(1), "model.safetensors")
    assert load(path).weight_count
    path.write_bytes(b"\xef\xbb\xbf \n\t" + path.read_bytes())  # a byte order mark, as Windows' editors write it
    assert load(path).weight_count


def test_models_inside_models_end(tmp_path):
    item = wavenet(1, array())
    for _ in range(25):
        item = with_condition(1, item, 1, channels=1, dilations=[1])
    assert load(write(tmp_path, item)).spec.receptive_field == 17 + 25 * 2
    for _ in range(10):
        item = with_condition(1, item, 1, channels=1, dilations=[1])
    with pytest.raises(ModelFileError, match="nested deeper"):
        load(write(tmp_path, item))


GOOD = (
    b'{"n": 2.5, "w": 3, "t": "x", "f": true, "l": [1, 2.5], "a": [[1, 2, 3], [4, 5, 6]], "s": ["1", "-2e3"], "o": {"z": null}}'
)
WRONG = [
    (lambda n: n["x"], "x: missing"),
    (lambda n: n["o"]["z"], "o.z: null; a value is needed"),
    (lambda n: n["n"]["x"], "n: an object is needed, got 2.5"),
    (lambda n: n["l"].mapping(), "l: an object is needed, got a list"),
    (lambda n: n["t"].number(), 't: a number is needed, got "x"'),
    (lambda n: n["f"].number(), "f: a number is needed, got true"),
    (lambda n: n["n"].number(3, 4), "n: 2.5 is outside 3 to 4"),
    (lambda n: n["n"].whole(0, 9), "n: a whole number is needed, got 2.5"),
    (lambda n: n["w"].whole(4, 9), "w: 3 is outside 4 to 9"),
    (lambda n: n["w"].text(), "w: a text is needed, got 3"),
    (lambda n: n["t"].text(("y", "z")), 't: "x" is not one of y, z'),
    (lambda n: n["w"].flag(), "w: true or false is needed, got 3"),
    (lambda n: n["o"].entries(), "o: a list is needed, got an object"),
    (lambda n: n["l"].entries(3, 3), "l: 2 entries where 3 are needed"),
    (lambda n: n["l"].floats(3), "l: 2 entries where 3 are needed"),
    (lambda n: n["s"].floats(), 's.0: a number is needed, got "1"'),
    (lambda n: n["a"].floats(), "a.0: a number is needed, got a list"),
    (lambda n: n["a"].array(3, None), "a: numbers of shape 3 x any are needed"),
    (lambda n: n["a"].array(2, 3, 1), "a: lists of numbers nested 3 deep are needed"),
]


@pytest.mark.parametrize(("ask", "words"), WRONG, ids=[words for _, words in WRONG])
def test_every_question_names_its_field(ask, words, tmp_path):
    with pytest.raises(ModelFileError) as caught:
        ask(parsed(tmp_path, GOOD))
    assert f"{tmp_path / 'file'}: {words}" in str(caught.value)


def test_every_question_is_answered(tmp_path):
    node = parsed(tmp_path, GOOD)
    assert (node["n"].number(), node["w"].whole(0, 9), node["t"].text(("x",)), node["f"].flag()) == (2.5, 3, "x", True)
    assert node.get("x") is None and node["o"].get("z") is None
    assert node.holds("n", "o") and not node.holds("n", "x") and not node["l"].holds("n")
    assert node["l"].floats().dtype == np.float32 and node["l"].floats(2).tolist() == [1, 2.5]
    assert node["a"].array(2, None).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert node["s"].floats(as_text=True).tolist() == [1, -2000]
    assert [entry.field for entry in node["a"].entries()] == ["a.0", "a.1"]


def test_numbers_beyond_float32_are_refused(tmp_path):
    for content in (b'{"a": [1, 1e39]}', b'{"a": [1, 3.5e38]}'):
        with pytest.raises(ModelFileError, match=r"a\.1: beyond the range of float32"):
            parsed(tmp_path, content)["a"].floats()
    assert parsed(tmp_path, b'{"a": [3.4028234e38, 1e-60, -0.0]}')["a"].floats().tolist() == [3.4028234663852886e38, 0, 0]
