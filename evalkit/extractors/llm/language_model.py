"""`llm:MODEL`: a language model behind any endpoint that speaks the chat completions of OpenAI, for all three layers.

The model answers with strings in a JSON schema; they are found again in the text (`evalkit.extractors.llm.grounding`,
`evalkit.extractors.llm.fidelity`), and what cannot be found is counted in the usage of each prediction. Boilerplate is
neither shown to the model nor searched. An article that is longer than `window` is asked about in parts
(`evalkit.extractors.llm.windows`, `evalkit.extractors.llm.joining`). The stances of pairs that the gold gives are asked
for in a request of their own (`evalkit.extractors.llm.pairs`).

Settings (docs/llm.md has more on each):
    base_url: the endpoint, such as http://localhost:8000/v1; or the environment variable EVALKIT_LLM_BASE_URL.
    prompt: a TOML file with other wording. layers: such as `entities,quotes`. labels: the entity labels to ask for.
    pairs: `ask` for the stances of given pairs, or take the model's `own` stances for them.
    window: characters of an article in one request; 6000, 0 for no limit. overlap: how many neighbours share; 1000.
    answers: `auto`, or `json_schema`, `json_object` or `text` to insist on one way of constraining the answer.
    temperature, seed: 0; `none` leaves them out. max_tokens: of an answer. extra: a JSON object for the request.
    attempts: answers asked for until one can be read; 2. The second has another seed.
    concurrency: requests at once; 4. requests_per_minute: no limit. timeout: seconds for an answer; 120.
    retries: how often a failed request is tried again; 4. pause: seconds before the first of these; 1.
    price_in, price_out: of a million prompt and completion tokens.

The key is read from the environment variable EVALKIT_LLM_API_KEY and goes nowhere but into the request.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from evalkit.errors import ExtractorError, describe_error
from evalkit.extractors.base import (
    LONGEST_ARTICLE,
    UNLABELLED,
    ArticleFailure,
    Extracted,
    PairLabels,
    PairsError,
    SpendingError,
    StancePair,
    Work,
)
from evalkit.extractors.identity.closure import identity_of
from evalkit.extractors.llm.annotations import ground_draft
from evalkit.extractors.llm.asking import Asker, Question, Round, Spent
from evalkit.extractors.llm.budget import ANSWER, Amount, tokens_in
from evalkit.extractors.llm.joining import join_windows
from evalkit.extractors.llm.pairs import PairAnswer, elected, list_pairs, pairs_schema, read_pairs, share_out
from evalkit.extractors.llm.schema import Draft, answer_schema, read_answer
from evalkit.extractors.llm.settings import Settings
from evalkit.extractors.llm.windows import Window, cut_windows
from evalkit.extractors.threads import spread
from evalkit.records import Annotations, Article
from evalkit.text.zones import zoned

__all__ = ["LlmExtractor"]

_PAIR_TOKENS, _PAIRS = 15, 8
"""Tokens of the answer for a given pair, by the rule of thumb, and how many pairs an article may have."""


class LlmExtractor:
    """Asks a language model about each article.

    Attributes:
        name: as it was asked for.
        layers: the layers that it is asked for.
        token_prices: of a million prompt and completion tokens, or None.
        label_pairs: labels pairs that are given; there only if stances are among the layers and such pairs are asked
            for, so that nobody pays for questions that were not wanted.
        holds_gil: whether it computes here; it waits, for as many answers at once as it was told.
    """

    label_pairs: Callable[[Article, Sequence[StancePair]], PairLabels]
    longest_article = LONGEST_ARTICLE
    holds_gil = False

    def __init__(self, name: str, settings: Settings) -> None:
        """An extractor with these settings."""
        self.name = name
        self.layers = settings.layers
        self.token_prices = settings.prices
        self._settings = settings
        self._schema = answer_schema(settings.layers, list(settings.labels))
        self._asker = Asker(settings)
        self._pair_round = Round()
        self._article_timeout = math.inf
        self._pairs_follow = False
        if settings.asks_pairs and "stances" in settings.layers:
            self.label_pairs = self._label_pairs

    def fingerprint(self) -> str:
        """SHA-256 over endpoint, model, prompt, schema, windows and decoding, and the code that reads the answers."""
        settings = self._settings
        asked = [self._schema, settings.labels, settings.decoding, settings.modes, settings.attempts]
        parts = [
            settings.model,
            settings.url,
            *settings.prompt.identity(),
            json.dumps([*asked, settings.window, settings.overlap, settings.asks_pairs]),
        ]
        return identity_of(__name__, parts=parts)

    def facts(self) -> dict[str, str]:
        """What a run should keep: endpoint, model, how its answers were constrained, and which prompt it got."""
        return self._asker.facts()

    def limit_time(self, seconds: float) -> None:
        """Have an article fail whose requests and pauses together take longer; its given pairs have as long again."""
        self._article_timeout = seconds

    def limit_spending(self, cost: float | None, tokens: int | None, pairs: bool = False) -> None:
        """Have no more asked, from now on, than costs so much or takes so many tokens, by what the endpoint counts.

        Args:
            cost: the most that it may cost.
            tokens: the most that it may take, prompts and answers.
            pairs: whether given pairs will be asked about.
        """
        self._asker.budget.limit(cost, tokens)
        self._pairs_follow = pairs and hasattr(self, "label_pairs")

    def estimate(self, article: Article, pairs: Sequence[StancePair] | None = None) -> Work:
        """What asking about an article takes, and about its given pairs: a request for each window of it, at least."""
        questions = [self._question(article, window) for window in self._windows(zoned(article))]
        asked = [question.foreseen for question in questions if question is not None]
        if pairs and hasattr(self, "label_pairs"):
            asked += [question.foreseen for question in self._pair_questions(article, pairs)]
        return Work(
            requests=len(asked),
            prompt_tokens=round(sum(one.prompt for one in asked)),
            completion_tokens=round(sum(one.completion for one in asked)),
        )

    def _foreseen(self, article: Article) -> Amount:
        """What an article takes, with room for its given pairs, of which nobody knows yet."""
        work = self.estimate(article)
        pairs = Amount(work.prompt_tokens, _PAIRS * _PAIR_TOKENS) if self._pairs_follow else Amount()
        return Amount(work.prompt_tokens, work.completion_tokens) + pairs

    def _spent(self, article: Article) -> Spent:
        return Spent(article=article.id, until=time.monotonic() + self._article_timeout)

    def extract(self, articles: Sequence[Article]) -> Sequence[Annotations | ArticleFailure | Extracted]:
        """What the model found in each article, in the order given, or why there is nothing.

        Raises:
            ExtractorError: no article of the batch was answered, and no other would be.
            SpendingError: what may be spent did not suffice for all.
        """
        if not articles:
            return []
        batch = Round()
        self._pair_round = Round()
        self._asker.budget.end_all()
        self._asker.client.start()

        def stop() -> None:
            # Somebody wants to stop now and not after all pauses and tries.
            batch.stopped = "the run was stopped"
            self._asker.client.stop()

        threads = self._settings.concurrency
        found = spread(lambda article: self._guarded(article, batch), articles, threads, stop=stop)
        # What was answered has been paid for, so it is handed over before the end is announced.
        if batch.hopeless and not batch.answers:
            raise ExtractorError(f"{self.name}: {batch.hopeless}")
        if batch.spent:
            raise SpendingError(f"{self.name}: {batch.spent}", found)
        return [one for one in found if one is not None]

    def _guarded(self, article: Article, batch: Round) -> Extracted | ArticleFailure | None:
        """What comes of an article; None if it is not asked about, or not to the end, as that would cost too much."""
        if batch.stopped:
            return ArticleFailure(f"not asked: {batch.stopped}")
        budget, spent = self._asker.budget, self._spent(article)
        found: Extracted | ArticleFailure
        try:
            if batch.spent:
                return None
            if budget.is_limited:
                budget.begin(article.id, self._foreseen(article))
                spent = self._spent(article)
            found = self._extract(article, batch, spent)
        except SpendingError as error:
            batch.spent = batch.spent or str(error)
            budget.end(article.id)
            return None
        except Exception as error:  # one that reached the runner would make it ask about the whole batch again
            found = ArticleFailure(describe_error(error))
        budget.end(article.id, pairs_follow=self._pairs_follow and isinstance(found, Extracted))
        usage = spent.usage(self.token_prices)
        if isinstance(found, ArticleFailure):
            return ArticleFailure(found.message, usage)
        return Extracted(found.annotations, {**usage, **found.usage})

    def _windows(self, page: Article) -> list[Window]:
        return cut_windows(page, self._settings.window, self._settings.overlap)

    def _question(self, article: Article, window: Window) -> Question[Draft] | None:
        """What is asked about a window of an article; None if there is nothing to show."""
        if not window.shown.strip():
            return None
        settings = self._settings
        return Question(
            messages=lambda schema: settings.prompt.messages(
                article, window.shown, layers=self.layers, labels=settings.labels, schema=schema
            ),
            schema=self._schema,
            read=lambda content: read_answer(content, self.layers, list(settings.labels)),
            answer_tokens=round(ANSWER * tokens_in(window.shown)),
        )

    def _extract(self, article: Article, batch: Round, spent: Spent) -> Extracted | ArticleFailure:
        page = zoned(article)
        windows = self._windows(page)
        parts: list[tuple[Window, Annotations]] = []
        counts: Counter[str] = Counter()
        for number, window in enumerate(windows, 1):
            question = self._question(article, window)
            draft: Draft | str = Draft()
            if question is not None:
                draft = self._asker.ask(question, batch, spent)
            if isinstance(draft, str):
                return ArticleFailure(draft if len(windows) == 1 else f"part {number} of {len(windows)}: {draft}")
            found = ground_draft(window.page, draft, self.layers)
            if len(windows) == 1:
                return found
            parts.append((window, found.annotations))
            counts.update({name: int(value) for name, value in found.usage.items()})
        joined, more = join_windows(page, parts, self.layers)
        return Extracted(joined, dict(sorted({**counts, **more, "windows": len(windows)}.items())))

    def _label_pairs(self, article: Article, pairs: Sequence[StancePair]) -> PairLabels:
        """A stance label for each pair, in the order given; empty for one that the model left out.

        Raises:
            PairsError: there is no answer for this article.
            SpendingError: what may be spent does not suffice.
        """
        votes: dict[int, list[str]] = {number: [] for number in range(1, len(pairs) + 1)}
        spent = self._spent(article)
        for question in self._pair_questions(article, pairs):
            stopped = self._pair_round.stopped
            if stopped:
                answer: PairAnswer | str = f"not asked: {stopped}"
            else:
                answer = self._asker.ask(question, self._pair_round, spent)
            if isinstance(answer, str):
                raise PairsError(f"its given pairs got no labels: {answer}", spent.usage(self.token_prices))
            spent.counts["malformed_items"] += answer.malformed
            spent.counts.update(answer.counts)
            for number, label in answer.labels.items():
                votes[number].append(label)
        self._asker.budget.end(article.id)
        labels = [elected(given) for given in votes.values()]
        spent.counts["unlabelled_pairs"] += labels.count(UNLABELLED)
        return PairLabels(labels, spent.usage(self.token_prices))

    def _pair_questions(self, article: Article, pairs: Sequence[StancePair]) -> list[Question[PairAnswer]]:
        """What is asked about given pairs: a question for each window of an article that has some of them."""
        windows = self._windows(zoned(article))
        shares = zip(windows, share_out(pairs, [window.shown for window in windows]), strict=True)
        return [
            self._pair_question(article, window, share) for window, share in shares if share and window.shown.strip()
        ]

    def _pair_question(self, article: Article, window: Window, share: Mapping[int, StancePair]) -> Question[PairAnswer]:
        prompt, listed = self._settings.prompt, list_pairs(share)
        return Question(
            messages=lambda schema: prompt.pair_messages(article, window.shown, listed, schema=schema),
            schema=pairs_schema(),
            read=lambda content: read_pairs(content, list(share)),
            answer_tokens=_PAIR_TOKENS * len(share),
        )
