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


COMMENTED = "TOKEN\tNER\n# document_id = d1\n{}\nIda\tB-PER\nMoen\tI-PER\n"


@pytest.mark.parametrize(
    "line",
    ["# series:name = B_Side", "# paper:title =  L_Oeuvre", "#B_Side", "# I-95", "# x = O", "#TITLE x B-PER", "#"],
)
def test_a_line_without_the_separator_of_the_file_is_a_comment(write, line: str) -> None:
    gold = write("gold.tsv", COMMENTED.format(line))
    corpus = read_tag_columns(
        gold, write("pred.tsv", COMMENTED.format(line).replace("\tB", "\tO").replace("\tI", "\tO"))
    )
    assert gold_of(corpus) == [[PER]]
    assert predicted_of(corpus) == [[]]
    assert [document.tokens for document in corpus.documents] == [("Ida", "Moen")]


@pytest.mark.parametrize(
    ("content", "expected", "refused"),
    [
        pytest.param("# L_Oeuvre\nIda B-PER\nMoen I-PER\n", [PER], 1, id="the label stands nowhere else"),
        pytest.param("#Oslo B-LOC\nOslo B-LOC\n", [("#Oslo", "LOC"), LOC], 0, id="it stands on another line"),
        pytest.param("# Foo\nIda PER\nMoen PER\nleft 0\n", [PER], 1, id="bare labels"),
        pytest.param("Ida B-PER\nMoen I-PER\n# O\n#x O\n", [PER], 0, id="O is no label"),
        pytest.param("#Oslo\tB-LOC\nis\tO\n", [("#Oslo", "LOC")], 0, id="a hashtag with the separator"),
        pytest.param("#Oslo,B-LOC\nis,O\n", [("#Oslo", "LOC")], 0, id="a hashtag with a comma"),
        pytest.param("#date\tB-X\n#text\tO\n", [("#date", "X")], 0, id="a hashtag that is called like a key"),
        pytest.param("# a title\tL_Oeuvre\nIda\tB-PER\nMoen\tI-PER\n", [PER], 1, id="words, a tab, a new label"),
    ],
)
def test_lines_with_a_number_sign(write, content: str, expected: list[tuple[str, str]], refused: int) -> None:
    corpus = read_tag_columns(write("gold", content))
    assert gold_of(corpus) == [expected]
    counts = [number for text, number in corpus.notes.items() if "label stands on no other line" in text]
    assert counts == [refused] * bool(refused)


def test_a_label_of_the_gold_is_known_in_the_prediction(write) -> None:
    gold = write("gold", "#Oslo B-LOC\nOslo B-LOC\nis O\n")
    assert predicted_of(read_tag_columns(gold, write("system", "#Oslo B-LOC\nOslo O\nis O\n"))) == [[("#Oslo", "LOC")]]


@pytest.mark.parametrize(
    ("tags", "gold", "predicted"),
    [
        # The same line with and without a label: the mistake must be seen, whichever file is right.
        pytest.param(("O", "B-LOC"), [("Puma", "ORG")], [("#Nike", "LOC"), ("Puma", "ORG")], id="predicted"),
        pytest.param(("B-LOC", "O"), [("#Nike", "LOC"), ("Puma", "ORG")], [("Puma", "ORG")], id="gold"),
    ],
)
@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("token", ["#Nike", "#"])
def test_what_is_a_token_in_one_file_is_one_in_both(write, tags, gold, predicted, bare: bool, token: str) -> None:
    def lines(tag: str) -> str:
        content = f"{token} {tag}\nand O\nPuma B-ORG\n"
        return content.replace("B-", "") if bare else content

    corpus = read_tag_columns(write("gold", lines(tags[0])), write("system", lines(tags[1])))
    shown = [[(text.replace("#Nike", token), label) for text, label in side] for side in (gold, predicted)]
    assert [gold_of(corpus)[0], predicted_of(corpus)[0]] == shown


def test_hashtags_alone_may_be_the_entities_of_a_file(write) -> None:
    path = write("gold", "I O\nlove O\n#Nike B-BRAND\n#Adidas B-BRAND\ntoo O\n")
    corpus = read_tag_columns(path, path)
    assert gold_of(corpus) == predicted_of(corpus) == [[("#Nike", "BRAND"), ("#Adidas", "BRAND")]]


