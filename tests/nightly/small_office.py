"""A made-up office, small enough that a night takes a few seconds: three communities, five months, a few defects."""

from pathlib import Path

from jindu.catalogue import load
from jindu.sample import generate
from jindu.settings import Home

AS_OF = "2024-06-10T02:00"
THE_NIGHT_BEFORE = "2024-06-03T02:00"  # May's reports are not all in
LAST_MONTH = 5

TABLES = {
    "org_unit": """
        code,name,short_name,level,parent_code,households
        350599,示例区,示例区,district,,
        350599001,示例街道,示例街道,subdistrict,350599,
        350599001001,甲社区,甲,community,350599001,300
        350599001002,乙社区,乙,community,350599001,500
        350599001003,丙社区,丙,community,350599001,200
    """,
    "theme": """
        code,name_zh
        service,服务
    """,
    "indicator": """
        code,name_zh,kind,unit,direction,reporting_level,source_form,theme,decimals,numerator_code,denominator_code,ranking_metric
        visit,走访,flow,次,higher,community,monthly,service,0,,,pace
        spending,支出,flow,万元,higher,community,monthly,service,2,,,pace
        estate,小区,stock,个,higher,community,monthly,service,0,,,level
        dispute,纠纷,flow,件,none,community,monthly,service,0,,,none
        mediated,调解成功,flow,件,higher,community,monthly,service,0,,,none
        mediated_ratio,调解成功率,ratio,%,higher,community,monthly,service,4,mediated,dispute,level
    """,
    "form": """
        code,name_zh,level,first_month
        monthly,月报,community,2024-01
    """,
    "form_indicator": """
        form_code,indicator_code,cells_required
        monthly,visit,both
        monthly,spending,both
        monthly,estate,month
        monthly,dispute,both
        monthly,mediated,both
    """,
    "target": """
        plan_year,org_unit_code,indicator_code,target_form,value,phasing,basis,split_key,recorded_at
        2024,350599001,visit,at_least,1200,linear,office,households,2024-01-02
        2024,350599001,spending,at_least,90,linear,office,equal,2024-01-02
        2024,350599001,mediated_ratio,at_least,0.9,none,office,,2024-01-02
    """,
    "setting": """
        key,value
        office_code,350599001
    """,
    "recipient": """
        name,channel,scope,content,language
        统筹办,,,full,zh
    """,
}


def write_office(folder: Path) -> None:
    """The reference folder of the office."""
    folder.mkdir(parents=True)
    for name, table in TABLES.items():
        lines = [line.strip() for line in table.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def fill_inbox(home: Home, reference: Path) -> None:
    """Five months of workbooks, some of them wrong on purpose."""
    generate(home, load(reference), seed=1, last_month=LAST_MONTH)
