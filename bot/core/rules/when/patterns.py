"""时间词的样子: a pattern for each kind of word, in verbose form, and the characters it may begin with.

Where several kinds fit at one place, the earlier in the table counts: 周五 before 周, 11月28日 before 11月.
"""

from typing import Final, NamedTuple

from bot.core.rules.when.festivals import FESTIVAL, FESTIVAL_STARTS
from bot.core.rules.when.numbers import HAN, NUMBER

N: Final = NUMBER
W: Final = "(?:周|星期|礼拜)"
WD: Final = "[一二三四五六日天]"
WHOLE: Final = rf"(?![\d{HAN}])"
"""A number ends here."""
ENDS: Final = rf"(?:(?<=\d){WHOLE}|(?<=[{HAN}])(?![{HAN}]))"
"""So does one in characters where digits of a clock follow: 腊月初八9:00."""
YEAR: Final = r"(?:[12]\d{3}年|\d{2}年|[零〇一二三四五六七八九]{4}年|今年|明年|后年|来年|去年|前年)"
_DOWN, _UP, _BIG = "下{1,3}", "上{1,3}", "大{1,3}"
"""下下周, 大大后天; bounded, so that a long run of them takes no longer."""
THIS_OR_NEXT: Final = f"(?:这个?|本|{_DOWN}个?|{_UP}个?)"
_THINGS: Final = (
    r"(?![个人名位块元班楼线门馆院厅店车桌机床房仓场教室员井岁件条张份本次遍台瓶箱斤米折%柜库球]"
    r"|会议|电池|文件|选手|码|公里|km|公交|地铁|出口)"
)
"""Behind a number this is a count or a place: 3号楼, 11月3个人."""
_POINTS: Final = (
    r"(?![点儿也不钱]|建议|要求|意见|方向|想法|问题|希望|体会|感想|注意|说明|补充|内容|经验|感受|心得|启示|思考"
    r"|工作|任务|措施|理由|原因|优点|缺点|好处|东西|都不)"
)
"""Behind 点 this is no hour: 三点建议, 一点点."""
_MINUTES: Final = "(?:[0-5][0-9]|[零〇][一二三四五六七八九五]|[二三四五]?十[一二三四五六七八九]?)"
"""Minutes that need no 分 behind them: 七点十五."""
_NO_CLOCK: Final = r"|\d(?!\d?(?::|点|时(?!候|间|代|常|光|事|刻|机|段)))"
"""For a look ahead: a digit behind a day of the week, unless it begins an hour: 周一三五7:30."""
_NUMBERS: Final = "0123456789" + HAN
_WHICH: Final = "这本下上"
_UNITS: Final = "周星礼"


class Pattern(NamedTuple):
    """样子: of one kind of word."""

    kind: str
    starts: str
    """The characters it may begin with; brackets count for nothing."""
    words: str