def test_a_comment_that_another_hash_does_not_make_a_token(write) -> None:
    # Both files have one token `#` and one comment `# Foo`: neither has more tokens than the other.
    path = write("gold", "# Foo\nIda PER\n# O\n1 O\n")
    corpus = read_tag_columns(path, path)
    assert gold_of(corpus) == [[("Ida", "PER")]]
    assert sum("--comment none" in note for note in corpus.notes) == 2


CHUNKED = "Anna B-PER NNP B-NP\nran O VBD B-VP\nto O TO B-PP\nOslo B-LOC NNP B-NP\n"


def test_of_two_columns_of_tags_the_last_is_read_and_both_are_named(write) -> None:
    corpus = read_tag_columns(write("gold", CHUNKED))
    assert gold_of(corpus)[0][0] == ("Anna", "NP")
    assert "gold: columns 1 and 3 hold tags, column 3, the last, was read (--tag-column)" in corpus.notes
    assert not any("hold tags" in note for note in read_tag_columns(write("g", CHUNKED), None, TOLD).notes)


TOLD = TagSettings(tag_column=1)


def test_the_labels_of_the_prediction_decide_between_columns_of_the_gold(write) -> None:
    corpus = read_tag_columns(write("two", CHUNKED), write("one", "Anna B-PER\nran O\nto O\nOslo O\n"))
    assert gold_of(corpus) == [[("Anna", "PER"), ("Oslo", "LOC")]]
    assert predicted_of(corpus) == [[("Anna", "PER")]]
    assert [note for note in corpus.notes if "hold tags" in note] == [
        "gold: columns 1 and 3 hold tags, column 1 was read, since the predictions have none of the labels of the last "
        "(--tag-column)"
    ]


@pytest.mark.parametrize("tag", ["O", "B-LOC", "B-PERSON"])
def test_the_copy_of_gold_in_a_prediction_is_not_taken_for_the_prediction(write, tag: str) -> None:
    system = write("system", f"Anna B-PER {tag}\nran O O\nOslo B-LOC O\n")
    corpus = read_tag_columns(write("gold", "Anna B-PER\nran O\nOslo B-LOC\n"), system)
    assert predicted_of(corpus) == [[("Anna", tag[2:])] if tag != "O" else []]


def test_the_column_of_the_prediction_is_not_guessed_for_the_gold(write) -> None:
    path = write("both", "Anna B-PER B-PER\nran O B-LOC\n")
    corpus = read_tag_columns(path, None, TagSettings(predicted_tag_column=2))
    assert gold_of(corpus) == [[("Anna", "PER")]]
    assert predicted_of(corpus) == [[("Anna", "PER"), ("ran", "LOC")]]


CONLLU = (
    "1\tOla\tola\tX\t_\t_\t0\troot\t_\t{0}=B-PER\n2\tBrun\tbrun\tX\t_\t_\t1\tx\t_\tGloss=y|{0}=I-PER\n"
    "3\tleft\tleft\tX\t_\t_\t1\tx\t_\tSpaceAfter=No\n4\t.\t.\tX\t_\t_\t1\tx\t_\t_\n"
)


@pytest.mark.parametrize("column", ["auto:tag", 9, -1])
@pytest.mark.parametrize("key", ["Entity", "NE", "ner", "Anything"])
def test_tags_among_pairs_of_keys_and_values(write, column: int | str, key: str) -> None:
    path = write("gold.conllu", CONLLU.format(key))
    # A prediction without any entity has none under a key that the gold names.
    empty = write("pred.conllu", CONLLU.format("Lemma").replace("B-PER", "x").replace("I-PER", "x"))
    for predicted, expected in ((path, [("Ola Brun", "PER")]), (empty, [])):
        corpus = read_tag_columns(path, predicted, TagSettings(tag_column=column))
        assert gold_of(corpus) == [[("Ola Brun", "PER")]]
        assert predicted_of(corpus) == [expected]


