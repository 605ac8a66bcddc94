"""The chat's bench: what counts as right, refused and wrong, and that the labelled set can judge at all."""

import json
from pathlib import Path

import pytest
from shopwright.grounding.wording import wording
from shopwright.orchestrator.said import ANSWERED, ASKS, NOT_IN_DOCUMENTS

from bench import chat
from bench.chat import Case, Entry, Judged, Told, entries, judge, outcome, thinned, titles_in, titles_of
from bench.outcome import CannotMeasure
from local import merchants

TITLES = ("Larkmoss 1 Solo Tent", "Halcyon One", "Halcyon One, Sand", "Wok", "Pot")
NO_SUCH_THING = wording().shelf["nothing"]
NOT_SOLD = wording().shelf["not_sold"].format(name="Kayak")


def asked(**label: object) -> Entry:
    return Entry("outdoor", "kind", ("how long?",), **label)  # type: ignore[arg-type]  # each case gives what it is about


@pytest.mark.parametrize(
    ("label", "came", "judged"),
    [
        ({"says": (("5 years",),)}, "Tents carry a warranty of 5 years. [1]", Judged.RIGHT),
        ({"says": (("5 years",),)}, "Knives carry a guarantee of 15 years. [1]", Judged.BESIDE),
        ({"says": (("39.00",),)}, "Hub: price 139.00 USD [1]", Judged.BESIDE),
        ({"says": (("it's hot",),)}, "It\N{RIGHT SINGLE QUOTATION MARK}s [2]  HOT.", Judged.RIGHT),
        ({"says": (("sold out", "stock 0"),)}, "Boot: stock 0 [1]", Judged.RIGHT),
        ({"says": (("5 years",), ("€5.90",))}, "It lasts 5 years.", Judged.INCOMPLETE),
        ({"says": (("5 years",),), "instead": ("2 years",)}, "It lasts 2 years.", Judged.WRONG),
        ({"says": (("5 years",),), "instead": ("2 years",)}, "Tents 5 years, all else 2 years.", Judged.RIGHT),
        ({"says": (("5 years",),), "never": ("2 years",)}, "Tents 5 years, all else 2 years.", Judged.WRONG),
        ({"products": ("Wok",)}, "This fits:\nWok: price 1 EUR [1]", Judged.RIGHT),
        ({"products": ("Wok",)}, "These fit:\nWok: price 1 EUR [1]\nPot: price 2 EUR [2]", Judged.WRONG),
        ({"products": ("Wok",), "may": ("Pot",)}, "These fit:\nWok: price 1 EUR\nPot: price 2 EUR", Judged.RIGHT),
        ({"products": ("Wok", "Pot")}, "This fits:\nWok: price 1 EUR [1]", Judged.INCOMPLETE),
        ({"may": ("Wok", "Pot")}, "The cheapest that can be had:\nPot: price 2 EUR", Judged.RIGHT),
        ({"may": ("Wok", "Pot")}, "Power banks go in the cabin.", Judged.BESIDE),
        ({"products": ("Wok",)}, f"{NO_SUCH_THING}\nWok: price 1 EUR", Judged.WRONG),
        ({"says": (("1450 g",),)}, f"{NO_SUCH_THING}\nPack: weight 1450 g", Judged.RIGHT),
        ({"says": (("2.1 kg",),)}, f"{NO_SUCH_THING}\nPack: weight 1450 g", Judged.WRONG),
        ({"says": (("1 EUR",),)}, f"Wok: price 1 EUR {NOT_SOLD}", Judged.WRONG),
        ({"refused": True}, f"{NO_SUCH_THING}\nWok: price 1 EUR", Judged.RIGHTLY_REFUSED),
        ({"refused": True}, NOT_SOLD, Judged.RIGHTLY_REFUSED),
        ({"refused": True}, wording().talk["small_talk"], Judged.RIGHTLY_REFUSED),
        ({"refused": True}, "Wok: price 1 EUR [1]", Judged.WRONG),
        ({"refused": True, "says": (("by card",),)}, "You can pay by card.", Judged.RIGHT),
        ({"refused": True, "never": ("Pot",)}, f"{NO_SUCH_THING}\nPot: price 2 EUR", Judged.WRONG),
        (
            {"products": ("Wok",)},
            wording().shelf["unsaid"].format(what="membrane") + "\nWok: price 1 EUR",
            Judged.RIGHT,
        ),
        (
            {"says": (("Wok is the lighter",),)},
            wording().shelf["does_not_say_which"].format(word="lighter"),
            Judged.NEEDLESSLY_REFUSED,
        ),
    ],
)
def test_an_answer_is_held_against_its_label(label: dict[str, object], came: str, judged: Judged) -> None:
    assert judge(asked(**label), Told(came, ANSWERED), TITLES) is judged


