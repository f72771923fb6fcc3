"""What must not exist: rankings of people, lists of who said no, log-in tables, scores (K1-K7, P5, P6, P18, P30, P38).

Looked for in columns, in the fields of whatever is said, in command words and in the names of templates and ticks; a
thing of this kind would have to be called by its name somewhere.
"""

import ast
import dataclasses
import re
import tomllib
from collections.abc import Iterator

import pytest

from bot.chat.table import table
from bot.core.feature import features, load_tables
from bot.core.rules.say import Say
from bot.store.base import Base
from tests.contracts import source

SCORES = {"score", "scores", "scoring", "points", "rank", "ranks", "ranking", "ranked", "leaderboard", "top"}
LOG_INS = {"login", "logins", "install", "installs", "installed", "online", "visits", "likes", "votes", "forwards"}
PROFILES = {
    *("mood", "sentiment", "loyalty", "politics", "religion", "ethnicity", "income", "family", "personality"),
    *("cluster", "profile", "prediction", "predicted", "suspect", "tags", "stars", "birthday", "gender"),
}
TRACES = {"photo", "photos", "picture", "location", "latitude", "longitude", "gps"}
REFUSERS = {"refusers", "refused", "absent", "absentees", "unsigned", "laggards", "nonjoiners"}
OF_A_PERSON = {
    *(
        "id",
        "state",
        "name",
        "name_index",
        "note",
        "org_id",
        "age_band",
        "is_youth",
        "reminders_off",
        "away_until",
        "calm_until",
    ),
    *("key_id", "created_at"),
}
"""All that is kept of a person beside accounts, offices, contacts and consents; ``note`` is the roster's."""
RANKING_WORDS = re.compile(
    "排名|排行|名次|积分|打分|评分|得分|点名|打卡|红黑榜|登录率|安装率|未参加|未报名|没来|不来的|重点人|标签"
)
ABROAD = {
    *("httpx", "requests", "aiohttp", "urllib3", "openai", "anthropic", "transformers", "torch", "sentry_sdk"),
    *("posthog", "langchain", "dashscope", "zhipuai", "prometheus_client", "opentelemetry"),
}
"""Clients of other people's services, of language models, of analytics."""


def _columns() -> Iterator[tuple[str, str]]:
    source.load_all()
    load_tables()
    for one in Base.metadata.sorted_tables:
        yield one.name, ""
        yield from ((one.name, column.name) for column in one.columns)


def _fields() -> Iterator[tuple[str, str]]:
    for say in source.subclasses(Say):
        yield say.__name__, ""
        yield from ((say.__name__, field.name) for field in dataclasses.fields(say))


def _words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))


@pytest.mark.rule("K1", "K2", "K3", "K5", "P6", "P30", "P38", "P41")
@pytest.mark.parametrize("names", [SCORES, LOG_INS, PROFILES, TRACES])
def test_no_table_and_no_column_is_for_it(names: set[str]) -> None:
    assert [where for where in _columns() if names & (_words(where[0]) | _words(where[1]))] == []


@pytest.mark.rule("K1", "K2", "K3", "K4", "K5", "P30")
@pytest.mark.parametrize("names", [SCORES, LOG_INS, PROFILES])
def test_nothing_that_is_said_shows_it(names: set[str]) -> None:
    assert [where for where in _fields() if names & (_words(where[0]) | _words(where[1]))] == []


@pytest.mark.rule("P5", "P38", "K3")
def test_no_list_of_who_said_no_or_did_not_come_can_be_said() -> None:
    assert [where for where in _fields() if REFUSERS & _words(where[1])] == []
    names = {path.stem for path in source.TEMPLATES.rglob("*.j2")}
    assert {one for one in names if (REFUSERS - {"refused"} | SCORES | LOG_INS) & _words(one.split(".")[0])} == set()


@pytest.mark.rule("P5")
def test_who_said_no_is_read_for_that_person_alone() -> None:
    """The table of those who said no is known to asking, erasing, expiring and the person's own export only."""
    known = {
        path
        for path, tree in source.trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "ConsentRefusal"
    }
    assert {path for path in known if "/plugins/" in path or "/console/" in path or path.endswith("todo.py")} == set()
    assert known <= {
        *(f"bot/core/acts/{name}.py" for name in ("consent", "erase", "expire", "forget")),
        *("bot/core/reads/consent.py", "bot/core/reads/export.py", "bot/core/tables.py", "bot/core/manifest.py"),
        "bot/features/talk/acts/note.py",
    }


@pytest.mark.rule("K1", "K3", "K4", "K5", "P38")
def test_no_command_asks_for_it() -> None:
    source.load_all()
    words = {word for command in table.commands.values() for word in command.words}
    assert {word for word in words if RANKING_WORDS.search(word)} == set()


@pytest.mark.rule("K4")
def test_no_due_work_ranks_anybody() -> None:
    ticks = [tick.name for feature in features() for tick in feature.ticks]
    assert [name for name in ticks if (SCORES | LOG_INS) & set(re.split(r"[._]", name))] == []


@pytest.mark.rule("P6", "P30")
def test_a_person_has_no_other_column_than_these() -> None:
    load_tables()
    assert {column.name for column in Base.metadata.tables["people"].columns} == OF_A_PERSON


@pytest.mark.rule("P18", "P32")
def test_no_client_of_a_foreign_service_or_of_a_language_model_is_imported_or_installed() -> None:
    imported = {
        name.split(".")[0]
        for tree in source.trees().values()
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    project = tomllib.loads((source.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[^\w-]", line)[0].replace("-", "_").lower() for line in project["dependencies"]}
    assert (imported | needed) & ABROAD == set()


K7_WORDS = ("县级以下", "备案")
"""Who should not run a copy of their own, and what may be due."""


@pytest.mark.rule("K7")
def test_the_guide_for_operators_says_who_should_not_run_a_copy_and_that_filing_may_be_due() -> None:
    guide = (source.DOCS / "operate.zh-CN.md").read_text(encoding="utf-8")
    assert [word for word in K7_WORDS if word not in guide] == []
