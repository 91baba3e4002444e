"""Whether a model writes in the language that its words are checked in, which is English.

That nobody approved, that nothing is to be destroyed, that no cited line says the opposite: all of it is looked for in
English words. The same said in another language would reach people as checked, and was not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_SENTENCE = re.compile(r"(?<=[.;:!?])\s+|(?<=[\u3002\uff01\uff1f])|\n")
# A part of a name, a path or an address is no word: `de.example.com`, `la-prod`.
_WORD = re.compile(r"(?<![\w./:@-])[^\W\d_]+(?:'[^\W\d_]+)*(?![\w/:@-]|\.\w)")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u00b5\u03a9']+")


def _list_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH = _list_words(
    """a after all also an and are as at be been before between both but by can cannot did do does due each every for
    from had has have how if in into is it its more most no not of off on one only or other out over since so still than
    that the their them then there these they this to too under until up was were what when where which while who why
    will with within without would"""
)
# None of them is an English word: `die`, `hat`, `den`, `des`, `par`, `con`, `per` and `van` are, or pass for a name.
_OTHERS = (
    _list_words(
        """aber auf auch bei bereits bitte dem das der dieser diese dieses durch ein eine einem einen einer haben hatte
        ist jetzt kein keine mit nach nicht noch oder schon sehr sich sie sind sofort und vom von vor wenn werden
        wird wurde wurden zu zum zur
        como desde ella ellos esta este fue fueron ha han hay las los muy para pero por porque que sido sin una uno ya
    au aux avec cette dans est et les leur mais nous ont ou pas qui sans ses sont sur une vous
    anche che dal dalla del della delle di gli il nel nella non perche questo questa sono stata stato
    com da das ela ele em foi foram isso nao pela pelo seu sua uma
    aan bij een het maar met naar niet ook reeds voor wordt werd zijn"""
    )
    - _ENGLISH
)
_GRAVE = re.compile(
    r"""(?ix)
      \b (?: genehmig\w* | freigegeben\w* | freigabe\w* | zugestimmt | zustimmung | abgesegnet | bewilligt\w*
        | (?:ge)?lösch\w+ | aprobad[oa]s? | aprobaci[oó]n | aprobó | autorizad[oa]s? | autoriz(?:aci[oó]n|ó)
        | eliminar\w* | borrar\w* | approuv\w* | autoris[eé](?:e?s?)? | supprim\w* | effac(?:er|ez)
        | approvat[oaie] | approvazione | autorizzat\w* | cancellare | aprovad[oa]s? | apagar | excluir
        | goedgekeurd\w* | goedkeuring | verwijder\w* | одобр\w+ | разреш\w+ | удал\w+ ) \b
    | 批准 | 批準 | 同意 | 授权 | 删除 | 承認 | 許可 | 削除 | 승인 | 삭제"""
)
"""To agree and to destroy, which one word tells. No English sentence holds one, and quoted it is no less believed."""


class Tally(NamedTuple):
    """How many of a text's words tell its language."""

    english: int
    strange: int
    """Of another one that is known here, or in other letters."""


def tally_words(text: str) -> Tally:
    """Count the words of a text that only English has, and those that it does not have."""
    words = [word.lower() for word in _WORD.findall(text)]
    strange = sum(word in _OTHERS or not _LATIN.fullmatch(word) for word in words)
    return Tally(sum(word in _ENGLISH for word in words), strange)


def is_foreign(text: str, is_known: Callable[[str], bool]) -> bool:
    """Answer whether a sentence of a text is in another language than English.

    Args:
        is_known: Answers whether a word stands in what was observed: what is quoted is in its own language.
    """
    return any(_is_foreign_sentence(sentence, is_known) for sentence in _SENTENCE.split(text))


def _is_foreign_sentence(sentence: str, is_known: Callable[[str], bool]) -> bool:
    words = _WORD.findall(sentence)
    if any(map(_GRAVE.search, words)):
        return True
    # Capitals are a name or a zone: `LA`, `EST`.
    told = [word for word in words if not (word.isupper() and _LATIN.fullmatch(word)) and not is_known(word)]
    plain = [word for word in told if word.lower() in _OTHERS or not _LATIN.fullmatch(word)]
    english = sum(word.lower() in _ENGLISH for word in words)
    # An accent alone is a name's, or a loan word's.
    strange = sum(not word.isascii() or word.lower() in _OTHERS for word in told)
    return strange > max(1, english) if english else bool(plain)
