"""How extractors are named: shipped names, prefixes, modules, plugins, and names that are none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit
from evalkit.errors import ExtractorError, InputError, UnknownNameError
from evalkit.extractors.base import Extractor
from evalkit.extractors.catalog import list_models
from evalkit.extractors.table import ENTRIES, NAMED, Entry, load_extractor
from evalkit.layers.table import layer_names
from evalkit.records import Article

ROOT = Path(str(evalkit.__path__[0])).parent
PLUGIN = Path(__file__).parent.parent / "plugin_package"
ARTICLE = Article(id="a", text="Ida Moen of Norway said on Monday: “We will go to Bergen.”\n")


def python(code: str, *, path: Path | None = None, cwd: Path | None = None) -> str:
    """What a fresh Python prints."""
    places = [str(ROOT), *([str(path)] if path else [])]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
    )
    return done.stdout.strip()


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.spelling) for entry in NAMED])
def test_shipped_extractors_keep_what_an_extractor_promises(entry: Entry) -> None:
    extractor = load_extractor(entry.spelling)
    assert isinstance(extractor, Extractor)
    assert extractor.name == entry.spelling
    (found,) = extractor.extract([ARTICLE])
    filled = tuple(layer for layer in layer_names() if found[layer] is not None)
    assert filled == extractor.layers == entry.layers
    assert extractor.fingerprint() == load_extractor(entry.spelling).fingerprint()


def test_news_base_has_the_entities_of_ner_base_and_quotes_over_them() -> None:
    (names,), (news,) = (load_extractor(name).extract([ARTICLE]) for name in ("ner-base", "news-base"))
    assert news.entities == names.entities
    assert [ARTICLE.text[s.start : s.end] for quote in news.quotes for s in quote.content] == [
        "“We will go to Bergen.”"
    ]
    assert news.quotes[0].speaker_id in {entity.entity_id for entity in news.entities}


def test_options_reach_a_shipped_extractor() -> None:
    assert load_extractor("ner-base", options={"threads": "2"}).extract([ARTICLE]) == load_extractor(
        "ner-base"
    ).extract([ARTICLE])


@pytest.mark.parametrize(
    ("spec", "options", "error", "said"),
    [
        pytest.param("ner-bsae", {}, UnknownNameError, "did you mean 'ner-base'", id="near a name"),
        pytest.param("xyz", {}, UnknownNameError, "Known: .*ner-base.*spacy:NAME.*module:attr", id="near nothing"),
        pytest.param("", {}, UnknownNameError, "unknown extractor ''", id="empty"),
        pytest.param("spacey:x", {}, UnknownNameError, "did you mean 'spacy:'", id="near a prefix"),
        pytest.param("no.such.module:f", {}, UnknownNameError, "'no.such.module' is no module", id="no module"),
        pytest.param(":f", {}, UnknownNameError, "'' is no module", id="module is empty"),
        pytest.param("..x:f", {}, UnknownNameError, "no module", id="relative module"),
        pytest.param("json:", {}, UnknownNameError, "json:NAME", id="attribute is empty"),
        pytest.param("json:lodas", {}, UnknownNameError, "did you mean 'loads'", id="near an attribute"),
        pytest.param("evalkit.records:ZONES", {}, ExtractorError, "is tuple .* cannot extract", id="no extractor"),
        pytest.param("ner-base", {"thread": "2"}, InputError, "did you mean 'threads'", id="near an option"),
        pytest.param(
            "ner-base", {"threads": "two"}, InputError, "'two' cannot be read as int", id="option is no number"
        ),
        pytest.param("rules", {"x": "1"}, InputError, "unknown option 'x'", id="takes no options"),
    ],
)
def test_what_cannot_be_named(spec: str, options: dict[str, str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        load_extractor(spec, options=options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(
            "import no_such_dependency", "No module named 'no_such_dependency'.*mine.py:1", id="lacks a module"
        ),
        pytest.param("x = 1 / 0", r"ZeroDivisionError: division by zero \(mine.py:1\)", id="raises"),
        pytest.param("def f(:", "SyntaxError", id="is no Python"),
        pytest.param("import sys; sys.exit(3)", "SystemExit: 3", id="exits"),
    ],
)
def test_a_module_that_cannot_be_imported(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "mine.py").write_text(code)
    shown = python(
        "from evalkit.extractors.table import load_extractor\n"
        "try: load_extractor('mine:f')\n"
        "except Exception as error: print(type(error).__name__, error)",
        cwd=tmp_path,
    )
    assert shown.startswith("ExtractorError")
    with pytest.raises(ExtractorError, match=said):
        raise ExtractorError(shown)


def test_the_current_directory_is_importable(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def find(article):\n    return [(0, 3, 'PER')]\n")
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    # As the installed command does it: the folder of the script is importable, the current one is not.
    script.write_text(
        "from evalkit.extractors.table import load_extractor\n"
        "from evalkit.records import Article\n"
        "(found,) = load_extractor('mine:find').extract([Article(id='a', text='Ida')])\n"
        "print(found.entities[0].label)"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "PER"


def test_nothing_heavy_is_imported_before_it_is_asked_for() -> None:
    shown = python(
        "import sys, json\n"
        "from evalkit.extractors.table import load_extractor\n"
        "load_extractor('rules'); load_extractor('ner-base'); load_extractor('cmd:cat'); load_extractor('http://x/')\n"
        "from evalkit.extractors.catalog import list_models\n"
        "list_models()\n"
        "print(json.dumps([name for name in ('torch', 'transformers', 'spacy', 'onnxruntime', 'datasets', 'pandas')"
        " if name in sys.modules]))"
    )
    assert json.loads(shown) == []


def test_an_installed_plugin_runs_by_name(tmp_path: Path) -> None:
    for needed in ("hatchling", "pip"):
        pytest.importorskip(needed, reason=f"installing the plugin package needs {needed}")
    source, target = tmp_path / "source", tmp_path / "site"
    shutil.copytree(PLUGIN, source)
    subprocess.run(
        [
            sys.executable,
            *["-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "--target"],
            target,
            source,
        ],
        check=True,
        capture_output=True,
    )
    shown = python(
        "import json\n"
        "from evalkit.extractors.catalog import list_models\n"
        "from evalkit.extractors.table import load_extractor\n"
        "from evalkit.records import Article\n"
        "article = Article(id='a', text='In 1994 the 1980s were over.')\n"
        "def run(name, **options):\n"
        "    (found,) = load_extractor(name, options=options).extract([article])\n"
        "    return [[article.text[e.spans[0].start:e.spans[0].end], e.label] for e in found.entities]\n"
        "def fails(name):\n"
        "    try: load_extractor(name)\n"
        "    except Exception as error: return type(error).__name__ + ': ' + str(error)\n"
        "entry = next(entry for entry in list_models() if entry.name == 'years')\n"
        "print(json.dumps([run('years'), run('decades', label='WORK'), fails('yaers'), fails('broken-years'),\n"
        "                  entry.licence, entry.description]))",
        path=target,
    )
    years, decades, near, broken, licence, description = json.loads(shown)
    assert years == [["1994", "EVENT"]]
    assert decades == [["1980s", "WORK"]]
    assert near.startswith("UnknownNameError: unknown extractor 'yaers'; did you mean 'years'?")
    assert "broken-years" in broken
    assert "evalkit_years_gone" in broken
    assert (licence, description) == ("MIT", "evalkit_years:years of evalkit-years 1.2.0")


def test_the_list_names_everything_that_can_be_asked_for() -> None:
    names = [entry.name for entry in list_models()]
    assert {entry.spelling for entry in ENTRIES} <= set(names)
    assert len(names) == len(set(names))
