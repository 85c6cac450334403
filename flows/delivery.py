"""A delivery: what the newest published copy says, told to everybody who has not been told."""

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from jindu.delivery import deliver_published, insist


@task(cache_policy=NO_CACHE)
def send_digests(home: str) -> None:
    insist(deliver_published(home, is_patient=True))


@flow(name="delivery", retries=13, retry_delay_seconds=420)
def delivery(home: str = "") -> None:
    """From the published database to the recipients.

    One that does not answer at 08:00 is tried every seven minutes, for the last time before half past eight at 08:28,
    then less often (jindu/alerts/begun.py) till half past nine.
    """
    send_digests(home)
