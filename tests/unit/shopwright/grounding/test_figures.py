"""Two texts tell the same figure, however it is written, or they do not."""

import time

import pytest
from shopwright.grounding.figures import Figure, figures, fits, misread, opposed


def the(text: str) -> Figure:
    (figure,) = figures(text)
    return figure


@pytest.mark.parametrize(
    ("claimed", "told"),
    [
        ("two years", "24 months"),
        ("24 months", "a 2-year warranty"),
        ("a year and a half", "18 months"),
        ("two weeks", "14 days"),
        ("24 hours", "one day"),
        ("60 minutes", "one hour"),
        ("1,280 g", "1.28 kg"),
        ("1.28 kg", "weight_g: 1280"),
        ("half an hour", "30 min"),
        ("€5.90", "5.90 EUR"),
        ("5.90 euros", "price: 5.90 EUR"),
        ("€25", "€25.00"),
        ("£4", "4 pounds"),
        ("15 percent", "15%"),
        ("between 3 and 5 working days", "3 to 5 business days"),
        ("3-5 working days", "3 to 5 working days"),
        ("up to 5 working days", "3 to 5 working days"),
        ("at least 3 working days", "3 to 5 working days"),
        ("2 in the afternoon", "2 pm"),
        ("midday", "noon"),
        ("14:30", "2:30 pm"),
        ("15 January", "January 15"),
        ("fifty states", "50 states"),
        ("twenty-one days", "21 days"),
        ("65W", "65 W"),
        ("10 inches", "25.4 cm"),
        ("about 1.3 kg", "1,280 g"),
        ("-5 °C", "−5 °C"),
        ("1/2 inch", "0.5 inches"),
        ("€18 a night", "€18.00 per night"),
    ],
)
def test_the_same_figure_in_other_words_fits(claimed: str, told: str) -> None:
    assert fits(the(claimed), the(told))


@pytest.mark.parametrize(
    ("claimed", "told", "wrong"),
    [
        ("90 days", "60 days", "number"),
        ("60 weeks", "60 days", "unit"),
        ("10 days", "10 working days", "unit"),
        ("$5.90", "€5.90", "currency"),
        ("5.90 dollars", "€5.90", "currency"),
        ("1.28 g", "1.28 kg", "unit"),
        ("1280 kg", "weight_g: 1280", "unit"),
        ("230 °F", "230 °C", "unit"),
        ("$15", "15%", "unit"),
        ("4 working days", "3 to 5 working days", "number"),
        ("3 working days", "3 to 5 working days", "number"),
        ("1.3 kg", "1,280 g", "number"),
        ("30 times", "30 days", "unit"),
        ("€18 a week", "€18.00 per night", "unit"),
        ("2 pm", "2 days", "number"),
    ],
)
def test_another_figure_does_not_fit_and_is_told_what_is_wrong(claimed: str, told: str, wrong: str) -> None:
    assert not fits(the(claimed), the(told))
    assert misread(the(claimed), [the(told)]) == wrong


@pytest.mark.parametrize(
    ("claimed", "told"),
    [
        ("under €75", "over €75"),
        ("at least 10 days", "within 10 days"),
        ("after 1 pm", "before 1 pm"),
        ("more than 30 days", "no more than 30 days"),
        ("$200 or more", "up to $200"),
        ("below $200", "above $200"),
    ],
)
def test_the_most_is_not_the_least(claimed: str, told: str) -> None:
    assert opposed(the(claimed), the(told))


@pytest.mark.parametrize(
    ("claimed", "told"), [("above €75", "over €75"), ("you have 30 days", "within 30 days"), ("by 1 pm", "before 1 pm")]
)
def test_a_direction_in_other_words_is_not_opposed(claimed: str, told: str) -> None:
    assert not opposed(the(claimed), the(told))


@pytest.mark.parametrize("text", ["FH-TEN-120", "USB4", "the Reservoir 27K", "one of them", "a tent", "IPX5", ""])
def test_a_code_or_an_article_is_no_figure(text: str) -> None:
    assert figures(text) == ()


@pytest.mark.parametrize("bit", ["1,", "one-", "[1", "1 to ", "within ", "€", "1/", "9", "weight_g: 1; "])
def test_a_text_that_is_all_figures_is_read_in_time(bit: str) -> None:
    started = time.perf_counter()

    figures(bit * (6000 // len(bit)))

    assert time.perf_counter() - started < 3