def test_bare_labels_under_a_key_that_is_called_like_tags(write) -> None:
    path = write("gold.conllu", CONLLU.format("NER").replace("=B-", "=").replace("=I-", "="))
    assert gold_of(read_tag_columns(path, None, TagSettings(tag_column=9))) == [[("Ola Brun", "PER")]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(CONLLU.format("Gloss").replace("-PER", "x"), "with no tags but Gloss, SpaceAfter;", id="none"),
        pytest.param(CONLLU.format("NE").replace("=B-PER", "=B-PER|E2=B-X"), "with tags under E2 and NE;", id="two"),
    ],
)
def test_pairs_that_do_not_tell_the_tags_are_refused(write, content: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_tag_columns(write("gold.conllu", content), None, TagSettings(tag_column=9))


@pytest.mark.parametrize(
    ("content", "mode", "names"),
    [
        pytest.param("# id = a1\nIda O\n\n# id = a2\nOslo O\n", "auto", ["a1", "a2"], id="a block each"),
        pytest.param("# id = a1\nIda O\n\nKari O\n\n# id: a2\nOslo O\n", "auto", ["a1", "a2"], id="several blocks"),
        pytest.param("# id 5f domain=en\nIda O\n# id 6e domain=en\nOslo O\n", "auto", ["5f", "6e"], id="no blank line"),
        pytest.param("# doc_id = d\n# id = s1\nIda O\n\n# id = s2\nOslo O\n", "auto", ["d"], id="other documents"),
        pytest.param("-DOCSTART- O\n\n# id = s1\nIda O\n\n# id = s2\nx O\n", "auto", ["0001"], id="docstart"),
        pytest.param("-DOCSTART- O\n\n# id = s1\nIda O\n\n# id = s2\nx O\n", "comment", ["s1", "s2"], id="told"),
        pytest.param("# id = a1\nIda O\n\n# id = a2\nOslo O\n", "blank", ["0001", "0002"], id="blank told"),
        pytest.param("Ida O\n\n# id = a2\nOslo O\n", "auto", ["0001", "0002"], id="the first has none"),
    ],
)
def test_ids_in_comments_name_documents(write, content: str, mode: str, names: list[str]) -> None:
    corpus = read_tag_columns(write("gold", content), None, TagSettings(document=mode))
    assert [document.id for document in corpus.documents] == names
    assert any("--document comment" in note for note in corpus.notes) == (content[0] == "I")


LEFT_OUT = "predicted: marks and endings glued to an entity that are outside in gold, left out of it"


@pytest.mark.parametrize(
    ("gold", "predicted", "cut"),
    [
        pytest.param("Oslo B-LOC / . O", "Oslo. B-LOC", 1, id="a stop"),
        pytest.param("Anna B-PER / 's O / hat O", "Anna's B-PER / hat O", 1, id="a possessive ending"),
        pytest.param("New B-LOC / York I-LOC / . O / So O", "New B-LOC / York. I-LOC / So O", 1, id="the last word"),
        pytest.param("( O / Oslo B-LOC / ) O / , O", "(Oslo), B-LOC", 3, id="both sides"),
        pytest.param("“ O / New B-LOC / York I-LOC", "“New B-LOC / York I-LOC", 1, id="the first word"),
        pytest.param("New B-LOC / York I-LOC / . O", "New B-LOC / Yo I-LOC / ##rk. I-LOC", 1, id="split and glued"),
        pytest.param("to O / Oslo B-LOC / . O", "to O / Os B-LOC / ##lo. I-LOC", 1, id="one word, split and glued"),
        # What gold has in the entity stays in it, and so does what is no mark.
        pytest.param("Acme B-ORG / Inc I-ORG / . I-ORG", "Acme B-ORG / Inc. I-ORG", 0, id="an abbreviation"),
        pytest.param("St B-LOC / . I-LOC / Ives I-LOC", "St. B-LOC / Ives I-LOC", 0, id="a mark inside"),
    ],
)
def test_a_mark_that_is_glued_to_an_entity(write, gold: str, predicted: str, cut: int) -> None:
    def lines(text: str) -> str:
        return text.replace(" / ", "\n") + "\n"

    corpus = read_tag_columns(write("gold", lines(gold)), write("system", lines(predicted)))
    assert gold_of(corpus) == predicted_of(corpus)
    assert corpus.notes.get(LEFT_OUT, 0) == cut


def test_words_and_marks_alone_stay_in_the_entity(write) -> None:
    corpus = read_tag_columns(write("gold", "in O\nOslo B-LOC\n! O\n? O\n"), write("p", "inOslo B-LOC\n!? B-X\n"))
    # `in` is a word that the prediction has in its entity; of marks alone one is left.
    assert predicted_of(corpus) == [[("in Oslo", "LOC"), ("!", "X")]]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param("Ida\tB-PER\nMoen\tI-PER\n#Oslo\n", "'#Oslo' without a tag", id="tabs"),
        pytest.param("Ida B-PER\nMoen I-PER\n#Oslo\n", "'#Oslo' without a tag", id="blanks"),
        pytest.param(
            "Ida B-PER\nMoen I-PER\n#Oslo now B-LOC\n",
            "'#x y B-LOC' with more or fewer cells than the others",
            id="a blank in it",
        ),
    ],
)
def test_a_hashtag_that_is_read_as_a_comment_is_counted(write, content: str, what: str) -> None:
    corpus = read_tag_columns(write("gold", content))
    assert corpus.notes == {f"gold: lines such as {what}, read as comments": 1}


