"""名册 Roster: rows of two tables as values, or the faults that keep them out (commands.md, The roster)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

from bot.core.rules.people import CadreKind, OrgKind, OrgLevel, Role
from bot.core.rules.text import clean, is_invisible, plain_key

T = TypeVar("T")

CODE, ORG_NAME, PARENT, LEVEL, KIND = ORG_COLUMNS = ("编码", "名称", "上级编码", "级别", "性质")
NAME, ORG_CODE, ROLES, LEADERSHIP = PEOPLE_COLUMNS = ("姓名", "组织编码", "身份", "班子成员")
NOTE: Final = "备注"
"""What tells two people of one name in one organisation apart; the column may be left out."""
OTHER_NAMES: Final[Mapping[str, Sequence[str]]] = {
    CODE: ("组织编码", "组织代码", "组织编号", "单位编码", "代码", "编号"),
    ORG_NAME: ("组织名称", "单位名称", "团组织名称", "全称"),
    PARENT: ("上级组织编码", "上级代码", "上级编号", "上级组织代码", "上级单位编码"),
    LEVEL: ("组织级别", "层级"),
    KIND: ("组织性质",),
    NAME: ("名字", "干部姓名", "团干部姓名", "人员姓名"),
    ORG_CODE: ("组织代码", "组织编号", "单位编码", "团组织编码", "团组织代码", "所在组织编码"),
    ROLES: ("角色", "人员身份", "干部身份"),
    LEADERSHIP: ("是否班子成员", "是否为班子成员"),
}
"""How offices head these columns too."""

LEVELS: Final[Mapping[str, OrgLevel]] = dict(zip(("中央", "省", "市", "县", "基层", "支部"), OrgLevel, strict=True))
KINDS: Final[Mapping[str, OrgKind]] = {"地方": OrgKind.GEOGRAPHIC, "系统": OrgKind.SYSTEM}
CADRE_KINDS: Final[Mapping[str, CadreKind]] = {
    "专职": CadreKind.FULL_TIME,
    "挂职": CadreKind.SECONDED,
    "兼职": CadreKind.PART_TIME,
}
OTHER_ROLES: Final[Mapping[str, Role]] = {
    "书记": Role.SECRETARY,
    "管理员": Role.ORGAN_ADMIN,
    "隐私负责人": Role.PRIVACY_OFFICER,
    "值班": Role.DUTY_OFFICER,
    "报送人": Role.REPORTER,
    "阅览人": Role.CENTRAL_READER,
}
ROSTER_ROLES: Final = frozenset({Role.CADRE, *OTHER_ROLES.values()})
"""The roles that a roster gives and takes; others (youth, operator) it never touches."""
YES_NO: Final[Mapping[str, bool]] = {"是": True, "否": False, "": False}

MAX_CODE: Final = 64
MAX_ORG_NAME: Final = 120
MAX_PERSON_NAME: Final = 60
"""Characters; the longest transliterated names have about 40."""
MAX_NOTE: Final = 20
MAX_DEPTH: Final = 12
"""Organisations from the root down to a branch, itself included; six levels exist."""

_DOTS: Final = frozenset("·•．.・･‧∙⋅●。᛫ㆍ")
"""What stands between the parts of a transliterated name, as each keyboard has it; compared as nothing."""
_ERROR: Final = re.compile(r"#+|#[A-Z][A-Z0-9/_]*[!?]?|#\w{1,12}[!?]|ERR:\d+|[+-]?(?:INF|NAN)")
_FORMULA: Final = re.compile(r"['\"{]*=")
_NUMBER: Final = re.compile(r"[\d\s.,:/\-TZ\u20e3]+")
_SEVERAL: Final = re.compile(r"[\u4e00-\u9fff]{2,4}(?:[、,/;|][\u4e00-\u9fff]{2,4})+")
"""Several people on one line: each needs a line, and a code, of their own."""
_LOST: Final = frozenset("?\ufffd□")
"""What is left of a character that an encoding does not have."""
_NOBODY: Final = frozenset(
    (
        *(
            "n/a",
            "na",
            "null",
            "none",
            "true",
            "false",
            "undefined",
            "无",
            "暂无",
            "没有",
            "空",
            "空缺",
            "空白",
            "暂缺",
        ),
        *("待定", "待补", "未定", "不详", "合计", "总计", "小计", "共计", "示例", "样例", "例", "姓名", "名字"),
    )
)
"""What stands where a name should, and is nobody's."""
_ROUNDED: Final = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cells:
    """One line of a table: where it stood and what its columns said, as text."""

    line: int
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """导入错误: why one cell keeps the whole roster out; ``value`` is what stood there."""

    line: int
    column: str
    reason: str
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OrgRow:
    """One organisation of the roster; ``parent`` is a code, empty for a root."""

    line: int
    code: str
    name: str
    parent: str
    level: OrgLevel
    kind: OrgKind


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the roster; ``cadre_kind`` is set exactly when the roles hold ``cadre``."""

    line: int
    name: str = field(repr=False)
    org_code: str
    roles: frozenset[Role]
    cadre_kind: CadreKind | None
    is_leadership: bool
    note: str = field(default="", repr=False)
    """备注: which of several people of one name."""


def name_key(name: str) -> str:
    """The form in which names are compared: 张　三 and 张三, 买买提·艾力 and 买买提•艾力 are one person of an
    organisation. A name that is nothing but dots keeps them.
    """
    spaced = plain_key(clean(name)).replace(" ", "")
    return "".join(char for char in spaced if char not in _DOTS) or spaced


def older_keys(name: str) -> tuple[str, ...]:
    """The keys under which earlier versions found a name with dots: each dot was a character of its own."""
    spaced = plain_key(clean(name)).replace(" ", "")
    if not _DOTS.intersection(spaced):
        return ()
    return tuple("".join(dot if char in _DOTS else char for char in spaced) for dot in sorted(_DOTS))


def wrong_cell(text: str) -> str | None:
    """Why a cell holds no words of a person: a formula, an error value, a number that a spreadsheet has rounded."""
    plain = plain_key(text).upper()
    if _FORMULA.match(plain):
        return "formula"
    if _ERROR.fullmatch(plain):
        return "error_value"
    return "rounded" if _ROUNDED.fullmatch(plain) else None


def is_name(name: str) -> bool:
    """Whether this can be one person's name: something is written, no letter of it lost, no word that is nobody's."""
    plain = plain_key(name)
    if _NUMBER.fullmatch(plain.upper()) or _LOST.intersection(plain) or _SEVERAL.fullmatch(plain.replace(" ", "")):
        return False
    return plain not in _NOBODY and any(char.isalnum() for char in plain)


@lru_cache(maxsize=4_096)  # codes and words repeat on every line
def _shown(text: str) -> str:
    """A cell as it is kept: cleaned, nothing invisible in it, single spaces, no edges."""
    return " ".join("".join(c for c in clean(text) if not is_invisible(c)).split())


class _Line:
    """Reads the cells of one line and gathers its faults."""

    def __init__(self, cells: Cells, faults: list[Fault]) -> None:
        self._cells = cells
        self._faults = faults
        self.sound = True

    def fault(self, column: str, reason: str, value: str = "") -> None:
        self._faults.append(Fault(self._cells.line, column, reason, value))
        self.sound = False

    def text(self, column: str, limit: int, *, optional: bool = False) -> str:
        value = _shown(self._cells.values.get(column, ""))
        wrong = wrong_cell(value)
        if wrong is not None:
            self.fault(column, wrong, value)
        elif not value and not optional:
            self.fault(column, "empty")
        elif len(value) > limit:
            self.fault(column, "too_long", str(limit))
        return value

    def choice(self, column: str, words: Mapping[str, T]) -> T | None:
        value = _shown(self._cells.values.get(column, ""))
        if value in words:
            return words[value]
        self.fault(column, wrong_cell(value) or ("unknown_word" if value else "empty"), value)
        return None


def parse_orgs(rows: Iterable[Cells]) -> tuple[list[OrgRow], list[Fault]]:
    """The organisations of a table and every fault that one line alone or two lines together show."""
    found: list[OrgRow] = []
    faults: list[Fault] = []
    lines: dict[str, int] = {}
    for cells in rows:
        line = _Line(cells, faults)
        code = line.text(CODE, MAX_CODE)
        name = line.text(ORG_NAME, MAX_ORG_NAME)
        parent = line.text(PARENT, MAX_CODE, optional=True)
        level, kind = line.choice(LEVEL, LEVELS), line.choice(KIND, KINDS)
        if code and lines.setdefault(code, cells.line) != cells.line:
            line.fault(CODE, "duplicate", str(lines[code]))
        if line.sound and level is not None and kind is not None:
            found.append(OrgRow(cells.line, code, name, parent, level, kind))
    return found, faults


def parse_people(rows: Iterable[Cells]) -> tuple[list[PersonRow], list[Fault]]:
    """The people of a table and every fault that one line alone or two lines together show."""
    found: list[PersonRow] = []
    faults: list[Fault] = []
    lines: dict[tuple[str, str, str], int] = {}
    for cells in rows:
        line = _Line(cells, faults)
        name = line.text(NAME, MAX_PERSON_NAME)
        org_code = line.text(ORG_CODE, MAX_CODE)
        roles, cadre_kind = _roles(line, line.text(ROLES, MAX_CODE))
        leadership = line.choice(LEADERSHIP, YES_NO)
        note = line.text(NOTE, MAX_NOTE, optional=True)
        who = (name_key(name), org_code, name_key(note))
        if line.sound and not is_name(name):
            line.fault(NAME, "not_a_name", name)
        if who[0] and org_code and lines.setdefault(who, cells.line) != cells.line:
            line.fault(NAME, "duplicate_person", str(lines[who]))
        if line.sound:
            found.append(PersonRow(cells.line, name, org_code, roles, cadre_kind, bool(leadership), note))
    return found, faults


def _roles(line: _Line, told: str) -> tuple[frozenset[Role], CadreKind | None]:
    roles: set[Role] = set()
    kinds: list[CadreKind] = []
    if wrong_cell(told):
        return frozenset(), None
    for word in (part.strip() for part in told.replace("／", "/").split("/")) if told else ():
        if word in CADRE_KINDS:
            kinds.append(CADRE_KINDS[word])
            roles.add(Role.CADRE)
        elif word in OTHER_ROLES:
            roles.add(OTHER_ROLES[word])
        else:
            line.fault(ROLES, "unknown_word" if word else "empty", word)
    if len(set(kinds)) > 1:
        line.fault(ROLES, "two_kinds")
    return frozenset(roles), kinds[0] if kinds else None


def check_tree(rows: Sequence[OrgRow], known: Mapping[str, str]) -> list[Fault]:
    """Faults of the tree that would result: unknown parents, cycles, too many levels.

    ``known``: code and parent's code ("" for a root) of the organisations that exist already; rows override them.
    """
    parents = {**known, **{row.code: row.parent for row in rows}}
    lines = {row.code: row.line for row in rows}
    faults = [
        Fault(row.line, PARENT, "unknown_org", row.parent) for row in rows if row.parent and row.parent not in parents
    ]
    depths: dict[str, int] = {"": 0}
    for start in parents:
        way: dict[str, None] = {}  # in order, and asked quickly whether it holds a code
        code = start
        while code not in depths and code in parents and code not in way:
            way[code] = None
            code = parents[code]
        if code in way:
            circle = list(way)[list(way).index(code) :]
            faults += [Fault(lines[c], PARENT, "cycle", parents[c]) for c in circle if c in lines]
        for depth, passed in enumerate(reversed(way), depths.get(code, 0) + 1):
            depths[passed] = depth
    deep = [Fault(lines[c], PARENT, "too_deep", str(MAX_DEPTH)) for c in lines if depths[c] > MAX_DEPTH]
    return sorted([*faults, *deep], key=lambda fault: fault.line)


def check_people(rows: Iterable[PersonRow], known: Iterable[str]) -> list[Fault]:
    """People of organisations that exist neither in the roster nor in the tables (``known`` holds all codes)."""
    codes = set(known)
    return [Fault(row.line, ORG_CODE, "unknown_org", row.org_code) for row in rows if row.org_code not in codes]
