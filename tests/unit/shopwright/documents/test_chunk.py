"""Passages: cut where the document is, small enough for the model, and the same passage keeps its id."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopwright.documents.chunk import MAX_CHUNKS, TOKENS, WHOLE_TOKENS, Chunk, chunk, embedded_text
from shopwright.documents.parse.block import Block, Parsed
from shopwright.documents.rejected import TooManyPassages


def words(text: str) -> int:
    return len(text.split())


def cut(*blocks: Block, title: str = "", document: str = "d-1") -> tuple[Chunk, ...]:
    return chunk(document, Parsed(title, blocks), words)


def test_neighbours_in_a_section_are_one_passage_and_sections_are_not_mixed() -> None:
    chunks = cut(
        Block(("A",), "One.", 0, 4), Block(("A",), "Two.", 6, 10), Block(("B",), "Three.", 20, 26), title="Page"
    )

    assert [(c.section, c.content, c.start, c.end) for c in chunks] == [
        (("Page", "A"), "One.\nTwo.", 0, 10),
        (("Page", "B"), "Three.", 20, 26),
    ]


def test_the_model_reads_the_titles_and_the_citation_does_not() -> None:
    (only,) = cut(Block(("Returns",), "30 days.", 0, 8), title="FAQ")

    assert embedded_text(only.section, only.content) == "FAQ > Returns\n30 days."
    assert only.content == "30 days."


def test_a_question_stays_with_its_answer_beyond_the_size_of_a_paragraph() -> None:
    text = "Why?\n" + " ".join(["because."] * 300)

    assert len(cut(Block((), text, 0, 9, whole=True))) == 1
    assert len(cut(Block((), text, 0, 9))) == 2


def test_rows_stand_alone() -> None:
    assert len(cut(*(Block((), f"row {n}", n, n + 1, whole=True) for n in range(5)))) == 5


def rows(*numbers: int) -> list[Block]:
    return [Block(("Sizes",), f"EU: {n}; chest: {n * 2} cm", n, n + 1, whole=True, row=True) for n in numbers]


def test_rows_of_a_table_are_grouped_with_rows_alone_each_with_its_headers() -> None:
    prose = Block(("Sizes",), "Measure yourself.", 0, 1)
    chunks = cut(prose, *rows(40, 41, 42), Block(("Sizes",), "EU: 43; a jacket", 43, 44, whole=True), *rows(44))

    assert [c.content for c in chunks] == [
        "Measure yourself.",
        "EU: 40; chest: 80 cm\nEU: 41; chest: 82 cm\nEU: 42; chest: 84 cm",
        "EU: 43; a jacket",
        "EU: 44; chest: 88 cm",
    ]
    assert [(c.start, c.end) for c in chunks] == [(0, 1), (40, 43), (43, 44), (44, 45)]


def test_groups_of_rows_fit_the_model_and_an_edit_changes_few_of_them() -> None:
    before, gone, new = (cut(*rows(*range(400))), cut(*rows(*range(100), *range(101, 400))), cut(*rows(*range(401))))

    assert len(before) < 400 / 10
    assert all(words(embedded_text(c.section, c.content)) <= TOKENS for c in before)
    assert sum(c.content.count("EU") for c in before) == 400
    for after in (gone, new):
        assert len({c.id for c in after} - {c.id for c in before}) <= 4


def test_a_row_is_kept_whole_beyond_the_size_of_a_paragraph() -> None:
    long = Block((), " ".join(["word"] * 400), 0, 9, whole=True, row=True)

    assert [len(c.content.split()) for c in cut(*rows(1), long, *rows(2))] == [5, 400, 5]


def test_long_text_is_cut_between_sentences_and_nothing_is_lost() -> None:
    text = " ".join(f"Sentence number {n} says a thing." for n in range(400))
    chunks = cut(Block(("A",), text, 0, len(text)))

    assert " ".join(c.content for c in chunks) == text
    assert all(c.content.endswith(".") for c in chunks)
    assert all(words(embedded_text(c.section, c.content)) <= TOKENS for c in chunks)


def test_the_same_passage_keeps_its_id_wherever_it_moves_and_repeats_are_told_apart() -> None:
    same = [Block(("A",), "Same.", n, n + 1, whole=True) for n in range(3)]
    before, after = cut(*same), cut(Block(("A",), "New.", 0, 1, whole=True), *same)

    assert [c.id for c in before] == [c.id for c in after[1:]]
    assert len({c.id for c in before}) == 3
    assert not {c.id for c in before} & {c.id for c in cut(*same, document="d-2")}
    assert not {c.id for c in before} & {c.id for c in cut(*same, title="Other")}


def test_a_word_without_end_is_cut_even_where_the_tokenizer_counts_it_as_one() -> None:
    chunks = cut(Block((), "x" * 100_000, 0, 100_000))

    assert max(len(c.content) for c in chunks) <= TOKENS * 12 + 12
    assert sum(c.content.count("x") for c in chunks) == 100_000


def test_a_document_without_end_is_refused() -> None:
    many = (Block((), str(n), n, n + 1, whole=True) for n in range(MAX_CHUNKS + 1))
    with pytest.raises(TooManyPassages, match="20,000"):
        chunk("d-1", Parsed("", tuple(many)), words)


@settings(max_examples=200, deadline=None)
@given(
    texts=st.lists(
        st.text(st.sampled_from("ab. \n;!?"), min_size=1, max_size=900).filter(str.strip), min_size=1, max_size=5
    ),
    whole=st.booleans(),
)
def test_no_passage_outgrows_the_model_and_no_word_is_lost(texts: list[str], whole: bool) -> None:
    def characters(text: str) -> int:  # the hardest measure: each character a token
        return len(text.replace(" ", ""))

    blocks = tuple(Block(("T",), text, 0, 1, whole) for text in texts)
    chunks = chunk("d-1", Parsed("", blocks), characters)

    assert all(characters(c.content) <= (WHOLE_TOKENS if whole else TOKENS) for c in chunks)
    assert "".join("".join(c.content for c in chunks).split()) == "".join("".join(texts).split())
    assert len({c.id for c in chunks}) == len(chunks)
