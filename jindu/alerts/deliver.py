"""Tell each recipient, in one digest, what they have not been told; tell the office when a run fails."""

import csv
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import duckdb

from jindu.alerts.channel import Channel, ChannelError, find_channel, send
from jindu.alerts.digest import Digest, compose, compose_failure, failure_key
from jindu.alerts.notification import names_told, record
from jindu.alerts.office import note_told
from jindu.alerts.outbox import write_digest
from jindu.alerts.pending import Event, pending_events, published_cases
from jindu.alerts.recipient import OUTBOX_ONLY, Recipient, load_recipients, read_recipients, scope_is_known
from jindu.alerts.waiting import remember_digests
from jindu.lock import locked
from jindu.settings import OFFICE_TIMEZONE, JinduError, Night, Progress, StepReport
from jindu.warehouse.connection import connect

PATIENCE = 600.0  # seconds that a digest waits for a running night: several times what one takes
# What the failure itself may have broken: the database, the disk, the reference folder.
BROKEN = (JinduError, duckdb.Error, OSError, csv.Error)


@dataclass(frozen=True)
class Delivery:
    """What became of one recipient's digest; `error` is why it is unsent, None when a channel or a file has it."""

    recipient: Recipient
    digest: Digest | None
    is_file: bool
    error: ChannelError | None


@dataclass(frozen=True)
class DeliveryReport(StepReport):
    """What a delivery did; `count` is the digests that arrived, sent or filed."""

    sent_count: int = 0
    filed_count: int = 0
    unsent: tuple[str, ...] = ()  # the recipients who were not reached


def deliver(night: Night, progress: Progress) -> DeliveryReport:
    """Tell every recipient what is new to them in the night's published copy; recorded once their channel confirmed.

    Killed between the two, the next delivery repeats the digest under the same id rather than losing it. A channel that
    fails is reported and tried again by the next delivery. The home is locked while the database is read or written,
    not while digests are on their way. Raises HomeLockedError when a night does not end.
    """
    with locked(night.home, patience=PATIENCE), connect(night.home) as connection:
        recipients = load_recipients(connection) or [OUTBOX_ONLY]
        unknown = {
            recipient.scope
            for recipient in recipients
            if recipient.scope is not None and not scope_is_known(connection, recipient.scope)
        }
        with published_cases(connection, night.home):
            pending = [(recipient, pending_events(connection, recipient)) for recipient in recipients]
    deliveries = []
    for done, (recipient, events) in enumerate(pending, start=1):
        if recipient.scope in unknown:
            deliveries.append(Delivery(recipient, None, False, _unknown_scope(recipient)))
        elif events:
            deliveries.append(_deliver_one(night, recipient, events))
        progress(done, len(pending))
    _remember(night, deliveries)
    return _report(deliveries)


def alert_failure(night: Night, step: str, message_zh: str, message_en: str, *, is_recorded: bool = True) -> None:
    """Tell everyone whose scope is everything, or the office, that the run failed at this step; once per run and step.

    Without `is_recorded` the database is not touched, as another process is at work in it: recipient.csv says who, and
    each call tells. Never raises for a channel, the database or the disk: the failure of the run is what must be seen.
    """
    recipients, told = _recipients_and_told(night, step, is_recorded)
    for recipient in [one for one in recipients if one.runs_the_office] or [OUTBOX_ONLY]:
        if recipient.name not in told:
            message = message_en if recipient.language == "en" else message_zh
            digest = _alert_one(night, recipient, step, message)
            if digest:
                note_told(
                    night.home, failure_key(night.run_id, step)[0], [recipient.name], datetime.now(OFFICE_TIMEZONE)
                )
            if digest and is_recorded:
                with suppress(*BROKEN):
                    record(night, recipient.name, digest)


def _hand_over(night: Night, recipient: Recipient, channel: Channel, digest: Digest) -> None:
    """Send the digest, or write it where the recipient has no channel; returns only when it has arrived.

    Raises ChannelError otherwise.
    """
    if channel.url is not None:
        send(channel.url, digest)
        return
    try:
        write_digest(night.home, night.as_of, recipient.name, digest)
    except OSError as error:
        raise ChannelError(
            f"outbox/ 写不进去：{error.strerror}", f"outbox/ cannot be written: {error.strerror}"
        ) from error


