"""From bytes to text: changes when merchants' files turn up in another encoding.

A guess that is wrong puts wrong words in a merchant's mouth, so that what cannot be told is refused.
"""

import codecs
import re
import tomllib
from collections import Counter
from functools import cache
from importlib.resources import files

from charset_normalizer import from_bytes

from shopwright.documents.document import check_size
from shopwright.documents.rejected import EmptyFile, Mislabelled, NotText, WrongEncoding

_MARKS = (  # the longer first: UTF-32's mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_KINDS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "an Office document or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an Office document in the format before 2007"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a rich-text document"),
)
_GUESSABLE = frozenset(
    {
        "ascii",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1257",
        "latin_1",
        "iso8859_2",
        "iso8859_5",
        "iso8859_7",
        "iso8859_9",
        "iso8859_15",
        "mac_roman",
        "shift_jis",
        "cp932",
        "euc_jp",
        "gb18030",
        "gbk",
        "big5",
        "euc_kr",
        "cp949",
        "koi8_r",
    }
)
# What a page may say that it is. Python knows more names, and some of them are no encodings of text.
_DECLARABLE = _GUESSABLE | frozenset(
    [f"iso8859_{part}" for part in (1, 3, 4, 6, 8, 10, 11, 13, 14, 16)]
    + [
        "cp437",
        "cp850",
        "cp852",
        "cp855",
        "cp866",
        "cp874",
        "cp1255",
        "cp1256",
        "cp1258",
        "koi8_u",
        "mac_cyrillic",
        "mac_greek",
        "mac_latin2",
    ]
    + [
        "mac_turkish",
        "ptcp154",
        "tis_620",
        "gb2312",
        "big5hkscs",
        "euc_jis_2004",
        "euc_jisx0213",
        "iso2022_jp",
        "shift_jis_2004",
    ]
)
_DECLARED = re.compile(
    rb"""(?:<meta[^>]{0,200}charset\s*=|\A\s*<\?xml[^>]{0,100}encoding\s*=)\s*["']?\s*([A-Za-z0-9_.:-]{2,40})|@charset""",
    re.I,
)
_HALF = re.compile(rb"(?<=[a-z])[\xc2\xc3](?![\x80-\xbf])")  # elsewhere a capital, which no word has after small ones
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")
_SAMPLE = 128 * 1024
# What the guesser tells apart by chance: to it, Portuguese `não` and `năo` of another page are the same Latin text.
_LATIN = frozenset(
    {
        *(
            "cp1250",
            "cp1252",
            "cp1257",
            "cp1258",
            "latin_1",
            "hp_roman8",
            "mac_iceland",
            "mac_latin2",
            "cp775",
            "cp852",
        ),
        *(f"iso8859_{part}" for part in (3, 4, 10, 13, 14, 16)),
    }
)
# What is the same on each of these pages, and no letter: of other pages, some of it within words is.
_NO_LETTER = re.compile(r"[€‚„…†‡‰‹›‘’“”•–—™«»·\xa0\xad]|(?<![^\W\d_])[¤¦§¨©¬®°±´¶¸×÷]|[¤¦§¨©¬®°±´¶¸×÷](?![^\W\d_])")
_SIGN = re.compile(r"(?<![^\W\d_]{2})[£¥¢¼½¾¹²³ªº](?![^\W\d_])|(?<=\b[cdkm]m)[²³]")  # on others these are letters
_EXPLAINED = 0.85  # of a text's letters, by one language
_MOST = 0.4  # of a Latin text's letters are beyond ASCII
_IN_ANY = 0.95  # what letters count that only several languages explain together


