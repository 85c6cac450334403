"""One night of the planted office, delivered to a real mail server and a real webhook."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from jindu.checks import gate
from jindu.delivery import deliver_published
from jindu.night import close_night, drop_lock, open_night, step
from jindu.settings import Home
from tests.alerts.conftest import Mailbox, Webhook, receiving_mail, receiving_posts
from tests.nightly import in_process

from .office import AS_OF, fill_inbox, write_office


@dataclass(frozen=True)
class Told:
    """The home after the night, and what was received outside it."""

    home: Home
    mailbox: Mailbox
    webhook: Webhook


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The night, published and told."""
    folder = tmp_path_factory.mktemp("privacy")
    home, reference = Home(folder / "home"), folder / "reference"
    write_office(reference)
    fill_inbox(home)
    with pytest.MonkeyPatch.context() as patch, receiving_mail() as mailbox, receiving_posts() as webhook:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            patch.delenv(name, raising=False)
        patch.setenv("JINDU_PRIVACY_MAIL", mailbox.url)
        patch.setenv("JINDU_PRIVACY_ROBOT", webhook.url)
        night = open_night(str(home.root), str(reference), AS_OF)
        with pytest.MonkeyPatch.context() as judging:
            judging.setattr(gate, "judge", in_process._judge_plainly)  # publishes the same in half of the time
            for name, function in in_process.STEPS.items():
                step(night, name, function)
        close_night(night)
        drop_lock(home)
        deliver_published(str(home.root))
        yield Told(home, mailbox, webhook)
