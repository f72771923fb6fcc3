"""A feature is one folder, one plugin and one template folder: the toy is laid over a copy of the bot, and it is there.

Nothing else is edited: ``tests/contracts/toy`` holds only new files. What it does is played in a process of its own
(``tests/contracts/toy_played.py``), because the copy has the same module names as the bot.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bot.core.feature import features
from bot.core.shipped import TEMPLATES, labels
from tests.contracts import source

TOY = Path(__file__).with_name("toy") / "bot"


def test_the_toy_is_picked_up_whole_from_its_folder_with_no_other_file_edited(tmp_path: Path) -> None:
    copy = tmp_path / "bot"
    shutil.copytree(source.BOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in sorted(TOY.rglob("*")):
        there = copy / path.relative_to(TOY)
        if path.is_file() and "__pycache__" not in path.parts:
            assert not there.exists(), f"{there.relative_to(copy)} is no new file"
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)
    done = subprocess.run(
        [sys.executable, "-m", "tests.contracts.toy_played", str(tmp_path / "toy.db")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(source.ROOT)))},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert done.stdout.splitlines()[-1] == "the toy was lent, asked for, shown, exported, expired, erased, handed over"


def test_every_figure_and_section_has_its_words_once_by_a_label_or_in_the_template() -> None:
    held = (TEMPLATES / "chat" / "rights" / "held.txt.j2").read_text(encoding="utf-8")
    page = (TEMPLATES / "export" / "data.html").read_text(encoding="utf-8")
    for feature in features():
        for figure in feature.held:
            if figure.name == "last_message_at":  # for whoever reads figures by name; nothing is said of it
                continue
            own = re.search(rf"figures\.{figure.name}\b", held) is not None
            assert own != (figure.name in labels().get("held", {})), figure.name
        for section in feature.sections:
            own = f", {section.name}) %}}" in page
            assert own != (section.name in labels().get("export_section", {})), section.name
