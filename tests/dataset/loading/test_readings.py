"""Several people's readings of an article: kept, checked, counted, and gold where somebody says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli.dataset.group import dataset_group
from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.describe import describe_dataset
from evalkit.dataset.fingerprint import fingerprint_of
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.loading.readings import as_read
from evalkit.dataset.making.build import DatasetProblemsError, build_dataset
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import FormatError, InputError, OffsetError, UnknownNameError
from evalkit.formats.native.rows import example_from_row, example_to_row
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Entity, Example, LayerScope, Scope, Span
from evalkit.workflows.scoring.score import score_predictions

TEXT = "Ida Moen left Oslo 🚢 for Rome."
MOEN = {"id": "e1", "spans": [[0, 8]], "text": "Ida Moen", "label": "PER"}
OSLO = {"id": "e1", "spans": [[14, 18]], "text": "Oslo", "label": "GPE"}
ROME = {"id": "e2", "spans": [[25, 29]], "text": "Rome", "label": "GPE"}


def row(name: str, *, split: str = "test", **rest: Any) -> dict[str, Any]:
    return {"id": name, "split": split, "text": TEXT} | rest


ROWS = [
    row("agreed", entities=[MOEN], readings={"kari": {"entities": [MOEN, ROME]}}),
    row("open", readings={"kari": {"entities": [MOEN]}, "ola": {"entities": [OSLO, ROME]}}),
    row("once", readings={"ola": {"entities": [OSLO]}}),
    row("plain", entities=[OSLO]),
]
"""Gold beside a reading; two readings and no gold; one reading and no gold; gold and no reading."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "gold.jsonl", ROWS)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


def changed(name: str, **rest: Any) -> list[dict[str, Any]]:
    """The rows with something else in one."""
    return [one | rest if one["id"] == name else one for one in ROWS]


def surfaces(gold: Any) -> dict[str, list[str]]:
    return {
        example.article.id: [example.article.text[slice(*item.spans[0])] for item in example.gold.entities]
        for example in gold
    }


class TestDoor:
    def test_several_and_none_decided_is_refused_with_the_annotators(self, file: Path) -> None:
        message = r"gold\.jsonl: 1 article has several readings and no gold; say .* --annotator NAME \(kari 1, ola 1\)"
        with pytest.raises(InputError, match=message):
            load_dataset(file)

    def test_gold_is_gold_and_an_only_reading_is_too(self, tmp_path: Path) -> None:
        gold = load_dataset(written(tmp_path / "a.jsonl", [one for one in ROWS if one["id"] != "open"]))
        assert surfaces(gold) == {"agreed": ["Ida Moen"], "once": ["Oslo"], "plain": ["Oslo"]}

    def test_a_named_annotator_goes_before_gold(self, file: Path) -> None:
        gold = load_dataset(file, annotator="kari")
        # What nobody in particular read keeps its gold.
        assert surfaces(gold) == {"agreed": ["Ida Moen", "Rome"], "open": ["Ida Moen"], "plain": ["Oslo"]}
        assert gold.notes == (
            "1 article left out, not read by 'kari'",
            "1 article without readings, whose gold counts beside what 'kari' said",
        )
        assert gold.origin["annotator"] == "kari"
        # What the others said is still there.
        assert [sorted(example.readings) for example in gold] == [["kari"], ["kari", "ola"], []]

    def test_an_unknown_annotator_is_told_the_near_one(self, file: Path) -> None:
        with pytest.raises(UnknownNameError, match="unknown annotator 'olaf'; did you mean 'ola'"):
            load_dataset(file, annotator="olaf")

    def test_predictions_are_scored_against_the_named_reading(self, file: Path, tmp_path: Path) -> None:
        predicted = written(tmp_path / "p.jsonl", [{"id": "open", "entities": [OSLO]}, {"id": "once", "entities": []}])
        read = ReadOptions(annotator="ola")
        result = score_predictions(file, predicted, read=read, resamples=0, baseline=False)
        # Ola found Oslo and Rome in one article, Oslo in the other; predicted was Oslo in the first. A third article
        # that nobody in particular read has its gold.
        assert (result.tasks["entities"]["exact"].micro.precision, result.articles) == (1.0, 3)
        assert "|annotator:ola|" in result.tasks["entities"]["exact"].signature
        assert result.tasks["entities"]["exact"].micro.recall == pytest.approx(1 / 4)

    def test_readings_are_no_predictions(self, file: Path, tmp_path: Path) -> None:
        gold = written(tmp_path / "g.jsonl", [row("open", entities=[MOEN])])
        with pytest.raises(FormatError, match=r"has readings of kari, ola and no prediction; evalkit dataset convert"):
            score_predictions(gold, file, resamples=0)

    def test_the_fingerprint_is_that_of_the_gold(self, tmp_path: Path) -> None:
        bare = written(tmp_path / "bare.jsonl", [row("agreed", entities=[MOEN])])
        beside = written(tmp_path / "beside.jsonl", ROWS[:1])
        assert load_dataset(bare).fingerprint == load_dataset(beside).fingerprint


