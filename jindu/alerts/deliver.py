"""Tell each recipient, in one digest, what they have not been told; tell the office when a run fails."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import duckdb

from jindu.alerts import begun
from jindu.alerts.begun import Begun, begun_digests
from jindu.alerts.channel import Channel, ChannelError, HungChannelError, find_channel, send
from jindu.alerts.digest import Digest, File, Reader, compose, compose_failure, failure_key
from jindu.alerts.notification import names_told, record
from jindu.alerts.office import note_told
from jindu.alerts.outbox import write_digest
from jindu.alerts.pending import (
    Case,
    Published,
    Told,
    digests_told,
    passed_on_events,
    pending_events,
    published_cases,
    told_of,
)
from jindu.alerts.recipient import OUTBOX_ONLY, Recipient, load_recipients, own_units, read_recipients, scope_is_known
from jindu.alerts.waiting import remember_digests
from jindu.lock import locked
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Night, Progress, StepReport
from jindu.warehouse.connection import connect
from jindu.warehouse.published import published_copy

PATIENCE = 600.0  # seconds that a digest waits for a running night: several times what one takes
SHORT_ID = 8  # digits of a submission's id in the name of its returned workbook
# What the failure itself may have broken: the database, the disk, the reference folder.
BROKEN = (JinduError, duckdb.Error, OSError, csv.Error)


@dataclass(frozen=True)
class Delivery:
    """What became of one digest; `error` is why it is unsent, None when a channel or a file has it."""

    recipient: Recipient
    digest: Digest | None
    is_file: bool = False
    error: ChannelError | None = None
    is_put_off: bool = False  # these are quiet hours


@dataclass(frozen=True)
class DeliveryReport(StepReport):
    """What a delivery did; `count` is the digests that arrived, sent or filed."""

    sent_count: int = 0
    filed_count: int = 0
    unsent: tuple[str, ...] = ()  # the recipients who were not reached
    put_off: tuple[str, ...] = ()  # those whose quiet hours these are


@dataclass(frozen=True)
class Post:
    """What one recipient may have to be told, and what they were told before."""

    recipient: Recipient
    cases: list[Case]
    told: dict[str, Told]
    digests: set[str]  # ids of those that they have had
    is_scope_known: bool
    own_units: frozenset[str]


def deliver(night: Night, progress: Progress, *, is_patient: bool = False) -> DeliveryReport:
    """Tell every recipient what is new to them in the night's published copy; recorded once their channel confirmed.

    A digest is kept before it is first tried: killed before it is recorded, or unconfirmed, it is repeated as it was,
    under the same id. `is_patient` leaves a channel that failed alone for longer and longer. The home is locked while
    the database is read or written, not while digests are on their way. Raises HomeLockedError when a night does not
    end.
    """
    now = datetime.now(OFFICE_TIMEZONE)
    published, posts = _read(night)
    begun.drop_others(night.home, [post.recipient.name for post in posts])
    deliveries: list[Delivery] = []
    hung: set[str] = set()  # hosts that did not answer in time: nobody else waits for them in this delivery
    for done, post in enumerate(posts, start=1):
        deliveries += _deliver_to(night, post, published, now if is_patient else None, hung)
        progress(done, len(posts))
    _remember(night, deliveries)
    return _report(deliveries)


def preview(night: Night) -> list[tuple[Recipient, Channel | ChannelError, Digest]]:
    """The digests that a delivery would send now, by recipient; nothing is sent, and nothing written."""
    published, posts = _read(night, read_only=True)
    found: list[tuple[Recipient, Channel | ChannelError, Digest]] = []
    for post in posts:
        channel: Channel | ChannelError
        try:
            channel = _channel(post)
            reader = _reader(post.recipient, channel, post.own_units)
        except ChannelError as error:
            channel, reader = error, Reader(post.recipient.name, post.recipient.language, "summary")
        waiting = _still_begun(night.home, post, reader)
        found += [(post.recipient, channel, one.digest) for one in waiting]
        digest = _composed(night, post, published, reader, waiting)
        found += [(post.recipient, channel, digest)] if digest else []
    return found


def alert_failure(night: Night, step: str, message_zh: str, message_en: str, *, is_recorded: bool = True) -> None:
    """Tell everyone whose scope is everything, or the office, that the run failed at this step; once per run and step.

    Without `is_recorded` the database is not touched, as another process is at work in it: recipient.csv says who, and
    each call tells. Who is not reached, or has quiet hours, is told by the next delivery. Never raises for a channel,
    the database or the disk: the failure of the run is what must be seen.
    """
    recipients, told = _recipients_and_told(night, step, is_recorded)
    for recipient in [one for one in recipients if one.runs_the_office] or [OUTBOX_ONLY]:
        if recipient.name not in told:
            message = message_en if recipient.language == "en" else message_zh
            _alert_one(night, recipient, (night.run_id, step, message), is_recorded)


def _read(night: Night, *, read_only: bool = False) -> tuple[Published, list[Post]]:
    with locked(night.home, patience=PATIENCE), connect(night.home, read_only=read_only) as connection:
        with published_copy(night.home) as (copy, _):
            published = published_cases(copy)
        recipients = load_recipients(connection)
        posts = [
            Post(
                recipient,
                published.of(recipient, is_everyone=not recipients),
                told_of(connection, recipient),
                digests_told(connection, recipient),
                recipient.scope is None or scope_is_known(connection, recipient.scope),
                own_units(connection, recipient) if recipients else frozenset(),
            )
            for recipient in recipients or [OUTBOX_ONLY]
        ]
    return published, posts


def _deliver_to(
    night: Night, post: Post, published: Published, now: datetime | None, hung: set[str]
) -> Iterator[Delivery]:
    """Send what was begun and not confirmed, then what is new since. `now` is None when nothing is put off."""
    recipient = post.recipient
    try:
        channel = _channel(post)
        reader = _reader(recipient, channel, post.own_units)
        waiting = _still_begun(night.home, post, reader)
        for one in begun_digests(night.home, recipient.name):
            if one not in waiting:
                begun.drop(night.home, recipient.name, one.digest)
        new = _composed(night, post, published, reader, waiting)
        if new is None and not waiting:
            return
        if recipient.is_quiet(datetime.now(OFFICE_TIMEZONE)):
            yield Delivery(recipient, None, is_put_off=True)
            return
        _insist_on_answer(channel, hung)
        for one in waiting:
            if now is not None and one.waits(now):
                raise _too_early(one)
            _send_begun(night, recipient, channel, one)
            yield Delivery(recipient, one.digest, channel.url is None)
        if new is not None:
            _send_begun(night, recipient, channel, Begun(new, reader.language, reader.content))
            yield Delivery(recipient, new, channel.url is None)
    except ChannelError as error:
        if isinstance(error, HungChannelError) and channel.host:
            hung.add(channel.host)
        yield Delivery(recipient, None, error=error)


def _insist_on_answer(channel: Channel, hung: set[str]) -> None:
    """Raise ChannelError where the server did not answer somebody else in time just now."""
    if channel.host in hung:
        raise ChannelError(
            "同一服务器刚才没有在限时内回应，这次不再等",
            "its server did not answer in time just now, not waited for again",
        )


def _channel(post: Post) -> Channel:
    if not post.is_scope_known:
        raise ChannelError(
            f"范围“{post.recipient.scope}”不是已知的单位、专题或指标代码",
            f"scope {post.recipient.scope!r} is no code of a unit, theme or indicator",
        )
    return find_channel(post.recipient)


def _reader(recipient: Recipient, channel: Channel, units: frozenset[str] = frozenset()) -> Reader:
    return Reader(
        recipient.name,
        recipient.language,
        recipient.content or channel.default_content,
        own_units=units,
        can_carry_files=channel.can_carry_files,
        most_bytes=channel.most_bytes,
    )


def _still_begun(home: Home, post: Post, reader: Reader) -> list[Begun]:
    """What was begun and not recorded, and may go out as it is: a full digest is not for what is a chat now."""
    return [
        one
        for one in begun_digests(home, reader.name)
        if one.digest.digest_id not in post.digests and (one.language, one.content) == (reader.language, reader.content)
    ]


def _composed(night: Night, post: Post, published: Published, reader: Reader, waiting: list[Begun]) -> Digest | None:
    """The digest of what is new to somebody who has had what waits; None when nothing is."""
    told = dict(post.told)
    for one in waiting:
        told |= {case_id: Told(event, one.digest.as_of) for case_id, event in one.digest.events}
    events = pending_events(post.cases, told, published.refusals, night.as_of)
    events += passed_on_events(published.passed_on(post.recipient, told))
    if not events:
        return None
    return compose(reader, events, night.as_of, _returned(night.home, published))


def _returned(home: Home, published: Published) -> dict[str, File]:
    """The workbooks that lie in returns/, by submission."""
    found: dict[str, File] = {}
    for refusal in published.refusals.values():
        folder = home.returns / (refusal.org_unit_code or "")
        for path in sorted(folder.glob(f"*_{refusal.submission_id[:SHORT_ID]}.xlsx")) if refusal.org_unit_code else ():
            found[refusal.submission_id] = File(path.name, path)
    return found


def _send_begun(night: Night, recipient: Recipient, channel: Channel, one: Begun) -> None:
    """Keep it, send it, record it, forget it: in this order. Raises ChannelError when it has not arrived."""
    home, digest = night.home, one.digest
    sending = [one]  # with what happens to it

    def note(key: str) -> None:
        sending.append(sending[-1].taken(key))
        with suppress(OSError):
            begun.keep(home, recipient.name, sending[-1])

    try:
        begun.keep(home, recipient.name, one)
    except OSError as error:
        raise ChannelError(
            f"工作目录写不进去，暂不发送：{error.strerror}",
            f"not sent, as the home cannot be written: {error.strerror}",
        ) from error
    try:
        if channel.url is not None:
            send(channel.url, digest, one.accepted, note)
        else:
            _file_away(home, recipient, digest)
    except ChannelError:
        with suppress(OSError):
            begun.keep(home, recipient.name, sending[-1].failed(datetime.now(OFFICE_TIMEZONE)))
        raise
    with locked(home, patience=PATIENCE):
        record(night, recipient.name, digest, is_filed=channel.url is None)
    begun.drop(home, recipient.name, digest)


def _file_away(home: Home, recipient: Recipient, digest: Digest) -> None:
    try:
        write_digest(home, recipient.name, digest)
    except OSError as error:
        raise ChannelError(
            f"outbox/ 写不进去：{error.strerror}", f"outbox/ cannot be written: {error.strerror}"
        ) from error


def _too_early(one: Begun) -> ChannelError:
    when = f"{one.next_try_at:%H:%M}" if one.next_try_at else ""
    return ChannelError(
        f"已连续 {one.failures_count} 次没有发通，{when} 以后再试",
        f"{one.failures_count} tries in a row failed, not tried again before {when}",
    )


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


def _alert_one(night: Night, recipient: Recipient, failed: tuple[str, str, str], is_recorded: bool) -> None:
    """Send it, or keep it for the next delivery."""
    try:
        channel = find_channel(recipient)
    except ChannelError:
        return
    reader = _reader(recipient, channel)
    digest = compose_failure(reader, failed, night.as_of)
    with suppress(OSError):
        begun.keep(night.home, recipient.name, Begun(digest, reader.language, reader.content))
    if recipient.is_quiet(datetime.now(OFFICE_TIMEZONE)):
        return
    try:
        if channel.url is not None:
            send(channel.url, digest)
        else:
            _file_away(night.home, recipient, digest)
    except ChannelError:
        return
    note_told(night.home, failure_key(night.run_id, failed[1])[0], [recipient.name], datetime.now(OFFICE_TIMEZONE))
    if is_recorded:
        with suppress(*BROKEN):
            record(night, recipient.name, digest, is_filed=channel.url is None)
    with suppress(OSError):
        begun.drop(night.home, recipient.name, digest)


def _report(deliveries: list[Delivery]) -> DeliveryReport:
    sent = [delivery for delivery in deliveries if delivery.digest and not delivery.is_file]
    filed = [delivery for delivery in deliveries if delivery.digest and delivery.is_file]
    unsent = [(delivery.recipient, delivery.error) for delivery in deliveries if delivery.error]
    put_off = [delivery.recipient.name for delivery in deliveries if delivery.is_put_off]
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
    if put_off:
        zh.append(f"{len(put_off)} 份在免打扰时段，过后由下一次发送补发（{'、'.join(put_off)}）")
        en.append(
            f"{len(put_off)} put off: the next delivery after their quiet hours sends them ({', '.join(put_off)})"
        )
    return DeliveryReport(
        "；".join(zh) or "没有新的提醒，未发送",
        "; ".join(en) or "nothing new, nothing sent",
        len(sent) + len(filed),
        sent_count=len(sent),
        filed_count=len(filed),
        unsent=tuple(recipient.name for recipient, _ in unsent),
        put_off=tuple(put_off),
    )


def _why_file(recipient: Recipient, language: str) -> str:
    if recipient is OUTBOX_ONLY:
        return "没有登记接收人" if language == "zh" else "no recipient is configured"
    if recipient.channel is None:
        return f"{recipient.name}没有通道" if language == "zh" else f"{recipient.name} has no channel"
    if language == "zh":
        return f"{recipient.name}的环境变量 {recipient.channel} 未设置"
    return f"{recipient.name}: environment variable {recipient.channel} is not set"
