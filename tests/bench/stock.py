"""A stock NoneBot as a process of its own: ``python stock.py <matchers> [plugin ...]``; imports nothing of ours.

It is quieted (``LOG_LEVEL=WARNING`` and no access log), because a line per message costs it a third more.
"""

import sys

import nonebot
from nonebot.adapters.onebot.v11 import Adapter


def main(matchers: int, plugins: list[str]) -> None:
    """Serve with so many commands that no plain message matches."""
    nonebot.init(_env_file=None, driver="~fastapi")
    nonebot.get_driver().register_adapter(Adapter)
    for number in range(matchers):
        nonebot.on_command(f"命令{number}")
    for name in plugins:
        if nonebot.load_plugin(name) is None:
            raise SystemExit(f"{name} did not load")
    nonebot.run(access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
