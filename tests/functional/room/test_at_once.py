"""What happens between a look and an act: nobody takes back what another did meanwhile, and nothing comes back to life."""

from __future__ import annotations

import time

import pytest

from .asking import ask, wait_for
from .scripts import script
from .visitor import Room


@pytest.mark.parametrize(("change", "how"), [
    ("language = 'ru'", ""), ("last_login = timezone.now()", "update_fields=['last_login']"),
    ("set_password('another good passphrase')", ""),
])
def test_who_was_read_before_a_ban_and_is_saved_after_it_stays_banned(room: Room, change: str, how: str) -> None:
    """As in a sign-in, a new language or a new password that were under way: rows and keys know of the ban."""
    alice = room.person()
    secret = room.run("key", "add", "--account", alice, "--kind", "gw2")["secret"]
    wait_for(room, secret, 200, "/v2/tokeninfo")
    told = script(room, f"""
        from django.utils import timezone
        stale = Account.objects.get(username=sys.argv[1])
        accounts.ban(Account.objects.get(username=sys.argv[1]), "spam")
        stale.{change}
        stale.save({how})
        now = Account.objects.get(username=sys.argv[1])
        print(now.is_active, now.ban_reason, now.language == stale.language, now.last_login == stale.last_login,
              now.password == stale.password)
    """, alice)
    assert told == "False spam True True True\n"
    wait_for(room, secret, 403, "/v2/tokeninfo")
    time.sleep(0.5)
    assert ask(room, secret, "/v2/tokeninfo").status_code == 403


def test_who_was_deleted_meanwhile_does_not_come_back(room: Room) -> None:
    """Saving says so; there is neither a row nor a fact."""
    alice = room.person()
    told = script(room, """
        from dragoman.control.ledger.told import Gone
        stale = Account.objects.get(username=sys.argv[1])
        accounts.delete(Account.objects.get(username=sys.argv[1]), with_applications=False)
        stale.language = "ru"
        try:
            stale.save()
        except Gone as error:
            print(error)
        print(Account.objects.filter(username=sys.argv[1]).exists(), repr(Fact.objects.get(kind="account", ref=str(stale.pk)).body))
    """, alice)
    assert told == "It was deleted meanwhile.\nFalse ''\n"


@pytest.mark.parametrize("who", ["by", "to"])
def test_who_is_being_deleted_neither_invites_nor_is_invited(room: Room, who: str) -> None:
    """Whoever comes while the deletion is not complete waits for it, and is told; an invitation to nobody is one to a name."""
    told = script(room, """
        import threading
        from django.db import transaction
        from dragoman.control.applications import team
        from dragoman.control.ledger.told import Gone
        by, to, who = Account.objects.get(username=sys.argv[1]), Account.objects.get(username=sys.argv[2]), sys.argv[3]
        application = applications.add("Rocket", Account.objects.get(username=sys.argv[4]), "standalone")
        begun, told = threading.Event(), []
        def invite():
            begun.wait(20)
            try:
                told.append(team.invite(application, by, to.username, "viewer").account_id)
            except Gone as error:
                told.append(error)
            connection.close()
        other = threading.Thread(target=invite)
        other.start()
        with transaction.atomic():
            accounts.delete({"by": by, "to": to}[who], with_applications=False)
            begun.set()
            other.join(0.3)
        other.join()
        print(*told)
    """, room.person(), room.person(), who, room.person())
    assert told == {"by": "It was deleted meanwhile.\n", "to": "None\n"}[who]


def test_a_change_that_waits_is_not_lost_by_another_one(room: Room) -> None:
    """Whatever is saved or read again in between, what was set and not saved is saved later."""
    told = script(room, """
        account = Account.objects.get(username=sys.argv[1])
        account.language, account.subject = "ru", sys.argv[1] + "-7"
        account.save(update_fields=["language"])
        account.refresh_from_db(fields=["email"])
        account.save()
        account.save()
        print(Account.objects.filter(username=sys.argv[1]).values_list("language", "subject").get())
        part = Account.objects.only("username").get(username=sys.argv[1])
        part.language = "en"
        part.email, part.save()
        print(Account.objects.filter(username=sys.argv[1]).values_list("language", "subject").get())
    """, name := room.person())
    assert told == f"('ru', '{name}-7')\n('en', '{name}-7')\n"


