"""How a search is weighed and narrowed, before any database is asked."""

import pytest
from shopwright.errors import Invalid
from shopwright.retrieval.search import EVERYTHING, MAX_LENGTH, MAX_NAMED, Filter, FilterUnusable
from shopwright.retrieval.weigh import word_weight, words_of


def test_the_words_of_a_short_query_count_more_than_those_of_a_sentence() -> None:
    weights = [word_weight("lamp " * words) for words in (1, 2, 3, 10, 40)]

    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 5
    assert weights[-1] > 0


@pytest.mark.parametrize(("question", "words"), [("", 1), ("?!", 1), ("dx-200 torch", 3), ("Wie groß?", 2)])
def test_a_question_without_words_is_weighed_as_one_word(question: str, words: int) -> None:
    assert words_of(question) == words
    assert word_weight(question) == word_weight(" ".join(["x"] * words))


def test_an_empty_filter_narrows_nothing() -> None:
    assert Filter() == EVERYTHING


@pytest.mark.parametrize("part", ["documents", "media_types", "section"])
@pytest.mark.parametrize(
    "values", [("a\0b",), ("x" * (MAX_LENGTH + 1),), ("x",) * (MAX_NAMED + 1)], ids=["nul", "long", "many"]
)
def test_a_filter_that_no_passage_can_satisfy_is_refused(part: str, values: tuple[str, ...]) -> None:
    with pytest.raises(FilterUnusable) as refused:
        Filter(**{part: values})

    assert isinstance(refused.value, Invalid)
    assert values[0] not in str(refused.value) or values[0] == "x"