@pytest.mark.parametrize("mark", ["#", "%", "//"])
def test_a_mark_that_is_told_begins_comments_and_nothing_else_does(write, mark: str) -> None:
    content = f"{mark} document_id = a\nIda B-PER\n{mark}von I-PER\nMoen I-PER\n{mark} document_id = b\nx O\n"
    corpus = read_tag_columns(write("gold", content), write("system", content), TagSettings(comment=mark))
    assert gold_of(corpus) == predicted_of(corpus) == [[PER], []]
    assert [document.id for document in corpus.documents] == ["a", "b"]
    other = TagSettings(comment="%" if mark == "#" else mark)
    assert gold_of(read_tag_columns(write("gold", "# B-PER\nx O\n"), None, other)) == [[("#", "PER")]]


@pytest.mark.parametrize("columns", [(1, 2), ("1", "2"), (-2, -1), ("-2", "-1"), (" 1", "+2")])
def test_a_number_is_no_name_of_a_column(write, columns: tuple[int | str, int | str]) -> None:
    # Two rows read 1, 2 in their first cells, as a header of that name would.
    content = "1\t2\tB-NUM\nx\tIda\tB-PER\n1\t2\tO\nx\tMoen\tI-PER\n"
    settings = TagSettings(token_column=columns[0], tag_column=columns[1])
    assert gold_of(read_tag_columns(write("gold", content), None, settings)) == [
        [("2", "NUM"), ("Ida", "PER"), ("Moen", "PER")]
    ]


def test_columns_with_a_header_of_numbers_are_counted_from_0(write) -> None:
    content = "token\t2\t1\nIda\tO\tB-PER\nOslo\tB-LOC\tO\n"
    assert gold_of(read_tag_columns(write("gold", content), None, TagSettings(tag_column="1"))) == [[LOC]]
    with pytest.raises(FormatError, match="no column 3, lines have 3; columns count from 0"):
        read_tag_columns(write("gold", content), None, TagSettings(tag_column="3"))


@pytest.mark.parametrize(
    "content",
    ["word 0\nOslo LOC\nword 0\n", "word LOC\nOslo LOC\nx 0\nword LOC\n", "Tag LOC\nword LOC\nx 0\n"],
)
def test_a_word_called_word_is_no_header(write, content: str) -> None:
    assert len(read_tag_columns(write("gold", content)).documents[0].tokens) == content.count("\n")


