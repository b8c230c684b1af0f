"""TF-IDF in integers."""

import math
import random
from collections import Counter

import pytest

from alongside.matching.vectors import Corpus, inverse_document_frequency


def corpus_of(*documents: list[str]) -> Corpus:
    return Corpus.of([[Counter(document)] for document in documents])


def test_a_text_is_most_like_itself() -> None:
    corpus = corpus_of(["stage", "talk", "fear"], ["garden", "rain"], ["stage", "garden"])
    likeness = corpus.likeness(Counter(["stage", "talk", "fear"]))
    assert likeness[0] >= 999
    assert likeness[0] > likeness[2] > 0
    assert 1 not in likeness


def test_rare_words_weigh_more() -> None:
    documents = [["common", "rare"], *(["common", f"other{i}"] for i in range(7))]
    corpus = corpus_of(*documents)
    assert corpus.likeness(Counter(["rare"]))[0] > 3 * corpus.likeness(Counter(["common"]))[0] > 0


def test_words_of_every_fourth_document_are_left_out() -> None:
    corpus = corpus_of(*(["everywhere", f"own{number}"] for number in range(40)))
    assert corpus.likeness(Counter(["everywhere"])) == {}
    assert corpus.likeness(Counter(["everywhere", "own3"])) == {3: 1000}


@pytest.mark.parametrize("query", [[], ["unknown"]])
def test_nothing_in_common(query: list[str]) -> None:
    assert corpus_of(["a", "b"]).likeness(Counter(query)) == {}
    assert corpus_of().likeness(Counter(query)) == {}


def test_the_cosine_is_the_one_of_real_numbers() -> None:
    documents = [["a", "a", "b"], ["b", "c"], ["c", "d", "d", "d"], ["a", "d"]]
    query = ["a", "c", "c"]
    corpus = corpus_of(*documents)

    def vector(words: list[str]) -> dict[str, float]:
        return {
            word: (1 + math.log(words.count(word))) * math.log((len(documents) + 1) / sum(word in d for d in documents))
            for word in set(words)
        }

    def norm(v: dict[str, float]) -> float:
        return math.sqrt(sum(x * x for x in v.values()))

    asked = vector(query)
    for number, found in corpus.likeness(Counter(query)).items():
        document = vector(documents[number])
        exact = sum(asked[w] * document.get(w, 0) for w in asked) / (norm(asked) * norm(document))
        assert found == pytest.approx(1000 * exact, abs=5)


def test_shared_words_come_weightiest_first() -> None:
    corpus = corpus_of(["talk", "stage"], ["talk"], ["talk"], ["rain"])
    asked = Counter(["talk", "stage", "rain"])
    assert corpus.shared(asked, 0) == (corpus.likeness(asked)[0], ["stage", "talk"])


@pytest.mark.parametrize("seed", range(3))
def test_some_documents_are_as_like_as_among_all(seed: int) -> None:
    random_ = random.Random(seed)
    words = [f"w{number}" for number in range(30)]
    corpus = corpus_of(*(random_.choices(words, k=random_.randint(0, 6)) for _ in range(60)))
    for _ in range(20):
        asked = Counter(random_.choices([*words, "unknown"], k=random_.randint(0, 90)))
        likeness = corpus.likeness(asked)
        for count in (0, 1, 3, 40, 60):
            documents = random_.sample(range(60), count)
            found = corpus.likeness_of(asked, documents)
            assert found == {document: likeness[document] for document in documents if document in likeness}
            assert all(corpus.shared(asked, document)[0] == found.get(document, 0) for document in documents)


def test_translations_find_a_document_and_are_no_ballast() -> None:
    """Two short texts, one of them translated: each language finds it, and as well as it finds the other."""
    english, german = Counter(["stage", "talk", "fear"]), Counter(["bühne", "vortrag", "angst", "talk"])
    corpus = Corpus.of([[english, german], [Counter(["stage", "garden", "rain"])]])
    alone = Corpus.of([[english], [Counter(["stage", "garden", "rain"])]])
    for asked in (Counter(["stage", "fear"]), Counter(["rain", "stage"])):
        assert corpus.likeness(asked) == alone.likeness(asked)
    assert corpus.likeness(german)[0] > 900
    assert corpus.shared(Counter(["angst"]), 0) == (corpus.likeness(Counter(["angst"]))[0], ["angst"])


def test_a_line_with_a_long_translation_does_not_win_all() -> None:
    """Length is the original's, but within bounds: a title alone would make every word of the translation count."""
    words = [f"w{number}" for number in range(40)]
    corpus = Corpus.of([[Counter(["title"]), Counter(words)], [Counter(["title"])], [Counter(words[:20])]])
    likeness = corpus.likeness(Counter(words))
    assert likeness[2] < likeness[0] <= 2000


def test_some_words_of_each_version_are_kept() -> None:
    english, german = ["stage", "talk", "fear", "crowd"], ["bühne", "vortrag", "angst"]
    documents = [[Counter(english), Counter(german)], [Counter(["stage", "garden", "rain"])]]
    corpus = Corpus.of(documents)
    short = corpus.shortened(documents, 3, 2)
    holding = [{word for word, (_, numbers, _) in short.postings.items() if number in numbers} for number in (0, 1)]
    assert [len(words) for words in holding] == [4, 3]
    assert len(holding[0] & {*english}) == 2
    assert short.norms == corpus.norms


def test_idf_is_never_negative() -> None:
    assert inverse_document_frequency(3, 9) == 0
    assert inverse_document_frequency(3, 0) == 0
    assert inverse_document_frequency(1000, 1) == 1768
