"""What people say aloud, what names one person, and what a word gives away never pass the gate; a shop's numbers do."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shopwright.privacy.redact import mask

from tests.unit.shopwright.privacy.test_redact import FULL, QUICK, card_numbers

SAID = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A card number said aloud: digit by digit, doubled, in capitals, with invisible characters, over lines."""
    number = draw(card_numbers())
    gap = draw(st.sampled_from([" ", ", ", "-", "\n", "\u00a0", " \u200b"]))
    words: list[str] = []
    at = 0
    while at < len(number):
        digit = SAID[int(number[at])]
        if number[at : at + 2] == number[at] * 2 and draw(st.booleans()):
            words.append(f"double {digit}")
            at += 2
        else:
            words.append(draw(st.sampled_from([digit, digit.upper(), digit.capitalize()])))
            at += 1
    before = draw(st.sampled_from(["", "my card is ", "take this: ", "so it's\n"]))
    return number, f"{before}{gap.join(words)}{draw(st.sampled_from(['', ' thanks', '.']))}"


def hold(example: tuple[str, str]) -> None:
    _, text = example
    said = set(mask(text).text.casefold().replace(",", " ").replace("-", " ").replace(".", " ").split())
    assert not said & set(SAID), text


@settings(max_examples=QUICK // 4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(spelled())
def test_a_card_number_said_aloud_is_masked_whole(example: tuple[str, str]) -> None:
    hold(example)


@pytest.mark.full
@settings(max_examples=FULL, deadline=None, suppress_health_check=list(HealthCheck))
@given(spelled())
def test_a_card_number_said_aloud_is_masked_whole_full_count(example: tuple[str, str]) -> None:
    hold(example)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("jane dot doe at example dot com", "[email]"),
        ("mail me: jane underscore doe at example dot co dot uk please", "mail me: [email] please"),
        ("write to jane at gmail dot com", "write to [email]"),
        ("j a n e at gmail dot com", "[email]"),
        ("my email is jane at fernhollow dot shop", "my email is [email]"),
        ("jane punto doe arroba example punto es", "[email]"),
        ("it is six nine seven one one seven nine eight zero eight nine three two four six zero ok", "it is [card] ok"),
        ("call double five oh one two three four five", "call [phone]"),
        ("null eins sieben sechs vier vier drei zwei", "[phone]"),
        ("forty two forty two forty two forty two forty two forty two forty two forty two", "[card]"),
        ("answering at 78 651 450", "answering at [phone]"),
        ("call me on 65910 30021", "call me on [phone]"),
        ("my mobile number is 374 780 163", "my mobile number is [phone]"),
        ("my card number is 501864667909", "my card number is [card]"),
        ("j a n e @ g m a i l . c o m", "[email]"),
        ("jane . doe @ example . com", "[email]"),
        ("Write to jane dot doe at example dot org", "Write to [email]"),
        ("My sort code is 12-34-56, account 87654321", "My sort code is [account], account [account]"),
        ("account no. 12345678", "account no. [account]"),
        ("Acc no: 1234 5678", "Acc no: [account]"),
        ("4111 (1111) 1111 1111", "[card]"),
        ("4111%201111%201111%201111", "[card]"),
        ("[4111][1111][1111][1111]", "[[card]]"),
        ("4111 and 1111 and 1111 and 1111", "[card]"),
        ("(3782) (822463) (10005)", "([card])"),
        ("order number 4111111111111111", "order number [card]"),  # a shopper who was asked for the one gives the other
        ("SSN 521-44-9382", "SSN [id]"),
        ("it says 521-44-9382 there", "it says [id] there"),
        ("ssn ５２１－４４－９３８２", "ssn [id]"),
        ("ssn 987-XX-XXXX", "ssn [id]"),
        ("my NI: AB 12 34 56 C", "my NI: [id]"),
        ("aadhaar 2341 2341 2346", "aadhaar [id]"),
        ("Aadhaar number is '98765432100002'", "Aadhaar number is '[id]'"),
        ("PAN: ABCPE1234F", "PAN: [id]"),
        ("passport number KR8129301", "passport number [id]"),
        ("driver’s license Y820-9283-4432", "driver’s license [id]"),
        ("codice RSSMRA85T10A562S", "codice [id]"),
        ("cpf 390.533.447-05", "cpf [id]"),
        ("account number 3012345678", "account number [account]"),
        ("password 'WinterIsComing!$' works", "password [secret] works"),
        ("my password is Purple77!", "my password is [secret]"),
        ("cvv 123", "cvv [secret]"),
        ("from 203.0.113.7 today", "from [ip] today"),
        ("from 2001:db8:85a3::8a2e:370:7334 today", "from [ip] today"),
        ("date of birth: 6/24/1991", "date of birth: [birth]"),
        ("born on 3 March 1980 in", "born on [birth] in"),
    ],
)
def test_what_is_said_announced_or_official_is_masked(text: str, masked: str) -> None:
    assert mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "ACC12345678 and ACC-1234-5678 fit all our cases",
        "We are here @ g.",
        "one two three four five six seven eight",
        "sizes two, three, four and five",
        "look at fernhollow dot com",
        "we are at the market. dot com is no town",
        "find us at fernhollow dot shop",
        "meet us at noon. See you",
        "order 521-44-9382",
        "part no. 521-44-9382",
        "firmware version 1.2.3.4 and driver 10.0.19041.1",
        "open 10:00:00 to 18:00:00",
        "at a 16:9 ratio, 1::2",
        "Reset your password in the account page.",
        "Your account number stands on the invoice.",
        "a 6-pin connector, PIN header 2x20, pin 40",
        "SD card 128 GB, graphics card RTX 4070, card reader 61000",
        "graphics card 4719331986377",
        "pan 28 cm, pan 24 cm, roasting pan",
        "tin 500 g, tin of 12",
        "the tax is 19 %, tax rate 7.7",
        "insurance number of the parcel: see the label",
        "passport holder, 14 x 10 cm",
        "born in 1980 as a family business",
        "customer service: 24 hours",
        "C780H2MG 10000p EAN 0734646018524 MPN C780H2MG",
    ],
)
def test_words_that_sound_like_it_and_numbers_of_the_shop_stay_readable(text: str) -> None:
    assert mask(text).text == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("jane AT example DOT com", "[email]"),
        ("jane.doe at example.com", "[email]"),
        ("jane(a)example.com", "[email]"),
        ("jane @ example . com", "[email]"),
        ("jane.doe@example,com or jane@example .com", "[email] or [email]"),
        ("jane dot doe at gmail", "[email]"),
        ("jane minus doe ät web punkt de", "[email]"),
        ("jane point doe arobase orange point fr", "[email]"),
        ("jane punto doe chiocciola libero punto it", "[email]"),
        ("jane.doe%40example.com, jane.doe&#64;example.com", "[email], [email]"),
        ("jane.doe -at- example -dot- com", "[email]"),
        ("jane.doe*at*example*dot*com", "[email]"),
        ("612 34 56 78 is my phone", "[phone] is my phone"),
        ("GB29/NWBK/6016/1331/9268/19", "[iban]"),
        ("GB29_NWBK_6016_1331_9268_19", "[iban]"),
        ("DE89 37O4 OO44 O532 O13O OO", "[iban]"),
        ("IBAN: DE89, 3704, 0044, 0532, 0130, 00", "IBAN: [iban]"),
        ("4111~1111~1111~1111", "[card]"),
        ("40-00-00 00-0-0006", "[card]"),  # no two dates
        ("4l11 1111 1111 1111", "[card]"),
        ("55OO OOOO OOOO OOO4, 4OOOO56655665556", "[card], [card]"),
        ("536 22 8762 is my social security number", "[id] is my social security number"),
        ("social security: 536.22.8762", "social security: [id]"),
        ("AB123456C is my national insurance number", "[id] is my national insurance number"),
        ("NI no AB-12-34-56-C", "NI no [id]"),
        ("RSS MRA 85T10 A562S", "[id]"),
        ("meu cpf é 12345678909", "meu cpf é [id]"),
        ("NIE X1234567L", "NIE [id]"),
        ("Steueridentifikationsnummer: 65 929 970 489", "Steueridentifikationsnummer: [id]"),
        ("CPR 211062-5629", "CPR [id]"),
        ("184127645108946 est mon numéro de sécurité sociale", "[id] est mon numéro de sécurité sociale"),
        ("Reisepass C01X00T47", "Reisepass [id]"),
    ],
)
def test_however_oddly_it_is_written_it_is_masked(text: str, masked: str) -> None:
    assert mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "node.js at example.com, photo.jpg at example.com, www.shop at example.com",
        "from Dr.Oetker at shop.example.com",
        "It works.Look at example.com for more",
        "Meet us at example.com, we are @ kitchen . example",
        "stay-at-home.com and all-in-one at shop.com",
        "rated 4.5 at example.com, discount 20%40mm.now",
        "pan AB123456C, pan 101112-4455, tin X1234567L for tea",
        "insurance policy AB123456C",
        "ni 123456782 ni 987654321",
        "order no 211062-5629 and Art. 55OO-1O2O",
        "colours OOOO IIII llll OIOI",
        "Model DE89-3704 4400, code GB29 NWBK",
        "06 12 34 56 is my order",
    ],
)
def test_what_is_as_odd_and_nobodys_stays_readable(text: str) -> None:
    assert mask(text).text == text
