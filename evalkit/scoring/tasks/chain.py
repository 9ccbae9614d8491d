"""The chain entity → quote → speaker → stance: how many stances are recovered completely.

gold      s1: moen → topic:port against, from q1; q1 said by moen; PER Ida Moen is moen
predicted the same, but ORG Ida Moen                not recovered: 0/1; with labels made right: 1/1
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import Convention, Task

__all__ = ["TASK"]

TASK = Task(
    name="chain",
    about="stances recovered completely: with their mentions, their quote, its speaker and their label",
    layers=("entities", "quotes", "stances"),
    conventions={
        "complete": Convention(
            function="evalkit.scoring.tasks.chain_conventions:complete",
            about="1 if every link from the mentions to the label of the stance is right",
            excepted={"swap": "a gold stance without a quote asks for none"},
        )
    },
    main="complete",
    links=("boundaries", "labels", "speakers", "targets", "stance labels"),
    cases="evalkit.scoring.tasks.linked_cases:linked_sides",
)
