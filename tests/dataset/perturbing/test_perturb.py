"""Perturbations: annotations stay on their words, whatever the kind; what is drawn depends on seed and article only."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.loading.load import load_splits
from evalkit.dataset.perturbing.perturb import KINDS, PerturbedDataset, perturb_dataset
from evalkit.errors import InputError, OutputError, UnknownNameError
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Entity, Example, Quote, Span, Stance, Zone

HEADLINE = "Moen leaves the Harbour Union"
BODY = (
    "Ida Moen, an Oslo lawyer, left the Harbour Union (HU) on Friday 31 March 2024. “Moen's right,” said Per Moen.\n\n"
    "“We ‘won’ in May,” she told the HU in Bergen, “and nobody's sorry.”\n\n"
    "The Norwegian Bank of Bergen, which had paid £20m since 1999, said that it would not stay in Oslo for ever."
)
TEXT = f"{HEADLINE}\n\n{BODY}\n"
NAMES = {
    "Ida Moen": ("PER", "ida"),
    "Oslo": ("GPE", "oslo"),
    "Harbour Union": ("ORG", "union"),
    "HU": ("ORG", "union"),
    "Per Moen": ("PER", "per"),
    "Bergen": ("GPE", "bergen"),
    "Norwegian": ("NORP", "norwegian"),
    "Norwegian Bank of Bergen": ("ORG", "bank"),
}


def spans_of(words: str, text: str = TEXT) -> list[Span]:
    return [
        Span(*match.span())
        for match in re.finditer(rf"\b{re.escape(words)}\b" if words[0].isalpha() else re.escape(words), text)
    ]


def article(name: str = "harbour") -> Example:
    entities = [
        Entity(id=f"{words}-{n}", spans=(span,), label=label, entity_id=entity_id)
        for words, (label, entity_id) in NAMES.items()
        for n, span in enumerate(spans_of(words))
    ]
    entities.append(Entity(id="short", spans=(spans_of("Moen")[0],), label="PER", entity_id="ida"))
    entities.append(
        Entity(id="owner", spans=(Span(TEXT.index("Moen's"), TEXT.index("Moen's") + 6),), label="PER", entity_id="ida")
    )
    (first,), (second,) = spans_of("“We ‘won’ in May,”"), spans_of("“and nobody's sorry.”")
    quote = Quote(
        id="q1",
        kind="direct",
        content=(first, second),
        cue=(spans_of("told")[0],),
        speaker=spans_of("she")[0],
        speaker_id="ida",
    )
    stance = Stance(id="s1", holder="ida", target="union", label="favor", evidence=(first,), quote_id="q1")
    gold = Annotations(entities=entities, quotes=[quote], stances=[stance])
    zones = (Zone("headline", 0, len(HEADLINE)), Zone("body", len(HEADLINE) + 2, len(TEXT) - 1))
    own = Article(
        id=name,
        text=TEXT,
        title=HEADLINE,
        source="Post",
        published="2024-04-01",
        zones=zones,
        metadata={"origin": "mine"},
    )
    return Example(article=own, gold=gold, readings={"kari": gold})


def other(name: str, person: str, place: str, organisation: str) -> Example:
    text = f"{person} went to {place} for {organisation}."
    found = {"PER": person, "GPE": place, "ORG": organisation}
    entities = [
        Entity(id=label, spans=(Span(text.index(words), text.index(words) + len(words)),), label=label, entity_id=label)
        for label, words in found.items()
    ]
    return Example(article=Article(id=name, text=text), gold=Annotations(entities=entities, quotes=[], stances=[]))


OTHERS = [
    other("a", "Siri Vik", "Umeå", "Island League"),
    other("b", "Jon Falk", "Ystad", "Coal Board"),
    other("c", "Eva Dahl", "Arvika", "Ore Trust"),
]


def perturbed(kind: str, *examples: Example, seed: int = 0) -> Example:
    done = perturb_dataset(examples or [article(), *OTHERS], kinds=kind, seed=seed)
    return next(example for gold in done.splits for example in gold if example.article.id == "harbour")


def surfaces(example: Example) -> dict[tuple[str, str, str, int], str]:
    """What stands at every span of every item, and every zone."""
    text = example.article.text
    found = {
        (name, item.id, word, n): text[span.start : span.end]
        for name, items in example.gold.layers.items()
        for item in items
        for n, (word, span) in enumerate(load_layer(name).parts(item))
    }
    zones = [zone for zone in example.article.zones if zone.kind != "boilerplate"]
    return found | {("zone", zone.kind, "", n): text[zone.start : zone.end] for n, zone in enumerate(zones[:1])}


NORMAL = {
    "case": str.lower,
    "typos": lambda words: len(words.split()),
    "quotation-marks": lambda words: re.sub(r"[“”\"«»„]|[‘’](?!s)", "", words),
    "names": lambda words: len(words) > 0,
    "dates": lambda words: re.sub(r"\d+|May|[A-Z]\w+ber|[A-Z]\w+ry|March|April|June|July|August", "", words).split(),
    "line-ends": lambda words: " ".join(words.split()),
    "headline-case": str.casefold,
    "boilerplate": lambda words: words,
}
"""What is the same of the words at a span before and after."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_annotation_stays_on_its_words(kind: str, seed: int) -> None:
    before, after = surfaces(article()), surfaces(perturbed(kind, seed=seed))
    assert before.keys() == after.keys()
    same = NORMAL[kind]
    assert {key: same(words) for key, words in before.items()} == {key: same(words) for key, words in after.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_out_depends_on_seed_and_article_only(kind: str) -> None:
    examples = [article(), *OTHERS]
    first, second = (perturb_dataset(own, kinds=kind, seed=1) for own in (examples, examples[::-1]))
    assert [gold.fingerprint for gold in first.splits] == [gold.fingerprint for gold in second.splits]
    # Names are those of the others; everything else an article alone decides.
    if kind != "names":
        assert perturbed(kind, article(), seed=1) == perturbed(kind, seed=1)


@pytest.mark.parametrize("kind", KINDS)
def test_real_articles_stay_valid_with_every_item(kind: str, tmp_path: Path) -> None:
    (dev,) = [gold.subset(limit=6) for gold in load_splits(None, split="dev")]
    done = perturb_dataset(dev, kinds=kind, out=tmp_path / "gold", seed=3)
    assert not validate_dataset(tmp_path / "gold").problems
    (told,) = done.kinds
    assert not any(told.dropped.values())
    assert sum(told.kept.values()) == sum(len(items) for one in dev for items in one.gold.layers.values())
    texts = [one.article.text != new.article.text for one, new in zip(dev, done.splits[0], strict=True)]
    assert sum(texts) == told.changed
    (written,) = load_splits(tmp_path / "gold")
    assert written.fingerprint == done.splits[0].fingerprint


class TestKinds:
    def test_quotation_marks_of_another_style_leave_apostrophes(self) -> None:
        styles = {perturbed("quotation-marks", seed=seed).article.text for seed in range(20)}
        assert len(styles) == 4
        assert any("‘We “won” in May,’ she told" in text for text in styles)
        assert any('"We ‘won’ in May," she told' in text for text in styles)
        assert all("nobody's sorry" in text and "Moen's right" in text for text in styles)

    def test_the_headline_gets_capitals_and_the_title_with_it(self) -> None:
        done = perturbed("headline-case").article
        assert done.title == done.text.splitlines()[0] == "Moen Leaves the Harbour Union"
        twice = (
            perturb_dataset([Example(article=done, gold=Annotations())], kinds="headline-case").splits[0].examples[0]
        )
        assert twice.article.title == "MOEN LEAVES THE HARBOUR UNION"
        assert done.text.splitlines()[2:] == TEXT.splitlines()[2:]

    def test_dates_change_alike_and_names_and_sums_stay(self) -> None:
        texts = [perturbed("dates", seed=seed).article.text for seed in range(12)]
        for text in texts:
            day = re.search(r"on (\w+day) (\d+) (\w+) (\d{4})\.", text)
            assert day is not None
            assert day[1] != "Friday"
            assert int(day[2]) in (28, 30, 31)
            assert day[3] != "March"
            gone = 2024 - int(day[4])
            assert 1 <= gone <= 9
            assert f"since {1999 - gone}, said" in text
            assert "£20m" in text
            # March and May change by as many months.
            months = list(calendar.month_name)[1:]
            spoken = re.search(r"‘won’ in (\w+),", text)
            assert spoken is not None
            assert (months.index(spoken[1]) - months.index(day[3])) % 12 == 2

    def test_lines_end_for_blanks_only(self) -> None:
        done = perturbed("line-ends").article.text
        assert done.replace("\n", " ") == TEXT.replace("\n", " ")
        assert max(map(len, done.splitlines())) <= 77

    def test_boilerplate_is_a_zone_of_its_own_and_parts_no_quotation(self) -> None:
        done = perturbed("boilerplate").article
        kinds = [zone.kind for zone in done.zones]
        assert kinds[:2] == ["headline", "body"]
        assert kinds[-1] == "boilerplate"
        kept = [done.text[zone.start : zone.end] for zone in done.zones if zone.kind == "body"]
        assert "\n\n".join(kept) == BODY
        plain = Example(article=Article(id="harbour", text=TEXT), gold=Annotations())
        assert not perturbed("boilerplate", plain).article.zones


class TestNames:
    def words(self, *examples: Example, seed: int = 0) -> dict[str, str]:
        """Mention → what it is afterwards."""
        before = next(one for one in examples if one.article.id == "harbour") if examples else article()
        after = perturbed("names", *examples, seed=seed)
        spans = {item.id: after.article.text[item.spans[0].start : item.spans[0].end] for item in after.gold.entities}
        return {before.article.text[e.spans[0].start : e.spans[0].end]: spans[e.id] for e in before.gold.entities}

    @pytest.mark.parametrize("seed", range(5))
    def test_in_whole_in_part_by_initials_and_as_a_family(self, seed: int) -> None:
        new = self.words(seed=seed)
        people, unions = {"Siri Vik", "Jon Falk", "Eva Dahl"}, {"Island League", "Coal Board", "Ore Trust"}
        assert new["Ida Moen"] in people
        first, last = new["Ida Moen"].split()
        assert (new["Moen"], new["Moen's"]) == (last, f"{last}'s")
        assert new["Per Moen"].split()[1] == last
        assert new["Per Moen"].split()[0] != first
        assert new["Harbour Union"] in unions
        assert new["HU"] == "".join(word[0] for word in new["Harbour Union"].split())

    def test_a_name_in_a_name_changes_it_and_an_article_follows(self) -> None:
        for seed in range(6):
            new = self.words(seed=seed)
            assert new["Norwegian"] == "Norwegian"
            assert new["Norwegian Bank of Bergen"] == f"Norwegian Bank of {new['Bergen']}"
            text = perturbed("names", seed=seed).article.text
            assert f"{'an' if new['Oslo'][0] in 'UA' else 'a'} {new['Oslo']} lawyer" in text
            assert perturbed("names", seed=seed).article.title == f"{new['Moen']} leaves the {new['Harbour Union']}"

    def test_names_come_from_the_same_split_only(self) -> None:
        from evalkit.dataset.gold import gold_dataset
        from evalkit.dataset.labels import unlisted_inventory
        from evalkit.dataset.own_labels import own_inventory

        train, inventory, _ = own_inventory([article()], unlisted_inventory())
        test, other_inventory, _ = own_inventory(OTHERS, unlisted_inventory())
        splits = [
            gold_dataset(train, name="mine", split="train", inventory=inventory),
            gold_dataset(test, name="mine", split="test", inventory=other_inventory),
        ]
        done = perturb_dataset(splits, kinds="names")
        assert done.splits[0].examples[0].article.text == TEXT
        left = "names: 6 things not swapped, as no other name is free"
        assert done.notes == (left, "names: nothing to change in 1 of 4 articles")


class TestWritten:
    def ids(self, done: PerturbedDataset) -> list[str]:
        return [example.article.id for gold in done.splits for example in gold]

    def test_ids_stay_or_say_the_kind(self) -> None:
        examples = [article()]
        assert self.ids(perturb_dataset(examples, kinds="case")) == ["harbour"]
        assert self.ids(perturb_dataset(examples, kinds=["case", "typos"])) == ["harbour--case", "harbour--typos"]
        done = perturb_dataset(examples, kinds=["case"], with_originals=True)
        assert self.ids(done) == ["harbour", "harbour--case"]
        original, changed = (example.article.metadata for example in done.splits[0])
        assert original == {"origin": "mine"}
        assert changed == {"perturbed": "case", "perturbed_from": "harbour", "origin": "mine; perturbed (case)"}

    def test_readings_move_with_the_text(self) -> None:
        done = perturbed("boilerplate")
        assert done.readings["kari"] == done.gold

    @pytest.mark.parametrize(
        ("kinds", "error", "message"),
        [
            ("cases", UnknownNameError, "unknown kind 'cases'; did you mean 'case'"),
            ([], InputError, "no kind of perturbation is named"),
        ],
    )
    def test_what_there_is_not(self, kinds: Sequence[str], error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            perturb_dataset([article()], kinds=kinds)

    def test_beside_the_texts_of_another_dataset_they_have_their_own(self, tmp_path: Path) -> None:
        (tmp_path / "corpus").mkdir()
        perturb_dataset([article()], kinds="case", out=tmp_path / "new")
        assert {problem.code for problem in validate_dataset(tmp_path / "new").problems} == {"licence-missing"}
        assert [path.name for path in (tmp_path / "new-corpus").glob("*.txt")] == ["harbour.txt"]
        (tmp_path / "new").rename(tmp_path / "old")
        with pytest.raises(OutputError, match="new-corpus: holds the texts of a dataset of that name"):
            perturb_dataset([article()], kinds="typos", out=tmp_path / "new")

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "there").write_text("x")
        with pytest.raises(OutputError, match="exists already"):
            perturb_dataset([article()], kinds="case", out=tmp_path)


def test_dates_of_every_form_change_by_one_shift() -> None:
    text = (
        "Since Sept. 2019; Sept 2021; FRIDAY 3 JUNE 2022; from 2019 to 2021; between 2019 and 2021; 2019-2021; "
        "2019–21; In 2023, By 2024; 2022-03-31T10:00. In 2010 people left, of 2000 votes, 1920s."
    )
    done = perturbed("dates", Example(article=Article(id="harbour", text=text), gold=Annotations())).article.text
    years = [[int(year) for year in re.findall(r"(?:19|20)\d\d", one)] for one in (text, done)]
    shifts = [old - new for old, new in zip(*years, strict=True)]
    assert shifts[-2:] == [0, 0]
    assert len({*shifts[:-2]}) == 1
    assert shifts[0] > 0
    assert re.search(r"; [A-Z]+DAY 3 [A-Z]{3,} \d{4};", done)
    short = re.search(r"(\d\d)(\d\d)–(\d\d);", done)
    assert short
    assert int(short[3]) == (int(short[2]) + 2) % 100


@pytest.mark.parametrize("kind", ["boilerplate", "line-ends", "headline-case"])
def test_line_ends_are_those_of_the_text(kind: str) -> None:
    text = "The quay is closed\n\n" + "Ida Moen left the Quay Union on Friday. " * 6 + "\n\nThe end is near.\n"
    done = perturbed(kind, Example(article=Article(id="harbour", text=text.replace("\n", "\r\n")), gold=Annotations()))
    assert done.article.text != text.replace("\n", "\r\n")
    assert "\n" not in done.article.text.replace("\r\n", "")
    assert "\r" not in done.article.text.replace("\r\n", "")


def test_an_outer_mark_is_never_that_of_a_quotation_inside() -> None:
    text = "“It is «fine» and ‘good’, ”" + " he said."
    example = Example(article=Article(id="harbour", text=text), gold=Annotations())
    assert {perturbed("quotation-marks", example, seed=seed).article.text[0] for seed in range(12)} == {'"', "„", "‘"}


def named(name: str, *words: str, link: str | None = None) -> Example:
    text = ". ".join(words)
    spans = [Span(text.index(word), text.index(word) + len(word)) for word in words]
    entities = [Entity(id=f"e{n}", spans=(span,), label="PER", link=link) for n, span in enumerate(spans)]
    return Example(article=Article(id=name, text=text), gold=Annotations(entities=entities))


def test_what_names_leave_is_counted() -> None:
    alone = perturb_dataset([named("a", "Zoe\u0308 Brün", link="Q1")], kinds="names")
    assert alone.splits[0].examples[0].article.text == "Zoe\u0308 Brün"
    assert "names: 1 thing not swapped, as no other name is free" in alone.notes
    both = perturb_dataset(
        [named("a", "Ida Moen", "Moens", link="Q1"), named("b", "Siri Vik", link="Q2")], kinds="names"
    )
    first = both.splits[0].examples[0]
    assert first.article.text == "Siri Vik. Viks"
    assert [entity.link for entity in first.gold.layers["entities"]] == [None, None]
    assert any("without the link that said who it was" in note for note in both.notes)
    assert any(
        note.startswith("1 article was perturbed before (names)")
        for note in perturb_dataset([first], kinds="case").notes
    )