@pytest.mark.parametrize(
    ("content", "options"),
    [
        pytest.param("B-PER Ida\nI-PER Moen\nO left\n", {}, id="blanks"),
        pytest.param("B-PER\tIda\nI-PER\tMoen\nO\tleft\n", {}, id="tab"),
        pytest.param("B-PER,Ida\nI-PER,Moen\nO,left\n", {}, id="comma"),
        pytest.param('"B-PER";"Ida"\n"I-PER";"Moen"\n"O";"left"\n', {}, id="semicolon and quotation marks"),
        pytest.param("PER Ida\nPER Moen\nO left\nO and\nO went\n", {}, id="labels without prefixes"),
        pytest.param("B-PER NNP Ida\nI-PER NNP Moen\nO VBD left\n", {"token_column": 2}, id="three, tokens told"),
        pytest.param("B-PER Ida\nI-PER Moen\nO left\n", {"tag_column": 0}, id="tags told"),
        pytest.param("B-PER Ida\nI-PER Moen\nO left\n", {"token_column": "1"}, id="tokens told"),
    ],
)
def test_tags_before_tokens_are_found(write, content: str, options: dict[str, int | str]) -> None:
    corpus = read_tag_columns(write("gold", content), write("system", content), TagSettings(**options))
    assert gold_of(corpus) == predicted_of(corpus) == [[PER]]
    assert any("tags stand before the tokens" in text for text in corpus.notes) == ("token_column" not in options)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        pytest.param("B-PER NNP Ida\nO VBD left\n", {}, "name the column with --token-column", id="tag first, three"),
        pytest.param("B-PER I-PER O\nB-GPE O\n", {}, "holds tags and no tokens", id="lines of tags"),
        pytest.param("Ida Moen\nleft the\nold house\nIda sang\n", {}, "which column holds the tags", id="words twice"),
        pytest.param("Ida B-PER\n", {"token_column": 1, "tag_column": -1}, "cannot hold the tokens and", id="the same"),
        pytest.param("Ida a=b\nMoen c=d\n", {}, "which column holds the tags", id="features"),
        pytest.param("T1\tPER 0 3\tIda\n", {}, "is a brat standoff file", id="brat"),
        pytest.param(
            "1-1\t0-3\tIda\tPER[1]\n", {}, "is a headless WebAnno TSV file", id="WebAnno without its first line"
        ),
        pytest.param("\ufeff\n#FORMAT=WebAnno TSV 3\n", {}, "is a WebAnno TSV file", id="WebAnno after a blank line"),
        pytest.param(
            "1\tIda\tida\tPROPN\t_\t_\t0\troot\t_\t_\n2\tsang\tsing\tVERB\t_\t_\t1\tdep\t_\tSpaceAfter=No\n",
            {},
            "which column holds the tags",
            id="CoNLL-U without tags",
        ),
    ],
)
def test_columns_that_do_not_tell_what_they_hold_are_refused(write, content, options, message) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read_tag_columns(write("gold", content), None, TagSettings(**options))
    assert "\n" not in str(caught.value)


def test_a_column_in_which_every_token_has_a_label_is_named(write) -> None:
    corpus = read_tag_columns(write("gold", "Ida PROPN\nsang VERB\nand CONJ\nsang VERB\n"))
    assert corpus.notes == {"gold: every token has a label in column 1; is it that of the tags (--tag-column)?": 0}


def test_ranges_and_empty_nodes_do_not_stand_in_the_text_beside_their_words(write) -> None:
    content = (
        "# text = du Mans\n1-2\tdu\t_\n1\tde\tO\n2\tle\tB-LOC\n3\tMans\tI-LOC\n3.1\tnode\tO\n\n"
        "1\tIda\tB-PER\n2-3\tzum\tB-ORG\n2\tzu\tO\n3\tdem\tO\n4\tend\tO\n"
    )
    corpus = read_tag_columns(write("gold", content))
    assert [" ".join(document.tokens) for document in corpus.documents] == ["de le Mans", "Ida zum end"]
    assert gold_of(corpus) == [[("le Mans", "LOC")], [("Ida", "PER"), ("zum", "ORG")]]
    assert corpus.notes == {
        "gold: empty nodes such as 5.1, which are not in the text, left out": 1,
        "gold: multiword ranges such as 2-3 that alone have a tag, read instead of their words": 1,
        "gold: multiword ranges such as 2-3, left out beside their words": 1,
    }


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