def decode(data: bytes) -> str:
    """The text of a file, without its byte order mark; line ends stay as they are, so that spans count them."""
    check_size(len(data))
    for magic, kind in _OTHER_KINDS:
        if data.startswith(magic):
            raise Mislabelled(f"This file is {kind} under another name. Give it the ending of what it is.")
    text = _decoded(data)
    if len(_CONTROL.findall(text[:_SAMPLE])) * 200 > min(len(text), _SAMPLE) or "\0" in text:
        raise NotText("This file holds binary data, not text. Upload the text itself.")
    if not text.strip():
        raise EmptyFile("This file holds nothing but white space. Upload one with text in it.")
    return text


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding)
    wide = _wide(data[:_SAMPLE])
    if wide:
        return _strict(data, wide)
    if b"\0" in data:
        raise NotText("This file holds binary data, not text. Upload the text itself, saved as UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        declared = _DECLARED.search(data[:4096])
        if declared and declared[1]:
            return _as_declared(data, declared[1].decode("ascii"), error)
        if _is_broken_utf8(data):
            line = data.count(b"\n", 0, error.start) + 1
            raise WrongEncoding(
                f"This file is UTF-8 with damaged characters (line {line}). Save it as UTF-8 again."
            ) from None
    return _guessed(data)


def _wide(sample: bytes) -> str:
    """UTF-16 without its mark: every other byte of what is mostly Latin letters, digits and blanks is zero."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if len(sample) < 4 or most < len(sample) * 0.2 or least * 10 > most:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError:
        raise WrongEncoding(f"This file says that it is {encoding.upper()}, but it is not. Save it as UTF-8.") from None


def _as_declared(data: bytes, name: str, error: UnicodeDecodeError) -> str:
    try:
        encoding = codecs.lookup(name).name
    except (LookupError, UnicodeError):
        raise WrongEncoding("This page names an encoding that does not exist. Save it as UTF-8.") from None
    if encoding == "utf-8":
        line = data.count(b"\n", 0, error.start) + 1
        raise WrongEncoding(f"This page says that it is UTF-8, but line {line} is not. Save it as UTF-8.")
    if encoding.replace("-", "_") not in _DECLARABLE:
        raise WrongEncoding("This page names an encoding that we do not read. Save it as UTF-8.")
    # Browsers read these two names as Windows-1252, and so do the programs that write them.
    return _strict(data, "cp1252" if encoding in ("iso8859-1", "ascii") else encoding)


def _is_broken_utf8(data: bytes) -> bool:
    """Mostly well-formed characters beyond ASCII, or the first half of one that no other encoding has there."""
    if _HALF.search(data):
        return True
    text = data.decode("utf-8", errors="surrogateescape")
    beyond = sum(1 for character in text if ord(character) > 127)
    damaged = sum(1 for character in text if "\udc80" <= character <= "\udcff")
    return beyond - damaged > damaged


def _guessed(data: bytes) -> str:
    best = from_bytes(data[:_SAMPLE], threshold=0.15).best()
    if best is None or best.encoding in _LATIN or not best.coherence:
        page = _latin_page(data[:_SAMPLE])
        if page:
            return _strict(data, page)
    if best is None or best.encoding not in _GUESSABLE:
        raise WrongEncoding("We cannot tell this file's encoding. Save it as UTF-8.")
    return _strict(data, "cp1252" if best.encoding == "latin_1" else best.encoding)


def _latin_page(sample: bytes) -> str:
    """The code page under which the letters of a Latin text are those of a language; empty when there is none."""
    best, most = "", 0.0
    for page, alphabets in _alphabets().items():
        try:
            text = sample.decode(page)
        except UnicodeDecodeError:
            continue
        if page == "cp1252":
            text = _SIGN.sub("", text)
        letters = Counter(character for character in _NO_LETTER.sub("", text).lower() if character > "\x7f")
        if letters.total() > _MOST * sum(map(str.isalpha, text)):
            continue
        every = frozenset().union(*alphabets)
        shares = [_share(letters, alphabet) for alphabet in alphabets] + [_share(letters, every) * _IN_ANY]
        if max(shares) > most:
            best, most = page, max(shares)
    return best if most >= _EXPLAINED else ""


def _share(letters: Counter[str], alphabet: frozenset[str]) -> float:
    return sum(letters[one] for one in alphabet) / letters.total() if letters else 1.0


@cache
def _alphabets() -> dict[str, tuple[frozenset[str], ...]]:
    """By code page, in the order in which they are preferred."""
    pages = tomllib.loads(files(__package__).joinpath("alphabets.toml").read_text("utf-8"))
    pages["iso8859_2"] = pages["cp1250"]
    return {page: tuple(frozenset(letters) for letters in languages.values()) for page, languages in pages.items()}
