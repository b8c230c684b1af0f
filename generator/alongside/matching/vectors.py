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
from heapq import nsmallest

from alongside.matching.words import function_words

# 16 * (1 + ln(count)), rounded; a word a hundred times is no more telling than one that stands there fifty times
_TF = [0, *(round(16 * (1 + math.log(count))) for count in range(1, 65))]

COMMON_SHARE = 4  # words in more than one of so many documents are left out
COMMON_AT_LEAST = 8  # unless they are fewer than so many documents
SEARCH = 4  # steps along the documents of a word that take as long as searching them for one

LONGER = 2  # times as long as the first version: what is longer than that does count as longer

# a text, as its words and how often they stand in it; then the same in other languages, if there is any
Document = Sequence[Mapping[str, int]]

# a word's idf, the documents that hold it (ascending), and its tf * idf in each of them
Posting = tuple[int, "array[int]", "array[int]"]


def term_weights() -> tuple[int, ...]:
    """What a word that stands there 0, 1, 2, ... 64 times weighs, before its idf."""
    return tuple(_TF)


def inverse_document_frequency(documents: int, containing: int) -> int:
    """256 ln(N / n), at least 0."""
    return max(0, round(256 * math.log(documents / containing))) if containing else 0


def code_units(text: str) -> bytes:
    """Sorts texts as browsers do: by UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of one kind, as what a query needs: which documents hold a word, and how much it weighs there."""

    postings: Mapping[str, Posting]
    norms: tuple[int, ...]  # of each document: the length of its vector, at least 1

    @classmethod
    def of(cls, documents: Sequence[Document]) -> Corpus:
        """The corpus of these documents.

        A document is found by the words of any of its versions. Its length is that of the first one: readers write in
        one language, and what is there in others is no ballast. In a real community with 90 translated stories, what
        had been left out of a translation finds it first in 67 of 100 cases, where originals alone count in 35; and
        what had been left out of an original finds it as often as before.
        """
        frequency: Counter[str] = Counter()
        merged = [_merged(document) for document in documents]
        for words in merged:
            frequency.update(words.keys())
        # A word that a quarter of all documents hold tells nothing, and would cost the most to follow.
        common = max(COMMON_AT_LEAST, len(documents) // COMMON_SHARE)
        silent = function_words()
        postings: dict[str, Posting] = {
            word: (inverse_document_frequency(len(documents) + 1, n), array("I"), array("I"))
            for word, n in frequency.items()
            if n <= common and word not in silent
        }
        norms: list[int] = []
        for number, (words, document) in enumerate(zip(merged, documents, strict=True)):
            square = 0
            for word, times in words.items():
                if word in postings:
                    idf, numbers, entries = postings[word]
                    weight = _TF[min(times, 64)] * idf
                    square += weight * weight
                    numbers.append(number)
                    entries.append(weight)
            if len(document) > 1:
                square, *others = (_square(postings, version) for version in document)
                square = max(square, *(other // LONGER**2 for other in others))
            norms.append(max(1, math.isqrt(square)))
        return cls(postings, tuple(norms))

    def shortened(self, documents: Sequence[Document], most: int, translated: int) -> Corpus:
        """The same documents, each by the words that find it best; how long they are is not forgotten.

        Of each there are `most` words. Of each of its other versions there are `translated` ones, for which it gives up
        two thirds as many: so a document in two languages takes little more room than one in one.

        A word finds the better the more it weighs, and the more often anybody says it, which is guessed from how many
        documents do: the rarest words weigh most, and are names and slips that nobody will write. On people's later
        stories, ten words chosen so find their teller about two and a half times as often as the ten weightiest.
        """
        weighed: list[list[tuple[int, str]]] = [[] for _ in self.norms]
        for word, (idf, numbers, entries) in self.postings.items():
            often = idf * len(numbers)
            for number, entry in zip(numbers, entries, strict=True):
                weighed[number].append((-entry * often, word))
        kept = [
            {
                word
                for version, words in enumerate(document)
                for _, word in nsmallest(
                    translated if version else max(translated, most - translated * 2 // 3 * (len(document) - 1)),
                    # most texts are of one language
                    found if len(document) == 1 else [one for one in found if one[1] in words],
                )
            }
            for found, document in zip(weighed, documents, strict=True)
        ]
        postings: dict[str, Posting] = {}
        for word, (idf, numbers, entries) in self.postings.items():
            places = [place for place, number in enumerate(numbers) if word in kept[number]]
            if places:
                chosen = (
                    array("I", [numbers[place] for place in places]),
                    array("I", [entries[place] for place in places]),
                )
                postings[word] = (idf, *chosen)
        return Corpus(postings, self.norms)

    def likeness(self, query: Mapping[str, int]) -> dict[int, int]:
        """document -> cosine in thousandths (0 to 1000), of all that share a word with the query."""
        norm_of, postings, square = self.norms, self.postings, 0
        dots = [0] * len(norm_of)
        for word, times in query.items():
            posting = postings.get(word)
            if posting is not None:
                idf, numbers, entries = posting
                weight = _TF[times if times < 64 else 64] * idf  # noqa: FURB136 (twice as quick)
                square += weight * weight
                for document, entry in zip(numbers, entries):  # noqa: B905 (a check a word; they are as many)
                    dots[document] += weight * entry
        norm = math.isqrt(square)
        return {document: 1000 * dot // (norm * norm_of[document]) for document, dot in enumerate(dots) if dot}

    def likeness_of(self, query: Mapping[str, int], documents: Sequence[int]) -> dict[int, int]:
        """The same, of those documents alone."""
        weighed: list[Posting] = []
        for word, times in query.items():
            posting = self.postings.get(word)
            if posting is not None:
                idf, numbers, entries = posting
                weighed.append((_TF[min(times, 64)] * idf, numbers, entries))
        following = len(self.norms) + sum([len(numbers) for _, numbers, _ in weighed])
        if SEARCH * len(documents) * len(weighed) > following:
            likeness = self.likeness(query)
            return {document: likeness[document] for document in documents if document in likeness}
        norm = math.isqrt(sum([weight * weight for weight, _, _ in weighed]))
        dots = ((document, _dot(weighed, document)) for document in documents)
        return {document: 1000 * dot // (norm * self.norms[document]) for document, dot in dots if dot}

    def shared(self, query: Mapping[str, int], document: int) -> tuple[int, list[str]]:
        """(the cosine of `document` and the query in thousandths, the words that make it so, the weightiest first)."""
        dot = square = 0
        shared: list[tuple[int, str]] = []
        for word, times in query.items():
            posting = self.postings.get(word)
            if posting is not None:
                idf, numbers, entries = posting
                weight = _TF[min(times, 64)] * idf
                square += weight * weight
                place = bisect_left(numbers, document)
                if place < len(numbers) and numbers[place] == document:
                    product = weight * entries[place]
                    dot += product
                    shared.append((-product, word))
        shared.sort(key=lambda one: (one[0], code_units(one[1])))
        return (1000 * dot // (math.isqrt(square) * self.norms[document]) if dot else 0), [word for _, word in shared]


def _merged(document: Document) -> Mapping[str, int]:
    """The words of all its versions, each as often as it stands in the one that has it most."""
    if len(document) == 1:
        return document[0]
    merged: Counter[str] = Counter()
    for words in document:
        merged |= Counter(words)
    return merged


def _square(postings: Mapping[str, Posting], words: Mapping[str, int]) -> int:
    """The square of the length of their vector."""
    return sum([(_TF[min(times, 64)] * postings[word][0]) ** 2 for word, times in words.items() if word in postings])


def _dot(weighed: Sequence[Posting], document: int) -> int:
    """The product of the two vectors, for one document alone."""
    dot = 0
    for weight, numbers, entries in weighed:
        place = bisect_left(numbers, document)
        if place < len(numbers) and numbers[place] == document:
            dot += weight * entries[place]
    return dot
