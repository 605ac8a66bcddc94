"""The demo's story: what it accepts as an answer, as a refusal, and as proof that shops are kept apart."""

from typing import Any

import pytest

from local import terminal, web
from local.api import Citation, Said, Shop
from local.ask import told
from local.drop import Dropped
from local.merchants import shop
from local.story import NotAsTold, Stage, answer, keep_apart, questions, refuse

SILENCE = "I could not find that in this shop's documents."


class Counter(Shop):
    """One shop's API, which knows the shop's own answers, and obeys `leaks` in what it gives away of others."""

    def __init__(self, merchant: str, *, leaks: str = "", deaf: bool = False, wrong_source: bool = False) -> None:
        super().__init__("http://127.0.0.1:1", "nobody's token")
        self.merchant = merchant
        self.leaks = leaks
        self.deaf = deaf
        self.wrong_source = wrong_source

    def ask(self, message: str) -> Said:
        for merchant, asked in questions().items():
            for known in asked.answered:
                if known.question == message and not self.deaf and (merchant == self.merchant or self.leaks == "words"):
                    source = "elsewhere.md" if self.wrong_source else known.documents[0]
                    return said(" ".join(known.contains), f"s3://shop/documents/{merchant}/{source}")
        return said(SILENCE)

    def raw(self, method: str, path: str, body: Any = None) -> web.Answer:
        if method == "GET":
            mine = path.endswith(f"d-{self.merchant}")
            return web.Answer(200 if mine or self.leaks == "document" else 404, {})
        mine = body.get("merchant_id", self.merchant) == self.merchant
        return web.Answer(200, {}) if mine or self.leaks == "body" else web.Answer(403, {"error": "NotYourMerchant"})


def said(words: str, *sources: str) -> Said:
    return Said(
        answer=words,
        verdict="answered" if sources else "not_in_documents",
        confidence=0.9 if sources else 0.0,
        citations=tuple(
            Citation(title="Returns", section="How", source_uri=source, start=0, end=9) for source in sources
        ),
        clocks={"done_ms": 12.4},
    )


def stage(merchant: str, counter: Counter | None = None) -> Stage:
    api = counter or Counter(merchant)
    return Stage(shop(merchant), questions()[merchant], api, api)


def foreign(merchant: str) -> Dropped:
    return Dropped("faq.md", "searchable", None, 3, f"d-{merchant}")


@pytest.mark.parametrize("merchant", ["outdoor", "kitchen", "electronics"])
def test_a_cited_answer_is_shown_with_where_it_stands(merchant: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer(stage(merchant))

    shown = capsys.readouterr().out
    asked = next(question for question in questions()[merchant].answered if question.story)
    assert asked.question in shown
    assert f"[1] Returns > How  s3://shop/documents/{merchant}/{asked.documents[0]}" in shown
    assert "confidence 0.90   done 12 ms" in shown


def test_a_shop_that_cannot_answer_its_own_question_ends_the_demo() -> None:
    with pytest.raises(NotAsTold, match="did not answer"):
        answer(stage("outdoor", Counter("outdoor", deaf=True)))


def test_an_answer_from_another_document_than_the_right_one_ends_the_demo() -> None:
    with pytest.raises(NotAsTold, match=r"elsewhere\.md"):
        answer(stage("outdoor", Counter("outdoor", wrong_source=True)))


def test_a_question_for_another_shop_is_shown_as_not_in_this_shops_documents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refuse(stage("kitchen"))

    assert "not in this shop's documents" in capsys.readouterr().out


def test_a_shop_that_answers_what_it_cannot_know_ends_the_demo() -> None:
    with pytest.raises(NotAsTold, match="cannot know"):
        refuse(stage("kitchen", Counter("kitchen", leaks="words")))


@pytest.mark.parametrize(
    ("one", "other"), [("electronics", "kitchen"), ("kitchen", "outdoor"), ("outdoor", "electronics")]
)
def test_the_proof_of_separation_shows_each_attempt_with_what_came_of_it(
    one: str, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_apart(stage(one), stage(other), foreign(other))

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert f"404 (200 for {other})" in lines[2]
    assert "403 NotYourMerchant" in lines[3]


@pytest.mark.parametrize("leaks", ["words", "document", "body"])
def test_any_leak_from_one_shop_to_another_ends_the_demo(leaks: str) -> None:
    with pytest.raises(NotAsTold):
        keep_apart(stage("kitchen", Counter("kitchen", leaks=leaks)), stage("outdoor"), foreign("outdoor"))


def test_a_refusal_says_so_instead_of_how_sure_it_is() -> None:
    assert told(said(SILENCE)).splitlines()[-1].strip() == "(not in this shop's documents)"


def test_an_unmet_expectation_is_one_line_and_exit_status_one(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> int:
        raise NotAsTold("Nothing was found.")

    assert terminal.run(command) == 1
    assert capsys.readouterr().err == "Nothing was found.\n"


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ("", "Returns"),
        ("Returns", "Returns"),
        ("Refunds", "Returns > Refunds"),
        ("Returns > Refunds > By card", "Returns > Refunds > By card"),
    ],
)
def test_a_citation_says_the_way_down_to_its_passage(section: str, place: str) -> None:
    assert Citation(title="Returns", section=section, source_uri="s3://shop/returns.md", start=0, end=9).place == place
