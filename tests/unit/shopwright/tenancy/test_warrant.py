"""A warrant says for whom a program of ours may act, and for what; anything that is not one opens nothing."""

import base64
import json
import random
from collections.abc import Callable

import pytest
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.secretsmanager import SecretMalformed
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.warrant import LIFETIME_S, NotIntroduced, Warrants, for_a_question, for_a_tool

NOW = 1_790_000_000.0
KEY, NEXT_KEY = SigningKey("w1", b"k" * 32), SigningKey("w2", b"n" * 32)
ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#änn", frozenset({"shop/chat", "shop/x"}))
TOOL = for_a_tool("edit_cart")


def warrants(key: SigningKey = KEY, *, now: float = NOW, **more: Callable[[], SigningKey]) -> Warrants:
    return Warrants(lambda: key, now=lambda: now, **more)


def test_whoever_holds_the_key_learns_who_asks() -> None:
    made = warrants().make_out(ANN, TOOL)

    assert warrants(now=NOW + LIFETIME_S - 1).read(made.text, TOOL) == ANN
    assert "änn" not in repr(made)
    assert "user" not in made.text


def test_a_warrant_is_over_after_a_minute_and_was_never_good_before_it_was_made() -> None:
    made = warrants().make_out(ANN, TOOL).text

    for later in (LIFETIME_S, LIFETIME_S + 1, 86_400):
        with pytest.raises(NotIntroduced):
            warrants(now=NOW + later).read(made, TOOL)
    with pytest.raises(NotIntroduced):
        warrants(now=NOW - 60).read(made, TOOL)


@pytest.mark.parametrize(
    "purpose", [for_a_tool("search_documents"), for_a_question("a", None, None), "edit_cart", "tool:", ""]
)
def test_a_warrant_for_one_thing_is_none_for_another(purpose: str) -> None:
    with pytest.raises(NotIntroduced):
        warrants().read(warrants().make_out(ANN, TOOL).text, purpose)


def test_a_questions_warrant_stands_for_its_very_words_in_its_very_conversation() -> None:
    asked = {
        for_a_question(message, session, request)
        for message in ("a", "b", 'a", "s')
        for session in (None, "s", "")
        for request in (None, "r", "s")
    }

    assert len(asked) == 27


def test_a_word_changed_anywhere_breaks_it() -> None:
    made = warrants().make_out(ANN, TOOL).text
    dice = random.Random(7)  # noqa: S311 - which letter is spoiled, not a secret
    places = set(dice.sample(range(len(made)), 120)) | {0, 2, len(made) - 1}

    for place in places:
        spoiled = made[:place] + ("A" if made[place] != "A" else "B") + made[place + 1 :]
        with pytest.raises(NotIntroduced):
            warrants().read(spoiled, TOOL)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        ".",
        "w1..",
        "w1.e30.",
        "w1.e30." + "0" * 64,
        "w1.e30." + "0" * 5000,
        "a.b.c.d",
        "\n",
        "w1.é." + "0" * 64,
    ],
)
def test_what_is_no_warrant_is_refused_without_a_reason(text: str | None) -> None:
    with pytest.raises(NotIntroduced) as refused:
        warrants().read(text, TOOL)

    assert str(refused.value) == str(NotIntroduced())


def test_a_statement_that_somebody_else_signed_is_refused() -> None:
    stated = {"merchant_id": "kitchen", "role": "operator", "subject": "x", "scopes": [], "purpose": TOOL}
    said = base64.urlsafe_b64encode(json.dumps({**stated, "expires": int(NOW) + 30}).encode()).decode().rstrip("=")
    for text in (f"w1.{said}.{'0' * 64}", warrants(SigningKey("w1", b"o" * 32)).make_out(ANN, TOOL).text):
        with pytest.raises(NotIntroduced):
            warrants().read(text, TOOL)


def test_a_passport_is_no_warrant_even_under_the_same_key() -> None:
    passport = Signer(lambda: KEY, now=lambda: NOW).sign(Tenant("outdoor")).text

    with pytest.raises(NotIntroduced):
        warrants().read(passport, TOOL)


def test_a_key_that_has_just_been_changed_is_read_anew() -> None:
    made = warrants(NEXT_KEY).make_out(ANN, TOOL).text

    assert warrants(KEY, anew=lambda: NEXT_KEY).read(made, TOOL) == ANN
    with pytest.raises(NotIntroduced):
        warrants(KEY, anew=lambda: KEY).read(made, TOOL)


class Stored:
    """A secret as it lies in the store."""

    def __init__(self, **held: str) -> None:
        self.held = held

    def json(self) -> dict[str, str]:
        return self.held

    refresh = json


def test_a_secret_without_a_key_says_what_is_missing_and_not_what_is_there() -> None:
    with pytest.raises(SecretMalformed, match="'key'") as wrong:
        Warrants.of(Stored(kid="w1", old="s3cr3t")).make_out(ANN, TOOL)  # type: ignore[arg-type]  # it is all that is asked of one

    assert "s3cr3t" not in str(wrong.value)