SAID = "Ola\tB-PER\nBrunsen\tI-PER\nleft\tO\nRuun\tB-GPE\n.\tO\n"
OLA, RUUN = ("Ola Brunsen", "PER"), ("Ruun", "GPE")


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        pytest.param("Ola B-PER|Brun I-PER|##sen I-PER|left O|Ruun B-GPE|. O", [OLA, RUUN], id="WordPiece"),
        pytest.param("▁Ola B-PER|▁Brun I-PER|sen I-PER|▁left O|▁Ruun B-GPE|. O", [OLA, RUUN], id="SentencePiece"),
        pytest.param("Ola B-PER|ĠBrun I-PER|sen I-PER|Ġleft O|ĠRuun B-GPE|. O", [OLA, RUUN], id="byte-level BPE"),
        pytest.param("Ola B-PER|Brun@@ I-PER|sen I-PER|left O|Ruun B-GPE|. O", [OLA, RUUN], id="BPE"),
        pytest.param("▁ B-PER|Ola I-PER|▁Brunsen I-PER|▁left O|▁Ruun B-GPE|. O", [OLA, RUUN], id="a mark alone"),
        pytest.param(
            "Ola B-PER|Brun B-PER|##sen B-PER|left O|Ru B-GPE|##un B-GPE|. O",
            [("Ola", "PER"), ("Brunsen", "PER"), RUUN],
            id="B- on every piece",
        ),
        pytest.param(
            "O B-PER|##la O|Brun I-PER|##sen O|left O|Ru B-GPE|##un O|. O", [OLA, RUUN], id="tags on first pieces"
        ),
        pytest.param("O B-PER|la X|Brun I-PER|sen X|left O|Ru B-GPE|un X|. O", [OLA, RUUN], id="X on later pieces"),
        pytest.param(
            "[CLS] O|ola B-PER|brun I-PER|##sen I-PER|[UNK] O|ruun B-GPE|. O|[SEP] O", [OLA, RUUN], id="uncased"
        ),
        # A full stop that is glued to a name and outside in gold is in no entity.
        pytest.param("Ola B-PER|Brun I-PER|##sen I-PER|left O|Ruun. B-GPE", [OLA, RUUN], id="split and glued"),
        pytest.param("Ola B-PER|Brun I-PER|sen I-PER|l?ft O|Ruun. B-GPE", [OLA, RUUN], id="and damaged"),
        pytest.param("Ola B-PER|Brun I-PER|sen I-PER|Ruun. B-GPE", [OLA, RUUN], id="and lost"),
        pytest.param("Ola B-PER|Brun I-PER|sen E-PER|left O|Ruun. S-GPE", [OLA, RUUN], id="IOBES"),
        pytest.param("OlaBrun B-PER|sen I-PER|left O|Ruun. B-GPE", [OLA, RUUN], id="cut across"),
        pytest.param(
            "O B-PER|l I-PER|a I-PER|Brunsenleft I-PER|Ruun B-GPE|. O",
            [("Ola Brunsen left", "PER"), RUUN],
            id="letters",
        ),
    ],
)
def test_characters_decide_which_tokens_are_paired(write, system: str, expected: list[tuple[str, str]]) -> None:
    lines = "".join(line.replace(" ", "\t") + "\n" for line in system.split("|"))
    corpus = read_tag_columns(write("gold", SAID), write("system", lines))
    assert predicted_of(corpus) == [expected]


def test_the_letters_of_ends_are_those_of_words(write) -> None:
    gold = write("gold", "Ola\tB-PER\nBrunsen\tE-PER\nleft\tO\nRuun\tS-GPE\n.\tO\n")
    system = write("system", "Ola\tB-PER\nBrun\tI-PER\n##sen\tE-PER\nleft\tO\nRu\tB-GPE\n##un\tE-GPE\n.\tO\n")
    corpus = read_tag_columns(gold, system, TagSettings(repair="strict"))
    assert predicted_of(corpus) == gold_of(corpus) == [[OLA, RUUN]]
    assert corpus.notes == {"predicted: gold tokens that were cut into pieces, read as one word": 2}


def test_position_decides_only_where_no_characters_do(write) -> None:
    # "don't" stands for "don": one word for one word, since what follows is there too.
    gold = write("gold", "we\tO\ndon\tO\n'\tO\nt\tO\nsee\tO\nOslo\tB-LOC\n")
    system = write("system", "we\tO\ndon't\tO\n'\tO\nt\tO\nxyz\tO\nOslo\tB-LOC\n")
    corpus = read_tag_columns(gold, system)
    assert predicted_of(corpus) == [[LOC]]
    assert corpus.notes == {"predicted: tokens with another spelling, paired by place": 2}