def _deliver_one(night: Night, recipient: Recipient, events: list[Event]) -> Delivery:
    try:
        channel = find_channel(recipient)
        content = recipient.content or channel.default_content
        digest = compose(recipient.name, recipient.language, content, events, night.as_of)
        _hand_over(night, recipient, channel, digest)
    except ChannelError as error:
        return Delivery(recipient, None, False, error)
    with locked(night.home, patience=PATIENCE):
        record(night, recipient.name, digest)
    return Delivery(recipient, digest, channel.url is None, None)


def _remember(night: Night, deliveries: list[Delivery]) -> None:
    """Tell `jindu status` what became of the digests."""
    with suppress(OSError):  # the digests are out; a disk that is full must not send them twice
        remember_digests(
            night.home,
            sent=[one.recipient.name for one in deliveries if one.digest and not one.is_file],
            filed=[one.recipient.name for one in deliveries if one.digest and one.is_file],
            unsent=[
                {"recipient": one.recipient.name, "reason_zh": one.error.message_zh, "reason_en": one.error.message_en}
                for one in deliveries
                if one.error
            ],
        )


def _unknown_scope(recipient: Recipient) -> ChannelError:
    return ChannelError(
        f"范围“{recipient.scope}”不是已知的单位、专题或指标代码",
        f"scope {recipient.scope!r} is no code of a unit, theme or indicator",
    )


def _recipients_and_told(night: Night, step: str, is_recorded: bool) -> tuple[list[Recipient], set[str]]:
    """Everyone, and the names of those who know; from recipient.csv while the database has no recipients' table."""
    recipients: list[Recipient] | None = None
    told: set[str] = set()
    if is_recorded:
        with suppress(*BROKEN), connect(night.home) as connection:
            told = names_told(connection, failure_key(night.run_id, step))
            recipients = load_recipients(connection)
    if recipients is None:
        with suppress(*BROKEN):
            recipients = read_recipients(night.reference)
    return recipients or [], told


def _alert_one(night: Night, recipient: Recipient, step: str, message: str) -> Digest | None:
    """The digest that has arrived; None when it has not."""
    try:
        channel = find_channel(recipient)
        content = recipient.content or channel.default_content
        failed = (night.run_id, step, message)
        digest = compose_failure(recipient.name, recipient.language, content, failed, night.as_of)
        _hand_over(night, recipient, channel, digest)
    except ChannelError:
        return None
    return digest


def _report(deliveries: list[Delivery]) -> DeliveryReport:
    sent = [delivery for delivery in deliveries if delivery.digest and not delivery.is_file]
    filed = [delivery for delivery in deliveries if delivery.digest and delivery.is_file]
    unsent = [(delivery.recipient, delivery.error) for delivery in deliveries if delivery.error]
    zh, en = [], []
    if sent:
        names = [delivery.recipient.name for delivery in sent]
        zh.append(f"已发出 {len(sent)} 份提醒（{'、'.join(names)}）")
        en.append(f"{len(sent)} digests sent ({', '.join(names)})")
    if filed:
        zh.append(f"{len(filed)} 份写入 outbox/（{'、'.join(_why_file(item.recipient, 'zh') for item in filed)}）")
        en.append(f"{len(filed)} written to outbox/ ({', '.join(_why_file(item.recipient, 'en') for item in filed)})")
    if unsent:
        reasons_zh = "；".join(f"{recipient.name}：{error.message_zh}" for recipient, error in unsent)
        reasons_en = "; ".join(f"{recipient.name}: {error.message_en}" for recipient, error in unsent)
        zh.append(f"{len(unsent)} 份未发出、下次再发（{reasons_zh}）")
        en.append(f"{len(unsent)} not sent, to be tried again ({reasons_en})")
    return DeliveryReport(
        "；".join(zh) or "没有新的提醒，未发送",
        "; ".join(en) or "nothing new, nothing sent",
        len(sent) + len(filed),
        sent_count=len(sent),
        filed_count=len(filed),
        unsent=tuple(recipient.name for recipient, _ in unsent),
    )


def _why_file(recipient: Recipient, language: str) -> str:
    if recipient is OUTBOX_ONLY:
        return "没有登记接收人" if language == "zh" else "no recipient is configured"
    if recipient.channel is None:
        return f"{recipient.name}没有通道" if language == "zh" else f"{recipient.name} has no channel"
    if language == "zh":
        return f"{recipient.name}的环境变量 {recipient.channel} 未设置"
    return f"{recipient.name}: environment variable {recipient.channel} is not set"