HAMMER = """
import random, threading, time
from django.db import OperationalError, connection
from dragoman.control.accounts.models import Account
from dragoman.control.applications import team
from dragoman.control.keys.models import Key
from dragoman.credentials.follower import Follower
from dragoman.credentials.ledger import open_ledger
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester, Kind
from dragoman.credentials.switches import Switches
from dragoman.errors import DragomanError
from pathlib import Path

def names():
    return [f"h{number}" for number in range(4)]

for name in names():
    Account.objects.create_user(name)
register = Register(Digester(b"k" * 32), stale_max_s=60)
follower = Follower(open_ledger(settings.database_url, Path("data")), register, Switches(), print)
follower.start()
stop, faults, deadlocks = time.monotonic() + SECONDS, [], []

def act(chance):
    account = chance.choice(list(Account.objects.filter(username__startswith="h")) or [None])
    what = chance.randrange(9)
    if account is None or what == 0:
        Account.objects.create_user(f"h{chance.randrange(10**9)}")
    elif what == 1 and chance.random() < 0.3:
        accounts.delete(account, with_applications=True)
    elif what == 2:
        chance.choice([accounts.ban, accounts.unban])(account)
    elif what in (3, 4):
        keys.add(account, Kind.GW2, "k")
    elif what == 5:
        applications.add("a", account, "standalone")
    elif what == 6:
        application = chance.choice(list(Application.objects.all()) or [None])
        if application:
            offer = team.invite(application, application.owner, account.username, "owner")
            team.accept(offer, account)
    else:
        key = chance.choice(list(Key.objects.all()) or [None])
        if key:
            chance.choice([keys.disable, keys.enable, keys.revoke, keys.forget])(key)

def hammer(seed):
    chance = random.Random(seed)
    done = 0
    while time.monotonic() < stop:
        try:
            act(chance)
            done += 1
        except DragomanError:
            pass
        except OperationalError as error:       # of two that hand over and delete one thing, one has to try again
            deadlocks.append(str(error)) if "deadlock" in str(error) else faults.append(str(error))
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}"[:200])
    connection.close()
    counts.append(done)

counts = []
threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(8)]
for each in threads: each.start()
for each in threads: each.join()
time.sleep(0.5)
follower.stop()
rows = {(row.fact_kind, row.fact_ref): row.fact() for model in (Account, Application, Key) for row in model.objects.all()}
from dragoman.credentials import facts
told = {(each.kind, each.ref): facts.read(1, each.kind, each.ref, each.body).body for each in Fact.objects.all()
        if each.body and each.kind != "secret"}                 # the fingerprint of the server's key is of no row
told = {thing: body for thing, body in told.items() if thing[0] != "target"}
assert told == rows, [(thing, told.get(thing), rows.get(thing)) for thing in {*told, *rows} if told.get(thing) != rows.get(thing)]
known = {**{("account", ref): body for ref, body in register._accounts.items()},
         **{("application", ref): body for ref, body in register._applications.items()},
         **{("key", ref): body for ref, body in register._keys.items()}}
assert known == rows, [(thing, known.get(thing), rows.get(thing)) for thing in {*known, *rows} if known.get(thing) != rows.get(thing)]
print(sum(counts), len(faults), *sorted(set(faults))[:5], sep="\\n")
"""


def test_facts_are_those_of_their_rows_whoever_writes_at_once(room: Room) -> None:
    """Keys, applications, bans, deletions, hand-overs by eight at once."""
    done, deadlocks, *faults = script(room, HAMMER.replace("SECONDS", "6")).splitlines()
    assert faults == []
    assert int(done) > 30
    assert int(deadlocks) <= int(done) // 20
