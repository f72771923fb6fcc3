"""层层加码: words that ask for another number, and words that tell of such a demand (R6.9, P40, S2.3, S4.7)."""

import re
from typing import Final

LONGEST: Final = 120
"""Characters of a message that is looked at."""
_NUMBER: Final = r"[0-9０-９零〇一二两三四五六七八九十百]+"
_COUNT: Final = rf"{_NUMBER}\s*(?:次|个|场|篇|条|遍|回|份)"
_OFTEN: Final = (
    rf"(?:每|一)\s*(?:个)?\s*(?:天|日|周|星期|礼拜|月|季度|季|年)|天天|周周|月月"
    rf"|{_NUMBER}\s*个?\s*(?:月|周|星期)|这个?(?:月|季度|周)|半个?月"
)
_WORK: Final = r"活动|指标|任务|频次|次数|五个一|1\s*\+\s*100|联系青年|谈心|走访|打卡|签到|台账|报|填表|团课|志愿服务"
_CHANGE: Final = (
    "改成|改为|改到|改|调成|调为|调到|调高|上调|提高到?|提到|提升到?|加到|加成|加码到?|升到|增加到?|增到"
    "|设成|设为|设定为|设置为|定为|定成|定到|变成|要求到"
)
_TARGET: Final = r"指标|任务数?|频次|次数|五个一|要求|标准|目标|活动数量?"
_WHOSE: Final = r"专职|挂职|兼职|干部|我们县|我们市|全县|全市|全区|机关|指标|五个一|活动|频次"
_CHANGES: Final = (
    re.compile(rf"(?:{_TARGET}).{{0,12}}?(?:{_CHANGE}).{{0,12}}?{_COUNT}"),
    re.compile(rf"(?:{_CHANGE}).{{0,14}}?(?:{_TARGET}).{{0,12}}?{_COUNT}"),
)
_DEMANDS: Final = r"让|叫|要求|逼|非要|必须|硬性|强制|规定|布置|摊派|下(?:了)?(?:任务|指标|文件|通知)|加码|压"
_WHO: Final = (
    r"领导|书记|主任|部长|科长|处长|老师|上级|上面|上头|部门|单位|机关|团委|团区委|团市委|团县委|团省委"
    r"|县里|市里|省里|区里|镇里|乡里|街道|学校|学院|公司|群里|他们|人家"
)
_ROUND: Final = re.compile(rf"(?:{_OFTEN}).{{0,14}}?(?:{_COUNT}|打卡|签到|上报|填报|填表|报表|报一|台账)")
_COUNTED: Final = re.compile(rf"{_COUNT}")
_PILING: Final = re.compile(r"层层加码|加码")


def asks_for_another_number(text: str) -> bool:
    """把我们县专职的指标改成两个月8次: an order to the bot, not a tale of somebody else's."""
    told = text.strip()
    if len(told) > LONGEST or tells_of_a_demand(told) or re.search(_WHOSE, told) is None:
        return False
    return any(pattern.search(told) for pattern in _CHANGES)


def tells_of_a_demand(text: str) -> bool:
    """领导让我们每月报10次, 群里让每周打卡一次，这算不算加码: somebody asks for more, or 加码 is named."""
    told = text.strip()
    if len(told) > LONGEST:
        return False
    if _PILING.search(told) and not told.startswith(("不", "没有", "别")):
        return True
    if re.search(_WORK, told) is None or re.search(_DEMANDS, told) is None or re.search(_WHO, told) is None:
        return False
    return _ROUND.search(told) is not None or (
        _COUNTED.search(told) is not None and re.search(r"指标|任务|频次|五个一|联系青年", told) is not None
    )