@pytest.mark.parametrize(
    ("gold", "system", "expected"),
    [
        ("Ida B-PER|von I-PER|Moen I-PER|left O", "Ida B-PER|Moen I-PER|left O", [("Ida von Moen", "PER")]),
        ("Ida B-PER|von I-PER|Moen I-PER|left O", "Ida B-PER|Moen B-PER|left O", [("Ida", "PER"), ("Moen", "PER")]),
        ("Ida B-PER|von I-PER|Moen I-PER|left O", "Ida B-PER|von I-PER|left O", [("Ida von", "PER")]),
        (
            "Ida B-PER|von I-PER|Moen E-PER|x O|y S-X",
            "Ida B-PER|Moen E-PER|x O|y S-X",
            [("Ida von Moen", "PER"), ("y", "X")],
        ),
        ("Ida B-PER|x O|Moen B-PER|left O", "Ida B-PER|Moen B-PER|left O", [("Ida", "PER"), ("Moen", "PER")]),
        ("the O|the O|Ida B-PER|Ida B-PER|x O", "the O|Ida B-PER|Ida B-PER|x O", [("Ida", "PER"), ("Ida", "PER")]),
    ],
    ids=["goes on", "begins anew", "lost at the end", "IOBES", "an O is lost", "repeated tokens"],
)
def test_a_lost_token_does_not_cut_an_entity(write, gold: str, system: str, expected: list[tuple[str, str]]) -> None:
    files = [text.replace("|", "\n").replace(" ", "\t") + "\n" for text in (gold, system)]
    corpus = read_tag_columns(write("gold", files[0]), write("system", files[1]))
    assert predicted_of(corpus) == [expected]
    assert sum(number for text, number in corpus.notes.items() if "that are missing" in text) == 1


@pytest.mark.parametrize(
    "system",
    [
        pytest.param("x y O\nz y O\n", id="other words"),
        pytest.param("Kari\tB-PER\nleft\tO\nthe\tO\ntown\tO\n", id="as many other words"),
        pytest.param("1\tO\n2\tO\n3\tO\n4\tB-GPE\n", id="numbers for tokens"),
        pytest.param("B-PER\nO\n", id="tags alone, too few"),
        pytest.param("Mia\nsang\nin\nKell\n", id="tokens alone"),
    ],
)
def test_files_that_are_not_about_one_text_are_refused(write, system: str) -> None:
    gold = write("gold", "Mia\tB-PER\nsang\tO\nin\tO\nKell\tB-GPE\n")
    with pytest.raises(FormatError, match=r"token|column") as caught:
        read_tag_columns(gold, write("system", system))
    assert "\n" not in str(caught.value)


def test_a_part_of_the_gold_is_the_same_text(write) -> None:
    gold = write("gold", GOLD + "\n" + "w\tO\n" * 200)
    assert predicted_of(read_tag_columns(gold, write("system", GOLD)))[:2] == [[PER, LOC], [KARI]]


def test_a_repeated_line_leaves_the_entity_whole(write) -> None:
    gold = write("gold", "Ida\tB-PER\nMoen\tI-PER\nis\tO\n")
    corpus = read_tag_columns(gold, write("system", "Ida\tB-PER\nIda\tB-PER\nMoen\tI-PER\nis\tO\n"))
    assert predicted_of(corpus) == [[PER, ("Ida", "PER")]]
    assert corpus.notes["predicted: entities on tokens that gold lacks, counted as spurious"] == 1


def test_words_that_are_numbered_through_are_no_tokens(write) -> None:
    content = "5\tIda\tB-PER\n6\tMoen\tI-PER\n7\tleft\tO\n"
    assert gold_of(read_tag_columns(write("gold", content), write("system", GOLD[:28]))) == [[PER]]


def test_damaged_letters_are_paired_and_counted(write) -> None:
    gold = write("gold", "Zoë\tB-PER\nBoë\tI-PER\nà\tO\nBâle\tB-LOC\n")
    corpus = read_tag_columns(gold, write("system", "ZoÃ«\tB-PER\nBoÃ«\tI-PER\nÃ\tO\nBÃ¢le\tB-LOC\n"))
    assert predicted_of(corpus) == gold_of(corpus)
    assert sum(corpus.notes.values()) == 4


WORDS = st.lists(st.text(alphabet="abcd", min_size=1, max_size=4), min_size=1, max_size=12)


@given(WORDS, st.data())
def test_a_text_that_was_cut_otherwise_is_paired_by_its_characters(words: list[str], data: st.DataObject) -> None:
    """Each gold token gets exactly the predicted tokens that hold one of its characters."""
    text = "".join(words)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1)))) if len(text) > 1 else []
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    found = align_tokens(["x|", *words, "|y"], ["x|", *pieces, "|y"], gold_blocks=[0], predicted_blocks=[0])
    owner = [number for number, piece in enumerate(pieces, 1) for _ in piece]
    if words == pieces:
        return
    position = 0
    for number, word in enumerate(words, 1):
        wanted = owner[position], owner[position + len(word) - 1]
        position += len(word)
        partner = found.partner[number]
        # Equal tokens at the ends are paired before the text between them is looked at.
        assert (partner, found.until.get(number, partner)) == wanted or words[number - 1] == pieces[partner - 1]


