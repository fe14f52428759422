"""Deduplication: which words of a text stand, word for word, in another one.

The steps, each in its own module: `words` splits and hashes, `fingerprints` keeps a sample that any shared run of 15
words shows up in, `postings` says which text has which, `match` finds the pairs that share a fingerprint, `align`
compares each pair word by word (with the kernels in `passages`). What is decided from that stands in `decide`, and what
a change of documents makes it decide again in `update`. `deduplicate` does it all in memory.
"""

from transforms.dedup.align import (
    Passage,
    Span,
    align_pairs,
    find_shared_passages,
    group_passages,
    locate_span_words,
    verify_spans,
)
from transforms.dedup.fingerprints import GUARANTEED_RUN_WORDS, K_WORDS, W_WINDOW, fingerprint_texts
from transforms.dedup.words import Words, count_words, hash_texts, key_texts, normalise_words, split_words

__all__ = [
    "GUARANTEED_RUN_WORDS",
    "K_WORDS",
    "W_WINDOW",
    "Passage",
    "Span",
    "Words",
    "align_pairs",
    "count_words",
    "find_shared_passages",
    "fingerprint_texts",
    "group_passages",
    "hash_texts",
    "key_texts",
    "locate_span_words",
    "normalise_words",
    "split_words",
    "verify_spans",
]
