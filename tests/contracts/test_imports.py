"""Who imports whom: no circle of modules anywhere, not even for types or inside functions, and none of features.

The directions between folders are contracts of import-linter, in ``pyproject.toml``.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from tests.contracts import source

FEATURES = "bot.features."


def _modules() -> dict[str, ast.Module]:
    """Every module by its dotted name; a package is its ``__init__``."""
    return {
        path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): tree
        for path, tree in source.trees().items()
    }


def _imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports at any depth, as dotted names that may end in a name inside a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _graph(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for name, tree in trees.items():
        found = (full if full in trees else full.rpartition(".")[0] for full in _imported(tree))
        graph[name] = {target for target in found if target in trees}
    return graph


def _circles(graph: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """Groups of modules that reach one another (Tarjan's way, without recursion)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    found: list[set[str]] = []
    for start in graph:
        work = [] if start in order else [(start, iter(graph[start]))]
        while work:
            name, rest = work[-1]
            if name not in order:
                order[name] = low[name] = len(order)
                open_.append(name)
            for target in rest:
                if target not in order:
                    work.append((target, iter(graph[target])))
                    break
                if target in open_:
                    low[name] = min(low[name], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == order[name]:
                    at = open_.index(name)
                    found.append(set(open_[at:]))
                    del open_[at:]
    return [group for group in found if len(group) > 1]


def test_the_search_sees_a_circle_and_what_only_leads_into_it() -> None:
    graph = {"a": ["b"], "b": ["c"], "c": ["d"], "d": ["b"], "e": ["a", "c"], "f": []}
    assert _circles(graph) == [{"b", "c", "d"}]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = _graph(_modules())
    assert "bot.core.feature" in graph["bot.features.wish.manifest"]
    assert [sorted(group) for group in _circles(graph)] == []


def test_no_features_import_each_other_in_a_circle() -> None:
    def feature(name: str) -> str:
        return name.removeprefix(FEATURES).partition(".")[0] if name.startswith(FEATURES) else ""

    graph: dict[str, set[str]] = {}
    for name, targets in _graph(_modules()).items():
        if feature(name):
            graph.setdefault(feature(name), set()).update(feature(target) for target in targets if feature(target))
    assert "talk" in graph["relay"]
    assert [sorted(group) for group in _circles(graph)] == []
