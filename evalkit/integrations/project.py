"""`init_project`: a project gets its settings, a workflow for its pull requests, and a first baseline.

Nothing that is there is written over. The extractor is run first; if that fails, nothing is written at all.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import path_of, read_text, write_file
from evalkit.gate.project import EXTENDED, KEPT, WRITTEN, ProjectInit
from evalkit.options import ReadOptions, Running
from evalkit.origin import NOT_BY_NAME, address
from evalkit.toml import parse_toml
from evalkit.workflows.comparing.gate import update_baseline
from evalkit.workflows.running.run import run_extractor

__all__ = ["BUILDS", "init_project"]

BUILDS = ("github", "gitlab", "none")
"""The build servers that there is a workflow for."""

SETTINGS = Path("pyproject.toml")
_TEMPLATES = Path(__file__).parent
_PLACE = re.compile(r"__([A-Z]+)__")
_UNSAFE = re.compile(r"[^\w.-]+")


def init_project(
    folder: str | Path = ".",
    *,
    model: str,
    dataset: str | None = None,
    split: str = "test",
    settings: Mapping[str, str] | None = None,
    build: str = "github",
    install: str | None = None,
    running: Running | None = None,
) -> ProjectInit:
    """Writes `[tool.evalkit]`, a workflow for pull requests and the first baseline of a project.

    Args:
        folder: the project: the root of a repository, from which paths are meant.
        model: the extractor, as `run_extractor` takes it.
        dataset: the gold, as `load_dataset` takes it; the bundled gold if None.
        split: the split that is gated.
        settings: settings of the extractor.
        build: the build server: `github`, `gitlab` or `none`.
        install: what pip installs there; by default the address that this evalkit was installed from.
        running: how the extractor is run.

    Raises:
        InputError: something cannot be used; nothing is written then.
        EvalkitError: the extractor fails on an article, or a file cannot be written.
    """
    root = path_of(folder, "folder must be the path of the project")
    if build not in BUILDS:
        raise InputError(f"build is {build!r}; there are {', '.join(BUILDS)}")
    if not root.is_dir():
        raise InputError(f"{root}: is no folder; make it, or name the root of the repository")
    dataset = _place_of(root, dataset, build)
    baseline = f"baselines/{_UNSAFE.sub('-', model.rpartition('/')[2] or model).strip('-.') or 'baseline'}.json"
    notes: tuple[str, ...] = ()
    values = {
        "INSTALL": _requirement(install, build),
        "MODEL": model,
        "DATASET": dataset or "",
        "SPLIT": split,
        "BASELINE": baseline,
        "DOWNLOAD": "--download" if dataset and not (root / dataset).exists() else "",
    }
    _check_values(values, build)
    if build != "none" and not (root / ".git").exists() and (top := _top_of(root)):
        notes = (
            f"builds look for workflows in {top}, the root of the repository; move them there, or call init there",
        )
    if settings and build != "none":
        notes = (*notes, "the settings of the extractor stand in pyproject.toml; name its secrets in the workflow")
    planned = dict(_planned(root, build, values, settings or {}))
    _check_targets(root, [baseline, *planned])
    if not (root / baseline).exists():
        read = ReadOptions(split=split)
        where = None if dataset is None else str(root / dataset) if (root / dataset).exists() else dataset
        run = run_extractor(model, where, settings=settings, read=read, running=running or Running())
        update_baseline(run, root / baseline)
        made = {baseline: WRITTEN}
    else:
        made = {baseline: KEPT}
    files: dict[str, str] = {}
    for name, content in planned.items():
        there = (root / name).exists()
        files[name] = KEPT if content is None else EXTENDED if there else WRITTEN
        if content is not None:
            # A link stays one: what it leads to is the file of the project.
            write_file(Path(os.path.realpath(root / name)), content)
    return ProjectInit(
        folder=root,
        files=files | made,
        next_steps=tuple(_next(build, files | made, values)),
        notes=notes,
    )


def _requirement(install: str | None, build: str) -> str:
    """What pip installs: what is asked for, else the address that this evalkit was installed from.

    Raises:
        InputError: there is none that a build server could reach.
    """
    if install is not None or build == "none":
        return install or ""
    if (where := address()) and "file:" not in where:
        return f"evalkit @ {where}"
    raise InputError(
        f"the workflow has to know where pip gets evalkit from ({NOT_BY_NAME}): --install 'evalkit @ git+https://…', "
        "the path of a wheel in the project, or none where it is there already"
    )


def _place_of(root: Path, dataset: str | None, build: str) -> str | None:
    """The gold as the project names it: a path in it is relative.

    Raises:
        InputError: it lies elsewhere, where no build has it.
    """
    if dataset is None or not (root / dataset).exists():
        return dataset
    place = os.path.relpath(os.path.realpath(root / dataset), os.path.realpath(root))
    if place.split(os.sep)[0] == os.pardir:
        if build == "none":
            return dataset
        raise InputError(f"{dataset}: lies outside {root}, where a build has no files; bring it into the project")
    return dataset if not (os.path.isabs(dataset) or os.pardir in Path(dataset).parts) else Path(place).as_posix()


def _top_of(root: Path) -> Path | None:
    """The repository that a folder is in, if it is not its root."""
    return next((one for one in root.resolve().parents if (one / ".git").exists()), None)


def _check_targets(root: Path, names: Iterable[str]) -> None:
    """Refuses what cannot be written, before the first file is.

    Raises:
        OutputError: something is where a folder has to be, or a folder where a file has to be.
    """
    for name in names:
        if (root / name).is_dir():
            raise OutputError(f"{root / name}: is a folder; move it, as a file of that name is to be written")
        for folder in Path(name).parents:
            if os.path.lexists(root / folder) and not (root / folder).is_dir():
                raise OutputError(f"{root / folder}: is no folder; move it, as {name} is to be written")


def _check_values(values: Mapping[str, str], build: str) -> None:
    for name, value in values.items():
        # GitLab puts the value of a variable wherever it finds a dollar.
        if "${{" in value or not value.isprintable() or (build == "gitlab" and "$" in value):
            raise InputError(
                f"{name.lower()} is {value!r:.120}, which cannot stand in a workflow; write it there by hand"
            )


def _planned(
    root: Path, build: str, values: Mapping[str, str], settings: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    """What is to be written, path → content; None for what is there already."""
    yield str(SETTINGS), _settings(root / SETTINGS, values, settings)
    gold = values["DATASET"] if values["DATASET"] and (root / values["DATASET"]).is_dir() else ""
    files: dict[str, str] = {}
    if build == "github":
        actions = ".github/actions"
        files[f"{actions}/evalkit/action.yml"] = _template("github/action.yml")
        workflow = _filled("github/workflow.yml", values)
        if gold:
            files[f"{actions}/evalkit-gold/action.yml"] = _template("github/gold_action.yml")
            workflow += _filled("github/gold_job.yml", values)
        files[".github/workflows/evalkit.yml"] = workflow
    elif build == "gitlab":
        files[".gitlab/evalkit.yml"] = _filled("gitlab.yml", values)
        files[".gitlab-ci.yml"] = "include:\n  - local: .gitlab/evalkit.yml\n"
    for name, content in files.items():
        yield name, None if os.path.lexists(root / name) else content


def _template(name: str) -> str:
    return read_text(_TEMPLATES / name)


def _filled(name: str, values: Mapping[str, str]) -> str:
    """A template with values as quoted text of YAML, which that of JSON is."""
    return _PLACE.sub(lambda found: json.dumps(values[found[1]], ensure_ascii=False), _template(name))


def _settings(path: Path, values: Mapping[str, str], settings: Mapping[str, str]) -> str | None:
    """The file with a table for evalkit at its end; None if it has one.

    Raises:
        InputError: the file is damaged, or holds tables in a way in which none can be added; or its table is kept, and
            says nothing of the settings.
    """
    before = read_text(path) if path.exists() else ""
    tables = parse_toml(before, path).get("tool", {})
    if isinstance(tables, dict) and "evalkit" in tables:
        _check_kept(tables["evalkit"], path, settings)
        return None
    named = {"model": values["MODEL"], "dataset": values["DATASET"], "split": values["SPLIT"]}
    rows = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in named.items() if value]
    if settings:
        pairs = ", ".join(json.dumps(f"{name}={value}", ensure_ascii=False) for name, value in sorted(settings.items()))
        rows.append(f"set = [{pairs}]")
    gate = f"[tool.evalkit.gate]\nbaseline = {json.dumps(values['BASELINE'], ensure_ascii=False)}\n"
    apart = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    content = before + apart + "[tool.evalkit]\n" + "\n".join(rows) + "\n\n" + gate
    try:
        parse_toml(content, path)
    except FormatError:
        raise InputError(f"{path}: no table can be added behind what is there; write [tool.evalkit] by hand") from None
    return content


def _check_kept(table: Any, path: Path, settings: Mapping[str, str]) -> None:
    """Refuses settings that a table which stays does not have: the baseline would be made with them, and no other run.

    Raises:
        InputError: there is one.
    """
    named: dict[str, str] = {}
    for holder in (table, table.get("run")) if isinstance(table, dict) else ():
        told = holder.get("set") if isinstance(holder, dict) else None
        if isinstance(told, dict):
            named |= {name: str(value) for name, value in told.items()}
        for pair in [told] if isinstance(told, str) else told if isinstance(told, list) else ():
            name, _, value = str(pair).partition("=")
            named[name] = value
    if missing := [name for name, value in settings.items() if named.get(name) != value]:
        raise InputError(
            f"{path}: has a table [tool.evalkit], which stays as it is and does not set {missing[0]} so; write "
            f"set = {{{missing[0]} = …}} there"
        )


def _next(build: str, files: Mapping[str, str], values: Mapping[str, str]) -> Iterator[str]:
    new = [name for name, outcome in files.items() if outcome != KEPT]
    if new:
        yield f"git add {shlex.join(new)}"
    if build == "gitlab" and files.get(".gitlab-ci.yml") == KEPT:
        yield "add to .gitlab-ci.yml: include: [{local: .gitlab/evalkit.yml}]"
    if build == "gitlab":
        yield "set the variable GITLAB_TOKEN (masked): an access token of the project with the scope api"
    words = ["evalkit", "run", "--model", values["MODEL"], "--split", values["SPLIT"], "--out", "runs/now"]
    words += ["--dataset", values["DATASET"]] if values["DATASET"] else []
    yield f"{shlex.join(words)} && {shlex.join(['evalkit', 'gate', 'runs/now', '--baseline', values['BASELINE']])}"
