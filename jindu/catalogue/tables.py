"""The reference files, column by column: what an office fills in."""

from collections.abc import Mapping
from decimal import Decimal

from jindu.catalogue.column import Column, Table, Value

LEVELS = ("district", "subdistrict", "community")  # from the top
LEVEL_WORDS = {"district": "区县", "subdistrict": "街道、乡镇", "community": "社区、村"}
CODE_LENGTH = {"district": 6, "subdistrict": 9, "community": 12}  # digits of an official code (domain.md, Words)
YES_NO = "true 是，false 否"


def _key(name: str, zh: str, en: str, kind: str = "text", references: str = "") -> Column:
    """A column that the file must have, with no blank cell."""
    return Column(name, kind, zh, en, required=True, blank=False, references=references)


def _key_choice(name: str, zh: str, en: str, allowed: Mapping[str, str]) -> Column:
    """A column that the file must have, with one of a few codes in every cell."""
    return Column(name, "text", zh, en, required=True, blank=False, allowed=allowed)


def _text(name: str, zh: str, en: str, references: str = "") -> Column:
    return Column(name, "text", zh, en, references=references)


def _choice(name: str, zh: str, en: str, allowed: Mapping[str, str], default: str | None = None) -> Column:
    return Column(name, "text", zh, en, allowed=allowed, default=default)


def _other(name: str, kind: str, zh: str, en: str, default: Value = None) -> Column:
    return Column(name, kind, zh, en, default=default)


ALERT_KINDS = {  # domain.md, Alerts are cases
    "missed": "目标未完成",
    "behind": "进度滞后",
    "projected_to_miss": "预计难以完成",
    "overdue": "逾期未报",
    "rejected": "报送被退回",
    "held": "报送待核实",
    "restated": "已公布数据变更",
    "rank_fell": "全区位次下降",
    "run_failed": "运行失败",
    "stale": "数据陈旧",
}
SEVERITIES = {"high": "紧急", "medium": "重要", "low": "一般"}
HEADING_FIELDS = {
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "unit": "计量单位",
    "month_value": "本月数",
    "ytd_value": "本年累计",
    "prior_ytd_value": "上年同期累计",
    "org_unit_code": "填报对象代码",
    "org_unit_name": "填报对象名称",
    "published_rank": "公布的位次",
    "published_rank_metric": "位次口径",
    "finished_on": "完成日期",
    "note": "备注",
    "form": "报表",
    "template_version": "模板版本",
    "sender_code": "填报单位代码",
    "report_month": "报告期",
    "correction_reason": "更正说明",
    "filled_by": "填报人",
    "approved_by": "审核人",
    "group": "几列共有的上一层表头，如“本年”，不改变下面各列的含义",
}
WORDING_MEANINGS = {
    "not_applicable": "没有这项业务，如 不适用、/",
    "over": "比写出的数多，如 30余 的“余”",
    "scale": "只有数量级、没有单位，如 3万 的“万”；读不出，会退回",
    "column_mark": "表头下面给各列编号的字，如 甲、乙、丙",
    "total_row": "合计一类的行，不是指标，跳过",
    "title_end": "报表名称末尾的字，如 月报、统计表；表格上面有几行文字时据此认出名称",
    "section_mark": "小标题开头的编号，如 一、；只有这一格的行跳过",
}
SETTINGS = {  # setting.csv: key → type of its value
    "office_code": "text",
    "score_cap": "decimal",
    "minimum_coverage": "decimal",
    "households_is_sample": "boolean",
    "bulletin_day": "integer",
}
SETTING_WORDS = {
    "office_code": "使用本系统的单位的代码：街道，或区县",
    "score_cap": "单项得分的上限，缺省 1.2",
    "minimum_coverage": "应报月份至少要有多大比例有数才参加排名，缺省 0.8",
    "households_is_sample": "户数是否只是示例",
    "bulletin_day": "每月几日起由夜间运行写出上月通报，1 至 28，缺省 16（缺省锁定日的次日）；0 表示不自动写",
}

