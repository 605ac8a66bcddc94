"""The demo's story: what it accepts as an answer, as a refusal, and as proof that shops are kept apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import terminal, web
from local.api import Citation, Order, Quote, Said, Shop
from local.ask import told
from local.cloud import Cloud, Running
from local.drop import Dropped
from local.merchants import shop
from local.purchases import Bought, Ear, Till
from local.story import NotAsTold, Stage, answer, buy, come_to_nothing, keep_apart, questions, refuse

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
    return Stage(shop(merchant), questions()[merchant], api, api, api)


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


class Register(Till):
    """A till whose purchases end as they are told to."""

    ends: Bought
    written: Path
    colour: str

    def fill(self) -> None:
        """The cart is full enough."""

    def buy(self, does: str, *, walk_away: bool = False) -> Bought:
        return Register.ends

    def receipt(self, order_id: str, folder: Path) -> tuple[Path, Path]:
        page, file = Register.written / "receipt.html", Register.written / "receipt.pdf"
        page.write_text(f"{self.merchant.name} {Register.colour} {order_id}", "utf-8")
        file.write_bytes(b"%PDF-1.7")
        return page, file


class Hears(Ear):
    def __init__(self) -> None:
        """Nobody's queue."""

    def hear(self, kind: str, order_id: str) -> dict[str, Any]:
        return {"kind": kind, "id": "01M8", "order_id": order_id}


class Quotes(Counter):
    def quote(self, instrument: str) -> Quote:
        terms = {
            "lines": [{"quantity": 2, "title": "Skillet"}],
            "currency": "GBP",
            "goods_minor": 8500,
            "delivery_minor": 0,
            "tax_minor": 1417,
            "total_minor": 8500,
            "nonce": "n",
            "expires_at": 1,
        }
        return Quote(quote=terms, quote_hash="h", signature="s")


def ended(status: str, *, after: int, cart: int, held: int = 0, captured: int = 0) -> Register:
    order = Order(order_id="o-1", status=status, message="", action=None, total_minor=8500, currency="GBP")
    ledger = {"vendor": "stripe", "payments": 1, "open_holds": int(held > 0), "held": held, "captured": captured}
    Register.ends = Bought(order, ("processing", status), 0.4, 190, after, cart, ledger)
    Register.colour = shop("kitchen").branding.colour
    return Register(shop("kitchen"), Quotes("kitchen"), Cloud("nobody"), Running("", "", 0, 0, {}, {}))


def test_a_sale_is_shown_with_its_terms_what_was_taken_who_was_told_and_its_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Register.written = tmp_path
    buy(ended("paid", after=188, cart=0, captured=8500), Hears())

    shown = capsys.readouterr().out
    for words in (
        "2 x Skillet",
        "total 85.00 GBP",
        "one payment, 85.00 GBP taken",
        "190 before, 188 after",
        "OrderPaid",
        "receipt.pdf",
    ):
        assert words in shown


def test_a_receipt_without_its_shops_branding_ends_the_demo(tmp_path: Path) -> None:
    Register.written = tmp_path
    till = ended("paid", after=188, cart=0, captured=8500)
    Register.colour = "#000000"

    with pytest.raises(NotAsTold, match="receipt lacks"):
        buy(till, Hears())


@pytest.mark.parametrize(
    "till",
    [
        lambda: ended("cancelled", after=190, cart=1),
        lambda: ended("paid", after=188, cart=1, captured=8500),
        lambda: ended("paid", after=190, cart=0, captured=8500),
        lambda: ended("paid", after=188, cart=0, captured=100),
        lambda: ended("paid", after=188, cart=0, captured=8500, held=8500),
    ],
    ids=["cancelled", "cart kept", "stock kept", "too little taken", "held besides"],
)
def test_a_sale_that_is_not_whole_ends_the_demo(till: Callable[[], Register]) -> None:
    with pytest.raises(NotAsTold):
        buy(till(), Hears())


def test_what_a_failed_payment_leaves_is_shown_for_each_way_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    come_to_nothing(ended("cancelled", after=190, cart=1))

    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[2] for line in lines[2:]] == ["a declined card", "an abandoned payment"]
    assert all("nothing held, nothing taken; stock 190 before, 190 after" in line for line in lines[2:])


@pytest.mark.parametrize(
    "till",
    [
        lambda: ended("paid", after=190, cart=1),
        lambda: ended("cancelled", after=188, cart=1),
        lambda: ended("cancelled", after=190, cart=0),
        lambda: ended("cancelled", after=190, cart=1, held=8500),
        lambda: ended("cancelled", after=190, cart=1, captured=8500),
    ],
    ids=["paid", "goods gone", "cart gone", "held", "taken"],
)
def test_a_failed_payment_that_leaves_something_behind_ends_the_demo(till: Callable[[], Register]) -> None:
    with pytest.raises(NotAsTold):
        come_to_nothing(till())


def test_a_refusal_says_so_instead_of_how_sure_it_is() -> None:
    assert told(said(SILENCE)).splitlines()[-1].strip() == "(not in this shop's documents)"


@pytest.mark.parametrize("verdict", ["done", "asks"])
def test_what_was_done_or_asked_back_is_not_called_missing(verdict: str) -> None:
    assert "not in this shop's documents" not in told(said(SILENCE).model_copy(update={"verdict": verdict}))


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
