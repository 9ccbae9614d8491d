"""Gold with labels of its own, in its own spelling; what is misspelt or stands twice is said where it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.build import build_dataset
from evalkit.errors import EvalkitError, FormatError, InputError, LabelError
from evalkit.options import ReadOptions, Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span
from evalkit.report.render import render_report
from evalkit.results import EvalResult
from evalkit.workflows.scoring.pairing import pair_run
from evalkit.workflows.scoring.score import score_predictions

TEXT = "Ola Brun left Ruun for Acme."
PLACES = [(0, 8), (14, 18), (23, 27)]


def write(path: Path, *labels: str, layer: str = "entities", **more: Any) -> Path:
    """One article with an item of each label, in order of the places."""
    items = [{"start": start, "end": end, "label": label} for (start, end), label in zip(PLACES, labels, strict=False)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"id": "a", "text": TEXT, layer: items, **more}) + "\n", encoding="utf-8")
    return path


def score(gold: Path, predicted: Path, **words: Any) -> EvalResult:
    return score_predictions(gold, predicted, baseline=False, resamples=0, conventions=["exact"], **words)


def f1(result: EvalResult) -> float:
    return result.tasks["entities"]["exact"].micro.f1


class TestInventory:
    def test_labels_of_its_own_are_the_inventory_and_noted(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "gold.jsonl", "PERSON", "MINISTER")
        result = score(gold, write(tmp_path / "p.jsonl", "PERSON", "ORG"))
        assert f1(result) == 0.5
        assert result.notes == (
            "no labels.toml lists the labels of the gold; taken are the 2 that its entities have: MINISTER 1, PERSON 1",
            "1 predicted entity has a label that this gold does not use, so it counts as wrong (ORG 1); map them "
            "with --predicted-label-map",
        )
        assert validate_dataset(gold).problems == ()

    def test_the_usual_labels_need_no_note(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "gold.jsonl", "PER", "GPE")
        assert score(gold, gold).notes == ()
        assert load_dataset(gold).inventory.labels_of("entities") == ("GPE", "PER")

    def test_both_ways_of_reading_say_the_same(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "gold.jsonl", "PERSON", "CITY", "CITY")
        predicted = write(tmp_path / "p.jsonl", "PERSON", "TOWN")
        careful = score_predictions(load_dataset(gold), predicted, baseline=False, resamples=0, conventions=["exact"])
        plain = score(gold, predicted)
        assert (plain.notes, f1(plain)) == (careful.notes, f1(careful))

    def test_labels_toml_is_still_the_law_and_keeps_the_usual_maps(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "own" / "gold.jsonl", "PERSON", "PARTY")
        (tmp_path / "own" / "labels.toml").write_text('[entities.PERSON]\n[maps.news]\nPERSON = "X"\n')
        with pytest.raises(LabelError, match="'PARTY' is not in the inventory"):
            load_dataset(gold)
        inventory = load_dataset(gold, check=False).inventory
        assert {"conll4", "ontonotes", "news"} <= set(inventory.maps)
        # Its own goes before the usual one of the same name.
        assert inventory.maps["news"].mapping == {"PERSON": "X"}

    def test_examples_in_memory_have_their_own_labels_too(self) -> None:
        entity = Entity(id="e1", spans=(Span(0, 8),), label="PERSON")
        example = Example(article=Article(id="a", text=TEXT), gold=Annotations(entities=(entity,)))
        predicted = Prediction(article_id="a", annotations=example.gold)
        result = score_predictions([example], [predicted], baseline=False, resamples=0)
        assert f1(result) == 1.0
        assert result.notes[0].endswith("that its entities have: PERSON 1")

    def test_a_build_takes_over_the_labels_beside_its_source(self, tmp_path: Path) -> None:
        source = write(tmp_path / "src" / "gold.jsonl", "PERSON", "PARTY", split="test")
        for name, labels in {"told": "[entities.PERSON]\n[entities.PARTY]\n[entities.SHIP]\n", "untold": None}.items():
            out = tmp_path / name / "gold"
            if labels:
                (tmp_path / "src" / "labels.toml").write_text(labels)
            else:
                (tmp_path / "src" / "labels.toml").unlink()
            build_dataset(source, out, corpus=tmp_path / name / "corpus")
            assert (out / "labels.toml").is_file() == bool(labels)
            known = load_dataset(out).inventory.labels_of("entities")
            assert known == (("PERSON", "PARTY", "SHIP") if labels else ("PARTY", "PERSON"))

    def test_sources_that_differ_in_their_labels_are_refused(self, tmp_path: Path) -> None:
        sources = [write(tmp_path / name / "gold.jsonl", "PERSON", split="test") for name in ("x", "y")]
        for source, more in zip(sources, ("", "[entities.SHIP]\n"), strict=True):
            (source.parent / "labels.toml").write_text("[entities.PERSON]\n" + more)
        with pytest.raises(InputError, match=r"y.labels\.toml: says other labels than .*x.labels\.toml"):
            build_dataset(sources, tmp_path / "out", corpus=tmp_path / "corpus")


class TestMaps:
    def test_a_map_is_applied_before_labels_are_checked(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "own" / "gold.jsonl", "PERSON", "CITY")
        (tmp_path / "own" / "labels.toml").write_text("[entities.PER]\n[entities.GPE]\n")
        (tmp_path / "map.toml").write_text('PERSON = "PER"\nCITY = "GPE"\nPER = "PER"\nGPE = "GPE"\n')
        predicted = write(tmp_path / "p.jsonl", "PER", "GPE")
        for words in ({"label_map": tmp_path / "map.toml"}, {"gold_label_map": tmp_path / "map.toml"}):
            assert f1(score(gold, predicted, **words)) == 1.0
        with pytest.raises(LabelError, match="'PERSON' is not in the inventory"):
            score(gold, predicted, predicted_label_map=tmp_path / "map.toml")

    def test_each_side_has_a_map_of_its_own(self, tmp_path: Path) -> None:
        for name, line in {"gold": 'PERSON = "P"', "predicted": 'HUMAN = "P"'}.items():
            (tmp_path / f"{name}.toml").write_text(line)
        gold, predicted = write(tmp_path / "g.jsonl", "PERSON"), write(tmp_path / "p.jsonl", "HUMAN")
        maps = {"gold_label_map": tmp_path / "gold.toml", "predicted_label_map": tmp_path / "predicted.toml"}
        result = score(gold, predicted, **maps)
        assert f1(result) == 1.0
        assert list(result.tasks["entities"]["exact"].labels) == ["P"]
        assert "|labels:gold|" in result.tasks["entities"]["exact"].signature
        assert result.notes[1:] == (
            "1 gold entity mapped: PERSON→P 1",
            "1 predicted entity mapped: HUMAN→P 1",
        )
        assert result.run["scoring"] == {
            "gold_map": str(maps["gold_label_map"]),
            "predicted_map": str(maps["predicted_label_map"]),
        }

    def test_predictions_that_have_the_labels_of_the_map_already_keep_them(self, tmp_path: Path) -> None:
        (tmp_path / "m.toml").write_text('Person = "PER"\nCity = "LOC"\nFirm = "ORG"')
        gold = write(tmp_path / "g.jsonl", "Person", "City", "Firm")
        result = score(gold, write(tmp_path / "p.jsonl", "PER", "LOC", "City"), label_map=tmp_path / "m.toml")
        # Two of three are right: the third is a LOC where the gold has an ORG.
        assert f1(result) == pytest.approx(2 / 3)
        assert result.notes[-2:] == (
            "1 predicted entity mapped: City→LOC 1",
            "2 predicted entities have a label that the label map makes and does not name, kept as they are: LOC 1, "
            "PER 1",
        )

    def test_a_label_that_the_map_drops_from_the_gold_is_dropped_from_predictions(self, tmp_path: Path) -> None:
        (tmp_path / "m.toml").write_text('City = "LOC"')
        gold = write(tmp_path / "g.jsonl", "City", "LOC")
        # The gold has a LOC of its own, which the map does not name: it is left out on both sides.
        result = score(gold, write(tmp_path / "p.jsonl", "City", "LOC"), label_map=tmp_path / "m.toml")
        micro = result.tasks["entities"]["exact"].micro.counts
        assert micro is not None
        assert (micro.gold, micro.predicted) == (1, 1)

    def test_maps_that_leave_nothing_of_the_gold_leave_nothing_to_evaluate(self, tmp_path: Path) -> None:
        (tmp_path / "m.toml").write_text('HUMAN = "PER"')
        gold, predicted = write(tmp_path / "g.jsonl", "PERSON", "CITY"), write(tmp_path / "p.jsonl", "HUMAN")
        result = score(gold, predicted, label_map=tmp_path / "m.toml")
        assert not result.tasks
        assert result.not_evaluated["entities"].startswith("the label maps drop all of the gold (2 gold entities)")
        assert "nothing was evaluated" in result.shortfall

    def test_a_map_that_takes_the_place_of_a_built_in_one_is_noted(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "own" / "gold.jsonl", "SHIP")
        (tmp_path / "own" / "labels.toml").write_text('[entities.SHIP]\n[maps.conll4]\nSHIP = "MISC"\n')
        predicted = write(tmp_path / "p.jsonl", "SHIP")
        said = "label map 'conll4' is the dataset's own ([maps.conll4]), in place of the built-in one of that name"
        assert said in score(gold, predicted, label_map="conll4").notes
        (tmp_path / "own" / "labels.toml").write_text("[entities.SHIP]\n")
        assert said not in score(gold, predicted, label_map="conll4").notes

    def test_a_map_knows_its_labels_in_any_spelling(self, tmp_path: Path) -> None:
        (tmp_path / "m.toml").write_text('PERSON = "PER"')
        gold = write(tmp_path / "g.jsonl", "PER")
        assert f1(score(gold, write(tmp_path / "p.jsonl", "B-Person"), predicted_label_map=tmp_path / "m.toml")) == 1.0

    @pytest.mark.parametrize("word", ["label_map", "gold_label_map", "predicted_label_map"])
    @pytest.mark.parametrize("name", ["conl4", ""])
    def test_a_map_that_there_is_not_is_named_first(self, tmp_path: Path, word: str, name: str) -> None:
        gold = write(tmp_path / "own" / "gold.jsonl", "PERSON")
        (tmp_path / "own" / "labels.toml").write_text("[entities.PER]\n")
        if word == "predicted_label_map":
            gold = write(tmp_path / "g.jsonl", "PERSON")
        with pytest.raises(EvalkitError, match=f"unknown label map '{name}'"):
            score(gold, write(tmp_path / "p.jsonl", "PERSON"), **{word: name})

    @pytest.mark.parametrize(
        ("gold_labels", "predicted_labels", "expected"),
        [
            # As made for the bundled gold: PERSON is PER there, DATE is dropped.
            pytest.param(("PER", "GPE"), ("PERSON", "GPE", "DATE"), 1.0, id="the usual labels"),
            pytest.param(("PERSON", "GPE"), ("PERSON", "GPE", "DATE"), 1.0, id="a label of its own stays"),
            pytest.param(("PERSON", "GPE", "DATE"), ("PERSON", "GPE", "DATE"), 1.0, id="what else would be dropped"),
            pytest.param(("Person", "Gpe"), ("PERSON", "GPE"), 1.0, id="in its own spelling"),
        ],
    )
    def test_the_map_of_an_extractor_takes_to_the_labels_of_this_gold(
        self, tmp_path: Path, gold_labels: tuple[str, ...], predicted_labels: tuple[str, ...], expected: float
    ) -> None:
        gold = load_dataset(write(tmp_path / "g.jsonl", *gold_labels))
        predicted = load_dataset(write(tmp_path / "p.jsonl", *predicted_labels))
        made = tuple(Prediction(article_id="a", annotations=one.gold) for one in predicted)
        run = Run(extractor="x", predictions=made, default_label_map="news")
        assert f1(score_predictions(gold, run, baseline=False, resamples=0)) == expected


class TestSpelling:
    @pytest.mark.parametrize("label", ["per", " PER", "B-PER", "label:PER"])
    def test_predictions_are_read_in_the_spelling_of_the_gold(self, tmp_path: Path, label: str) -> None:
        gold = write(tmp_path / "g.jsonl", "PER")
        predicted = write(tmp_path / "p.jsonl", label)
        note = f"1 predicted entity with a label in another spelling, read as the gold's: {label}→PER 1"
        for side in (gold, load_dataset(gold)):
            result = score_predictions(side, predicted, baseline=False, resamples=0, conventions=["exact"])
            assert (f1(result), result.notes) == (1.0, (note,))

    def test_answers_of_code_are_read_alike(self, tmp_path: Path) -> None:
        gold = load_dataset(write(tmp_path / "g.jsonl", "PER"))
        entity = Entity(id="e1", spans=(Span(0, 8),), label="person")
        run = Run(extractor="x", predictions=(Prediction(article_id="a", annotations=Annotations(entities=(entity,))),))
        relabelled = replace(
            run,
            predictions=(
                replace(run.predictions[0], annotations=Annotations(entities=(replace(entity, label="Per"),))),
            ),
        )
        options = score_predictions(gold, relabelled, baseline=False, resamples=0)
        assert f1(options) == 1.0
        assert f1(score_predictions(gold, run, baseline=False, resamples=0)) == 0.0

    def test_gold_has_one_spelling_and_validate_names_the_others(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "g.jsonl", "PER", "Per", "PER")
        loaded = load_dataset(gold)
        assert {entity.label for entity in loaded.examples[0].gold.entities} == {"PER"}
        assert loaded.notes == ("1 gold entity with a label in another spelling, read as the gold's: Per→PER 1",)
        (problem,) = validate_dataset(gold).problems
        assert (problem.code, problem.place) == ("label-spelling", "entities[1] (e2)")

    def test_case_may_be_kept_apart(self, tmp_path: Path) -> None:
        gold = tmp_path / "g.conll"
        gold.write_text("Ola\tB-PER\nBrun\tB-Per\n")
        read = ReadOptions(values={"label_case": "keep"})
        loaded = load_dataset(gold, read=read)
        assert loaded.inventory.labels_of("entities") == ("PER", "Per")
        made = Prediction(
            article_id="0001", annotations=Annotations(entities=(Entity(id="e1", spans=(Span(0, 3),), label="per"),))
        )
        assert not any(
            "spelling" in note for note in pair_run(loaded, Run(extractor="x", predictions=(made,)), Scoring()).notes
        )


class TestMisspeltLayers:
    @pytest.mark.parametrize("name", ["entitys", "entites", "Entities", "entity"])
    def test_objects_of_a_layer_under_another_name_are_refused_with_their_line(self, tmp_path: Path, name: str) -> None:
        good = write(tmp_path / "g.jsonl", "PER")
        wrong = write(tmp_path / "w.jsonl", "PER", layer=name)
        message = rf"w\.jsonl:1: '{name}' is no layer, and its objects are entities; did you mean 'entities'\?"
        with pytest.raises(FormatError, match=message):
            score(good, wrong)
        with pytest.raises(FormatError, match=message):
            load_dataset(wrong)
        (problem,) = validate_dataset(wrong).problems
        assert name in problem.message

    @pytest.mark.parametrize("name", ["ents", "Entities"])
    def test_where_there_are_none_it_is_not_read_as_absent(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "p.jsonl").write_text(json.dumps({"id": "a", name: []}) + "\n")
        with pytest.raises(FormatError, match=f"'{name}' is no layer.*did you mean 'entities'"):
            score(write(tmp_path / "g.jsonl", "PER"), tmp_path / "p.jsonl")
        # Nothing of that is near: an article that was not annotated.
        (tmp_path / "g2.jsonl").write_text(json.dumps({"id": "a", "text": TEXT, "sentences": [], "tags": []}) + "\n")
        assert validate_dataset(tmp_path / "g2.jsonl").problems == ()

    @pytest.mark.parametrize("name", ["annotations", "chunks"])
    def test_where_no_layer_is_known_at_all_nothing_is_read_as_empty(self, tmp_path: Path, name: str) -> None:
        good = write(tmp_path / "g.jsonl", "PER")
        wrong = write(tmp_path / "w.jsonl", "PER", layer=name)
        message = f"has objects under '{name}' only, and no layer of that name is known"
        for act in (lambda: score(good, wrong), lambda: score(wrong, good)):
            with pytest.raises(InputError, match=message):
                act()
        (problem,) = validate_dataset(wrong).problems
        assert problem.code == "layer-unknown"

    def test_other_lists_beside_a_layer_stay_notes(self, tmp_path: Path) -> None:
        sentences = [{"start": 0, "end": 28, "label": "x"}]
        gold = write(tmp_path / "g.jsonl", "PER", sentences=sentences, comments=[{"by": "kari"}])
        notes = load_dataset(gold).notes
        assert [note.split(" left out")[0] for note in notes] == [
            "1 object under 'comments'",
            "1 object under 'sentences'",
        ]
        assert validate_dataset(gold).problems == ()


class TestDoubles:
    def test_gold_items_that_stand_twice_are_counted(self, tmp_path: Path) -> None:
        gold = tmp_path / "g.jsonl"
        item = {"start": 0, "end": 8, "label": "PER"}
        rows = [{"id": name, "text": TEXT, "entities": [item] * number} for name, number in (("b", 3), ("a", 2))]
        gold.write_text("".join(json.dumps(row) + "\n" for row in rows))
        # Three of one are two too many, two of one are one too many.
        note = "3 gold entities stand twice, the first in article 'a'"
        for side in (gold, load_dataset(gold)):
            notes = score_predictions(side, gold, baseline=False, resamples=0, conventions=["exact"]).notes
            assert [one.startswith(note) for one in notes] == [True]
        assert {problem.code for problem in validate_dataset(gold).problems} == {"item-duplicate"}

    def test_two_predictions_for_an_article_are_refused_with_the_line(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "g.jsonl", "PER")
        twice = tmp_path / "p.jsonl"
        twice.write_text(gold.read_text() * 2)
        with pytest.raises(FormatError, match=r"p\.jsonl:2: prediction for article 'a' is given twice, first at .*:1"):
            score(gold, twice)

    def test_two_gold_articles_are_refused_with_their_lines(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "g.jsonl", "PER")
        gold.write_text(gold.read_text() * 2)
        with pytest.raises(InputError, match=r"two articles have the id 'a' \(.*g\.jsonl:1 and .*g\.jsonl:2\)"):
            load_dataset(gold)


class TestOwnMaps:
    """A labels.toml with a map to the bundled labels, which the bundled maps go on from."""

    LABELS = (
        "[entities.BOSS]\n[entities.TOWN]\n[entities.FIRM]\n[maps.usual]\nBOSS = 'PER'\nTOWN = 'GPE'\nFIRM = 'ORG'\n"
    )

    @pytest.mark.parametrize(
        ("predicted", "maps"),
        [
            pytest.param(
                ("PER", "LOC", "ORG"), {"gold_label_map": "usual", "label_map": "conll4"}, id="one after other"
            ),
            pytest.param(("PER", "LOC", "ORG"), {"gold_label_map": "usual+conll4"}, id="chained"),
            pytest.param(("BOSS", "TOWN", "FIRM"), {"label_map": "usual+conll4"}, id="both sides"),
            pytest.param(("PER", "GPE", "ORG"), {"gold_label_map": "usual"}, id="to the bundled labels"),
            pytest.param(
                ("PERSON", "CITY", "COMPANY"), {"predicted_label_map": "news+own"}, id="from a model's labels"
            ),
        ],
    )
    def test_maps_of_its_own_and_those_of_the_bundled_gold(
        self, tmp_path: Path, predicted: tuple[str, ...], maps: dict[str, str]
    ) -> None:
        back = "[maps.own]\nPER = 'BOSS'\nGPE = 'TOWN'\nORG = 'FIRM'\n"
        gold = write(tmp_path / "own" / "gold.jsonl", "BOSS", "TOWN", "FIRM")
        (tmp_path / "own" / "labels.toml").write_text(self.LABELS + back)
        assert f1(score(gold, write(tmp_path / "p.jsonl", *predicted), **maps)) == 1.0

    def test_a_misspelt_label_is_told_the_listed_one(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "own" / "gold.jsonl", "BOSS", "TOVN")
        (tmp_path / "own" / "labels.toml").write_text(self.LABELS)
        (problem,) = validate_dataset(gold).problems
        assert problem.code == "label-unknown"
        assert problem.message.endswith("did you mean 'TOWN'?")

    def test_the_page_of_a_result_shows_the_colours_of_labels(self, tmp_path: Path) -> None:
        gold = write(tmp_path / "own" / "gold.jsonl", "BOSS", "TOWN", "FIRM")
        (tmp_path / "own" / "labels.toml").write_text(
            "[entities.BOSS]\ncolour = 'navy'\n[entities.TOWN]\n[entities.FIRM]\n"
        )
        result = score(gold, gold)
        assert result.run["colours"] == {"entities": {"BOSS": "navy"}}
        again = EvalResult.from_json(json.loads(json.dumps(result.to_json())))
        for one in (result, again):
            assert render_report(one, "html").count('fill="navy"') == 1
        assert "navy" not in render_report(result, "terminal")
