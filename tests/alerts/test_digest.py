"""What a digest says, and to whom."""

import re
from datetime import date
from decimal import Decimal

import pytest

from jindu.alerts.deliver import deliver
from jindu.alerts.digest import FULL_BYTES, Reader, compose
from jindu.alerts.pending import Case, Event, Told, pending_event
from jindu.settings import no_progress

from .conftest import Mailbox, Office, Webhook, moment_of

BEHIND = {
    "owner": "综治办",
    "summary": "红梅「纠纷调解数」滞后，序时完成率 80.0%（示例）",
    "since_month": date(2024, 7, 1),
    "gap_value": -12,
    "needed_monthly_value": "16.25",
    "projected_value": "96.5",
    "probability_ratio": "0.1204",
    "page": "why/350502004001/mediated.html",
    "severity": "medium",
}


def mail_text(box: Mailbox) -> str:
    body = box.mails[-1].get_body(preferencelist=("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_how_far_since_when_whose_what_would_mend_it_and_where_to_look(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    monkeypatch.setenv("JINDU_SITE_URL", "https://jindu.example.org/office/")
    office.tell("街道领导", "JINDU_MAIL")
    office.open_case("a", "behind", "350502004001", "mediated", **BEHIND)
    deliver(office.night(10), no_progress)
    assert (
        "1. 红梅 · 纠纷调解数 · 2024年9月\n"
        "   滞后，序时完成率 80.0%（示例）\n"
        "   差 12 件；今后每月需完成 17 件；预计年末 97 件，把握 12%\n"
        "   自2024年7月起 · 责任：综治办\n"
        "   https://jindu.example.org/office/why/350502004001/mediated.html\n"
    ) in mail_text(mailbox)
    assert "全部事项：https://jindu.example.org/office/alerts.html" in mail_text(mailbox)
    html = mailbox.mails[0].get_body(preferencelist=("html",))
    assert html is not None
    assert '<a href="https://jindu.example.org/office/why/350502004001/mediated.html"' in html.get_content()


def test_in_english_with_the_english_pages(office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    monkeypatch.setenv("JINDU_SITE_URL", "https://jindu.example.org")
    office.tell("Observer", "JINDU_MAIL", language="en")
    office.open_case("a", "behind", "350502004001", "mediated", **BEHIND)
    deliver(office.night(10), no_progress)
    assert "12 short; 17 more needed each month; expected to end at 97, chance 12%" in mail_text(mailbox)
    assert "since Jul 2024" in mail_text(mailbox)
    assert "https://jindu.example.org/en/why/350502004001/mediated.html" in mail_text(mailbox)


def test_without_a_site_the_page_is_named(office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("街道领导", "JINDU_MAIL")
    office.open_case("a", "behind", "350502004001", "mediated", **BEHIND)
    deliver(office.night(10), no_progress)
    assert "全部事项：进度网页的“提醒”一页（工作目录 site/alerts.html" in mail_text(mailbox)


def test_a_percentage_is_off_by_points_and_needs_no_monthly_amount(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("街道领导", "JINDU_MAIL")
    office.publish("update mart.indicator set kind = 'ratio', unit = '%' where indicator_code = 'mediated'")
    values = BEHIND | {"gap_value": "-0.067", "projected_value": "0.871", "probability_ratio": "0.001"}
    office.open_case("a", "behind", "350502004001", "mediated", **values)
    deliver(office.night(10), no_progress)
    assert "差 6.7 个百分点；预计年末 87.1%，把握 <1%" in mail_text(mailbox)


def test_what_nobody_acknowledged_reaches_the_next_level(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("经办", "JINDU_HOOK")
    office.tell("领导", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated", to={"经办": 0, "领导": 1})
    deliver(office.night(10), no_progress)
    assert office.notified() == {("a", "opened", "经办")}
    office.change("a", state="escalated", escalated_at="2024-10-15 00:00:00+08")
    deliver(office.night(15), no_progress)
    deliver(office.night(16), no_progress)
    assert office.notified() == {("a", "opened", "经办"), ("a", "escalated", "领导")}
    assert webhook.bodies[-1]["title"] == "【进度】10月15日：升级 1 项"
    assert "逾期未处理，已升级（1 项）" in webhook.bodies[-1]["message"]
    office.resolve("a")
    deliver(office.night(17), no_progress)
    assert len(webhook.bodies) == 4, "both are told of the end"


def case_of(**values: object) -> Case:
    names = Case.__dataclass_fields__
    base: dict[str, object] = dict.fromkeys(names) | {
        "level": 0, "case_id": "a", "kind": "behind", "state": "open",
        "opened_at": moment_of(10),
    }  # fmt: skip
    return Case(**(base | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "told", "event"),
    [
        ({}, None, "opened"),
        ({}, "opened", None),
        ({}, "resolved", "reopened"),
        ({}, "reopened", None),
        ({"resolved_at": 12}, "reopened", "resolved"),
        ({"resolved_at": 12}, "resolved", None),
        ({"resolved_at": 12}, None, None),
        ({"opened_at": 11}, "opened", "reopened"),  # worse, or over in between
        ({"opened_at": 11, "level": 1}, "escalated", None),
        ({"escalated_at": 11}, "opened", None),  # it is he who did not see to it
        ({"escalated_at": 11, "hears_escalation": True}, "opened", "escalated"),
        ({"escalated_at": 9, "hears_escalation": True}, "opened", None),  # was told when it was escalated already
        ({"escalated_at": 11, "level": 1, "hears_escalation": True}, None, "escalated"),
        ({"level": 1}, None, None),
        ({"level": 1, "resolved_at": 12}, "escalated", "resolved"),
        ({"snoozed_until": date(2024, 10, 13)}, None, None),
        ({"snoozed_until": date(2024, 10, 12)}, None, "opened"),
        ({"snoozed_until": date(2024, 10, 13), "resolved_at": 12}, "opened", "resolved"),
    ],
)
def test_what_is_new_to_whom(case: dict[str, object], told: str | None, event: str | None) -> None:
    moments = {
        name: moment_of(value) if isinstance(value, int) and name.endswith("_at") else value
        for name, value in case.items()
    }
    last = None if told is None else Told(told, moment_of(10))
    assert pending_event(case_of(**moments), last, moment_of(12)) == event


def refuse(office: Office, kind: str = "rejected") -> None:
    """Publish a refused report of 红梅, with its returned workbook."""
    office.publish(
        "insert into mart.submission values ('5ab1c0de99', 'community_monthly', '350502004001', '2024-09-01',"
        f" '红梅9月.xlsx', '{kind}', '2024-10-09 10:00:00+08');"
        "insert into mart.finding select '5ab1c0de99', if(row = 10, 'critical', 'warning'), '社区工作月报', 'D' || row,"
        " 'r', 'D' || row || ' 的数不对，请核对。', 'wrong', 'open' from range(10, 22) as cell (row)"
    )
    folder = office.home.returns / "350502004001"
    folder.mkdir(parents=True)
    (folder / "2024-09_社区工作月报_第1版_退回件_5ab1c0de.xlsx").write_bytes(b"PK")
    office.open_case(
        "x",
        kind,
        "350502004001",
        None,
        form="community_monthly",
        summary="红梅9月.xlsx 被退回",
        since_month=date(2024, 9, 1),
    )


def test_a_clerk_has_the_findings_and_his_workbook(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("红梅填报员", "JINDU_MAIL", scope="350502004001")
    refuse(office)
    deliver(office.night(10), no_progress)
    text = mail_text(mailbox)
    assert "共 12 条：强制性 1，核实性 11" in text
    assert "自10月10日起" in text
    assert "– 必须改正：D10 的数不对，请核对。" in text and "– 请核实说明：D11" in text
    assert "另有 2 条，见退回件。" in text
    assert "退回件见附件：2024-09_社区工作月报_第1版_退回件_5ab1c0de.xlsx" in text
    [attached] = mailbox.mails[0].iter_attachments()
    assert attached.get_content() == b"PK"


def test_a_workbook_with_its_notes_goes_to_nobody_else(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("街道领导", "JINDU_MAIL", scope="350502004")
    refuse(office)
    deliver(office.night(10), no_progress)
    assert list(mailbox.mails[0].iter_attachments()) == []
    assert "returns/350502004001 文件夹" in mail_text(mailbox)


def test_whose_route_is_the_unit_is_its_clerk(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("红梅填报员", "JINDU_MAIL")
    office.execute("insert into reference.route (recipient_name, org_unit_code) values ('红梅填报员', '350502004001')")
    refuse(office, "held")
    deliver(office.night(10), no_progress)
    assert len(list(mailbox.mails[0].iter_attachments())) == 1


def test_a_robot_is_told_how_many_findings_and_quotes_none(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("红梅填报员", "JINDU_HOOK", scope="350502004001")
    refuse(office)
    deliver(office.night(10), no_progress)
    message = webhook.bodies[0]["message"]
    assert "共 12 条：强制性 1，核实性 11" in message
    assert "D10" not in message and "红梅9月" not in message


def test_what_another_case_speaks_for_is_not_told(office: Office) -> None:
    office.open_case("a", "behind", "350502004001", "mediated")
    office.open_case("b", "projected_to_miss", "350502004001", "mediated", to={})
    office.change("b", is_told=False)
    deliver(office.night(10), no_progress)
    assert office.notified() == {("a", "opened", "outbox")}


def test_a_copy_of_an_older_version_is_said_to_be_one(office: Office) -> None:
    office.publish("drop table mart.alert_route")
    with pytest.raises(Exception, match="旧版本"):
        deliver(office.night(10), no_progress)


def test_an_english_digest_has_english_names(office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("Observer", "JINDU_MAIL", language="en")
    office.open_case("a", "overdue", "350502004001", None, form="community_monthly", owner="综治办")
    deliver(office.night(10), no_progress)
    assert "1. Hongmei · Community monthly report · Sep 2024" in mail_text(mailbox)
    assert "owner: Public order office" in mail_text(mailbox)


def test_the_chance_of_what_will_be_missed_is_told_once(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("街道领导", "JINDU_MAIL")
    values = BEHIND | {"summary": "红梅「纠纷调解数」预计完不成，完成把握 12%"}
    office.open_case("a", "projected_to_miss", "350502004001", "mediated", **values)
    deliver(office.night(10), no_progress)
    assert mail_text(mailbox).count("12%") == 1 and "预计年末 97 件" in mail_text(mailbox)


MEDIATED = {
    "indicator_code": "mediated", "indicator_name_zh": "纠纷调解数", "indicator_kind": "flow", "measure": "件",
    "is_public": True, "owner": "综治办", "report_month": date(2024, 3, 1), "since_month": date(2024, 2, 1),
    "as_of_month": date(2024, 9, 1), "gap_value": Decimal(-12), "is_over_ceiling": False,
}  # fmt: skip


def told_in_a_digest(*cases: Case, event: str = "opened", content: str = "full") -> str:
    return compose(Reader("街道领导", "zh", content), [Event(event, one) for one in cases], moment_of(10), {}).text


def test_the_month_is_that_of_the_figures() -> None:
    assert "1. 红梅 · 纠纷调解数 · 2024年9月\n" in told_in_a_digest(case_of(unit_name="红梅", **MEDIATED))
    assert "纠纷调解数 · 2024年3月" in told_in_a_digest(case_of(unit_name="红梅", **MEDIATED | {"kind": "rank_fell"}))


def test_one_indicator_behind_in_several_units_is_one_item() -> None:
    units = [
        case_of(unit_name=name, case_id=name, summary_zh=f"{name}「纠纷调解数」滞后", **MEDIATED)
        for name in ("红梅", "新峰", "梅山", "东升")
    ]
    other = case_of(
        unit_name="红梅", case_id="b", **MEDIATED | {"indicator_name_zh": "走访", "indicator_code": "visits"}
    )
    text = told_in_a_digest(*units, other)
    assert "进度滞后（5 项）" in text
    assert (
        "1. 纠纷调解数 · 2024年9月（4 个单位）\n"
        "   红梅：滞后；差 12 件；自2024年2月起\n"
        "   新峰：滞后；差 12 件；自2024年2月起\n"
        "   梅山：滞后；差 12 件；自2024年2月起\n"
        "   东升：滞后；差 12 件；自2024年2月起\n"
        "   责任：综治办\n"
        "2. 红梅 · 走访 · 2024年9月\n"
    ) in text
    assert "   梅山：滞后；差 12 件；自2024年2月起\n   另有 1 个单位。\n" in told_in_a_digest(*units, content="summary")


def test_reports_that_are_overdue_are_one_item() -> None:
    asked = {"kind": "overdue", "form_code": "m", "form_name": "社区月报", "is_public": True, "is_over_ceiling": False}
    late = [
        case_of(unit_name=name, case_id=name, owner=name, report_month=date(2024, 9, 1), **asked)
        for name in ("红梅", "新峰")
    ]
    assert "1. 社区月报 · 2024年9月（2 个单位）\n   红梅：自10月10日起\n   新峰：自10月10日起\n" in told_in_a_digest(
        *late
    )


def test_what_may_not_be_named_is_counted() -> None:
    hidden = case_of(unit_name="红梅", **MEDIATED | {"is_public": False})
    shown = case_of(unit_name="新峰", **MEDIATED)
    assert "\n1 项涉及不公开的指标，不在此列名。" in told_in_a_digest(hidden, content="summary")
    assert "\n另有 1 项涉及不公开的指标，不在此列名。" in told_in_a_digest(hidden, shown, content="summary")
    assert "红梅" not in told_in_a_digest(hidden, shown, content="summary")


def test_a_ceiling_that_was_passed_asks_for_no_catching_up() -> None:
    missed = MEDIATED | {"kind": "missed"}
    text = told_in_a_digest(
        case_of(unit_name="红梅", **missed),
        case_of(unit_name="新峰", case_id="b", **missed | {"is_over_ceiling": True}),
    )
    assert "目标未完成（1 项）\n说明原因并报补齐日期。\n1. 红梅" in text
    assert "超过年度上限（1 项）\n补不回来：说明原因，控制后续月份。\n1. 新峰" in text


def test_the_worst_status_comes_first_and_then_the_slowest_pace(office: Office) -> None:
    office.tell("街道领导")
    month = date(2024, 9, 1)
    paces = {"red": ("far_behind", 0.6), "worst": ("far_behind", 0.5), "orange": ("behind", 0.75), "done": (None, None)}
    for name, (_, pace) in paces.items():
        office.open_case(name, "behind", "350502004001", name, as_of_month=month, probability_ratio=pace)
    rows = [(name, month, status, pace) for name, (status, pace) in paces.items()]
    office.publish(
        "insert into mart.indicator (indicator_code, name_zh) select code, code from (values "
        + ", ".join(f"('{name}')" for name in paces)
        + ") as indicator (code)"
    )
    office.publish(
        "insert into mart.completion values " + ", ".join(["('350502004001', ?, ?, ?, ?, null)"] * len(rows)),
        [value for row in rows for value in row],
    )
    deliver(office.night(10), no_progress)
    text = office.outbox()[0].read_text(encoding="utf-8")
    assert sorted(paces, key=text.index) == ["worst", "red", "orange", "done"]


@pytest.mark.parametrize(
    ("values", "has_eased"),
    [
        ({"status": "at_risk"}, True),
        ({"status": "on_pace", "probability_ratio": Decimal("0.2")}, True),
        ({"status": "at_risk", "probability_ratio": Decimal("0.19")}, False),  # it will be missed all the same
        ({"status": "behind", "probability_ratio": Decimal("0.9")}, False),
        ({"status": None}, False),
        ({"kind": "projected_to_miss", "status": "behind", "probability_ratio": Decimal("0.2")}, True),
        ({"kind": "projected_to_miss", "status": "on_pace", "probability_ratio": Decimal("0.19")}, False),
        ({"kind": "projected_to_miss", "probability_ratio": None}, False),
        ({"kind": "missed", "status": "on_pace"}, False),
    ],
)
def test_what_would_not_open_today_has_eased(values: dict[str, object], has_eased: bool) -> None:
    assert case_of(**values).has_eased is has_eased


def test_what_has_eased_before_it_was_told_is_named_and_no_news() -> None:
    eased = MEDIATED | {"status": "at_risk", "gap_value": Decimal(-1)}
    cases = [
        case_of(unit_name="红梅", **MEDIATED | {"status": "behind"}),
        case_of(unit_name="新峰", case_id="b", **eased),
        case_of(unit_name="梅山", case_id="c", **eased | {"is_public": False}),
    ]
    digest = compose(Reader("街道领导", "zh", "full"), [Event("opened", one) for one in cases], moment_of(10), {})
    assert digest.subject == "【进度】10月10日：新增 1 项，已好转 2 项"
    assert digest.text.index("进度滞后（1 项）") < digest.text.index("已好转，待解除（2 项）")
    assert "序时即解除。\n纠纷调解数（2 个单位）。\n" in digest.text
    assert {case_id for case_id, _ in digest.events} == {"a", "b", "c"}, "each is told"
    chat = told_in_a_digest(*cases, content="summary")
    assert "\n纠纷调解数（新峰）。\n" in chat and "梅山" not in chat and "另有 1 项涉及不公开的指标" in chat
    assert "已解除（1 项）" in told_in_a_digest(cases[1], event="resolved")


def test_a_first_digest_of_many_cases_is_read_on_a_phone() -> None:
    """The gravest in full, the others by name; every one of them is told."""
    cases = [
        case_of(
            case_id=f"{number} {unit}",
            unit_name=unit,
            summary_zh=f"{unit}「指标{number}」滞后，序时完成率 80.0%：完成 80，应完成 100 件",
            **MEDIATED | {"indicator_code": f"i{number}", "indicator_name_zh": f"指标{number}", "status": "behind"},
        )
        for number in range(80)
        for unit in ("红梅", "新峰", "梅山", "东升", "北山", "双塔", "泉山", "华新")[: 1 + number % 8]
    ]
    digest = compose(Reader("街道领导", "zh", "full"), [Event("opened", one) for one in cases], moment_of(10), {})
    assert len(digest.text.encode()) <= FULL_BYTES and len(digest.html.encode()) < 3 * FULL_BYTES
    assert digest.text.index("1. 红梅 · 指标0 ·") < digest.text.index("2. 指标1 · 2024年9月（2 个单位）")
    [left] = re.findall(r"另有 (\d+) 项未列出，见“全部事项”：(.*)。", digest.text)
    assert int(left[0]) > 0 and left[1].endswith("等")
    assert {case_id for case_id, _ in digest.events} == {one.case_id for one in cases}
    shown = sum(int(found or 1) for found in re.findall(r"^\d+\. .*?(?:（(\d+) 个单位）)?$", digest.text, re.MULTILINE))
    assert shown + int(left[0]) == len(cases)
