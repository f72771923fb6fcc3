"""Whether a question waits is said in one place: ``core/reads/questions.py`` names the states, all others ask it."""

import ast
from pathlib import Path

from bot.core.reads.questions import IN_LINE, PUT

BOT = Path(__file__).parents[2] / "bot"
HOME = BOT / "core" / "reads" / "questions.py"
ROWS = BOT / "store" / "delivery.py"
"""The row itself, whose index names a state in SQL."""
STATES = {PUT, IN_LINE}


def written_by_hand(source: str) -> list[int]:
    """Lines in which a state of a question is compared, set or listed as a plain word."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare():
                sides = [node.left, *node.comparators]
            case ast.Assign():
                sides = [*node.targets, node.value]
            case ast.keyword(arg=name, value=value):
                sides = [ast.Name(id=f"_.{name}"), value]
            case ast.Call(func=ast.Attribute(value=held), args=args):
                sides = [held, *args]
            case _:
                continue
        words = {one.value for side in sides for one in ast.walk(side) if isinstance(one, ast.Constant)}
        about = " ".join(ast.unparse(side) for side in sides)
        if IN_LINE in words or (PUT in words and "rompt.state" in about):
            found.append(node.lineno if isinstance(node, ast.stmt | ast.expr) else node.value.lineno)
    return found


def test_what_is_looked_for_is_found() -> None:
    assert written_by_hand('prompt.state not in ("open", "queued")')
    assert written_by_hand('Prompt.state == "open"')
    assert written_by_hand('Prompt.state.in_(("open",))')
    assert written_by_hand('unit.swap(Prompt, state="queued")')
    assert not written_by_hand('Voice.state == "open"')


def test_no_code_writes_the_states_of_a_question_by_hand() -> None:
    files = [path for path in BOT.rglob("*.py") if path not in (HOME, ROWS) and "migrations" not in path.parts]
    found = [f"{path.relative_to(BOT)}:{line}" for path in files for line in written_by_hand(path.read_text())]
    assert not found, f"ask core/reads/questions.py (waiting, is_waiting, still_waits, PUT, IN_LINE): {found}"


def test_no_feature_looks_at_the_state_of_a_question() -> None:
    files = [*(BOT / "features").rglob("*.py"), *(BOT / "plugins").rglob("*.py"), *(BOT / "chat").rglob("*.py")]
    found = [str(path.relative_to(BOT)) for path in files if "rompt.state" in path.read_text()]
    assert not found, f"use waiting, is_waiting, still_waits or cancel: {found}"