class TestChecked:
    @pytest.mark.parametrize(
        ("entity", "code"),
        [
            pytest.param(MOEN | {"spans": [[0, 99]], "text": None}, "offset-out-of-range", id="offset"),
            pytest.param(MOEN | {"text": "Ida"}, "text-mismatch", id="surface"),
            pytest.param(MOEN | {"spans": [[0, 9]], "text": None}, "span-whitespace", id="white-space"),
            pytest.param(MOEN | {"entityid": "moen"}, "field-unknown", id="key"),
            pytest.param(MOEN | {"label": "Per"}, "label-spelling", id="spelling"),
        ],
    )
    def test_validate_names_the_annotator(self, tmp_path: Path, entity: dict[str, Any], code: str) -> None:
        rows = changed("open", readings={"kari": {"entities": [entity]}, "ola": {"entities": []}})
        found = validate_dataset(written(tmp_path / "a.jsonl", rows)).problems
        assert [(one.article_id, one.place, one.code) for one in found] == [
            ("open", "readings.kari.entities[0] (e1)", code)
        ]

    def test_labels_are_those_of_the_inventory(self, tmp_path: Path) -> None:
        (tmp_path / "labels.toml").write_text("[entities.PER]\n[entities.GPE]\n")
        rows = changed("open", readings={"ola": {"entities": [OSLO | {"label": "GEP"}]}, "kari": {"entities": []}})
        (problem,) = validate_dataset(written(tmp_path / "a.jsonl", rows)).problems
        assert (problem.place, problem.code) == ("readings.ola.entities[0] (e1)", "label-unknown")
        assert problem.message.endswith("did you mean 'GPE'?")

    def test_loading_looks_at_the_reading_that_counts(self, tmp_path: Path) -> None:
        wrong = {"kari": {"entities": [MOEN | {"text": "Ida"}]}, "ola": {"entities": [OSLO]}}
        path = written(tmp_path / "a.jsonl", changed("open", readings=wrong))
        assert len(load_dataset(path, annotator="ola")) == 3
        with pytest.raises(OffsetError, match="the file says 'Ida'"):
            load_dataset(path, annotator="kari")

    def test_a_build_with_a_wrong_reading_is_refused(self, tmp_path: Path) -> None:
        wrong = {"kari": {"entities": [MOEN | {"spans": [[0, 99]], "text": None}]}}
        path = written(tmp_path / "a.jsonl", changed("open", readings=wrong))
        with pytest.raises(DatasetProblemsError, match=r"open: readings\.kari\.entities\[0\]"):
            build_dataset(path, tmp_path / "gold", corpus=tmp_path / "corpus")

    def test_what_was_looked_at_is_counted(self, file: Path) -> None:
        done = CliRunner().invoke(dataset_group, ["validate", str(file)])
        # Kari marked two people and a place, Ola three places, of which one is all that somebody said of an article.
        counted = (
            "ok: 4 articles, 3 entities (GPE 2, PER 1), 0 quotes, 0 stances, 4 readings, "
            "5 entities of readings (GPE 3, PER 2)\n"
        )
        assert done.stdout == counted
        assert done.stderr.startswith("1 article has several readings and no gold (kari 1, ola 1)")

    @pytest.mark.parametrize(
        ("readings", "message"),
        [
            ([], "'readings' must be an object such as"),
            ({"kari": []}, "readings.kari must be an object of layers"),
            ({" ": {}}, "readings has one of ' '; name the annotator"),
            ({"kari": {"ents": [MOEN]}}, "readings.kari: 'ents' is no layer"),
            ({"kari": {"entities": [{"label": 3}]}}, r"readings.kari: entities\[0\]: 'label' must be a string"),
            ({"kari": {"entities": [{"span": [0, 8], "label": "PER"}]}}, r"readings.kari: entities\[0\]: 'span' is no"),
        ],
    )
    def test_what_is_no_reading_is_refused(self, tmp_path: Path, readings: Any, message: str) -> None:
        with pytest.raises(FormatError, match=message):
            load_dataset(written(tmp_path / "a.jsonl", [row("a", readings=readings)]))

    def test_offsets_are_converted(self, tmp_path: Path) -> None:
        # In UTF-16 the ship is two units.
        rome = ROME | {"spans": [[26, 30]]}
        path = written(tmp_path / "a.jsonl", [row("a", entities=[rome], readings={"kari": {"entities": [rome, MOEN]}})])
        read = ReadOptions(offsets="utf-16")
        assert validate_dataset(path, read=read).problems == ()
        assert surfaces(load_dataset(path, annotator="kari", read=read)) == {"a": ["Rome", "Ida Moen"]}

    def test_label_maps_and_spelling_apply(self, tmp_path: Path) -> None:
        readings = {"kari": {"entities": [OSLO | {"label": "gpe"}, MOEN | {"id": "e2", "label": "Person"}]}}
        path = written(tmp_path / "a.jsonl", [row("a", entities=[OSLO], readings=readings)])
        plain = load_dataset(path)
        assert [item.label for item in plain.examples[0].readings["kari"].entities] == ["GPE", "Person"]
        assert "1 annotators' entity with a label in another spelling, read as the gold's: gpe→GPE 1" in plain.notes
        mapped = load_dataset(path, label_map="conll4")
        assert [item.label for item in mapped.examples[0].readings["kari"].entities] == ["LOC"]


