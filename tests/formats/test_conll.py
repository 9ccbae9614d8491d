"""Tag-column files as shared tasks and their participants write them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError, InputError, UnknownNameError
from evalkit.formats.base import Batch, Source
from evalkit.formats.tags.articles import to_examples, write_tag_columns
from evalkit.formats.tags.format import CONLL
from evalkit.formats.tags.reading import TagCorpus, read_tag_columns
from evalkit.formats.tags.settings import HELP, TagSettings
from evalkit.formats.tags.token_alignment import align_tokens, token_key
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Entity, Example, Span

GOLD = "Ida\tB-PER\nMoen\tI-PER\nleft\tO\nOslo\tB-LOC\n.\tO\n\nShe\tO\nsaw\tO\nKari\tB-PER\n"


@pytest.fixture
def write(tmp_path: Path):
    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def gold_of(corpus: TagCorpus) -> list[list[tuple[str, str]]]:
    """Per document the text and label of each gold entity."""
    return [[(" ".join(doc.tokens[s.start : s.end]), s.label) for s in doc.gold] for doc in corpus.documents]


def predicted_of(corpus: TagCorpus) -> list[list[tuple[str, str]]]:
    return [[(" ".join(doc.tokens[s.start : s.end]), s.label) for s in doc.predicted or ()] for doc in corpus.documents]


PER, LOC, KARI = ("Ida Moen", "PER"), ("Oslo", "LOC"), ("Kari", "PER")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(GOLD, [[PER, LOC], [KARI]], id="tab"),
        pytest.param(GOLD.replace("\t", " "), [[PER, LOC], [KARI]], id="blanks"),
        pytest.param(GOLD.replace("\t", ","), [[PER, LOC], [KARI]], id="comma"),
        pytest.param(GOLD.rstrip("\n"), [[PER, LOC], [KARI]], id="no last line feed"),
        pytest.param(GOLD.replace("\n", "\r\n"), [[PER, LOC], [KARI]], id="CRLF"),
        pytest.param(GOLD.replace("\n", "\r\r\n"), [[PER, LOC], [KARI]], id="CR CRLF"),
        pytest.param(GOLD.replace("\n", "\r"), [[PER, LOC], [KARI]], id="CR"),
        pytest.param("\ufeff" + GOLD, [[PER, LOC], [KARI]], id="BOM"),
        pytest.param(GOLD.encode("utf-16"), [[PER, LOC], [KARI]], id="UTF-16"),
        pytest.param(GOLD.replace("\n", " \t \n").replace("\t \n", "\n"), [[PER, LOC], [KARI]], id="trailing blanks"),
        pytest.param(GOLD.replace("\n\n", "\n \t\n\n"), [[PER, LOC], [KARI]], id="blank line with blanks"),
        pytest.param(GOLD.replace("PER", "PE\0R"), [[PER, LOC], [KARI]], id="NUL"),
        pytest.param("TOKEN\tNER\n" + GOLD, [[PER, LOC], [KARI]], id="header"),
        pytest.param(
            "-DOCSTART- -X- -X- O\n\nIda NNP B-NP B-PER\nMoen NNP I-NP I-PER\n\n\n"
            "-DOCSTART- -X- -X- O\n\nOslo NNP B-NP B-LOC\n",
            [[PER], [LOC]],
            id="CoNLL-2003",
        ),
        pytest.param(
            "#\thttp://x.org/1 [2009-10-17]\n1\tIda\tB-PER\tO\n2\tMoen\tI-PER\tO\n\n#\thttp://x.org/2\n1\tOslo\tB-LOC\tO\n",
            [[], []],
            id="GermEval: the last tag column holds the nested entities",
        ),
        pytest.param(
            "###MEDLINE:95369245\n\nIda\tB-PER\nMoen\tI-PER\n\nOslo\tB-LOC\n\n###MEDLINE:2\n\nKari\tB-PER\n",
            [[PER, LOC], [KARI]],
            id="BioNLP: MEDLINE lines begin documents",
        ),
        pytest.param(
            "# newdoc id = a\n# text = Ida Moen is O\n1\tIda\tB-PER\t-\tx\n2\tMoen\tI-PER\t-\tx\n\n"
            "# newdoc id = b\n1\tOslo\tB-LOC\t-\tx\n",
            [[PER], [LOC]],
            id="CoNLL-U style with numbers, comments and columns after the tags",
        ),
        pytest.param("# id 5f domain=en\nIda _ _ B-PER\nMoen _ _ I-PER\n", [[PER]], id="MultiCoNER"),
        pytest.param("#MH17\tB-PER\nIda\tO\n#\tO\n", [[("#MH17", "PER")]], id="hashtags are tokens"),
        pytest.param("Ida O\nNew York B-LOC\n", [[("New", "LOC")]], id="a blank inside a token"),
    ],
)
def test_one_file_of_gold(write, content: str | bytes, expected: list[list[tuple[str, str]]]) -> None:
    assert gold_of(read_tag_columns(write("gold.conll", content))) == expected


def test_germeval_outer_entities_by_column(write) -> None:
    path = write("g.tsv", "#\thttp://x\n1\tIda\tB-PER\tO\n2\tMoen\tI-PER\tB-PER\n")
    assert gold_of(read_tag_columns(path, None, TagSettings(tag_column=2))) == [[PER]]
    assert gold_of(read_tag_columns(path, None, TagSettings(tag_column=-1))) == [[("Moen", "PER")]]


def test_conlleval_file_with_both_columns(write) -> None:
    path = write("both", "Ida NNP B-PER B-PER\nMoen NNP I-PER O\n\nOslo NNP B-LOC I-LOC\n")
    corpus = read_tag_columns(path, None, TagSettings(gold_tag_column=-2, predicted_tag_column=-1))
    assert gold_of(corpus) == [[PER], [LOC]]
    assert predicted_of(corpus) == [[("Ida", "PER")], [LOC]]


@pytest.mark.parametrize(
    ("system", "note"),
    [
        pytest.param(GOLD, "", id="the same"),
        pytest.param(GOLD.replace("\n\n", "\n"), "blocks cut otherwise", id="no blank lines"),
        pytest.param(GOLD.replace("left\tO\n", "left\tO\n\n"), "blocks cut otherwise", id="more blank lines"),
        pytest.param("-DOCSTART- O\n\n" + GOLD, "", id="document mark in one file"),
        pytest.param("# sent_id = 1\n" + GOLD, "", id="comments in one file"),
        pytest.param("TOKEN\tTAG\n" + GOLD, "", id="header in one file"),
        pytest.param(GOLD.replace("\t", "  "), "", id="blanks for tabs"),
        pytest.param(GOLD.replace("left", "&quot;"), "another spelling", id="another token"),
        pytest.param(GOLD.replace("left", "l\ufffdft"), "another spelling", id="damaged character"),
        pytest.param(GOLD.replace("She\tO\n", ""), "missing, read as O", id="a token is missing"),
        pytest.param(GOLD.replace("She\tO\n", "She\tO\nherself\tO\n"), "gold lacks", id="a token too many"),
        pytest.param(GOLD.replace("left\tO\n", "left\n"), "without a tag", id="a line without its tag"),
        pytest.param(GOLD.replace("B-PER", "B-per"), "other case", id="labels in lower case"),
        pytest.param(GOLD.replace("\tB-", "\tI-"), "begin with I-", id="IOB1 without need of B"),
        pytest.param("\n".join(line.split("\t")[-1] for line in GOLD.split("\n")), "tags only", id="no tokens at all"),
        pytest.param(GOLD.replace("\tO", "\t_"), "'_'", id="underscores for O"),
    ],
)
def test_two_files_that_differ_give_the_same_entities(write, system: str, note: str) -> None:
    settings = TagSettings(scheme="IOB2" if "I-" in note else "auto")
    corpus = read_tag_columns(write("gold", GOLD), write("system", system), settings)
    assert predicted_of(corpus) == gold_of(corpus) == [[PER, LOC], [KARI]]
    assert bool(note) == bool(corpus.notes)
    assert any(note in text for text in corpus.notes) or not note


def test_lines_in_latin_1_are_counted_and_paired(write) -> None:
    gold = write("gold", "Zoë\tB-PER\nBoë\tI-PER\nleft\tO\n")
    corpus = read_tag_columns(gold, write("system", "Zoë\tB-PER\nBoë\tI-PER\nleft\tO\n".encode("latin-1")))
    assert predicted_of(corpus) == [[("Zoë Boë", "PER")]]
    assert corpus.notes == {"predicted: lines not in UTF-8, read as Windows-1252": 2}


def test_missing_entity_tokens_are_missed_not_dropped(write) -> None:
    corpus = read_tag_columns(write("gold", GOLD), write("system", GOLD.replace("Oslo\tB-LOC\n", "")))
    assert gold_of(corpus) == [[PER, LOC], [KARI]]
    assert predicted_of(corpus) == [[PER], [KARI]]
    assert [(text.split(" (")[0], n) for text, n in corpus.notes.items()] == [
        ("predicted: blocks cut otherwise than in gold, gold's are used", 1),
        ("predicted: gold tokens that are missing, read as O unless an entity goes on after them", 1),
    ]


def test_an_entity_on_a_token_that_gold_lacks_is_spurious(write) -> None:
    system = GOLD.replace("left\tO\n", "left\tO\nParis\tB-LOC\n")
    corpus = read_tag_columns(write("gold", GOLD), write("system", system))
    assert gold_of(corpus) == [[PER, LOC], [KARI]]
    assert predicted_of(corpus) == [[PER, LOC, ("Paris", "LOC")], [KARI]]
    assert corpus.documents[0].tail == 1
    assert corpus.notes["predicted: entities on tokens that gold lacks, counted as spurious"] == 1
    example = to_examples(corpus).predictions[0].annotations.entities[-1]
    assert to_examples(corpus).examples[0].article.text[slice(*example.spans[0])] == "Paris"


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        pytest.param(
            "Ida\tB-PER\n-\tI-PER\nMoen\tI-PER\n", [[("Ida-Moen", "PER")]], id="one gold token, three predicted"
        ),
        pytest.param("Ida-Moenleft\tB-PER\n", [[("Ida-Moen left", "PER")]], id="two gold tokens, one predicted"),
    ],
)
def test_tokens_cut_otherwise(write, system: str, expected: list[list[tuple[str, str]]]) -> None:
    gold = write("gold", "Ida-Moen\tB-PER\nleft\tO\n")
    assert predicted_of(read_tag_columns(gold, write("system", system))) == expected


def test_shuffled_documents_are_put_in_order_by_name(write) -> None:
    one, two = "# document_id = a\nIda\tB-PER\n.\tO\n", "# document_id = b\nOslo\tB-LOC\n.\tO\n"
    corpus = read_tag_columns(write("gold", one + two), write("system", two + one))
    assert predicted_of(corpus) == gold_of(corpus) == [[("Ida", "PER")], [LOC]]
    assert corpus.notes == {"predicted: documents in another order than gold, sorted by name": 2}


def test_labels_that_gold_never_uses_are_counted_and_kept(write) -> None:
    corpus = read_tag_columns(write("gold", GOLD), write("system", GOLD.replace("B-LOC", "B-GPE")))
    assert predicted_of(corpus)[0] == [PER, ("Oslo", "GPE")]
    assert corpus.notes == {"predicted: entities with a label that gold never uses, counted as spurious (GPE)": 1}


HIPE = (
    "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tMISC\n# language = en\n# document_id = d1\n# segment_iiif_link = x\n"
    "NEW\tB-loc\tO\tNoSpaceAfter\n-\tI-loc\tO\tNoSpaceAfter\n# segment_iiif_link = y\nYORK\tI-loc\tO\tEndOfLine\n\n"
    "# language = en\n# document_id = d2\n# segment_iiif_link = z\nKari\tB-pers\tB-org\t_\n.\tO\tO\tNoSpaceAfter\n"
)


def test_hipe_entities_run_over_segments_and_stop_at_documents(write) -> None:
    corpus = read_tag_columns(write("gold.tsv", HIPE), None, TagSettings(tag_column="NE-COARSE-LIT"))
    assert [doc.id for doc in corpus.documents] == ["d1", "d2"]
    assert gold_of(corpus) == [[("NEW - YORK", "loc")], [("Kari", "pers")]]
    assert to_examples(corpus).examples[0].article.text == "NEW-YORK"
    assert to_examples(corpus).detokenisation.startswith("a space where the file does not mark NoSpaceAfter")


@pytest.mark.parametrize(
    "system",
    [
        pytest.param(HIPE.replace("# segment_iiif_link = y", ""), id="a blank line inside a document"),
        pytest.param("\n".join(x for x in HIPE.split("\n") if x[:1] != "#"), id="without comments"),
        pytest.param("\n".join("#" if x[:1] == "#" else x for x in HIPE.split("\n")), id="bare # for comments"),
        pytest.param(
            "\n".join(x + "\t\t\t" if x[:1] == "#" else x for x in HIPE.split("\n")), id="comments filled with tabs"
        ),
        pytest.param(
            "\n".join(x + "\tO\tO\tO" if x[:1] == "#" else x for x in HIPE.split("\n")), id="comments filled with O"
        ),
        pytest.param(HIPE.replace("loc", "LOC").replace("pers", "PERS"), id="labels in upper case"),
        pytest.param(HIPE.split("\n", 1)[1], id="no header"),
        pytest.param(
            "\n".join("\t".join(x.split("\t")[:2]) for x in HIPE.split("\n")[1:]), id="two columns and no header"
        ),
    ],
)
def test_hipe_submissions(write, system: str) -> None:
    settings = TagSettings(tag_column="NE-COARSE-LIT")
    corpus = read_tag_columns(write("gold.tsv", HIPE), write("system.tsv", system), settings)
    assert predicted_of(corpus) == gold_of(corpus) == [[("NEW - YORK", "loc")], [("Kari", "pers")]]


@pytest.mark.parametrize(
    ("mode", "sizes"),
    [("auto", [5, 3]), ("blank", [5, 3]), ("sentence", [5, 3]), ("file", [8])],
)
def test_documents_without_marks(write, mode: str, sizes: list[int]) -> None:
    corpus = read_tag_columns(write("gold", GOLD), None, TagSettings(document=mode))
    assert [len(doc.tokens) for doc in corpus.documents] == sizes
    assert corpus.document == ("file" if mode == "file" else "blank")


@pytest.mark.parametrize(
    ("content", "options", "error", "message"),
    [
        pytest.param("", {}, FormatError, "holds no line with a token", id="empty"),
        pytest.param("# only\n\n", {}, FormatError, "holds no line with a token", id="comments only"),
        pytest.param("a\nb\n", {}, FormatError, "no line has a tag", id="tokens only"),
        pytest.param(GOLD, {"tag_column": 5}, FormatError, "no column 5, lines have 2", id="column too high"),
        pytest.param(GOLD, {"tag_column": "NER"}, FormatError, "has no header line", id="name without header"),
        pytest.param(HIPE, {"tag_column": "NE-COARS-LIT"}, FormatError, "did you mean 'NE-COARSE-LIT'", id="near name"),
        pytest.param(GOLD, {"document": "docstart"}, FormatError, "--document blank", id="no such marks"),
        pytest.param(GOLD, {"document": "docstar"}, UnknownNameError, "docstart", id="unknown mode"),
        pytest.param(GOLD, {"encoding": "utf8-x"}, InputError, "encoding 'utf8-x' is unknown", id="encoding"),
        pytest.param("a\tO\nb\tI-X\n", {"repair": "strict", "scheme": "IOB2"}, FormatError, "gold:2: tag", id="strict"),
        pytest.param(
            "".join(f"w\tQ{n}\n" for n in range(60)),
            {"tag_column": 1},
            FormatError,
            "holds no tags but 60",
            id="no tags",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(write, content, options, error, message) -> None:
    with pytest.raises(error, match=message) as caught:
        read_tag_columns(write("gold", content), None, TagSettings(**options))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_tag_columns(tmp_path / "none")


def test_offsets_point_at_the_tokens(write) -> None:
    examples, predictions, rule = to_examples(read_tag_columns(write("gold", GOLD)), detokenise="simple")
    assert examples[0].article.text == "Ida Moen left Oslo."
    assert [example.article.text[slice(*e.spans[0])] for example in examples for e in example.gold.entities or ()] == [
        "Ida Moen",
        "Oslo",
        "Kari",
    ]
    assert predictions is None
    assert rule.startswith("English punctuation rules")


@pytest.mark.parametrize(
    "token", ["", "\u00a0", "\u200b", "\u2028"], ids=["empty", "nbsp", "zero width", "line separator"]
)
def test_tokens_without_visible_characters_keep_their_entity(write, token: str) -> None:
    corpus = read_tag_columns(write("gold", f"a\tO\n{token}\tB-X\nb\tO\n"))
    (example,), _, _ = to_examples(corpus)
    (entity,) = example.gold.entities or ()
    assert entity.spans[0].end - entity.spans[0].start == 1
    assert corpus.notes.get("gold: lines without a token", 0) == (token == "")


def test_writing_says_what_is_lost() -> None:
    spans = [((0, 8),), ((0, 3),), ((4, 13),), ((14, 18), (0, 3)), ((14, 18),)]
    entities = tuple(
        Entity(id=f"e{n}", spans=tuple(Span(*s) for s in span), label="A B" if n == 4 else "X")
        for n, span in enumerate(spans)
    )
    article = Article(id="a1", text="Ida Moen left Oslo.\nNext")
    written = write_tag_columns([Example(article=article, gold=Annotations(entities=entities))])
    # Of 0-8, 0-3 and 4-13 the longest (4-13) stays: 0-8 crosses it, 0-3 does not.
    assert written.text == ("# document_id = a1\nIda\tB-X\nMoen\tB-X\nleft\tI-X\nOslo\tB-A_B\n.\tO\n\nNext\tO\n\n")
    assert written.losses.lost == {
        "entities": {"blanks in the label, written as _": 1, "crossing": 1, "discontinuous": 1}
    }
    assert written.losses.written == {"entities": 2}


def test_the_format_writes_what_it_can_read_and_counts_the_rest(tmp_path: Path, write) -> None:
    examples = CONLL.read(Source(path=write("gold.conll", GOLD)), ReadOptions()).examples
    assert not str(CONLL.write(Batch(examples=examples), tmp_path / "out.conll"))
    assert CONLL.read(Source(path=tmp_path / "out.conll"), ReadOptions()).examples == examples
    twice = Annotations(entities=(examples[0].gold.entities or ()) * 2)
    losses = CONLL.write(Batch(examples=(Example(article=examples[0].article, gold=twice),)), tmp_path / "some.conll")
    assert (losses.written, str(losses)) == ({"entities": 2}, "2 entities (given twice)")


def test_every_setting_has_its_help() -> None:
    assert set(HELP) == {own.name for own in fields(TagSettings)}
    assert CONLL.options == HELP


def test_a_file_of_another_tool_is_named(write) -> None:
    with pytest.raises(FormatError, match=r"doc\.tsv: is a WebAnno TSV file"):
        read_tag_columns(write("doc.tsv", "#FORMAT=WebAnno TSV 3.2\n\n1-1\t0-3\tOla\tPER[1]\n"))


@pytest.mark.parametrize(
    ("name", "content", "certainty"),
    [
        pytest.param("a", GOLD, 0.8, id="content without an ending"),
        pytest.param("a.txt", HIPE, 0.8, id="HIPE"),
        pytest.param("a.conll", "nothing\n", 0.4, id="ending only"),
        pytest.param("a", "Ida Moen left Oslo.\nShe saw O Kari.\n", 0.0, id="prose"),
        pytest.param("a.csv", "a1,0,8,PER\na1,14,18,GPE\n", 0.0, id="offsets"),
        pytest.param("a.jsonl", '{"id": "a", "text": "B-PER O"}\n', 0.0, id="JSON"),
        pytest.param("a.tsv", "#FORMAT=WebAnno TSV 3.2\n\n1-1\t0-3\tOla\tO\n", 0.4, id="another tool"),
    ],
)
def test_what_looks_like_tag_columns(write, name: str, content: str, certainty: float) -> None:
    assert CONLL.certainty(write(name, content), content.encode()) == certainty


@pytest.mark.parametrize(
    ("one", "other"),
    [("“", '"'), ('""""', '"'), ("&amp;", "&"), ("’s", "'s"), ("e\u0301", "é"), ("``", '"'), ("ﬁ", "fi")],
)
def test_tokens_that_say_the_same(one: str, other: str) -> None:
    assert token_key(one) == token_key(other)


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abcd")))
def test_alignment_never_crosses_and_loses_nothing(gold: list[str], predicted: list[str]) -> None:
    found = align_tokens(gold, predicted, gold_blocks=[0], predicted_blocks=[0])
    paired = [index for index in found.partner if index >= 0]
    assert paired == sorted(paired)
    assert sorted({*paired, *found.extra}) == list(range(len(predicted)))
    assert len(found.partner) == len(gold)


@pytest.mark.parametrize("unique", [True, False], ids=["anchors", "repetitive text"])
def test_long_files_with_losses_are_aligned_quickly(unique: bool) -> None:
    gold = [f"w{n}" if unique else f"w{n * n % 97}" for n in range(30_000)]
    predicted = [token for n, token in enumerate(gold) if n % 1000 != 7]
    found = align_tokens(gold, predicted, gold_blocks=[0], predicted_blocks=[0])
    assert found.partner.count(-1) == 30
    assert not found.extra


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_crash_the_reader(tmp_path_factory: pytest.TempPathFactory, gold: bytes, system: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "gold").write_bytes(b"a\tB-X\nb\tO\n" + gold)
    (folder / "system").write_bytes(system)
    try:
        corpus = read_tag_columns(folder / "gold", folder / "system")
    except FormatError:
        return
    examples, predictions, _ = to_examples(corpus)
    assert len(examples) == len(predictions or ())
    for example, prediction in zip(examples, predictions or (), strict=True):
        for entity in (*(example.gold.entities or ()), *(prediction.annotations.entities or ())):
            assert example.article.text[slice(*entity.spans[0])]
