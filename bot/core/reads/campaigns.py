"""集中活动 of this installation: the shipped files, and an organ's own (ZHIXIN_CAMPAIGNS_FILE)."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.core.installation import Installation
from bot.core.rules.campaign import Campaigns
from bot.core.rules.campaign_file import CampaignsWrong, read_campaigns
from bot.core.shipped import TEMPLATES

FOLDER: Final = "campaign"


@lru_cache(maxsize=1)
def shipped_campaigns() -> Campaigns:
    """Those that come with the program."""
    return campaigns()


def known_campaigns(installation: Installation) -> Campaigns:
    """Those of this installation."""
    found = installation.of(Campaigns)
    return found if found.all else shipped_campaigns()


def campaigns(path: Path | None = None) -> Campaigns:
    """Shipped ones and those of the organ's file; ``CampaignsWrong`` names the fault before the bot starts."""
    paths = sorted((TEMPLATES / FOLDER).glob("*.toml"))
    files = [(one.stem, tomllib.loads(one.read_text(encoding="utf-8"))) for one in paths]
    if path is None:
        return read_campaigns(files)
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise CampaignsWrong(path.name, "", "unreadable") from None
    except UnicodeDecodeError:
        raise CampaignsWrong(path.name, "", "no_utf8") from None
    except tomllib.TOMLDecodeError as error:
        raise CampaignsWrong(path.name, "", "no_toml", str(error)) from None
    return read_campaigns(files, own)
