"""Who looks back at the conversation is told what was said in it, and nothing from a document."""

import pytest
from shopwright.orchestrator.recalled import Back, looks_back, told
from shopwright.orchestrator.session import Turn

TURNS = (
    Turn("Do you ship to [address]?", "We do not ship abroad. [1]", "answered", 1),
    Turn("How much is the kettle?", "Kettle: price 20.00 EUR [1]\nIt is blue. [2]", "answered", 2),
)


@pytest.mark.parametrize(
    "message",
    [
        "What did I ask before?",
        "what was my last question",
        "What was my previous question?",
        "what did i just ask you",
        "Can you remind me what I asked?",
        "Do you remember what I asked you before?",
        "Please repeat my last question",
        "What have I said?",
        "hi, what was I asking?",
        "I forgot what I asked",
    ],
)
def test_who_asks_what_they_asked_is_told_their_own_words(message: str) -> None:
    assert looks_back(message) is Back.ASKED
    assert "How much is the kettle?" in (told(message, TURNS, whole=True, readable=True) or "")


@pytest.mark.parametrize(
    "message",
    [
        "repeat that",
        "Repeat that, please",
        "say that again",
        "Can you say it again?",
        "What did you say?",
        "Pardon?",
        "What was your last answer?",
        "could you please repeat that",
        "what did you just tell me?",
        "come again?",
    ],
)
def test_who_wants_it_again_is_told_the_last_answer_without_its_citations(message: str) -> None:
    assert told(message, TURNS, whole=True, readable=True) == "I said: Kettle: price 20.00 EUR\nIt is blue."


@pytest.mark.parametrize(
    "message",
    [
        "What did I order before?",
        "My question is about the warranty",
        "Do you have a repeat delivery service?",
        "What was my last order?",
        "What do you say to a refund?",
        "I have a question",
        "Can you send that again?",
        "What does the label say?",
        "pardon my typing, do you ship to Spain?",
        "",
    ],
)
def test_a_question_about_the_shop_does_not_look_back(message: str) -> None:
    assert looks_back(message) is None


def test_the_first_question_and_all_of_them_are_told() -> None:
    assert told("What was my first question?", TURNS, whole=True, readable=True) == (
        "Your first question was: “Do you ship to [address]?”"
    )
    both = told("What have I asked so far?", TURNS, whole=True, readable=True) or ""
    assert "Do you ship to [address]?" in both
    assert "How much is the kettle?" in both


def test_looking_back_twice_is_no_question_that_was_asked() -> None:
    again = (*TURNS, Turn("What did I ask before?", "You asked: …", "done", 3))

    assert told("What did I ask before?", again, whole=True, readable=True) == "You asked: “How much is the kettle?”"


def test_nothing_is_told_of_a_conversation_that_begins_or_cannot_be_read() -> None:
    assert told("What did I ask before?", (), whole=True, readable=True) == (
        "Nothing has been asked in this conversation yet."
    )
    assert "does not work at the moment" in (told("What did I ask before?", (), whole=True, readable=False) or "")


def test_who_asks_for_the_first_of_a_long_conversation_is_told_that_it_is_too_long_ago() -> None:
    first = told("What did I ask first?", TURNS, whole=False, readable=True) or ""

    assert first.startswith("I look back no further")
    assert "You have asked" not in first


def test_the_first_question_of_a_long_conversation_is_told_from_where_it_began() -> None:
    began = (Turn("Hello!", "Hello.", "done", 1), Turn("Do you sell tents?", "Yes.", "answered", 2))

    for message in ("What did I ask first?", "what was my very first question", "What was my first question today?"):
        said = told(message, TURNS, whole=False, readable=True, begun=lambda: began)
        assert said == "Your first question was: “Do you sell tents?”"
    assert "kettle" in (told("What did I ask last?", TURNS, whole=False, readable=True, begun=lambda: began) or "")


def test_who_only_said_hello_first_has_said_that() -> None:
    hello = (Turn("Hello!", "Hello.", "done", 1),)

    assert told("What did I ask first?", hello, whole=True, readable=True) == "Your first question was: “Hello!”"
