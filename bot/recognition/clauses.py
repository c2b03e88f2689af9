"""spaCy reads the message: tokens, sentences and the clauses that carry one behaviour each.

The pipeline is built in code, so that nothing has to be downloaded or committed: a blank British English tokenizer and one
component of our own. People in fear write without punctuation, so a clause also ends before a joining word.
"""

from functools import lru_cache
from itertools import pairwise

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Token

ENDS = frozenset(".!?;…\n")
SOFT_ENDS = frozenset({",", "-", "–", "—", ":", "/"})
JOINERS = frozenset(
    "and but then so because cos cause coz cuz when while until till now also plus an n & yet although though who which after "
    "before since or".split()
)
SHORTEST = 3  # words that a clause needs on both sides of a joining word or comma
LONGEST = 28  # words after which a clause ends whatever follows, so that one vector stays about one thing


def _is_end(token: Token) -> bool:
    return token.text[0] in ENDS or "\n" in token.text


def _starts_clause(token: Token, words_before: int, words_after: int) -> bool:
    if words_before >= LONGEST:
        return True
    soft = token.lower_ in JOINERS or (token.i > 0 and token.nbor(-1).text in SOFT_ENDS)
    return soft and words_before >= SHORTEST and words_after >= SHORTEST


@Language.component("signpost_clauses")
def find_clauses(doc: Doc) -> Doc:
    """Put the clauses in `doc.spans["clauses"]`; together they hold every word of the message once."""
    bounds: list[int] = [0]
    after = _words_after(doc)
    words = 0
    for token in doc:
        new_sentence = token.i > 0 and _is_end(doc[token.i - 1]) and not _is_end(token)
        if new_sentence or (token.i and _starts_clause(token, words, after[token.i])):
            bounds.append(token.i)
            words = 0
        words += token.is_alpha or token.like_num
    bounds.append(len(doc))
    clauses = [doc[a:b] for a, b in pairwise(bounds) if a < b]
    doc.spans["clauses"] = [c for c in clauses if any(t.is_alpha or t.like_num or not t.is_punct for t in c)]
    return doc


def _words_after(doc: Doc) -> list[int]:
    """For each token, how many words follow before the sentence ends (itself included)."""
    counts = [0] * len(doc)
    running = 0
    for token in reversed(doc):
        running = 0 if _is_end(token) else running + int(token.is_alpha or token.like_num)
        counts[token.i] = running
    return counts


@lru_cache(maxsize=1)
def pipeline() -> Language:
    """The spaCy pipeline of this process."""
    nlp = spacy.blank("en")
    nlp.max_length = 200_000
    nlp.add_pipe("signpost_clauses")
    return nlp
