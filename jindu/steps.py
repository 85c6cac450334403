"""The steps of a night as an operator reads them."""

from dataclasses import dataclass

STEPS = {  # in their order
    "start": ("启动", "start"),
    "reference": ("装载参考数据", "reference data"),
    "collect": ("收文存档", "collect and archive"),
    "read": ("读取报表", "read the workbooks"),
    "readings": ("整理读数", "arrange the readings"),
    "gate-incoming": ("报送关", "incoming gate"),
    "core": ("认定数据", "accept the data"),
    "gate-core": ("数据关", "core gate"),
    "mart": ("计算进度", "compute progress"),
    "gate-mart": ("发布关", "mart gate"),
    "record": ("登记运行", "record the run"),
    "publish": ("定稿发布", "publish"),
    "returns": ("写出回执", "receipts for the senders"),
    "bulletin": ("写出通报", "bulletin"),
    "pages": ("写出网页", "pages"),
    "summary": ("汇总", "summary"),
    "deliver": ("发送提醒", "send alerts"),  # a flow of its own, after the night
}
AFTER_PUBLISH = frozenset({"returns", "bulletin", "pages", "summary", "deliver"})  # of new figures


@dataclass(frozen=True)
class StepTime:
    """A line of the journal: a step of one attempt at a night."""

    step: str
    state: str
    seconds: float
    detail_zh: str
    detail_en: str


def step_after(step: str | None) -> str:
    """The step that follows; the first for None, the last for one that nobody knows."""
    if step is None:
        return "start"
    names = list(STEPS)
    return names[names.index(step) + 1] if step in names[:-1] else "summary"


def title(step: str, lang: str) -> str:
    """A step as people call it; one without a name stays as it is."""
    zh, en = STEPS.get(step, (step, step))
    return en if lang == "en" else zh