PATTERNS: Final = (
    Pattern(
        "no", "一整大早晚中上下", "(?:一整?|整)个?(?:晚上?|上午|下午|早上|夜|宿|天)|(?:早上|晚上|中午|上午|下午)好"
    ),
    Pattern(
        "repeat",
        "[每逢隔单双天周月年工]",
        rf"""每(?=[天日周年月季隔早晚半]|星期|礼拜|个(?:月|周|星期|礼拜|工作日|季|休息日)
              |{N}个?(?:天|日|{W}|月|年|小时|分钟|季))
            |逢(?={W}|[单双\d{HAN}])|隔(?=[周天日月年]|{N}个?{W})|单月|双月|天天|(?<![一二两三四个后下上本这])周周(?!{WD})|(?<![个上下这本])月月(?![底末初])|年年|(?<![个\d{HAN}])工作日""",
    ),
    Pattern("times", "一共总连只" + _NUMBERS, rf"(?:一?共|总共|连续|只)?(?P<t_n>{N})[次回](?:后?(?:结束|停止|为止))?"),
    Pattern(
        "fix",
        "哦噢呃啊不说错口改更算",
        "哦不对?|噢不|呃不|啊不|不对|说错了?|错了|口误|改成|改到|改为|更正|(?:算了|不)(?=[,，\\s])",
    ),
    Pattern("not", "不除", "不是|除了|除开"),
    Pattern("alt", "或还要", "或者|或是|或|还是|要么"),
    Pattern(
        "same_day",
        "下这本" + _NUMBERS,
        rf"(?P<sd>{_DOWN}个?|这个?|本){W}的?今天|(?P<sd_n>{N})个?{W}后的今天",
    ),
    Pattern(
        "lunar",
        "[农阴旧正冬腊大新年今明后来去前]" + _NUMBERS,
        rf"""(?:农历|阴历|旧历)(?P<l_y>{YEAR})?的?(?P<l_leap>闰)?(?P<l_m>正|冬|腊|{N})月的?初?(?P<l_d>{N}){ENDS}[日号]?
            |(?P<l_y2>{YEAR})?的?(?P<l_m2>正|冬|腊)月初?(?P<l_d2>{N}){ENDS}
            |(?P<l_y3>{YEAR})?的?(?P<l_leap3>闰)?(?P<l_m3>{N})月初(?P<l_d3>[一二三四五六七八九十]){ENDS}
            |(?:大?年|新年)初(?P<l_d4>[一二三四五六七八九十])""",
    ),
    Pattern(
        "first_days",
        "初",
        rf"(?<![月最当年起太])初(?P<fd>[一二三四五六七八九十])(?![中高级步年班学生\d{HAN}(])",
    ),
    Pattern("twenty", "廿", r"(?P<tw>廿[一二三四五六七八九]?)(?![日号月])"),
    Pattern(
        "iso",
        "2",
        r"(?<![\dA-Za-z#])(?P<i_y>20\d{2})(?P<i_s>[-/.])(?P<i_m>\d{1,2})(?P=i_s)(?P<i_d>\d{1,2})(?!\d)",
    ),
    Pattern(
        "ymd",
        "今明后来去前" + _NUMBERS,
        rf"(?P<y>{YEAR})?的?(?P<y_m>{N})月份?(?P<y_d>{N}){WHOLE}(?:(?P<y_u>[日号])|(?![点时:天次/]){_THINGS})",
    ),
    Pattern(
        "offset",
        "再过半" + _NUMBERS,
        rf"""(?<![第前后每隔.])(?P<o_in>再?过)?(?:(?P<o_half>半)|(?P<o_n>\d{{1,3}}\.\d{{1,2}}|{N}))个?(?P<o_h>半)?
            (?P<o_u>分钟?|刻钟|小时|钟头|天|{W}|(?<=[个半])月|年(?=[后内之以])|日(?=[后内之以])|工作日)
            (?P<o_h2>半)?(?:(?<=[时头])[零又]?(?P<o_m>{N})分钟?)?(?P<o_to>以后|之后|过后|后(?!天|日)|以内|之内|内|以前|之前|前)?""",
    ),
    Pattern(
        "clock",
        "差" + _NUMBERS,
        rf"""(?<![有提这那第几\d])(?:差(?P<c_to>{N}|一刻)分?钟?到?)?(?:(?P<c_pair>一两|两三|二三|三四|四五|五六|六七|七八|八九|九十|十一二)(?=点)|(?P<c_h>{N}))
              (?:点钟?|时(?!候|间|代|常|光|事|刻|机|段)){_POINTS}整?
              (?:(?P<c_half>半)|(?P<c_q>[一二两三1-3])刻钟?|差(?P<c_less>{N})分
                |过?(?P<c_m>{N})分|过?(?P<c_m2>{_MINUTES}){WHOLE}(?![点月号天:]){_THINGS})?(?P<c_more>多)?
            |(?<![\d:\#A-Za-z])(?P<k_h>\d{{1,2}}):(?P<k_m>\d{{2}})(?::\d{{2}})?(?![\d:])\s?(?P<k_half>am|pm)?
            |(?<![\d:\#A-Za-z])(?P<a_h>\d{{1,2}})\s?(?P<a_half>am|pm)(?![a-z])
            |(?<![\d:\#A-Za-z])(?P<bad>\d{{1,2}}:\d?[a-z\d]?)(?=[^\d]|$)
            |(?<![\d第-])(?P<r_h>{N})(?P<r_half>半)?(?=[-~到至]{N}[点时])""",
    ),
    Pattern(
        "md",
        "0123456789",
        rf"""(?<![\d.:/\-A-Za-z\#])(?P<m_m>\d{{1,2}})(?P<m_s>[-/.])(?P<m_d>\d{{1,2}})(?P<m_u>[日号])?
            (?![\d.:/\-%A-Za-z点时年月天小分万]){_THINGS}""",
    ),
    Pattern(
        "shift",
        "前后之以的第",
        rf"""(?:之|以)?(?P<s_to>前|后)的?(?:(?P<s_last>最后一?|首|头一?)个?|第?(?P<s_n>{N})个?)
            (?P<s_u>工作日|天|日|{W}|月)|的?第(?![一1]天)(?P<s_day>{N})天""",
    ),
    Pattern(
        "work",
        "最倒第首头下",
        rf"""(?:(?P<p_last>最后一?个?|最末一?个?)|倒数第(?P<p_r>{N})个?|第(?P<p_n>{N})个?
            |(?P<p_first>首个|头一?个)|(?P<p_next>下一?个?))工作日""",
    ),
    Pattern(
        "nth_wd",
        "最倒第首头",
        rf"""(?:(?P<n_last>最后一?个?)|倒数第(?P<n_r>{N})个?|第(?P<n_n>{N})个?|(?P<n_first>首个|头一?个))
            {W}(?P<n_d>{WD})""",
    ),
    Pattern("last_week", "最", rf"最后一?个?{W}的?(?:{W}(?P<lw_d>{WD}))?"),
    Pattern("nth_week", "第", rf"第(?P<nw_n>{N})个?{W}的?(?:{W}(?P<nw_d>{WD}))?"),
    Pattern(
        "nth_day",
        "最倒第首头",
        rf"(?P<e_last>最后一?天|最后一日)|倒数第(?P<e_r>{N})天|(?P<e_n>第一天|首日|头一天)",
    ),
    Pattern(
        "weekday",
        _WHICH + _UNITS + "拜",
        rf"""(?<![\d{HAN}])(?P<w_pre>{THIS_OR_NEXT}的?)?(?P<w_w>{W}|(?<=[下这本上\s])拜|^拜)
            (?:(?P<w_end>末)|(?P<w_d>{WD}(?!个)|[1-7](?![\d点时:月号.])))
            (?P<w_more>(?:[、,和及跟与/]?
              (?:{W}(?:{WD}|末)|(?<!\s){WD}(?![点时个人月号刻天次块十百分周起边]))
              |\s{WD}(?=\s|[日天]\s|\d?\d[:点时]|早|晚|[上下中]午|凌晨|傍晚)(?!\s[\d{HAN}]+[人个次])){{0,6}})
            (?:(?P<w_to>到|至|-|~){W}?(?P<w_last>{WD}(?![点时:]{_NO_CLOCK})|[1-7](?![点时:\d])))?(?![次遍回期])""",
    ),
    Pattern("bad_day", _WHICH + _UNITS, rf"(?<![\d{HAN}]){THIS_OR_NEXT}?{W}[八九十零089](?![\d点:个分天年月{HAN}])"),
    Pattern("year", "[今明后来去前零〇一二三四五六七八九]0123456789", YEAR + "的?"),
    Pattern(
        "month",
        _WHICH + "当" + _NUMBERS,
        rf"""(?P<mo_pre>(?:这个?|本|当|{_DOWN}个?|{_UP}个?)月)份?的?(?P<mo_e>底|末|初|中旬|上旬|下旬)?
            |(?P<mo_n>{N})月(?:份(?!额)|(?![饼球亮光老经色季票薪饭]))的?(?P<mo_e2>底|末|初|中旬|上旬|下旬)?""",
    ),
    Pattern(
        "quarter",
        _WHICH + "第季一二三四1234",
        r"""(?P<q_pre>这个?|本|下一?个?|上个?)季度?的?(?P<q_e>末|底|初)?|第?(?P<q_n>[一二三四1-4])季度的?(?P<q_e2>末|底|初)?
            |季度的?(?P<q_e3>末|底|初)?|季(?P<q_e4>末|底|初)""",
    ),
    Pattern("edge", "月年", "(?P<ed_u>月|年)(?P<ed>底|末|初|中旬)"),
    Pattern(
        "dom",
        _NUMBERS,
        rf"(?<![第\d/.])(?<![^日号]-)(?P<d_list>(?:{N}[日号]?[、,和及]){{0,5}})(?P<d_n>{N})(?P<d_u>[号日]){_THINGS}",
    ),
    Pattern(
        "week",
        _WHICH,
        rf"(?P<wk_pre>{THIS_OR_NEXT}){W}(?![边围刊年岁长末到一二三四五六日天]|报(?![名到告]))",
    ),
    Pattern(
        "festival",
        FESTIVAL_STARTS,
        FESTIVAL + r"(?:节?(?:假期|放假|长假|小长假|假)(?=结束|[之以]?[前后]))?(?:结束)?",
    ),
    Pattern(
        "holiday",
        "小长节假放收",
        r"(?<![\u4e00-\u9fff])(?:小?长假|节假?|假期?|放假|收假|节日)(?=[之以]?[前后]|结束)",
    ),
    Pattern(
        "relative",
        "大后明今前昨当",
        rf"""{_BIG}后[天日儿]|(?<![之以今然前先随最])后(?:[天日]|儿个?)|明(?:[天日]|儿个?)|今(?:[天日]|儿个?)
            |大?前天(?!下)|昨(?:[天日]|儿个?)|[今明后昨](?=[上下中]午|早上|晚上)|今明两?天|明后两?天|今后两天
            |(?:今|明|后|昨|当)[晚夜](?![安餐饭会])|(?:今|明|后)早(?![餐饭])|(?:今|明)晨""",
    ),
    Pattern(
        "part",
        "[凌清大一早上中正晌午下傍黄晚夜深半]",
        rf"""凌晨|清晨|清早|大清早|一大早|一早|大?早上|早晨|早间|上午|中午|正午|晌午|午间|午后|下午|傍晚|黄昏
            |大?晚上|晚间|夜里|夜间|夜晚|深夜|大?半夜|午夜
            |[早晚](?=\s?(?:[2-9两二三四五六七八九十]|1[0-9]|零)[\d{HAN}]?(?:[点:]|时(?!候|间|代)))
            |(?<=[一二三四五六日天号末夕节旦秋午\d])[早晚](?![安餐饭会点间报期熟自恋])""",
    ),
    Pattern("upto", "到至-~", r"到|至|-+|~+"),
    Pattern(
        "limit",
        "之以前内为后起开期",
        r"""(?:之|以)?前(?![面台后天往任排进夕年辈])|(?:之|以)?内|为止|(?:之|以)后(?![天面来果台])
            |后(?![天面来果台勤续备])|起(?![来点床])|开始|期间|前夕""",
    ),
    Pattern(
        "vague",
        "[过待呆一等稍晚这近最不好几马现立]",
        r"""过一?会儿?|待会儿?|呆会儿?|一会儿|等一?会儿?|等一?下|稍后|晚些时候|晚点儿?|过几天|过些[天日]子?|过一?段时间
            |过一?阵子?|这两天|这几天|近几天|最近|近期|近日|不久|过几个?(?:小时|分钟|星期|礼拜|周|月)|马上|现在|立刻|立即|好?几(?:天|个?小时|分钟|个?星期|个?礼拜|周|个?月)(?:[之以]?后)|过年""",
    ),
    Pattern(
        "occasion",
        "[下放晚午饭睡课会起吃早这此同]",
        r"""下班以?后?|放学以?后?|[早午晚]饭[前后]?|饭[前后]|睡前|[早午晚]饭时间|下课以?后?|课[后间]|会[前后]|起床后?|吃完饭后?|下晚自习后?|这个?时候|这会儿|此时|同一时间|午休时?""",
    ),
    Pattern("deadline", "最不截", "最晚|最迟|不晚于|截止到?|截至"),
    Pattern(
        "never",
        "[改有哪抽得随回找看方不闲再待到]",
        "改天|改日|有空|有时间|哪天|抽空|得空|随时|回头|找时间|看情况|方便的时候|不忙|闲了|再说|待定|到时候",
    ),
)