@st.composite
def cut_sentences(draw: st.DrawFn) -> tuple[str, str, str]:
    """Gold words with tags, the same in pieces, and which letters the tags of the pieces have."""
    mark = draw(st.sampled_from(["##", "", "▁"]))
    later = draw(st.sampled_from(["I", "B", "O"]))
    gold, system = ["start\tO"], [("▁" if mark == "▁" else "") + "start\tO"]
    for word, tag in draw(
        st.lists(st.tuples(st.text("abc", min_size=1, max_size=5), st.sampled_from("OBI")), max_size=8)
    ):
        tag = "B" if tag == "I" and gold[-1].endswith("O") else tag
        cut = draw(st.integers(1, len(word)))
        pieces = [word[:cut], *([word[cut:]] if word[cut:] else [])]
        gold.append(f"{word}\t{tag}-PER" if tag != "O" else f"{word}\tO")
        for number, piece in enumerate(pieces):
            letter = tag if number == 0 or tag == "O" else later
            front = "##" if mark == "##" and number else "▁" if mark == "▁" and not number else ""
            system.append(f"{front}{piece}\t{letter}-PER" if letter != "O" else f"{front}{piece}\tO")
    return "\n".join([*gold, "end\tO"]), "\n".join([*system, ("▁" if mark == "▁" else "") + "end\tO"]), mark


@given(cut_sentences())
def test_words_in_pieces_keep_their_entities(
    tmp_path_factory: pytest.TempPathFactory, sentences: tuple[str, str, str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "gold").write_text(sentences[0])
    (folder / "system").write_text(sentences[1])
    corpus = read_tag_columns(folder / "gold", folder / "system")
    assert predicted_of(corpus) == gold_of(corpus)


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
        *(
            pytest.param(GOLD, {"encoding": name}, InputError, f"encoding '{name}' is not known", id=f"in {name}")
            for name in ("utf8-x", "undefined", "hex", "rot13", "zip", "idna", "punycode", "unicode_escape")
        ),
        pytest.param(GOLD, {"encoding": ""}, InputError, "encoding '' is not known", id="in nothing"),
        pytest.param(GOLD, {"encoding": "x" * 100_000}, InputError, "encoding 'x{39} is not known", id="in very much"),
        pytest.param(
            GOLD, {"encoding": "utf-16"}, InputError, "is not in utf-16, as it holds no zero byte", id="UTF-16"
        ),
        pytest.param("é\tO\n", {"encoding": "ascii"}, InputError, "is not in ascii at byte 0", id="ASCII"),
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
    assert not str(CONLL.write(Batch(examples=examples), tmp_path / "out.conll", ReadOptions()))
    assert CONLL.read(Source(path=tmp_path / "out.conll"), ReadOptions()).examples == examples
    twice = Annotations(entities=(examples[0].gold.entities or ()) * 2)
    losses = CONLL.write(
        Batch(examples=(Example(article=examples[0].article, gold=twice),)), tmp_path / "some.conll", ReadOptions()
    )
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


@pytest.mark.parametrize("content", ["a1\t0\t8\tPER\tIda Moen\na1\t14\t20\tGPE\tBergen\n", "Ida Moen\t\nBergen\t\n"])
def test_a_column_of_numbers_or_of_nothing_is_no_tag_column_unless_it_is_named(write, content: str) -> None:
    path = write("there.tsv", content)
    with pytest.raises(FormatError, match=r"(?s)does not tell which column holds the tags.*--tag-column") as raised:
        read_tag_columns(path)
    assert ("--format csv" in str(raised.value)) == ("PER" in content)
    assert read_tag_columns(path, settings=TagSettings(gold_tag_column=1, token_column=0)).documents


def test_an_id_that_no_line_can_hold_is_not_written() -> None:
    with pytest.raises(FormatError, match="no line of tags can hold this id"):
        write_tag_columns([Example(article=Article(id="a\nOla\tB-PER", text="Ida"), gold=Annotations({}))])
