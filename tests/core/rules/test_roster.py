"""名册: what keeps a roster out, and what its rows become (commands.md, The roster)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.people import CadreKind, OrgKind, OrgLevel, Role
from bot.core.rules.roster import (
    LEADERSHIP,
    MAX_DEPTH,
    NAME,
    NOTE,
    ORG_CODE,
    ORG_COLUMNS,
    PEOPLE_COLUMNS,
    ROLES,
    Cells,
    Fault,
    OrgRow,
    PersonRow,
    check_people,
    check_tree,
    name_key,
    parse_orgs,
    parse_people,
    wrong_cell,
)


def orgs(*rows: str) -> tuple[list[OrgRow], list[Fault]]:
    return parse_orgs([Cells(n, dict(zip(ORG_COLUMNS, r.split(","), strict=True))) for n, r in enumerate(rows, 2)])


def people(*rows: str) -> tuple[list[PersonRow], list[Fault]]:
    return parse_people([Cells(n, dict(zip(PEOPLE_COLUMNS, r.split(","), strict=True))) for n, r in enumerate(rows, 2)])


def tree(*pairs: str, known: dict[str, str] | None = None) -> list[tuple[int, str]]:
    rows, faults = orgs(*(f"{code},名,{parent},县,地方" for code, parent in (p.split("<") for p in pairs)))
    assert faults == []
    return [(fault.line, fault.reason) for fault in check_tree(rows, known or {})]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",青禾县委,,县,地方", "编码", "empty"),
        ("\u200b,青禾县委,,县,地方", "编码", "empty"),
        ("QH, ,,县,地方", "名称", "empty"),
        ("QH,青禾县委,,,地方", "级别", "empty"),
        ("QH,青禾县委,,区,地方", "级别", "unknown_word"),
        ("QH,青禾县委,,county,地方", "级别", "unknown_word"),
        ("QH,青禾县委,,县,行业", "性质", "unknown_word"),
        (f"{'Q' * 65},青禾县委,,县,地方", "编码", "too_long"),
        (f"QH,{'县' * 121},,县,地方", "名称", "too_long"),
    ],
)
def test_a_bad_organisation_is_named_by_line_column_and_reason(row: str, column: str, reason: str) -> None:
    rows, faults = orgs(row)
    assert [(f.line, f.column, f.reason) for f in faults] == [(2, column, reason)]
    assert rows == []


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",QH,专职,否", "姓名", "empty"),
        ("\u202e\u200b,QH,专职,否", "姓名", "empty"),
        ("林晓舟,,专职,否", "组织编码", "empty"),
        ("林晓舟,QH,,否", "身份", "empty"),
        ("林晓舟,QH,青年,否", "身份", "unknown_word"),
        ("林晓舟,QH,运维,否", "身份", "unknown_word"),
        ("林晓舟,QH,cadre,否", "身份", "unknown_word"),
        ("林晓舟,QH,专职//书记,否", "身份", "empty"),
        ("林晓舟,QH,专职、书记,否", "身份", "unknown_word"),
        ("林晓舟,QH,专职/兼职,否", "身份", "two_kinds"),
        ("林晓舟,QH,专职,Y", "班子成员", "unknown_word"),
        (f"{'舟' * 61},QH,专职,否", "姓名", "too_long"),
    ],
)
def test_a_bad_person_is_named_by_line_column_and_reason(row: str, column: str, reason: str) -> None:
    rows, faults = people(row)
    assert [(f.line, f.column, f.reason) for f in faults] == [(2, column, reason)]
    assert rows == []


def test_every_fault_of_a_line_and_every_bad_line_is_named() -> None:
    _, faults = people(",,,不", "林晓舟,QH,专职,否", "何予安,,挂职,否")
    assert [(f.line, f.column) for f in faults] == [
        (2, "姓名"), (2, "组织编码"), (2, "身份"), (2, "班子成员"), (4, "组织编码"),
    ]  # fmt: skip


def test_the_same_code_twice_is_refused_at_the_second_line() -> None:
    _, faults = orgs("QH,青禾县委,,县,地方", "QH,别的,,县,地方")
    assert faults == [Fault(3, "编码", "duplicate", "2")]


@pytest.mark.parametrize("other", ["林晓舟", "林 晓 舟", "林晓　舟", " 林晓舟\u200b"])
def test_the_same_person_twice_is_refused_however_the_name_is_spaced(other: str) -> None:
    _, faults = people("林晓舟,QH,专职,否", f"{other},QH,书记,否")
    assert faults == [Fault(3, "姓名", "duplicate_person", "2")]


@pytest.mark.parametrize("dot", ["•", "．", "・", "‧", ".", "･", " · ", " ", ""])
def test_however_the_dot_of_a_name_is_typed_it_is_one_person(dot: str) -> None:
    assert name_key(f"买买提{dot}艾力") == name_key("买买提·艾力")
    assert people("买买提·艾力,QH,专职,否", f"买买提{dot}艾力,QH,书记,否")[1] == [
        Fault(3, "姓名", "duplicate_person", "2")
    ]


@pytest.mark.parametrize("column", [*PEOPLE_COLUMNS, NOTE])
@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("=A2", "formula"),
        ("＝VLOOKUP(A2,B:C,2)", "formula"),
        ("#N/A", "error_value"),
        ("#REF!", "error_value"),
        ("#NAME?", "error_value"),
        ("#DIV/0!", "error_value"),
        ("＃N/A", "error_value"),
        ("#n/a", "error_value"),
        ("########", "error_value"),
        ("Err:502", "error_value"),
        ("1.00E+11", "rounded"),
    ],
)
def test_what_a_spreadsheet_failed_at_is_no_word_of_anybody(column: str, cell: str, reason: str) -> None:
    told = dict(zip(PEOPLE_COLUMNS, ("林晓舟", "QH", "专职", "否"), strict=True)) | {column: cell}
    rows, faults = parse_people([Cells(2, told)])
    assert (rows, [(fault.line, fault.column, fault.reason) for fault in faults]) == ([], [(2, column, reason)])


@pytest.mark.parametrize("name", ["12345", "2026-12-01", "0"])
def test_a_number_is_no_name(name: str) -> None:
    assert [fault.reason for fault in people(f"{name},QH,专职,否")[1]] == ["not_a_name"]


def test_notes_tell_two_people_of_one_name_apart() -> None:
    def lines(*notes: str) -> list[Cells]:
        told = dict(zip(PEOPLE_COLUMNS, ("王芳", "QH", "专职", "否"), strict=True))
        return [Cells(n, told | {NOTE: note}) for n, note in enumerate(notes, 2)]

    assert parse_people(lines("一中", "二中", ""))[1] == []
    assert [(f.line, f.reason) for f in parse_people(lines("一中", " 一 中"))[1]] == [(3, "duplicate_person")]


def test_one_name_in_two_organisations_is_two_people() -> None:
    assert people("林晓舟,QH,专职,否", "林晓舟,GT,书记,否")[1] == []


def test_an_unknown_parent_is_refused() -> None:
    assert tree("QH<GT") == [(2, "unknown_org")]
    assert tree("QH<GT", known={"GT": ""}) == []


def test_a_circle_is_refused_at_each_of_its_rows_and_nowhere_else() -> None:
    assert tree("A<A") == [(2, "cycle")]
    assert tree("A<C", "B<A", "C<B", "D<C", "E<") == [(2, "cycle"), (3, "cycle"), (4, "cycle")]


def test_a_circle_that_closes_over_what_exists_is_refused() -> None:
    assert tree("A<C", known={"A": "", "B": "A", "C": "B"}) == [(2, "cycle")]


def test_a_tree_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    chain = ["0<", *(f"{n}<{n - 1}" for n in range(1, MAX_DEPTH))]
    assert tree(*chain) == []
    assert tree(*chain, f"x<{MAX_DEPTH - 1}") == [(MAX_DEPTH + 2, "too_deep")]


def test_a_chain_of_very_many_is_refused_quickly() -> None:
    found = tree("0<", *(f"{n}<{n - 1}" for n in range(1, 20_000)))
    assert {reason for _, reason in found} == {"too_deep"}


@given(st.dictionaries(st.integers(0, 12), st.integers(-1, 12), min_size=1))
def test_what_passes_has_no_circle_and_no_unknown_parent(parents: dict[int, int]) -> None:
    passes = tree(*(f"{code}<{parent if parent >= 0 else ''}" for code, parent in parents.items())) == []

    def reaches_a_root(code: int) -> bool:
        for _ in range(MAX_DEPTH):
            if code not in parents:
                return False
            if parents[code] < 0:
                return True
            code = parents[code]
        return False

    assert passes == all(map(reaches_a_root, parents))


def test_people_of_an_unknown_organisation_are_refused() -> None:
    rows, _ = people("林晓舟,QH,专职,否", "何予安,X9,挂职,否")
    assert check_people(rows, {"QH"}) == [Fault(3, "组织编码", "unknown_org", "X9")]


def test_a_sound_row_becomes_values() -> None:
    assert orgs(" QH ,青禾  县委,GT,县,系统")[0] == [
        OrgRow(2, "QH", "青禾 县委", "GT", OrgLevel.COUNTY, OrgKind.SYSTEM)
    ]
    (person,) = people("林晓舟,QH,挂职/管理员／值班,是")[0]
    assert person.roles == {Role.CADRE, Role.ORGAN_ADMIN, Role.DUTY_OFFICER}
    assert (person.cadre_kind, person.is_leadership) == (CadreKind.SECONDED, True)
    (secretary,) = people("周敏,QHF,书记,")[0]
    assert (secretary.roles, secretary.cadre_kind, secretary.is_leadership) == ({Role.SECRETARY}, None, False)


@pytest.mark.parametrize(
    "name",
    ["@SUM(A1)", "'; DROP TABLE people; --", "{{ 7*7 }}", "<script>", "../../etc", "[CQ:at,qq=all]"],
)
def test_hostile_names_are_names(name: str) -> None:
    ((row,), faults) = parse_people([Cells(2, dict(zip(PEOPLE_COLUMNS, (name, "QH", "专职", "否"), strict=True)))])
    assert (row.name, faults) == (name, [])


@given(st.text())
def test_any_cell_is_read_or_refused_and_a_kept_name_is_clean(text: str) -> None:
    rows, faults = parse_people([Cells(2, dict(zip(PEOPLE_COLUMNS, (text, text, text, text), strict=True)))])
    assert bool(rows) != bool(faults)
    rows, _ = parse_people([Cells(2, dict(zip(PEOPLE_COLUMNS, (text, "QH", "专职", "否"), strict=True)))])
    for row in rows:
        row.name.encode()
        assert "\0" not in row.name
        assert name_key(row.name) == name_key(text) != ""


@pytest.mark.parametrize(
    ("word", "kind"),
    [("专职", CadreKind.FULL_TIME), ("挂职", CadreKind.SECONDED), ("兼职", CadreKind.PART_TIME)],
)
@pytest.mark.parametrize(("told", "leads"), [("是", True), ("否", False), ("", False)])
def test_the_kind_of_a_cadre_and_who_leads_are_read_from_their_words(
    word: str, kind: CadreKind, told: str, leads: bool
) -> None:
    [row], faults = people(f"林晓舟,QH,{word},{told}")
    assert faults == []
    assert (row.cadre_kind, row.roles, row.is_leadership) == (kind, {Role.CADRE}, leads)


def test_a_fault_names_a_value_only_where_there_is_one() -> None:
    _, faults = people(",QH,专职,不")
    assert [(fault.column, fault.value) for fault in faults] == [("姓名", ""), ("班子成员", "不")]


def test_a_cell_that_is_not_there_is_an_empty_one() -> None:
    found, faults = parse_people([Cells(2, {})])
    assert found == []
    assert [(fault.column, fault.reason) for fault in faults] == [(column, "empty") for column in PEOPLE_COLUMNS[:3]]
    found, faults = parse_orgs([Cells(2, {})])
    assert found == []
    assert {fault.reason for fault in faults} == {"empty"}


@pytest.mark.parametrize(
    "name",
    [
        *("N/A", "null", "None", "TRUE", "无", "空缺", "待定", "合计", "示例", "姓名"),  # words for nobody
        *("——", "？", "……", "·", "□", "1️⃣", "2026-01-01T00:00:00", "13812345678"),  # no letters
        *("王?", "王\ufffd", "王□"),  # a letter that an encoding has lost
        *("张三、李四", "张三/李四", "张三，李四", "张三;李四"),  # several people, one code
    ],
)
def test_what_is_no_name_of_one_person_is_a_fault(name: str) -> None:
    values = {NAME: name, ORG_CODE: "QH", ROLES: "专职", LEADERSHIP: ""}
    found, faults = parse_people([Cells(2, values)])
    assert found == []
    assert {fault.column for fault in faults} == {NAME}


@pytest.mark.parametrize(
    "name", ["买买提·艾力", "欧阳 娜娜", "张三（挂职）", "John Smith", "㐂", "O'Neil", "无忌", "陈空"]
)
def test_a_name_of_any_kind_is_taken(name: str) -> None:
    values = {NAME: name, ORG_CODE: "QH", ROLES: "专职", LEADERSHIP: ""}
    assert parse_people([Cells(2, values)])[1] == []


@pytest.mark.parametrize("cell", ["=A1", "＝A1", "'=A1", "{=A1}", '"=A1"'])
def test_a_formula_in_any_spelling_is_told_as_one(cell: str) -> None:
    assert wrong_cell(cell) == "formula"


@pytest.mark.parametrize("cell", ["#名称?", "#NAME?", "#SPILL!", "Err:508", "########", "NaN", "INF", "-INF", "#值！"])
def test_an_error_value_of_any_program_is_told_as_one(cell: str) -> None:
    assert wrong_cell(cell) == "error_value"
