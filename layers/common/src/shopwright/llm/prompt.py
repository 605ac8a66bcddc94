"""What a model is told: changes when a prompt is put together otherwise. The words are in prompts/*.md.

Whatever is not ours (passages, names of products, what was said) is data. It stands between marks that carry a number
which nobody can know beforehand; what looks like a mark, a slot or an invisible character in it is defused; and only
masked text gets in.
"""

import re
import secrets
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from shopwright.costs.ladder import Rung
from shopwright.errors import Invalid
from shopwright.llm.count import Count, estimated
from shopwright.llm.model import Message, Role, Text, ours
from shopwright.privacy.redact import Masked

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

NOT_IN_PASSAGES = "NOT_IN_PASSAGES"
SIMPLE = "simple"
_MESSAGE = 8  # tokens around a message and around the instructions
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_MARK = re.compile(r"<(?=\s*/?\s*(?:passage|facts|earlier|question)\b)", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
SLOT_NAME = re.compile(r"[a-z][a-z_0-9]{0,39}:[0-9]{1,4}")


class QuestionTooLong(Invalid):
    """A model would be asked more than one is for."""

    def __init__(self) -> None:
        super().__init__("The question is too long. Ask it in fewer words.")


class Kind(StrEnum):
    """What sort of question is answered; each has its words and its limits."""

    GENERAL = "general"
    PRODUCT = "product"
    POLICY = "policy"
    COMPARISON = "comparison"
    SMALL_TALK = "small_talk"


@dataclass(frozen=True, slots=True)
class Given:
    """A retrieved passage as the model reads it. `ref` is the number that it cites it by."""

    ref: int
    title: Masked
    text: Masked


@dataclass(frozen=True, slots=True)
class Slot:
    """A fact that the model may tell: it writes `{{name}}` where the shopper reads the value of that moment.

    `name` is like `price:1`; `label` says what it is of, `value` what it is now, so that the model can compare.
    """

    name: str
    label: str
    value: str

    def __post_init__(self) -> None:
        if not SLOT_NAME.fullmatch(self.name):
            raise ValueError(f"a slot's name is like price:1, not {self.name!r}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question and its answer."""

    question: Masked
    answer: Masked


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with everything that may be used to answer it; the best passages first, the oldest turns first."""

    kind: Kind
    question: Masked
    passages: tuple[Given, ...] = ()
    slots: tuple[Slot, ...] = ()
    before: tuple[Exchange, ...] = ()

    def __repr__(self) -> str:
        return f"Asking({self.kind}, {len(self.passages)} passages)"  # what people say belongs in no log


@dataclass(frozen=True, slots=True)
class Figures:
    """A row of prompts.toml."""

    need: Rung
    passages: int
    question: int
    before: int
    facts: int
    answer: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said, how long the answer may get, and how many tokens it is, on the safe side. `refs` are the passages
    that there was room for."""

    instructions: str
    messages: tuple[Message, ...]
    max_tokens: int
    tokens: int
    refs: tuple[int, ...]

    def __repr__(self) -> str:
        return f"Prompt({self.tokens} tokens)"


@cache
def figures() -> Mapping[str, Figures]:
    """Kind (or `simple`) → its figures."""
    table = tomllib.loads(files("shopwright.llm").joinpath("prompts.toml").read_text("utf-8"))
    return {kind: Figures(**{**row, "need": Rung[row["need"].upper()]}) for kind, row in table.items()}


def prompt(
    asking: Asking,
    *,
    count: Count,
    simple: bool = False,
    mark: Callable[[], str] = lambda: secrets.token_hex(8),
) -> Prompt:
    """The prompt of a question, or its simple form for a second try; small talk is simple as it is."""
    named = SIMPLE if simple and asking.kind is not Kind.SMALL_TALK else asking.kind.value
    limits = figures()[named]
    question = defused(asking.question.text)
    if estimated(question, count) > limits.question:
        raise QuestionTooLong
    passages = _fitting(asking.passages, limits.passages, count)
    text = render(
        f"{named}.md",
        mark=mark(),
        question=question,
        passages=passages,
        slots="\n".join(_lines((_said(slot) for slot in asking.slots), limits.facts, count)),
        before="\n".join(reversed(_lines((_told(one) for one in reversed(asking.before)), limits.before, count))),
    )
    instructions = render("instructions.md")
    return Prompt(
        instructions,
        (Message(Role.USER, (Text(ours(text)),)),),
        limits.answer,
        estimated(instructions, count) + estimated(text, count) + 2 * _MESSAGE,
        tuple(passage["ref"] for passage in passages),
    )


def render(name: str, **given: Any) -> str:
    """A template with what it is given. A variable that is missing is an error, and so is a way out of the sandbox."""
    return _environment().get_template(name).render(**given).strip()


def defused(text: str) -> str:
    """Text of others, so that it can neither close its marks nor pass for a slot, nor hide anything from a reader."""
    visible = "".join(
        character
        for character in unicodedata.normalize("NFC", text)
        if character == "\n" or unicodedata.category(character)[0] != "C" or character == "\t"
    )
    apart = visible.replace("{", "(").replace("}", ")")
    return _SPACES.sub(" ", _MARK.sub("‹", apart)).strip()


def _fitting(passages: Sequence[Given], limit: int, count: Count) -> list[dict[str, Any]]:
    """The passages that there is room for, best first: the one that no longer fits whole is cut at a sentence's end."""
    fitting: list[dict[str, Any]] = []
    for passage in passages:
        title = defused(passage.title.text)
        sentences = [sentence for sentence in _SENTENCE.split(defused(passage.text.text)) if sentence]
        kept = _lines(([title] if title else []) + sentences, limit, count)
        if len(kept) <= bool(title):
            break
        head = [kept[0]] if title else []
        fitting.append({"ref": passage.ref, "text": "\n".join([*head, " ".join(kept[len(head) :])])})
        limit -= sum(estimated(line, count) for line in kept)
        if len(kept) < len(sentences) + len(head):
            break
    return fitting


def _lines(lines: Any, limit: int, count: Count) -> list[str]:
    """As many lines as there is room for."""
    kept: list[str] = []
    for line in lines:
        limit -= estimated(line, count)
        if limit < 0:
            break
        kept.append(line)
    return kept


def _said(slot: Slot) -> str:
    return f"{{{{{slot.name}}}}}: {_one_line(slot.label)} = {_one_line(slot.value)}"


def _told(one: Exchange) -> str:
    return f"Shopper: {_one_line(one.question.text)}\nYou: {_one_line(one.answer.text)}"


def _one_line(text: str) -> str:
    return " ".join(defused(text).split())


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    # Imported here and not above: only who asks a model pays for it.
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        loader=FunctionLoader(lambda name: files("shopwright.llm").joinpath("prompts", name).read_text("utf-8")),
        undefined=StrictUndefined,
        autoescape=False,  # a prompt is no HTML; `defused` is what keeps data in its place
        # Not jinja's own marks: a prompt speaks of slots, which look like them.
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
