"""A vector depends on its text, its model, and nothing else."""

import math
from pathlib import Path

import pytest
import shopwright_models
from shopwright.database import migrate
from shopwright.embedding.model import Model, ModelUnusable
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.embedding.tokens import LIMIT, Tokens


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(shopwright_models.directory(), threads=1)


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_a_text_has_the_same_vector_alone_and_in_company(embedder: OnnxEmbedder) -> None:
    (alone,) = embedder.passages(["The pan is oven safe."])
    among = embedder.passages(
        ["A much longer text about tents, ropes and lanterns. " * 9, "The pan is oven safe.", "x"]
    )

    assert among[1] == alone


def test_vectors_have_unit_length_and_the_models_width(embedder: OnnxEmbedder) -> None:
    for vector in [*embedder.passages(["", "a", "ä" * 9000]), embedder.question("why?")]:
        assert len(vector) == embedder.model.dimensions == 384
        assert math.isclose(cosine(vector, vector), 1, abs_tol=1e-9)


def test_a_question_is_nearest_to_the_passage_that_answers_it(embedder: OnnxEmbedder) -> None:
    passages = ["You can send goods back within 30 days.", "The kettle holds 1.7 litres.", "We ship to France."]
    question = embedder.question("How long do I have to return something?")
    scores = [cosine(question, vector) for vector in embedder.passages(passages)]

    assert scores.index(max(scores)) == 0


def test_a_question_is_embedded_in_another_way_than_a_passage(embedder: OnnxEmbedder) -> None:
    assert embedder.question("tent") != embedder.passages(["tent"])[0]


def test_long_texts_are_cut_to_what_the_model_can_read() -> None:
    tokens = Tokens(shopwright_models.directory())

    assert tokens.count("pan " * 900) == 900
    assert len(tokens.ids("pan " * 900)) == LIMIT
    assert tokens.ids("pan " * 900)[-1] == tokens.ids("pan")[-1]


def test_the_database_knows_the_very_weights_that_we_ship() -> None:
    model = Model.read(shopwright_models.directory())
    schema = "".join(step.forward for step in migrate.read())

    assert f"'{model.name}', '{model.sha256}', {model.dimensions}," in schema


@pytest.mark.parametrize("text", ["", "name = 'x'", "not toml", "name='x'\ndimensions='many'\nsha256='y'"])
def test_a_folder_without_a_model_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "weights.toml").write_text(text)
    with pytest.raises(ModelUnusable):
        Model.read(tmp_path)
