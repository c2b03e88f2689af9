"""Recognition below the model: clauses, cues, the encoder and the cache of encodings."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from scipy.special import softmax
from scipy.stats import norm
from tokenizers import Tokenizer

from bot.errors import EncoderError, ModelError
from bot.recognition import cache
from bot.recognition.clauses import LONGEST, pipeline
from bot.recognition.cues import normalise, shared_cuer
from bot.recognition.encoder import (
    DIMENSION,
    WEIGHTS_SHA256,
    WIDTH,
    SentenceEncoder,
    model_folder,
    shared_encoder,
    training_encoder,
)
from bot.recognition.examples import labelled_span, read_examples
from bot.recognition.minilm import READ, SIZE
from bot.recognition.reading import clause_spans, read
from bot.recognition.recogniser import Recogniser, language_of
from bot.recognition.recognition import BehaviourSpan, Recognition
from bot.recognition.vocabulary import BEHAVIOURS, CONCERNS, PERSPECTIVES, RELATIONSHIPS

ROOT = Path(__file__).resolve().parents[2]


def clauses(text: str) -> list[str]:
    return [text[start:end] for start, end in clause_spans(text)]


# Clauses.


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("he follows me home and he texts me all day", ["he follows me home", "and he texts me all day"]),
        ("He rang. He came round!", ["He rang.", "He came round!"]),
        ("salt and pepper", ["salt and pepper"]),
        ("he waits outside my work, then he follows me", ["he waits outside my work,", "then he follows me"]),
        ("", []),
        ("...", []),
    ],
)
def test_clauses(text: str, parts: list[str]) -> None:
    assert [part.strip() for part in clauses(text)] == parts


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_clauses_hold_every_word_once_and_in_order(text: str) -> None:
    spans = clause_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    kept = "".join(letter for start, end in spans for letter in text[start:end] if letter.isalnum())
    assert kept == "".join(letter for letter in text if letter.isalnum())


def test_a_message_without_punctuation_is_cut_all_the_same() -> None:
    words = [sum(token.is_alpha for token in pipeline().make_doc(part)) for part in clauses("word " * 200)]
    assert max(words) <= LONGEST


# Cues.


@pytest.mark.parametrize(
    ("text", "plain"),
    [("He's HERE!!", "hes here"), ("heeeere  now…", "heere now"), ("“don’t”", "dont"), ("", ""), ("a\n\nb", "a b")],
)
def test_normalise(text: str, plain: str) -> None:
    assert normalise(text) == plain


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    "text", ["hes outside my door right now", "he is breaking in", "HE'S HERE", "he has got a knife and he is here"]
)
def test_present_danger_shows_in_the_words(text: str) -> None:
    assert shared_cuer().find(text).present_danger


@pytest.mark.parametrize(
    "text", ["he texted me", "last year he was outside my house", "thank you", "what is the law on stalking"]
)
def test_other_words_are_no_present_danger(text: str) -> None:
    assert not shared_cuer().find(text).present_danger


@pytest.mark.parametrize("text", ["i want to die", "i want to kill myself", "im going to end my life"])
def test_self_harm_shows_in_the_words(text: str) -> None:
    assert shared_cuer().find(text).self_harm


@pytest.mark.parametrize(
    ("text", "frequency", "duration"),
    [
        ("he rings fifty times a day", "fifty times a day", None),
        ("every night he waits", "every night", None),
        ("it has gone on since March", None, "since march"),
        ("he rings 20 times a day for months", "20 times a day", "for months"),
        ("he rang", None, None),
    ],
)
def test_time_words(text: str, frequency: str | None, duration: str | None) -> None:
    found = shared_cuer().find(text)
    assert (found.frequency, found.duration) == (frequency, duration)


def test_features_have_one_place_a_group() -> None:
    cuer = shared_cuer()
    assert len(cuer.find("he follows me").features) == len(cuer.groups) == len(set(cuer.groups))
    assert not cuer.find("").features.any()


@pytest.mark.parametrize(("text", "language"), [("mae o wrth y drws", "cy"), ("he is at the door", "en"), ("", "en")])
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


# Recognition.

spans = st.builds(BehaviourSpan, st.sampled_from(BEHAVIOURS), st.integers(0, 9), st.integers(10, 20), st.floats(0, 1))
recognitions = st.builds(
    Recognition,
    concern=st.sampled_from(CONCERNS),
    behaviours=st.lists(st.sampled_from(BEHAVIOURS), max_size=4, unique=True).map(tuple),
    denied=st.lists(st.sampled_from(BEHAVIOURS), max_size=2, unique=True).map(tuple),
    spans=st.lists(spans, max_size=3).map(tuple),
    relationship=st.sampled_from(RELATIONSHIPS),
    perspective=st.sampled_from(PERSPECTIVES),
    immediate_danger=st.booleans(),
    self_harm=st.booleans(),
    repeated=st.sampled_from((True, False, "unknown")),
    frequency=st.none() | st.text(max_size=9),
)


@given(recognitions)
def test_a_recognition_survives_json(recognition: Recognition) -> None:
    assert Recognition.from_dict(json.loads(json.dumps(recognition.as_dict()))) == recognition


def test_unknown_keys_are_ignored() -> None:
    assert Recognition.from_dict({"no_such_key": 1}) == Recognition()


# The encoder and its cache.


def by_hand(ids: list[int], folder: Path) -> np.ndarray:
    """BERT's forward pass as its paper gives it, in double precision; shape (tokens, WIDTH) without the two ends."""
    weights = {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normed(x: np.ndarray, name: str) -> np.ndarray:
        scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = normed(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    layers = []
    for number in range(6):
        name = f"encoder.layer.{number}"
        q, k, v = (
            linear(x, f"{name}.attention.self.{part}").reshape(len(ids), 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        share = softmax(q @ k.transpose(0, 2, 1) / 32**0.5, axis=-1)
        mixed = (share @ v).transpose(1, 0, 2).reshape(len(ids), SIZE)
        x = normed(x + linear(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        wide = linear(x, f"{name}.intermediate.dense")
        x = normed(x + linear(wide * norm.cdf(wide), f"{name}.output.dense"), f"{name}.output.LayerNorm")
        layers.append(x)
    return np.concatenate(layers[-READ:], axis=1)[1:-1]


def test_the_graph_computes_what_the_published_model_computes() -> None:
    text = "he's sat outside my work again"
    tokens = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokens.no_padding()
    tokens.no_truncation()
    expected = by_hand(tokens.encode(text).ids, model_folder())
    for encoder in (shared_encoder(), training_encoder()):
        assert np.allclose(encoder.encode(text).hidden, expected, atol=1e-4)


def test_a_message_is_a_unit_vector() -> None:
    encoding = shared_encoder().encode("he follows me home and then we had tea")
    assert encoding.hidden.shape == (len(encoding.offsets), WIDTH)
    assert encoding.message.shape == (DIMENSION,)
    assert np.isclose(np.linalg.norm(encoding.message), 1, atol=1e-5)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120))
def test_the_clauses_of_a_reading_share_its_tokens_out(text: str) -> None:
    reading = read(text)
    assert len(reading.clauses) == len(reading.starts) == len(reading.cues) - 1
    if reading.clauses:
        assert reading.starts[0] == 0
        assert (np.diff(reading.starts) > 0).all()
        assert reading.starts[-1] < len(reading.encoding.hidden)


def test_like_means_near() -> None:
    encode = lambda text: shared_encoder().encode(text).message  # noqa: E731
    assert encode("he follows me home") @ encode("a man is following me to my house") > 0.6
    assert encode("he follows me home") @ encode("the recipe needs two eggs") < 0.3


def test_together_is_as_one_by_one() -> None:
    texts = ["he follows me", "x", "", "he waits outside my work every night and then he drives behind me " * 12, "🙂"]
    for text, together in zip(texts, shared_encoder().encode_many(texts), strict=True):
        alone = shared_encoder().encode(text)
        assert np.allclose(together.hidden, alone.hidden, atol=1e-4)
        assert (together.offsets == alone.offsets).all()


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_is_encoded_as_nothing(text: str) -> None:
    assert not shared_encoder().encode(text).message.any()


def folder_with(tmp_path: Path, spoil: bytes | None) -> Path:
    original = (model_folder() / "model.safetensors").read_bytes()
    if spoil is not None:
        (tmp_path / "model.safetensors").write_bytes(original[:-1] + spoil)
    (tmp_path / "tokenizer.json").write_bytes((model_folder() / "tokenizer.json").read_bytes())
    return tmp_path


def test_a_corrupted_copy_of_the_weights_is_refused(tmp_path: Path) -> None:
    last = (model_folder() / "model.safetensors").read_bytes()[-1]
    with pytest.raises(EncoderError, match=r"not the published model.*make install"):
        SentenceEncoder(folder_with(tmp_path, bytes([last ^ 1])))


def test_the_published_weights_are_accepted(tmp_path: Path) -> None:
    last = (model_folder() / "model.safetensors").read_bytes()[-1:]
    assert SentenceEncoder(folder_with(tmp_path, last)).encode("he").message.any()
    assert len(WEIGHTS_SHA256) == 64


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        SentenceEncoder(folder_with(tmp_path, None))


class CountingEncoder:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode_many(self, texts):
        self.texts += texts
        return shared_encoder().encode_many(texts)

    def offsets(self, text):
        return shared_encoder().offsets(text)


def test_a_changed_sentence_costs_its_own_pass_and_no_other(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    first = cache.encode_all(["he rings", "she waits", "he rings"], encoder, tmp_path)
    assert encoder.texts == ["he rings", "she waits"]
    second = cache.encode_all(["he rings", "she left"], encoder, tmp_path)
    assert encoder.texts[2:] == ["she left"]
    assert np.allclose(first[0].message, second[0].message)
    assert len(list(tmp_path.glob("vectors-*"))) == 1


def test_a_small_training_leaves_the_encodings_of_a_large_one(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    cache.encode_all([f"he rang {number} times" for number in range(40)], encoder, tmp_path)
    cache.encode_all(["she left"], encoder, tmp_path)
    cache.encode_all(["he rang 7 times"], encoder, tmp_path)
    assert len(encoder.texts) == 41


@pytest.mark.parametrize("spoilt", ["encodings.npz", "vectors"])
@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_a_broken_cache_counts_as_empty(tmp_path: Path, spoilt: str, content: bytes) -> None:
    encoder = CountingEncoder()
    cache.encode_all(["he rings"], encoder, tmp_path)
    (file,) = tmp_path.glob(f"{spoilt}*")
    file.write_bytes(content)
    cache.encode_all(["he rings"], encoder, tmp_path)
    assert encoder.texts == ["he rings", "he rings"]


# The recogniser as trained.


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="signpost train"):
        Recogniser.load(tmp_path)


@pytest.fixture(scope="module")
def recogniser(model: Path) -> Recogniser:
    from bot.serving.model import load_recogniser

    return load_recogniser(model.parent)


def test_what_is_saved_reads_the_same(recogniser: Recogniser, tmp_path: Path) -> None:
    recogniser.save(tmp_path)
    again = Recogniser.load(tmp_path)
    for text in ("my ex follows me home every night", "he is breaking in", "", "🙂", "he never hit me"):
        assert again.recognise(text) == recogniser.recognise(text)
    assert not list(tmp_path.glob("*.pkl"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=80))
def test_any_text_is_read(recogniser: Recogniser, text: str) -> None:
    found = recogniser.recognise(text)
    assert found.concern in CONCERNS
    assert set(found.behaviours) == {span.label for span in found.spans}
    assert all(0 <= span.start < span.end <= len(text) and 0 <= span.confidence <= 1 for span in found.spans)
    assert not set(found.behaviours) & set(found.denied)


def test_annotated_examples_are_read(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(
        "nlu:\n- intent: describe_situation\n  examples:\n  - text: |\n      he [rings](behaviour:unwanted_contact_phone -weapon)\n"
    )
    (row,) = read_examples(tmp_path)
    assert (row.text, row.behaviours) == ("he rings", {"unwanted_contact_phone"})
    assert row.spans == (labelled_span(3, 8, "unwanted_contact_phone -weapon"),)


def test_every_label_of_the_training_data_is_in_the_vocabulary() -> None:
    for row in read_examples(ROOT / "data" / "nlu"):
        assert row.concern in CONCERNS, row.text
        assert row.relationship in RELATIONSHIPS, row.text
        assert row.perspective in PERSPECTIVES, row.text
        labels = {label for span in row.spans for label in (*span.behaviours, *span.denied)}
        assert labels <= set(BEHAVIOURS), row.text


@pytest.mark.parametrize(
    ("text", "told", "denied"),
    [
        ("he let himself in last night and i dont know where he got a key", "break_in", None),
        ("he has never hit me but he broke in", "break_in", "physical_assault"),
        ("she hasnt threatened me but she follows me home every night", "following", "threats_violence"),
        ("my ex keeps following me", "following", None),
    ],
)
def test_what_is_denied_is_told_from_what_is_not(
    recogniser: Recogniser, text: str, told: str, denied: str | None
) -> None:
    found = recogniser.recognise(text)
    assert told in found.behaviours
    assert denied is None or (denied in found.denied and denied not in found.behaviours)