_TABLES = (
    Table(
        "org_unit",
        "填报单位",
        "单位名录，从区县到社区，每个单位一行；名称要与报表上的一致。",
        "units, from the district to the communities",
        (
            _key(
                "code",
                "统一的区划代码：6 位是区县，9 位是街道、乡镇，12 位是社区、村",
                "official code: 6, 9 or 12 digits",
            ),
            _key("name", "全称，报表和页面上用", "name as forms and pages show it"),
            _key("short_name", "简称，地方窄时用", "name for narrow places"),
            _key_choice("level", "级别", "level of the unit", LEVEL_WORDS),
            Column(
                "parent_code",
                "text",
                "上级单位的代码；最上面的一级留空",
                "unit above; blank at the top",
                required=True,
                references="org_unit.code",
            ),
            _text("aliases", "报表上可能出现的其他写法，用 | 隔开", "other spellings that senders use, separated by |"),
            _other(
                "valid_from", "month", "从哪个月起算；空白表示一直算", "first month that the unit counts; blank: always"
            ),
            _other(
                "valid_to",
                "month",
                "算到哪个月为止（含当月），撤并时填；空白表示仍在",
                "last month that the unit counts, inclusive; blank: still",
            ),
            _text(
                "successor_code",
                "撤并后由哪个单位接手：累计数、上年数和目标都转过去",
                "unit that inherits flows, last year and targets",
                "org_unit.code",
            ),
            _other("households", "integer", "户数，可用来分解目标", "households, a key for splitting targets"),
            _other("population", "integer", "人口，可用来分解目标", "residents, a key for splitting targets"),
            _other(
                "is_peer",
                "boolean",
                f"是否与同一上级的其他单位一起排名（{YES_NO}）",
                "whether the unit is ranked among its siblings",
                True,
            ),
        ),
        ("code",),
    ),
    Table(
        "theme",
        "主题",
        "指标的分组，每组单独排名，再合成总排名。",
        "groups of indicators, each ranked as a whole",
        (
            _key("code", "主题的代码，英文小写", "code of the theme"),
            _key("name_zh", "中文名称", "name in Chinese"),
            _text("name_en", "英文名称", "name in English"),
            _other(
                "weight", "decimal", "在总排名中的权重；0 表示不计入", "weight of the theme on the overview", Decimal(1)
            ),
        ),
        ("code",),
        required=False,
    ),
    Table(
        "form",
        "报表",
        "每月要报的报表，一张表一行。",
        "the forms that are asked every month",
        (
            _key("code", "报表的代码，英文小写", "code of the form"),
            _key("name_zh", "报表名称", "name in Chinese"),
            _key_choice("level", "由哪一级填报", "level of the senders", LEVEL_WORDS),
            _text("template_version", "正在使用的模板版本，如 1.0", "version of the workbook that is in use"),
            _other(
                "due_day",
                "integer",
                "次月几号前报送，遇休息日顺延",
                "day of the next month when it is due, moved to a working day",
                5,
            ),
            _other(
                "lock_day",
                "integer",
                "次月几号锁定，遇休息日顺延；锁定后更正要写明原因",
                "day of the next month when it is locked, moved to a working day",
                15,
            ),
            _text("form_number", "表号；内部工作报表留空", "number of the form 表号; blank on an internal work report"),
            _text("issued_by", "制定机关", "issuing authority 制定机关"),
            _text("document_number", "文号", "number of the document 文号"),
            _text("valid_until", "有效期至", "valid until 有效期至"),
            _other(
                "first_month",
                "month",
                "从哪个月起报；空白表示从最早的计划年度一月起",
                "first month that it is asked; blank: January of the first plan year",
            ),
        ),
        ("code",),
    ),
    Table(
        "indicator",
        "指标",
        "考核、统计什么，每个指标一行。",
        "what is measured",
        (
            _key("code", "指标的代码，英文小写加下划线，定了就不要改", "code of the indicator"),
            _key("name_zh", "指标名称", "name in Chinese"),
            _key_choice(
                "kind",
                "类型，决定各月、各单位怎样汇总",
                "how it adds up",
                {
                    "flow": "累计型，各月相加，如走访次数",
                    "stock": "时点型，取最近月末的数，如在册户数",
                    "ratio": "比率型，分子、分母分别汇总后再相除",
                    "growth": "增幅型，比上年同期增长多少",
                    "milestone": "节点型，进度 0 至 1，做完为 1",
                },
            ),
            _key("unit", "计量单位，如 件、户、万元；比率和增幅写 %", "unit of measure"),
            _key_choice(
                "direction",
                "怎样算好",
                "which way is better",
                {"higher": "越高越好", "lower": "越低越好", "none": "不分好坏，只统计，不排名"},
            ),
            _key_choice(
                "reporting_level",
                "由哪一级的数构成；更高的级别由它汇总",
                "level whose values are reported; levels above aggregate",
                LEVEL_WORDS,
            ),
            _key(
                "source_form",
                "数出自哪张报表；一个指标只有一个来源",
                "the one form that supplies its values",
                references="form.code",
            ),
            _text("name_en", "英文名称", "name in English"),
            _text("definition", "口径说明：什么算、什么不算；会写进报表模板的批注", "what counts, in Chinese"),
            _text("theme", "属于哪个主题", "theme that it belongs to", "theme.code"),
            _other("decimals", "integer", "填报和分解保留几位小数", "decimals that it is reported and split at", 0),
            _choice(
                "tree_rule",
                "上级的数怎样得来；空白按类型定",
                "how a parent's value is made",
                {"sum": "下级相加", "ratio": "分子、分母分别相加后相除", "share": "做完的单位占多少", "none": "不汇总"},
            ),
            _text(
                "numerator_code",
                "比率的分子；增幅则是对哪个累计型指标算增幅",
                "numerator of a ratio; flow that a growth is of",
                "indicator.code",
            ),
            _text("denominator_code", "比率的分母", "denominator of a ratio", "indicator.code"),
            _choice(
                "ranking_metric",
                "按什么排名",
                "what peers are ranked by",
                {
                    "pace": "序时完成率",
                    "growth": "同比增幅",
                    "level": "数值本身",
                    "per_thousand_households": "每千户多少",
                    "none": "不排名",
                },
                "none",
            ),
            _other(
                "weight",
                "decimal",
                "在主题和总排名中的权重；0 表示不计入",
                "weight in theme and overall scores; 0 leaves it out",
                Decimal(1),
            ),
            _other("minimum_denominator", "decimal", "分母小于它的比率不参加排名", "a ratio over less is not ranked"),
            _other("minimum", "decimal", "可能的最小值，小于它就退回", "smallest value that can be right"),
            _other("maximum", "decimal", "可能的最大值，大于它就退回", "largest value that can be right"),
            _other(
                "on_pace_at",
                "decimal",
                "序时完成率达到多少算达序时；空白按类型的缺省",
                "pace from which it is on pace; blank: the default of its kind",
            ),
            _other(
                "at_risk_at",
                "decimal",
                "达到多少算略滞后；空白按类型的缺省",
                "pace from which it is at risk; blank: the default of its kind",
            ),
            _other(
                "behind_at",
                "decimal",
                "达到多少算滞后，再低就是严重滞后；空白按类型的缺省",
                "pace from which it is behind; blank: the default of its kind",
            ),
            _other(
                "first_month",
                "month",
                "从哪个月起要报；空白表示与报表相同",
                "first month that it is asked; blank: as long as the form",
            ),
            _other(
                "last_month",
                "month",
                "最后要报的一个月，如下一年不再列入计划的填当年十二月；空白表示一直要报",
                "last month that it is asked, such as the December after which no plan has it; blank: always",
            ),
            _choice(
                "publicity",
                "谁可以看",
                "who may see it",
                {"public": "公开", "internal": "内部", "restricted": "受限，如救助、矫正：小于 3 的数对外不显示"},
                "public",
            ),
            _text("owner", "责任科室", "office that answers for it"),
            _text("source_section", "出自计划或报告的哪一节", "part and section of the plan or report"),
        ),
        ("code",),
    ),
    Table(
        "form_indicator",
        "报表内容",
        "哪张报表要报哪些指标，顺序就是报表上的顺序。",
        "which indicators a form asks",
        (
            _key("form_code", "报表", "the form", references="form.code"),
            _key("indicator_code", "指标", "the indicator", references="indicator.code"),
            _text(
                "org_unit_code",
                "只向这个单位（及其下级）要；空白表示都要",
                "asked only within this unit; blank: of all",
                "org_unit.code",
            ),
            _choice(
                "cells_required",
                "要填哪几格；空白按类型定",
                "values that must be filled",
                {"month": "本月数", "ytd": "本年累计", "both": "两格都填", "either": "填一格即可"},
            ),
            _other("is_required", "boolean", f"空着算不算问题（{YES_NO}）", "whether a blank is a finding", True),
        ),
        ("form_code", "indicator_code", "org_unit_code"),
    ),
    Table(
        "form_calendar",
        "报送日历",
        "个别月份的报送日、锁定日与平常不同时才填。",
        "months whose due or lock day differs",
        (
            _key("form_code", "报表", "the form", references="form.code"),
            _key("report_month", "报告期（报的是哪个月）", "the report month", "month"),
            _key("due_on", "报送截止日", "due day", "date"),
            _key("lock_on", "锁定日", "lock day", "date"),
        ),
        ("form_code", "report_month"),
        required=False,
    ),
    Table(
        "form_version",
        "模板版本",
        "报表模板改版时才填：每个版本从哪个月起用。不填时只认 form.csv 里的版本。",
        "the versions of a form's workbook, and the months that each is current for",
        (
            _key("form_code", "报表", "the form", references="form.code"),
            _key("template_version", "版本号，与工作簿里的一致", "the version, as the workbook carries it"),
            _key(
                "first_month",
                "从哪个报告期起是现行版本",
                "first report month that the version is the current one for",
                "month",
            ),
            _other(
                "last_month",
                "month",
                "到哪个报告期为止仍可使用而不必说明；空白表示到下一个版本开始为止",
                "last report month that it is accepted for without a remark; blank: until the next version",
            ),
            _text("reason", "改了什么", "what changed"),
        ),
        ("form_code", "template_version"),
        required=False,
    ),
    Table(
        "target",
        "目标",
        "全年目标值和限期完成的事项。上级目标可按户数等分解到下级，不必逐个写。",
        "annual values and dated deliverables",
        (
            _key("plan_year", "计划年度", "year of the plan", "integer"),
            _key("org_unit_code", "谁的目标", "unit that has the target", references="org_unit.code"),
            _key("indicator_code", "哪个指标", "indicator that it is about", references="indicator.code"),
            _key_choice(
                "target_form",
                "目标的意思",
                "how the value is meant",
                {
                    "at_least": "不低于",
                    "at_most": "不超过",
                    "reduce_from_baseline": "从基数降到",
                    "by_date": "限期完成（节点型）",
                },
            ),
            _key(
                "value",
                "目标值，用指标的计量单位；比率写 0 至 1，如 95% 写 0.95；节点型写 1",
                "value at the end, in the indicator's unit, a rate as 0–1; 1 for a milestone",
                "decimal",
            ),
            _other(
                "version", "integer", "同一目标的第几版：1、2、3……，调整目标时另起一行", "1, 2, … of the same target", 1
            ),
            _other("baseline_value", "decimal", "基数，从它算起", "level that the change is counted from"),
            _other(
                "first_month",
                "month",
                "从哪个月开始分摊；空白表示一月，指标年中才开始的从开始的月份起",
                "month from which it is phased; blank: January, or the indicator's own first month in that year",
            ),
            _other(
                "due_month", "month", "到哪个月底完成；空白表示十二月", "month by whose end it is due; blank: December"
            ),
            _choice(
                "phasing",
                "序时进度怎样算；空白时累计型、时点型按月均摊，其余不分摊",
                "how much is due by each month",
                {
                    "linear": "按月均摊",
                    "guidance": "按 phasing.csv 的各月指导数",
                    "seasonal": "按上年各月的比例",
                    "none": "不分摊，直接与目标比",
                },
            ),
            _choice(
                "basis",
                "目标从哪里来",
                "where the value comes from",
                {
                    "plan": "计划文件写明",
                    "assigned": "上级下达",
                    "carried": "沿用上年实绩",
                    "office": "本单位自定",
                },
                "office",
            ),
            _choice(
                "split_key",
                "怎样分解到下级；空白表示不分解",
                "how it is handed down",
                {
                    "equal": "平均",
                    "households": "按户数",
                    "population": "按人口",
                    "explicit": "逐个列出，合计须相等",
                },
            ),
            _other(
                "is_rekeyed",
                "boolean",
                f"调整时是否按 split_key 重新分解（{YES_NO}）；空白表示按原来各单位的比例分解",
                "whether a revised target is split by its key anew, and not in the proportions announced before",
                False,
            ),
            _other(
                "effective_month",
                "month",
                "这一版从哪个月起生效；空白表示从头",
                "first month that the version holds; blank: the first month",
            ),
            _text("reason", "为什么定这个数，或为什么调整", "why this value, or why it was revised"),
            _text("approver", "批准的单位", "office that approved it"),
            _other(
                "recorded_at",
                "date",
                "通过的日期；空白表示计划年度开始之前",
                "day it was adopted; blank: before the plan year began",
            ),
            _other(
                "is_sample",
                "boolean",
                f"是不是示例（{YES_NO}）；换成真实目标后改为 false，页面上就不再标“示例”",
                "whether the value is invented for the demonstration",
                False,
            ),
            _text("source_section", "出自计划或报告的哪一节", "part and section of the plan or report"),
        ),
        ("plan_year", "org_unit_code", "indicator_code", "version"),
    ),
    Table(
        "phasing",
        "指导数",
        "上级下达的各月指导数；target.csv 的 phasing 写 guidance 时才填。",
        "guided amounts of single months",
        (
            _key("plan_year", "计划年度", "year of the plan", "integer"),
            _key("org_unit_code", "单位", "the unit", references="org_unit.code"),
            _key("indicator_code", "指标", "the indicator", references="indicator.code"),
            _key("month", "月份", "the month", "month"),
            _key(
                "guided_value",
                "这一个月的数（不是累计），用指标的计量单位",
                "amount of that month alone, in the indicator's unit",
                "decimal",
            ),
        ),
        ("plan_year", "org_unit_code", "indicator_code", "month"),
        required=False,
    ),
    Table(
        "baseline",
        "以往实绩",
        "往年的结果，写明是哪几个月的；用来比增长，可以不填。",
        "results of earlier years, each with the months it covers",
        (
            _key("indicator_code", "指标", "the indicator", references="indicator.code"),
            _key("org_unit_code", "单位", "the unit", references="org_unit.code"),
            Column(
                "value",
                "decimal",
                "数值，单位见 unit 列；比率写 0 至 1；只公布了位次时留空",
                "the result in `unit`, a rate as 0–1; blank where only a rank was published",
                required=True,
            ),
            _key("unit", "计量单位", "unit of the value"),
            _key(
                "period_from",
                "从哪个月；时点型写那个月",
                "first month that it covers; of a stock, the month-end",
                "month",
            ),
            _key("period_to", "到哪个月", "last month that it covers", "month"),
            _choice(
                "qualifier",
                "原文有多准",
                "how exact the source is",
                {"exact": "准确数", "over": "“余、多、以上”", "about": "“约”"},
                "exact",
            ),
            _other("published_rank", "integer", "公布的位次", "place among the peers, as published"),
            _text("published_rank_metric", "位次是按什么排的", "what the published rank is by"),
            _other(
                "is_sample",
                "boolean",
                f"是不是示例（{YES_NO}）",
                "whether the value is invented for the demonstration",
                False,
            ),
            _text("source_section", "出自报告的哪一节", "part and section of the report"),
        ),
        ("indicator_code", "org_unit_code", "period_from", "period_to"),
        required=False,
    ),
    Table(
        "identity",
        "平衡关系",
        "上月数 + 新增 − 减少 = 本月数 的指标；填了就会核对，可以不填。",
        "levels that follow from the month before: previous + added − removed",
        (
            _key("total_code", "本月数，时点型指标", "the level, a stock", references="indicator.code"),
            _text("added_code", "新增，累计型指标", "flow that adds to it", "indicator.code"),
            _text("removed_code", "减少，累计型指标", "flow that takes from it", "indicator.code"),
        ),
        ("total_code", "added_code", "removed_code"),
        required=False,
    ),
    Table(
        "recipient",
        "提醒对象",
        "提醒发给谁、发到哪里。",
        "who is told",
        (
            _key("name", "科室或岗位", "person or post"),
            _text(
                "channel",
                "存放推送地址的环境变量名（不是地址本身）；空白表示写到 outbox 文件夹",
                "name of the environment variable that holds the channel's address; blank: the outbox",
            ),
            _text(
                "scope",
                "只管哪个单位、主题或指标（写代码）；空白表示全部",
                "unit, theme or indicator code; blank: everything",
            ),
            _choice(
                "content",
                "消息写多细；空白按渠道定",
                "how much a message says; blank: as the channel allows",
                {"summary": "只写条数和公开指标", "full": "写全"},
            ),
            _choice("language", "消息的语言", "language of the message", {"zh": "中文", "en": "英文"}, "zh"),
            _other(
                "quiet_from",
                "time",
                "从几点起不打扰，如 22:00；空白表示随时可发",
                "time of day from which nothing is sent; blank: any time will do",
            ),
            _other("quiet_to", "time", "到几点为止不打扰，如 07:30", "time of day until which nothing is sent"),
        ),
        ("name",),
        required=False,
    ),
    Table(
        "route",
        "提醒路线",
        "谁管哪些提醒，一行一条路线，各格都符合才发；空白表示不限。没有路线的提醒对象，按 recipient.csv 的 scope 发。",
        "which cases go to whom: a row is a route, every cell that is filled in must fit",
        (
            _key("recipient_name", "发给谁", "who is told", references="recipient.name"),
            _text("org_unit_code", "只管这个单位及其下级的", "cases of this unit and those below it", "org_unit.code"),
            _text(
                "department",
                "只管由这个科室负责的（indicator.csv 的 owner）",
                "cases of the indicators that this department owns (column owner of indicator.csv)",
            ),
            _text("theme_code", "只管这个专题的", "cases of this theme's indicators", "theme.code"),
            _text("indicator_code", "只管这个指标的", "cases of this indicator", "indicator.code"),
            _choice("kind", "只管这一种提醒", "cases of this kind", ALERT_KINDS),
            _choice("severity", "只管这样紧急的和更紧急的", "cases of this severity or a graver one", SEVERITIES),
            _choice(
                "from_level",
                "什么时候发；空白是 0",
                "when to tell",
                {"0": "一开立就发", "1": "没人认领、升级之后才发"},
                "0",
            ),
        ),
        ("recipient_name", "org_unit_code", "department", "theme_code", "indicator_code", "kind", "severity"),
        required=False,
    ),
    Table(
        "alert_kind",
        "提醒种类",
        "各种提醒有多紧急、通知以后几个工作日没人认领就升级，各单位通用；要改就十种都写上。",
        "how urgent each kind of alert is, and when one that nobody acknowledges is escalated",
        (
            _key_choice("kind", "提醒的种类", "the kind of case", ALERT_KINDS),
            _key_choice("severity", "有多紧急", "how urgent it is", SEVERITIES),
            _other(
                "escalate_after_days",
                "integer",
                "通知以后几个工作日没人认领就升级；空白表示不升级",
                "working days after it was told until it is escalated, unless acknowledged; blank: never",
            ),
            _key("name_zh", "中文名称", "its name in Chinese"),
            _key("name_en", "英文名称", "its name in English"),
        ),
        ("kind",),
        required=False,
        shared=True,
    ),
    Table(
        "heading",
        "表头写法",
        "报送文件里可能出现的表头写法，各单位通用，一般不用改。",
        "column headings and labels that senders write",
        (
            _key_choice("field", "这个表头的含义", "what the heading means", HEADING_FIELDS),
            _key("heading", "表头的写法，不带单位和空格", "the heading, without unit and spaces"),
        ),
        ("heading",),
        required=False,
        shared=True,
    ),
    Table(
        "wording",
        "单元格用语",
        "报送文件的单元格里可能出现的用语，各单位通用，一般不用改。",
        "words that senders write in cells",
        (
            _key_choice("meaning", "这个词的意思", "what the word means", WORDING_MEANINGS),
            _key("word", "词的写法，不带空格，全角半角不分", "the word, without spaces; full and half width are one"),
        ),
        ("word",),
        required=False,
        shared=True,
    ),
    Table(
        "unit",
        "计量单位换算",
        "可以互相换算的计量单位，各单位通用，一般不用改。",
        "units of measure that convert into each other",
        (
            _key("unit", "计量单位的写法", "the unit as written"),
            _key("family", "同一组的可以互相换算", "units of one family convert into each other"),
            _key("factor", "合多少个本组最小的单位", "how many of the family's smallest unit", "decimal"),
        ),
        ("unit",),
        required=False,
        shared=True,
    ),
    Table(
        "holiday",
        "节假日",
        "放假和调休的日子，各单位通用；国务院公布下一年安排后补上。",
        "days that are not what their weekday says",
        (
            _key("day", "日期", "the day", "date"),
            _key(
                "is_working_day",
                "true 是调休上班的周末，false 是放假",
                "true: a weekend worked; false: a holiday",
                "boolean",
            ),
            _text("name", "节日名称", "the holiday"),
        ),
        ("day",),
        required=False,
        shared=True,
    ),
    Table(
        "unexplained",
        "无效说明",
        "等于没有说明的话，如“核实无误”；只由这些话拼成的备注也等于没有说明。各单位通用，可以增补。",
        "phrases that explain nothing, alone or put together",
        (_key("phrase", "一句话，不带空格和标点", "the phrase, without spaces and punctuation"),),
        ("phrase",),
        required=False,
        shared=True,
    ),
    Table(
        "english",
        "英文名称",
        "单位、科室、报表的英文名称，英文页面和英文通报上用；没有写的照中文显示。",
        "names in English of units, owners and forms, for English pages and bulletins; others show in Chinese",
        (
            _key(
                "name",
                "中文名称或简称，与其他文件里的写法一致",
                "the Chinese name or short name, as other files have it",
            ),
            _key("name_en", "英文名称", "name in English"),
        ),
        ("name",),
        required=False,
    ),
    Table(
        "setting",
        "本单位设置",
        "本单位的几项设置。",
        "settings of this office",
        (
            _key_choice("key", "设置的名称", "name of the setting", SETTING_WORDS),
            _key("value", "设置的值", "its value"),
            _text("reason", "为什么这样设", "why it is so"),
        ),
        ("key",),
        required=False,
    ),
)
REFERENCE_TABLES = {table.name: table for table in _TABLES}
COLUMNS = {(table.name, column.name): column for table in _TABLES for column in table.columns}
