"""TF-IDF in integers: how like two texts are, the same number in every language it is computed in.

A document's weight for a word is `tf * idf`, both integers: `tf` is 16 + 16 ln(count), `idf` is 256 ln(N / n). The
likeness of two texts is the cosine of their vectors in thousandths.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# 16 * (1 + ln(count)), rounded; a word a hundred times is no more telling than one that stands there fifty times
_TF = [0, *(round(16 * (1 + math.log(count))) for count in range(1, 65))]

COMMON_SHARE = 4  # words in more than one of so many documents are left out
COMMON_AT_LEAST = 8  # unless they are fewer than so many documents
FEW = 6  # so many documents are looked up one by one; for more, following every word is quicker


def inverse_document_frequency(documents: int, containing: int) -> int:
    """256 ln(N / n), at least 0."""
    return max(0, round(256 * math.log(documents / containing))) if containing else 0


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of one kind, as what a query needs: which documents hold a word, and how much it weighs there."""

    idf: Mapping[str, int]
    postings: Mapping[str, tuple[array[int], array[int]]]  # word -> (documents, ascending; their tf * idf)
    norms: tuple[int, ...]  # of each document: the length of its vector, at least 1

    @classmethod
    def of(cls, documents: Sequence[Mapping[str, int]]) -> Corpus:
        """The corpus of these documents, each given as its words and how often they stand in it."""
        frequency: Counter[str] = Counter()
        for document in documents:
            frequency.update(document.keys())
        # A word that a quarter of all documents hold tells nothing, and would cost the most to follow.
        common = max(COMMON_AT_LEAST, len(documents) // COMMON_SHARE)
        idf = {word: inverse_document_frequency(len(documents) + 1, n) for word, n in frequency.items() if n <= common}
        postings: dict[str, tuple[array[int], array[int]]] = {word: (array("I"), array("I")) for word in idf}
        norms: list[int] = []
        for number, document in enumerate(documents):
            square = 0
            for word, times in document.items():
                weight = _TF[min(times, 64)] * idf.get(word, 0)
                if weight:
                    square += weight * weight
                    numbers, entries = postings[word]
                    numbers.append(number)
                    entries.append(weight)
            norms.append(max(1, math.isqrt(square)))
        return cls(idf, postings, tuple(norms))

    def likeness(self, query: Mapping[str, int], documents: Sequence[int] | None = None) -> dict[int, int]:
        """document -> cosine in thousandths (0 to 1000), of those (or all) that share a word with the query."""
        weights = self._weights(query)
        norm = math.isqrt(sum(weight * weight for weight in weights.values()))
        if not norm or (documents is not None and not documents):
            return {}
        norm_of = self.norms
        if documents is not None and len(documents) <= FEW:
            found = ((document, self._dot(weights, document)) for document in documents)
            return {document: 1000 * dot // (norm * norm_of[document]) for document, dot in found if dot}
        dots = [0] * len(norm_of)
        for word, weight in weights.items():
            for document, entry in zip(*self.postings[word], strict=True):
                dots[document] += weight * entry
        wanted = range(len(dots)) if documents is None else documents
        return {document: 1000 * dots[document] // (norm * norm_of[document]) for document in wanted if dots[document]}

    def _dot(self, weights: Mapping[str, int], document: int) -> int:
        """The product of the two vectors, for one document alone."""
        dot = 0
        for word, weight in weights.items():
            numbers, entries = self.postings[word]
            place = bisect_left(numbers, document)
            if place < len(numbers) and numbers[place] == document:
                dot += weight * entries[place]
        return dot

    def shared_words(self, query: Mapping[str, int], document: int, limit: int = 3) -> tuple[str, ...]:
        """The words that make `document` like the query, the weightiest first."""
        shared: list[tuple[int, str]] = []
        for word, weight in self._weights(query).items():
            numbers, entries = self.postings[word]
            place = bisect_left(numbers, document)
            if place < len(numbers) and numbers[place] == document:
                shared.append((-weight * entries[place], word))
        return tuple(word for _, word in sorted(shared)[:limit])

    def _weights(self, query: Mapping[str, int]) -> dict[str, int]:
        idf = self.idf
        return {word: _TF[min(times, 64)] * idf[word] for word, times in query.items() if word in idf}
