"""A run is a folder.

`run.json` says what was run, `predictions.jsonl` holds one line an article, `result.json` the scores, `counts.npz` the
counts by article that they are made of, `speed.json` how fast it was.

While a run is at work, lines are only added, and `.lock` says who adds them.

Killed at any moment, a run continues to the same bytes: whole lines are kept, each by its article, and what is missing
is made. `run.json` calls a run complete only when its predictions were read back from the disk as they should be. A
finished run stays as it is while it is made anew, or its failed articles are tried again: that is written to
`predictions.next.jsonl`, which takes its place at the end; a run of other code takes it at its beginning, and only if
somebody says so (`--restart`). Only `speed.json` differs between two runs of the same
extractor over the same gold.

Nothing that lies there is followed out of the folder: links are refused, hard ones too where they would be written to.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from reprlib import repr as shortened
from typing import Any, NamedTuple

from evalkit.errors import FormatError, InputError, OutputError
from evalkit.files import (
    LOCK,
    growing,
    is_leftover,
    json_bytes,
    locked,
    make_folder,
    open_inside,
    parse_json,
    part_inside,
    read_inside,
    remove_file,
    rename_file,
    write_file,
    writing,
)
from evalkit.formats.native.stored import is_large, is_worth_keeping
from evalkit.options import Shard
from evalkit.predictions.admission import Refused, admit
from evalkit.predictions.facts import checked_facts
from evalkit.predictions.kept import KeptFiles, KeptLines, is_many
from evalkit.predictions.lines import admitted_line, checked_line, has_check
from evalkit.predictions.shards.facts import no_figures
from evalkit.predictions.stored import stored_run
from evalkit.records import Article, Prediction
from evalkit.results import RUN_FACTS, EvalResult
from evalkit.shapes import checked, fields
from evalkit.showing import number_of
from evalkit.tables import COUNTS, StoredCounts, counts_bytes

__all__ = [
    "Kept",
    "RunFolder",
    "check_version",
    "current_result",
    "read_result",
    "read_run",
    "result_files",
    "sha256_inside",
]

RUN, PREDICTIONS, RESULT, SPEED = "run.json", "predictions.jsonl", "result.json", "speed.json"
NEXT = "predictions.next.jsonl"
"""What takes the place of the predictions of a finished run when it is whole."""

_OURS = re.compile(
    r"(run|result|speed)\.json|counts\.npz|predictions(\.next)?\.jsonl|[a-z.]+\.damaged(-\d+)?\.(jsonl?|npz)"
)
FORMAT_VERSION = 1

ELSEWHERE = "choose another place with --out"
_NOT_READ_BACK = (
    "{path}: what is read back is not what was written, so the disk may be full or broken; run the same command again, "
    f"or {ELSEWHERE}"
)
RUN_ANEW = "run again with --restart, or delete the folder"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a folder holds of a run already.

    Attributes:
        predictions: article id → prediction, of those that need not be made again.
        facts: what `run.json` records of them; empty for a new run.
        finished: whether that run was complete; it stays so until another takes its place.
        whole: whether it is as it should be, with nothing to put in its place.
        notes: what was damaged and is made again, each a sentence.
    """

    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False
    whole: bool = False
    notes: tuple[str, ...] = ()


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = False
        self._added_to = PREDICTIONS
        self._kept = KeptFiles(KeptLines(path / PREDICTIONS))

    @classmethod
    def default(cls, extractor: str, key: str, shard: Shard | None = None) -> RunFolder:
        """The folder for a run nobody chose one for: `runs/NAME-KEY`, of a shard `runs/NAME-KEY-shards/I-of-N`."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", extractor).strip("-.")[:60] or "extractor"
        whole = Path("runs") / f"{name}-{key[:8]}"
        if shard is None:
            return cls(whole)
        # As wide as the last one, so that they stand in their order.
        return cls(whole.with_name(f"{whole.name}-shards") / f"{shard.number:0{len(str(shard.of))}}-of-{shard.of}")

    @contextmanager
    def held(self, by: str = "") -> Iterator[None]:
        """Makes the folder and keeps every other process and thread out of it until the end; may be nested.

        Args:
            by: what is being done, for whoever is kept out.

        Raises:
            OutputError: another process holds it, somebody keeps other things in it, or it cannot be made.
        """
        if self._held:
            yield
            return
        self._refuse_foreign()
        with writing(self.path, remedy=ELSEWHERE):
            make_folder(self.path)
        with locked(self.path, by, remedy=ELSEWHERE):
            self._held = True
            try:
                self._refuse_odd()
                for name in filter(is_leftover, self._names()):
                    if name != LOCK:
                        self._remove(name)
                yield
            finally:
                self._held = False

    def open(
        self,
        key: str,
        articles: Mapping[str, Article],
        layers: Sequence[str] | None,
        *,
        anew: bool = False,
        restart: bool = False,
        again: bool = False,
        keep_failed: bool = False,
        about: Mapping[str, Any] | None = None,
    ) -> Kept:
        """What the folder holds of a run already; what is damaged or foreign in it is set aside.

        Args:
            key: what identifies the run: extractor, gold and options that change predictions.
            articles: those that the run is over, by id.
            layers: what its extractor claims.
            anew: a finished run is made anew; one that was interrupted is continued all the same.
            restart: nothing is kept, also not of what `claim` then drops.
            again: nothing is kept.
            keep_failed: articles that failed are kept as they are.
            about: what `run.json` will say of the run.

        Raises:
            OutputError: the folder holds another run, one that nobody can tell, or cannot be written.
        """
        facts = self.claim(key, about, restart=restart)
        notes: list[str] = []

        def odd(name: str, number: int) -> None:
            notes.append(
                f"{number_of(number, 'line')} of {name} {'was' if number == 1 else 'were'} damaged, or not of this "
                f"run: made again; the file as it was is kept as {self._set_aside(name)}"
            )

        how = {"anew": anew, "again": again or restart, "keep_failed": keep_failed}
        finished, standing, added = self._whole_lines(facts, articles, layers, odd, **how)
        self._added_to = NEXT if finished else PREDICTIONS
        # What a finished run has stays where it is; anything else goes on from what is whole.
        if finished:
            self._kept = KeptFiles(standing.lines, self._as_found(NEXT, [added]))
        else:
            self._kept = KeptFiles(self._as_found(PREDICTIONS, [standing, added]))
        whole = finished and len(standing.lines) == len(articles)
        if whole or not finished:
            # Nobody is to take for made just now what another command once began.
            self._remove(NEXT)
        return Kept(predictions=self._kept, facts=facts, finished=finished, whole=whole, notes=tuple(notes))

    def _as_found(self, name: str, sources: Sequence[_Found]) -> KeptLines:
        """A file with the lines that were found in some files, the first of which is the file itself, and no others."""
        first, *others = sources
        if first.only and not any(other.lines for other in others):
            return first.lines
        rewritten = KeptLines(self.path / name)
        lines = {article: own.lines for own in reversed(sources) for article in own.lines}
        ordered = [article for own in sources for article in own.lines if lines[article] is own.lines]
        if not ordered:
            self._remove(name)
            return rewritten

        def pieces() -> Iterator[bytes]:
            start = 0
            for article in ordered:
                line = lines[article].line(article)
                rewritten.take(article, start, lines[article])
                start += len(line)
                yield line

        write_file(self.path / name, pieces(), remedy=ELSEWHERE)
        for own in sources:
            own.lines.close()
        return rewritten

    def would_keep(
        self,
        key: str,
        articles: Mapping[str, Article],
        layers: Sequence[str] | None,
        *,
        restart: bool,
        about: Mapping[str, Any],
        **how: bool,
    ) -> set[str]:
        """The articles of which `open` would keep a prediction; nothing is written.

        Raises:
            OutputError: as for `open`.
        """
        self._refuse_foreign()
        facts = self.facts()
        if restart:
            if facts is not None and facts["key"] != key:
                self._refuse_other(facts, about, restart=True)
            return set()
        facts = self.claim(key, about)
        _, standing, added = self._whole_lines(facts, articles, layers, lambda *_: None, **how)
        return {*standing.lines, *added.lines}

    def _whole_lines(
        self,
        facts: Mapping[str, Any],
        articles: Mapping[str, Article],
        layers: Sequence[str] | None,
        odd: Callable[[str, int], None],
        *,
        anew: bool,
        again: bool,
        keep_failed: bool,
    ) -> tuple[bool, _Found, _Found]:
        """Whether the run is finished, its lines that can be kept, and those of the run that takes its place.

        Args:
            facts: what `run.json` records.
            articles: those that the run is over, by id.
            layers: what its extractor claims.
            odd: told of a file how many of its lines cannot be kept.
            anew: nothing of a finished run is kept.
            again: nothing is kept.
            keep_failed: articles that failed are kept as they are.
        """
        complete = facts.get("complete") is True and self._is_there(PREDICTIONS)
        finished = complete and facts.get("sha256") == self.sha256()
        # Somebody changed the predictions of a run that was complete.
        changed = facts.get("complete") is True and not finished
        nothing = _Found(KeptLines(self.path / PREDICTIONS), odd=0, only=not self._is_there(PREDICTIONS))

        def lines_of(name: str) -> _Found:
            found = self._good_lines(name, articles, layers, unchecked=not changed, keep_failed=keep_failed)
            if found.odd:
                odd(name, found.odd)
            return found

        standing = nothing if again or (finished and anew) else lines_of(PREDICTIONS)
        return finished, standing, nothing if again else lines_of(NEXT)

    def claim(self, key: str, about: Mapping[str, Any] | None = None, *, restart: bool = False) -> dict[str, Any]:
        """What `run.json` records of the run; empty if it is a new one.

        Args:
            key: what identifies the run.
            about: what `run.json` will say of it.
            restart: another run of the same extractor, of other code, over the same gold is dropped, and predictions of
                which nobody can tell whose they are get another name.

        Raises:
            OutputError: the folder holds another run, or one that nobody can tell.
        """
        facts = self.facts()
        if facts is None:
            left = [name for name in (RUN, PREDICTIONS, NEXT) if self._is_there(name)]
            if not left and self._is_there(RESULT):
                raise OutputError(f"{self.path}: holds a result without a run; choose another --out, or delete it")
            if left and not restart:
                what = "damaged" if RUN in left else "missing"
                raise OutputError(
                    f"{self.path}: holds predictions, but its {RUN}, which says whose they are, is {what}; --restart "
                    "begins anew and gives these another name; or delete the folder, or choose another --out"
                )
            # The result first: alone it would be one without a run.
            for name in [*filter(self._is_there, (RESULT, COUNTS)), *left] if left else []:
                aside = next(aside for aside in self._names_aside(name) if not self._is_there(aside))
                rename_file(self.path / name, self.path / aside, remedy=ELSEWHERE)
            return {}
        if facts["key"] == key:
            return facts
        self._refuse_other(facts, about or {}, restart=restart)
        # What says whose they are goes last.
        for name in (RESULT, COUNTS, SPEED, NEXT, PREDICTIONS, RUN):
            self._remove(name)
        return {}

    def _refuse_other(self, facts: Mapping[str, Any], about: Mapping[str, Any], *, restart: bool) -> None:
        """Refuses to go on in the folder of another run, unless it is of the same extractor and to be dropped."""
        named = ("extractor", "spelling", "gold_fingerprint", "split")
        same = bool(about) and all(facts.get(name) == about.get(name) for name in named)
        if same and restart:
            return
        begins = "begin anew with --restart, " if same else ""
        raise OutputError(
            f"{self.path}: holds another run ({_difference(facts, about)}); {begins}choose another --out or delete it"
        )

    def facts(self) -> dict[str, Any] | None:
        """What `run.json` says; None if there is none, or it is damaged."""
        content = self._content(RUN)
        if content is None:
            return None
        try:
            facts: dict[str, Any] = parse_json(content, self.path / RUN)
            checked(facts, fields({}, RUN_FACTS), str(self.path / RUN), RUN_ANEW)
        except FormatError:
            return None
        if facts.get("format") != "evalkit.run" or not isinstance(facts.get("key"), str):
            return None
        if facts.get("version") != FORMAT_VERSION:
            raise OutputError(
                f"{self.path / RUN}: run version {shortened(facts.get('version'))}, this evalkit continues "
                f"{FORMAT_VERSION}; {ELSEWHERE}"
            )
        try:
            return checked_facts(facts, str(self.path / RUN))
        except FormatError:
            return None

    def _good_lines(
        self,
        name: str,
        articles: Mapping[str, Article],
        layers: Sequence[str] | None,
        *,
        unchecked: bool,
        keep_failed: bool,
    ) -> _Found:
        """The lines of a file that can be kept, by article, and how many cannot.

        A line that was cut off at the end is no damage: its process was killed. Lines without a check are those of an
        earlier version if no line of the file has one, unless it is known that they are not (`unchecked`).
        """
        have_checks = not unchecked or any(map(has_check, self._whole_lines_of(name)))

        def fitting(prediction: Prediction) -> Prediction | Refused | None:
            article = articles.get(prediction.article_id)
            return None if article is None else admit(prediction, article, layers, plain=True)

        good = KeptLines(self.path / name, held=not is_many(len(articles)), fits=fitting)
        odd = lines = start = 0
        for line in self._whole_lines_of(name):
            begin, start, lines = start, start + len(line), lines + 1
            try:
                # Whatever it is about, it is let in for an article of this run only.
                admitted = admitted_line(line, name)
            except FormatError:
                odd += 1
                continue
            fits = fitting(admitted) if isinstance(admitted, Prediction) else None
            if has_check(line) != have_checks or not isinstance(fits, Prediction):
                odd += 1
            elif keep_failed or fits.error is None:
                good.add(fits, begin)
            else:
                good.discard(fits.article_id)
        whole = start == (self._size(name) or 0)
        return _Found(good, odd, only=whole and have_checks and 0 < lines == len(good))

    def _whole_lines_of(self, name: str) -> Iterator[bytes]:
        """The lines of a file that end, one after the other; none if there is no file."""
        path = self.path / name
        if self._size(name) is None:
            return
        try:
            with open(open_inside(path), "rb") as file:
                yield from filter(_ends, file)
        except OSError as error:
            raise _unreadable(path, error) from error

    def _size(self, name: str) -> int | None:
        """How many bytes a file has; None if there is none."""
        path = self.path / name
        try:
            return path.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error) from error

    @contextmanager
    def appending(self) -> Iterator[Callable[[Sequence[Prediction]], None]]:
        """A function that adds predictions, each batch whole or not at all."""
        with growing(self.path / self._added_to, remedy=ELSEWHERE) as add:
            size, kept = self._size(self._added_to) or 0, self._kept.last

            def append(predictions: Sequence[Prediction]) -> None:
                nonlocal size
                lines = {one.article_id: checked_line(one) for one in predictions}
                add(b"".join(lines.values()))
                for article, line in lines.items():
                    kept.take(article, size)
                    size += len(line)

            yield append

    def finish(self, articles: Sequence[str]) -> str:
        """Puts the predictions in their order, one line an article, and gives their SHA-256 as read from the disk.

        Args:
            articles: the ids of all articles.

        Raises:
            OutputError: what is read back is not what was written.
        """
        path = self.path / PREDICTIONS
        try:
            digest = hashlib.sha256()
            for line in map(self._kept.line, articles):
                digest.update(line)
            if self.sha256() != digest.hexdigest():
                write_file(path, map(self._kept.line, articles), remedy=ELSEWHERE)
            if self.sha256() != digest.hexdigest():
                raise OutputError(_NOT_READ_BACK.format(path=path))
        except FormatError as error:
            raise OutputError(_NOT_READ_BACK.format(path=path)) from error
        except OSError as error:
            raise _unreadable(path, error) from error
        self._kept.close()
        self._remove(NEXT)
        return digest.hexdigest()

    def write_predictions(self, predictions: Iterable[Prediction]) -> str:
        """Writes all predictions, in place of what is there, and gives their SHA-256.

        Raises:
            InputError: two are about one article.
        """
        lines: dict[str, bytes] = {}
        for one in predictions:
            if one.article_id in lines:
                raise InputError(f"article {one.article_id!r} has two predictions; keep one")
            lines[one.article_id] = checked_line(one)
        content = b"".join(lines.values())
        self._put(PREDICTIONS, content)
        if self._content(PREDICTIONS) != content:
            raise OutputError(_NOT_READ_BACK.format(path=self.path / PREDICTIONS))
        self._remove(NEXT)
        return _sha256(content)

    def write_lines(self, pieces: Iterable[bytes]) -> str:
        """Writes lines of predictions that are in their order, in place of what is there, and gives their SHA-256.

        Args:
            pieces: bytes of them, of which only one has to be in memory; what making one raises leaves all as it was.

        Raises:
            OutputError: they cannot be written, or what is read back is not what was written.
        """
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        write_file(self.path / PREDICTIONS, hashed(), remedy=ELSEWHERE)
        if self.sha256() != digest.hexdigest():
            raise OutputError(_NOT_READ_BACK.format(path=self.path / PREDICTIONS))
        self._remove(NEXT)
        return digest.hexdigest()

    def sha256(self) -> str:
        """The SHA-256 of the predictions that lie there; empty if there are none."""
        return sha256_inside(self.path / PREDICTIONS) if self._is_there(PREDICTIONS) else ""

    def stored_predictions(self, sha256: str) -> Sequence[Prediction]:
        """The predictions, which stay in their file.

        Args:
            sha256: of the file.

        Raises:
            OutputError: it is not what was written.
        """
        stored = stored_run(self.path / PREDICTIONS)
        if stored is None or stored.sha256 != sha256:
            raise OutputError(_NOT_READ_BACK.format(path=self.path / PREDICTIONS))
        return stored.predictions

    def write_facts(self, key: str, facts: Mapping[str, Any]) -> None:
        """Writes `run.json`."""
        head = {"format": "evalkit.run", "version": FORMAT_VERSION, "key": key}
        self._put(RUN, json_bytes(head | dict(facts)))

    def write_speed(self, seconds: float, articles: int) -> None:
        """Writes to `speed.json` how long the last extraction took, and of how many articles; what was measured stays.

        What was measured is of the same extractor over the same gold: a folder holds one run.
        """
        speed: dict[str, Any] = {
            "seconds": round(seconds, 3),
            "articles": articles,
            "articles_per_second": round(articles / seconds, 3),
        }
        try:
            held = parse_json(self._content(SPEED) or b"{}", self.path / SPEED)
        except FormatError:
            held = {}
        measured = held.get("measured") if isinstance(held, dict) else None
        self._put(SPEED, json_bytes(speed | ({"measured": measured} if measured else {})))

    def write_result(self, result: EvalResult) -> None:
        """Writes `result.json`, and `counts.npz` beside it, where the result has counts by article.

        Raises:
            OutputError: a run lies there whose predictions are not those of the result, somebody keeps other things
                there, another process is at work there, or nothing can be written.
        """
        with self.held("scoring"):
            a_run = self._is_there(RUN) or self._is_there(PREDICTIONS)
            if a_run and result.run.get("sha256") != self.sha256():
                raise OutputError(f"{self.path}: holds a run of other predictions than those scored; {ELSEWHERE}")
            files = result_files(result)
            # The result last: it names the counts that are its own.
            for name in (COUNTS, RESULT):
                if name in files:
                    self._put(name, files[name])
                else:
                    self._remove(name)

    def remove_old_result(self, sha256: str) -> None:
        """Removes a result that was made of other predictions than those with this SHA-256."""
        if self._is_there(RESULT):
            try:
                current = read_result(self.path).run.get("sha256") == sha256
            except (InputError, OutputError):
                current = False
            if not current:
                self._remove(RESULT)
                self._remove(COUNTS)

    def _refuse_foreign(self) -> None:
        """Refuses a folder in which somebody keeps other things."""
        if not self.path.exists():
            return
        if self.path.is_dir():
            names = {name for name in self._names() if not is_leftover(name)}
            if all(map(_OURS.fullmatch, names)) or {RUN, PREDICTIONS} <= names or self._is_marked(RUN, RESULT):
                return
        raise OutputError(f"{self.path}: is there already and is no run; choose another --out")

    def _refuse_odd(self) -> None:
        """Refuses a folder in which something lies where a file is written: before anything is extracted for it."""
        for name in (RUN, PREDICTIONS, NEXT, RESULT, COUNTS, SPEED):
            path = self.path / name
            if self._is_there(name) and (path.is_symlink() or not path.is_file()):
                what = "link, and none is followed here" if path.is_symlink() else "folder or device, and no file"
                raise OutputError(f"{path}: is a {what}; delete it, or {ELSEWHERE}")

    def _names(self) -> list[str]:
        with writing(self.path, remedy=ELSEWHERE):
            return [path.name for path in self.path.iterdir()]

    def _is_marked(self, *names: str) -> bool:
        """Whether one of these files says that evalkit wrote it."""
        return any(b'"evalkit.' in (self._content(name) or b"")[:200] for name in names)

    def _is_there(self, name: str) -> bool:
        path = self.path / name
        return path.exists() or path.is_symlink()

    def _content(self, name: str) -> bytes | None:
        """The content of a file; None if there is none."""
        path = self.path / name
        try:
            return read_inside(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error) from error

    def _put(self, name: str, content: bytes) -> None:
        """Gives a file this content, whole or not at all; nothing is written where it has it."""
        if self._content(name) != content:
            write_file(self.path / name, content, remedy=ELSEWHERE)

    def _remove(self, name: str) -> None:
        if self._is_there(name):
            remove_file(self.path / name, remedy=ELSEWHERE)

    def _set_aside(self, name: str) -> str:
        """Copies a file to a name of its own, and gives that; one that was copied before is not copied again."""
        content = self._content(name) or b""
        aside = next(aside for aside in self._names_aside(name) if self._content(aside) in (None, content))
        self._put(aside, content)
        return aside

    def _names_aside(self, name: str) -> Iterator[str]:
        stem, _, suffix = name.rpartition(".")
        for number in count(1):
            yield f"{stem}.damaged{'' if number == 1 else f'-{number}'}.{suffix}"


class _Found(NamedTuple):
    """The lines of a file that can be kept, how many cannot, and whether it holds these, with checks, and no others."""

    lines: KeptLines
    odd: int
    only: bool


def _ends(line: bytes) -> bool:
    return line.endswith(b"\n")


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be read: {error.strerror or error}; {ELSEWHERE}")


_AT_ONCE = 1 << 20


def sha256_inside(path: Path) -> str:
    """The SHA-256 of a file in the folder of a run, however large it is.

    Raises:
        InputError: it is a link, no file, or cannot be read.
    """
    digest, start = hashlib.sha256(), 0
    try:
        while piece := part_inside(path, start, _AT_ONCE):
            digest.update(piece)
            start += len(piece)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; {ELSEWHERE}") from error
    return digest.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _difference(facts: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """What another run is that lies where one is to be written, as far as its `run.json` tells."""
    said: list[str] = []
    for name, what in (("spelling", "model"), ("extractor", "model"), ("gold", "gold"), ("split", "split")):
        before, now = facts.get(name), about.get(name)
        if before and now and before != now and not (said and what == "model"):
            said.append(f"of the {what} {before!s:.60}, not {now!s:.60}")
    before, now = facts.get("settings") or {}, about.get("settings") or {}
    if not said and before != now:
        differ = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        said += [f"with {name}={before.get(name, '')!s:.40}, not {now.get(name, '')!s:.40}" for name in differ]
    if not said and facts.get("fingerprint") != about.get("fingerprint"):
        said.append("of the same model, whose code or files have changed since")
    return ", ".join(said) or "another model, gold or option"


def check_version(facts: Mapping[str, Any], where: Path) -> None:
    """Refuses what a later evalkit says of a run.

    Raises:
        FormatError: it is of another version.
    """
    if facts.get("version", FORMAT_VERSION) != FORMAT_VERSION:
        raise FormatError(
            f"{where}: run version {shortened(facts['version'])}, this evalkit reads {FORMAT_VERSION}; run again"
        )


def read_run(path: Path, *, in_place: bool = False) -> tuple[dict[str, Any], Sequence[Prediction], str]:
    """The facts of a run folder, its predictions, and the SHA-256 of their file.

    Many predictions stay in the file; all that it pays to know again do `in_place`, for who needs few of them.

    Raises:
        InputError: there is no such run.
        FormatError: a file of it is damaged, or of a later version.
    """
    if path.is_file():
        raise InputError(f"{path}: is a file; give the run folder, which holds the predictions too")
    try:
        written, file = read_inside(path / RUN), path / PREDICTIONS
        stored = stored_run(file) if (is_worth_keeping if in_place else is_large)(file) else None
        content = b"" if stored is not None else read_inside(file)
    except OSError as error:
        raise InputError(
            f"{path}: is no run folder ({error.strerror}); give the folder that evalkit run wrote"
        ) from error
    facts = parse_json(written, path / RUN, damaged=RUN_ANEW)
    if not isinstance(facts, dict):
        raise FormatError(f"{path / RUN}: not an evalkit run; give the folder that evalkit run wrote")
    check_version(facts, path / RUN)
    if stored is not None:
        return facts, stored.predictions, stored.sha256
    predictions = []
    lines = content.split(b"\n")
    have_checks = any(map(has_check, lines))
    for number, line in enumerate(lines[:-1] if not lines[-1] else lines, 1):
        where = f"{path / PREDICTIONS}:{number}"
        try:
            admitted = admitted_line(line, where)
            if isinstance(admitted, Refused):
                raise FormatError(f"{where}: {admitted.reason}")
            if has_check(line) != have_checks:
                raise FormatError(f"{where}: has no check, which other lines have")
        except FormatError as error:
            raise FormatError(
                f"{error}; run the same command again to make it anew, or, if it was changed on purpose, take "
                '"check" out of every line'
            ) from error
        predictions.append(admitted)
    return facts, predictions, _sha256(content)


def current_result(path: Path) -> EvalResult:
    """The result of a run folder or of a result file, if it was made of the predictions that lie beside it.

    Raises:
        InputError: there is none, or the predictions have changed since.
        FormatError: it is damaged.
    """
    result = read_result(path)
    folder = path if path.is_dir() else path.parent
    in_run = (path.is_dir() or path.name == RESULT) and (folder / RUN).exists() and (folder / PREDICTIONS).exists()
    if in_run and result.run.get("sha256") != RunFolder(folder).sha256():
        raise InputError(
            f"{folder / RESULT}: was not made of the predictions beside it, which have changed; score them again with "
            f"{_score_again(folder, result.run)}"
        )
    return result


def _score_again(folder: Path, facts: Mapping[str, Any]) -> str:
    """The command that scores a run as it was scored, from what its result says."""
    origin, scoring = (dict(facts.get(name) or {}) for name in ("origin", "scoring"))
    gold = origin.pop("dataset", None) or str(facts.get("gold", "GOLD")).rpartition("@")[0] or "GOLD"
    given = {"--split": facts.get("split"), **{f"--{name}": origin.pop(name, None) for name in ("format", "annotator")}}
    origin.pop("offsets", None)
    maps = {"--label-map": "label_map", "--gold-label-map": "gold_map", "--predicted-label-map": "predicted_map"}
    given |= {option: scoring.get(name) for option, name in maps.items()}
    given["--labels"] = ",".join(scoring.get("labels", ()))
    several = {"--scope": scoring.get("scope", ()), "--min-score": scoring.get("min_score", ())}
    several["--without"] = scoring.get("without", ())
    several["--read"] = [f"{name}={value}" for name, value in origin.items()]
    options = [(option, value) for option, value in given.items() if value]
    options += [(option, value) for option, values in several.items() for value in values]
    named = [("--gold", gold), ("--predicted", folder), ("--out", folder), *options]
    return " ".join(["evalkit score", *(f"{option} {shlex.quote(str(value))}" for option, value in named)])


def _refuse_shard(path: Path) -> None:
    """Says of a shard, which has no result, that this is as it should be."""
    if not (path / RUN).is_file():
        return
    facts = RunFolder(path).facts()
    if facts is not None and (shard := facts.get("shard")) is not None:
        raise InputError(no_figures(str(path), Shard(*shard)))


def result_files(result: EvalResult) -> dict[str, bytes]:
    """The files of a result by name: its figures, and the counts by article that they are made of."""
    figures, tables = result.to_json(tables=False), result.counts()
    if not tables:
        return {RESULT: json_bytes(figures)}
    counts = counts_bytes(tables)
    return {COUNTS: counts, RESULT: json_bytes(figures | {"counts": {"sha256": _sha256(counts)}})}


def read_result(path: Path) -> EvalResult:
    """The result of a run folder, or of a result file; its counts by article are read when somebody looks at them.

    Raises:
        InputError: there is none.
        FormatError: it is damaged.
    """
    file = path / RESULT if path.is_dir() else path
    try:
        content = read_inside(file)
    except (OSError, ValueError) as error:
        _refuse_shard(path)
        said = getattr(error, "strerror", None) or error
        raise InputError(
            f"{str(file)!s:.300}: cannot be read: {said}; give a run folder that evalkit run wrote, or its result.json"
        ) from error

    def beside(sha256: str) -> StoredCounts | None:
        counts = file.parent / COUNTS
        return StoredCounts(counts, sha256) if counts.exists() or counts.is_symlink() else None

    data = parse_json(content, file, damaged="score the run again")
    return EvalResult.from_json(data, where=str(file), beside=beside)