@pytest.mark.parametrize(
    ("refused", "verdict", "judged"),
    [
        (True, NOT_IN_DOCUMENTS, Judged.RIGHTLY_REFUSED),
        (False, NOT_IN_DOCUMENTS, Judged.NEEDLESSLY_REFUSED),
        (True, ASKS, Judged.INCOMPLETE),
        (False, ASKS, Judged.INCOMPLETE),
    ],
)
def test_a_refusal_is_right_where_the_shop_has_no_answer_and_to_ask_back_is_neither(
    refused: bool, verdict: str, judged: Judged
) -> None:
    assert judge(asked(refused=refused, says=() if refused else (("5",),)), Told("Sorry.", verdict), TITLES) is judged


@pytest.mark.parametrize("said", ["whole_record", "what_is_near"])
def test_what_is_told_at_last_is_right_only_where_all_that_was_asked_for_stands_in_it(said: str) -> None:
    def judged(record: str, *, refused: bool = False) -> Judged:
        told = Told(f"{wording().shelf[said]} {record}", NOT_IN_DOCUMENTS)
        return judge(asked(refused=refused, says=() if refused else (("118 dB",),)), told, TITLES)

    assert judged("Whistle: 118 dB. [1]") is Judged.RIGHT
    assert judged("Whistle: 9 g. [1]") is Judged.NEEDLESSLY_REFUSED
    assert judged("Whistle: 9 g. [1]", refused=True) is Judged.RIGHTLY_REFUSED


def test_of_two_titles_one_in_the_other_the_longer_is_shown() -> None:
    assert titles_in("Halcyon One, Sand: price 249.00", TITLES) == {"Halcyon One, Sand"}


def test_the_faults_of_the_half_that_is_held_out_are_written_nowhere() -> None:
    held, opened = (next(one for one in entries() if one.held_out is half) for half in (True, False))
    cases = [Case(one, Told(f"came {one.held_out}", ANSWERED), Judged.WRONG) for one in (held, opened)]

    told = outcome(cases)

    assert [fault["turns"] for fault in told.details["wrong"]] == [opened.turns]
    assert "came True" not in json.dumps(told.details)
    assert told.metrics["all: wrong"] == told.metrics["held-out half: wrong"] == 1.0
    assert not told.ok


def test_a_set_that_is_cut_short_keeps_questions_of_all_its_length() -> None:
    assert {one.shop for one in thinned(entries(), 12)} == {"outdoor", "kitchen", "electronics"}


def test_every_label_can_be_missed_and_can_be_met() -> None:
    known = {shop.id: set(titles_of(shop.documents)) for shop in merchants.shops()}
    asked_of = [(one.shop, tuple(turn.casefold() for turn in one.turns)) for one in entries()]

    assert len(set(asked_of)) == len(asked_of) >= 450
    for one in entries():
        assert one.says or one.products or one.may or one.refused, one.turns
        assert {*one.products, *one.may} <= known[one.shop], one.turns
        assert not {*one.never, *one.instead} & {said for alternatives in one.says for said in alternatives}, one.turns


def test_about_half_of_them_are_held_out_at_each_shop() -> None:
    for shop in ("outdoor", "kitchen", "electronics"):
        halves = [one.held_out for one in entries() if one.shop == shop]
        assert 0.4 < sum(halves) / len(halves) < 0.6


def test_a_label_that_no_judge_reads_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text('[outdoor]\nprice = [{ ask = "how much?", say = ["5"] }]\n', encoding="utf-8")

    with pytest.raises(CannotMeasure, match="say"):
        chat.entries(file)
