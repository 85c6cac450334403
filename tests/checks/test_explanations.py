"""Which notes give a reason, by the phrases that are shipped: what says that all is well explains nothing."""

import duckdb
import pytest

from jindu.settings import PROJECT_ROOT
from jindu.warehouse.connection import prepare

EMPTY = """
书记核实无误|网格员核实无误|经办人核实无误|已电话核实|无误，特此报告|数据核查属实，敬请知悉|同上个月
同第一行|如上|如前所述|跟上月一样|与上月相同|没有异常|未见异常|无变化|没啥问题|没毛病|无需修改
不用改|就是这个数|领导同意|已向领导汇报|数据可靠|正常波动|不知道|不清楚|不适用|as reported|no change
see above|same as last month|主任核实无误|张主任已核实|社区书记核实无误|站长确认无误|与上月一致
和上月一样|同上月|分管领导审核|No changes.|As above|the figures are correct|same as previous month
as reported last month|not applicable|n/a|unknown|见第一行|会计核对无误|统计员已复核|已与网格员核实
书记已审核，无误|没变化|数字没变|不需要修改|不用修改|已报领导|经领导同意|李书记核实无误
王主任核实无误|电话核实|数据真实可靠|属正常波动|正常增长|说不清楚|checked by phone|no problem at all
I do not know|don't know|same as before|反映情况属实|我也不知道|情况正常，无需修改|张三核实无误
李小明已核实|王芳 已电话核实。|核实无误并已确认|并|12户|十二户
已经核实清楚了|我已核实清楚没有问题了|就是这么多|确认过眼神|我核实清楚了|我们已经确认没问题了
核实无误（2024年10月）|核对完毕|见微信|经街道核实无误|校对完成|核查完毕没有错误|小王已确认|书记已看过|领导已签字
符合实际|确有其事|属于正常情况|数据就是这样|本来就是|暂时如此|上月也是这样|每月都这样|一直这样|工作正常开展
根据实际情况填报|按照要求如实填写|属实，请通过|请予通过|请放行|求通过|麻烦通过一下|数据来源可靠|系统导出|系统提示|哦哦知道了
老张核实无误|10月10日核实|王已核实|2024年9月核对完毕，请放行
林建国核实无误|洪丽 已核实|施小梅已电话核实|欧阳明核实无误|庄金水核实无误|柯某核实无误|项羽核实无误
"""
REAL = """
高温核实无误|施工核实无误|洪涝核实无误|项目延期核实无误|雷雨 核实无误
归零|台风核实无误|张贴公告|power cut at the site|no staff|清零|并户|见台账12页|typhoon|拆迁户安置
新增两户|停电|无人值守|power cut|-设备检修|核实无误，因集中受理12件|台风后集中受理|台风
上月漏报本月补|书记换届|网格员培训|领导走访慰问|电话诈骗案件多发|正常退休三人|无变化，因停工
与上月相同，因项目暂停|学校放假|春节放假|国庆假期|新增3户|补录上月漏报|更正|退回重做|三户搬迁
项目暂停|一次性补发|政策调整|口径调整|同第一行，拆迁|school holiday|typhoon in September
no change since the works stopped|late invoices booked|领导小组成立|书记公开接访|更正上月多报
上月多报，本月冲减|街道统一核减|10月拆迁|社区合并|系统导出口径变了|老旧小区改造|小学放假|按照新口径填报|9月28日台风|因上月重复上报，本月核减
"""


def listed(texts: str) -> list[str]:
    return [text for line in texts.split("\n") for text in line.split("|") if text]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    prepare(found)
    shipped = (PROJECT_ROOT / "warehouse" / "reference" / "unexplained.csv").read_text(encoding="utf-8")
    found.execute("create table phrase as select plain_phrases(?) as phrases", [shipped.split()[1:]])
    return found


@pytest.mark.parametrize(("texts", "is_reason"), [(EMPTY, False), (REAL, True)])
def test_a_note_gives_a_reason_or_none(connection: duckdb.DuckDBPyConnection, texts: str, is_reason: bool) -> None:
    notes = listed(texts)
    judged = connection.execute(
        "select note from (select unnest(?) as note), phrase where is_explanation(note, '调解', '件', phrases) != ?",
        [notes, is_reason],
    ).fetchall()
    assert len(notes) > 30
    assert judged == []


def test_a_unit_of_one_character_takes_no_reason_away(connection: duckdb.DuckDBPyConnection) -> None:
    judge = "select is_explanation(?, '户数', '户', phrases) from phrase"
    told = {note: connection.execute(judge, [note]).fetchall()[0][0] for note in ("并户", "12户", "十二户", "户")}
    assert told == {"并户": True, "12户": False, "十二户": False, "户": False}
