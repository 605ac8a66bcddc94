"""Readers of text that go wrong: changes when a reader can harm us in another way."""

import os
import sys
import time


def dies(text: str, ending: str) -> str:
    os.abort()


def eats(text: str, ending: str) -> str:
    return (text * 100_000_000)[:1]


def hangs(text: str, ending: str) -> str:
    time.sleep(600)
    return ""


def floods(text: str, ending: str) -> str:
    return "9" * 70_000_000


def digs(text: str, ending: str) -> str:
    return digs(text, ending)


def stumbles(text: str, ending: str) -> str:
    raise KeyError(text)


def lies(text: str, ending: str) -> str:
    return '{"products": [{"id": 1}]}'


def leaves(text: str, ending: str) -> str:
    sys.exit()


def peeks(text: str, ending: str) -> str:
    with open("/etc/hostname") as found:  # noqa: PTH123 - as briefly as a hostile reader would
        return found.read()


def tells(text: str, ending: str) -> str:
    return f'["{text.strip()}", "{ending}"]'