class TestKept:
    @pytest.fixture
    def folder(self, file: Path, tmp_path: Path) -> Path:
        build_dataset(file, tmp_path / "gold", corpus=tmp_path / "corpus")
        return tmp_path / "gold"

    def test_build_keeps_them_one_line_an_item(self, file: Path, tmp_path: Path) -> None:
        built = build_dataset(file, tmp_path / "gold", corpus=tmp_path / "corpus")
        told = "1 article has several readings and no gold (kari 1, ola 1); they are kept, and --annotator NAME says"
        assert any(note.startswith(told) for note in built.notes)
        lines = (tmp_path / "gold" / "test" / "open.json").read_text(encoding="utf-8").splitlines()
        start = lines.index('"readings": {')
        item = '{"id": "e1", "spans": [[14, 18]], "text": "Oslo", "label": "GPE", "entity_id": null},'
        assert lines[start + 1 : start + 3] == ['"kari": {', '"entities": [']
        assert item in lines
        assert '"readings"' not in (tmp_path / "gold" / "test" / "plain.json").read_text(encoding="utf-8")
        assert validate_dataset(tmp_path / "gold").problems == ()

    def test_building_again_gives_the_same_bytes(self, folder: Path, tmp_path: Path) -> None:
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        build_dataset(folder, folder, corpus=tmp_path / "corpus")
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before

    def test_what_was_built_is_loaded_as_it_is_told(self, folder: Path) -> None:
        with pytest.raises(InputError, match="1 article has several readings"):
            load_dataset(folder)
        assert surfaces(load_dataset(folder, annotator="ola")) == {
            "once": ["Oslo"],
            "open": ["Oslo", "Rome"],
            "plain": ["Oslo"],
        }

    def test_the_fingerprint_of_an_only_reading_is_that_of_loading(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.jsonl", ROWS[2:])
        (built,) = build_dataset(path, tmp_path / "gold", corpus=tmp_path / "corpus").splits
        assert built.fingerprint == load_dataset(tmp_path / "gold").fingerprint
        assert "| entities: GPE | 2 |" in (tmp_path / "gold" / "README.md").read_text(encoding="utf-8")
        # The folder keeps whose it is.
        assert '"ola": {' in (tmp_path / "gold" / "test" / "once.json").read_text(encoding="utf-8")

    def test_described_by_annotator_and_by_number(self, folder: Path) -> None:
        rows = {one.name: one.counts for one in describe_dataset(folder).rows if one.group == "readings"}
        assert rows == {
            "by kari": (2,),
            "by ola": (2,),
            "articles with 1 reading": (2,),
            "articles with 2 readings": (1,),
            "articles without gold": (1,),
        }
        assert "| readings: by kari | 2 |" in (folder / "README.md").read_text(encoding="utf-8")

    def test_where_nobody_kept_readings_none_are_described(self, folder: Path) -> None:
        splits = load_splits(folder, decide=as_read)
        plain = [replace(gold, examples=tuple(replace(one, readings={}) for one in gold)) for gold in splits]
        assert not [one for one in describe_dataset(plain).rows if one.group == "readings"]

    @pytest.mark.parametrize("name", ["gold.jsonl", "gold.parquet", "hf"])
    def test_convert_keeps_them(self, folder: Path, tmp_path: Path, name: str) -> None:
        to = {"jsonl": "native", "parquet": "parquet", "hf": "hf"}[name.rpartition(".")[2]]
        done = convert_dataset(folder, tmp_path / "there" / name, to=to)
        assert done.losses.left_out == {}
        # What counts as gold is counted as such, here as in validate, and what others said beside it.
        assert done.lines() == ["entities: 3 read = 3 written", "readings beside the gold: 5 entities"]
        # hf keeps the split, files name it.
        there = load_splits(tmp_path / "there" / name, decide=as_read)
        here = load_splits(folder, decide=as_read)
        assert [list(gold) for gold in there] == [list(gold) for gold in here]

    def test_a_form_without_readings_says_so(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="several readings and no gold"):
            convert_dataset(folder, tmp_path / "i", to="inline")
        read = ReadOptions(annotator="ola")
        done = convert_dataset(folder, tmp_path / "i", to="inline", read=read)
        # Of two articles that Ola read one was read by Kari, too.
        assert done.losses.left_out == {"readings of annotators": 3}

    def test_plain_datasets_loads_articles_with_and_without(self, folder: Path, tmp_path: Path) -> None:
        import datasets

        rows = datasets.load_dataset(str(folder), split="test", cache_dir=str(tmp_path / "cache"))
        loaded = {row["id"]: row["readings"] for row in rows}
        assert [one["text"] for one in loaded["open"]["ola"]["entities"]] == ["Oslo", "Rome"]
        assert loaded["open"]["kari"]["quotes"] is None
        assert loaded["once"]["kari"] is None
        assert loaded["plain"] is None or not any(loaded["plain"].values())

    def test_what_datasets_saved_is_read_back(self, folder: Path, tmp_path: Path) -> None:
        import datasets

        datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache")).save_to_disk(str(tmp_path / "saved"))
        for name in ("kari", "ola"):
            here, there = (load_dataset(one, annotator=name) for one in (folder, tmp_path / "saved"))
            assert here.fingerprint == there.fingerprint

    def test_declared_scopes_are_those_of_readings_too(self, file: Path, tmp_path: Path) -> None:
        (tmp_path / "dataset.toml").write_text('[scope.entities]\nlabels = ["GPE"]\n')
        for example in load_dataset(file, annotator="ola"):
            of = LayerScope(layer="entities", labels=("GPE",))
            assert {own.scope.of for own in (example.gold, *example.readings.values())} == {(of,)}


class TestSeveralSources:
    """A file an annotator is one article with two readings."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> list[Path]:
        (tmp_path / "by").mkdir()
        return [
            written(tmp_path / "by" / f"{name}.jsonl", [row("open", readings={name: {"entities": entities}})])
            for name, entities in (("kari", [MOEN]), ("ola", [OSLO, ROME]))
        ]

    def test_a_folder_of_them_is_read_together(self, files: list[Path]) -> None:
        read = ReadOptions(format="native")
        assert surfaces(load_dataset(files[0].parent, annotator="ola", read=read)) == {"open": ["Oslo", "Rome"]}
        with pytest.raises(InputError, match=r"several readings and no gold; .*\(kari 1, ola 1\)"):
            load_dataset(files[0].parent, read=read)

    def test_they_are_built_together(self, files: list[Path], tmp_path: Path) -> None:
        for name, sources in {"one": files, "two": files[::-1]}.items():
            build_dataset(sources, tmp_path / name / "gold", corpus=tmp_path / name / "corpus")
        first, second = ((tmp_path / name / "gold/test/open.json").read_bytes() for name in ("one", "two"))
        assert first == second
        assert surfaces(load_dataset(tmp_path / "one/gold", annotator="kari")) == {"open": ["Ida Moen"]}

    def test_readings_are_added_to_the_gold_that_is_kept(self, files: list[Path], tmp_path: Path) -> None:
        build_dataset(
            written(tmp_path / "g.jsonl", [row("open", entities=[ROME]), row("other", entities=[])]), tmp_path / "gold"
        )
        build_dataset(files[0], tmp_path / "gold", keep=True)
        build_dataset(files[1], tmp_path / "gold", keep=True)
        other, example = sorted(load_dataset(tmp_path / "gold"), key=lambda one: one.article.id, reverse=True)
        assert (other.article.id, example.gold.entities[0].label) == ("other", "GPE")
        assert sorted(example.readings) == ["kari", "ola"]
        # Read once more, it is the new reading that counts.
        written(files[0], [row("open", readings={"kari": {"entities": []}})])
        build_dataset(files[0], tmp_path / "gold", keep=True)
        assert load_dataset(tmp_path / "gold", annotator="kari").examples[0].gold.entities == ()

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(row("open", readings={"kari": {"entities": []}}), id="another reading of one annotator"),
            pytest.param(row("open", readings={"ola": {"entities": []}}, split="dev"), id="another split"),
            pytest.param(row("open", readings={"ola": {"entities": []}}) | {"text": "Rome."}, id="another text"),
            pytest.param(row("open"), id="nothing at all"),
        ],
    )
    def test_what_does_not_go_together_is_two_articles_of_one_id(
        self, files: list[Path], tmp_path: Path, other: dict[str, Any]
    ) -> None:
        second = written(tmp_path / "second.jsonl", [other])
        with pytest.raises(DatasetProblemsError) as refused:
            build_dataset([files[0], second], tmp_path / "gold")
        assert {one.code for one in refused.value.problems} & {"id-duplicate", "article-duplicate"}

    def test_two_golds_are_two_articles(self, tmp_path: Path) -> None:
        rows = [row("a", entities=[MOEN], readings={"kari": {"entities": []}}), row("a", entities=[])]
        with pytest.raises(InputError, match="two articles have the id 'a'"):
            load_dataset(written(tmp_path / "a.jsonl", rows))


class TestNative:
    @given(
        st.dictionaries(
            st.sampled_from(["kari", "ola", "Ærlig Ås", "x.y"]),
            st.tuples(
                st.lists(st.sampled_from(["PER", "GPE"]), max_size=3),
                st.sampled_from([None, ("body",)]),
                st.booleans(),
            ),
            max_size=3,
        )
    )
    def test_there_and_back(self, said: dict[str, tuple[list[str], Any, bool]]) -> None:
        readings = {}
        for name, (labels, zones, annotated) in said.items():
            entities = [Entity(id=f"e{at}", spans=(Span(at, at + 1),), label=own) for at, own in enumerate(labels)]
            readings[name] = Annotations({"entities": entities} if annotated else {}, Scope(zones=zones))
        example = Example(article=Article(id="a", text=TEXT), gold=Annotations(scope=Scope(zones=("body",))))
        whole = replace(example, readings=dict(sorted(readings.items())))
        assert example_from_row(json.loads(json.dumps(example_to_row(whole))), "x:1") == whole
        assert fingerprint_of([whole]) == fingerprint_of([example])

    def test_a_reading_without_a_scope_has_that_of_its_row(self) -> None:
        one = example_from_row(row("a", readings={"kari": {"entities": []}}, scope={"zones": ["body"]}), "x:1")
        assert one.readings["kari"].scope == Scope(zones=("body",))
        assert "scope" not in example_to_row(one)["readings"]["kari"]


class TestRenaming:
    """`--rename-annotator` of a build: a tool calls people by their e-mail addresses."""

    def test_readings_have_the_new_names(self, file: Path, tmp_path: Path) -> None:
        names = {"kari": "a reader", "ola": "b"}
        build_dataset(file, tmp_path / "gold", rename_annotators=names)
        build_dataset(file, tmp_path / "plain")
        for (renamed,), (plain,) in [(load_splits(tmp_path / name, decide=as_read) for name in ("gold", "plain"))]:
            assert [{names[old]: own for old, own in example.readings.items()} for example in plain] == [
                dict(example.readings) for example in renamed
            ]
            assert renamed.fingerprint == plain.fingerprint
        # The same command again finds the new names, and is no mistake.
        build_dataset(tmp_path / "gold", tmp_path / "gold", rename_annotators=names)

    def test_two_readers_of_an_article_stay_two(self, file: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="article 'open' was read by 'kari' and by 'ola', who cannot both be"):
            build_dataset(file, tmp_path / "gold", rename_annotators={"kari": "x", "ola": "x"})
        with pytest.raises(InputError, match="cannot both be called 'ola'"):
            build_dataset(file, tmp_path / "gold", rename_annotators={"kari": "ola"})
        apart = [
            written(tmp_path / f"{name}.jsonl", [row("one", readings={name: {"entities": [MOEN]}})])
            for name in ("kari", "ola")
        ]
        with pytest.raises(InputError, match="'kari' and by 'ola'"):
            build_dataset(apart, tmp_path / "gold", rename_annotators={"kari": "x", "ola": "x"})
        assert not (tmp_path / "gold").exists()

    def test_a_new_export_of_the_same_people_goes_before_what_is_kept(self, file: Path, tmp_path: Path) -> None:
        out, names = tmp_path / "gold", {"kari": "k"}
        build_dataset(file, out, rename_annotators=names)
        new = written(tmp_path / "new.jsonl", [row("open", readings={"kari": {"entities": [ROME]}})])
        (built,) = build_dataset(new, out, keep=True, rename_annotators=names).splits
        readings = {example.article.id: example.readings for example in built}
        assert [item.label for item in readings["open"]["k"].entities] == ["GPE"]
        assert set(readings["open"]) == {"k", "ola"}

    def test_nobody_of_that_name(self, file: Path, tmp_path: Path) -> None:
        with pytest.raises(UnknownNameError, match="did you mean 'kari'"):
            build_dataset(file, tmp_path / "gold", rename_annotators={"karri": "k"})
        with pytest.raises(InputError, match="has no new name"):
            build_dataset(file, tmp_path / "gold", rename_annotators={"kari": " "})

    @pytest.mark.parametrize("pairs", [("kari",), ("=k",), ("kari=",), ("kari=a", "kari=b")])
    def test_what_is_no_pair(self, file: Path, pairs: tuple[str, ...]) -> None:
        options = [word for pair in pairs for word in ("--rename-annotator", pair)]
        done = CliRunner().invoke(dataset_group, ["build", str(file), "--out", "gold", *options])
        assert done.exit_code == 2
        assert "--rename-annotator" in done.output
