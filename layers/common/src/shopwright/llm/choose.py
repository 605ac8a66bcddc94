"""Lets a model choose tools for a question that nothing simpler understands: changes when a choice is asked otherwise.

    chosen = choose(question, offered, purse=purse, desk=desk, deadline=deadline)
    chosen.uses    what it asked for, as it said it: data, and never authority
    chosen.why     None, or why there is no choice; whoever asked then looks everywhere

The cheapest model is asked, once: a choice that does not come is worth no second call. What it names and gives is not
checked here; whoever carries it out holds it against the tools that there are.
"""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shopwright.costs.ladder import Rung, step
from shopwright.costs.ledger import Purse
from shopwright.costs.price import Tokens
from shopwright.llm import escalate
from shopwright.llm.count import estimated
from shopwright.llm.model import (
    Message,
    Reply,
    Request,
    Role,
    Text,
    Tool,
    ToolUse,
    ours,
)
from shopwright.llm.prompt import QuestionTooLong, defused, figures, render
from shopwright.llm.say import NAMED, NOTHING_DONE, Desk, Why, why
from shopwright.privacy.redact import Masked
from shopwright.resilience.deadline import Deadline

CHOOSE = "choose"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a model asked for, in its order; or why it did not."""

    uses: tuple[ToolUse, ...] = ()
    why: Why | None = None


def choose(
    question: Masked,
    offered: Sequence[Tool],
    *,
    purse: Purse,
    desk: Desk,
    deadline: Deadline,
    mark: Callable[[], str] = lambda: secrets.token_hex(8),
) -> Chosen:
    """Ask the cheapest model which of the tools a masked question needs. It raises nothing that a model, a budget or a
    ledger can cause."""
    try:
        cards = escalate.models(Rung.SMALL, step(purse.left(), purse.limits).rung, desk.cards)
        if not cards:
            return Chosen(why=Why.BUDGET_SPENT)
        reply = _asked(question, offered, cards[-1].name, cards[-1].id, purse, desk, deadline, mark)
    except NAMED as failure:
        return Chosen(why=why(failure))
    return Chosen(reply.tools, None if reply.tools else Why.EMPTY)


def _asked(
    question: Masked,
    offered: Sequence[Tool],
    name: str,
    model: str,
    purse: Purse,
    desk: Desk,
    deadline: Deadline,
    mark: Callable[[], str],
) -> Reply:
    limits = figures()[CHOOSE]
    asked = defused(question.text)
    if estimated(asked, desk.count) > limits.question:
        raise QuestionTooLong
    instructions = render("choose_instructions.md")
    text = render("choose.md", mark=mark(), question=asked)
    described = json.dumps([[tool.name, tool.description, tool.schema] for tool in offered], ensure_ascii=False)
    guess = Tokens(sum(estimated(one, desk.count) for one in (instructions, text, described)), limits.answer)
    hold = purse.hold(desk.book.model(name).of(guess))
    spent = guess
    try:
        reply = desk.model.complete(
            Request(model, instructions, (Message(Role.USER, (Text(ours(text)),)),), limits.answer, tuple(offered)),
            deadline,
        )
        spent = reply.tokens or guess
    except NOTHING_DONE:
        purse.release(hold)
        raise
    except BaseException:
        purse.settle(hold, desk.book.tokens(name, spent))
        raise
    purse.settle(hold, desk.book.tokens(name, spent))
    return reply
