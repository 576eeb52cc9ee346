"""Asking the witnesses of the settings' policy for their cosignatures, and what they said last.

1. All are asked at once, each within a bounded time: one that is away holds nobody up.
2. What they signed is kept with the checkpoint, for good; how each answered last is kept beside.
3. A witness that knows another or a later log than this one is an alarm.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.deeds import GROUPS
from portal.access.entities import PortalFacts
from portal.audit.events import Phase
from portal.audit.kinds import KINDS
from portal.audit.notes import Key, Malformed, Signature, time_of
from portal.audit.policy import Policy, Witness, read_policy
from portal.audit.sequencer import hold
from portal.audit.tree import Tree
from portal.audit.witness import PATH
from portal.audit.witnessing import GRAVE, Signed, Trouble, ask_witness
from portal.domain.reach import Reach
from portal.domain.texts import N_
from portal.errors import Invalid, NotFound
from portal.outgoing import Answer, Silent, exchange
from portal.usecases.tree import newest, own_keys, signature_of, tile
from portal.work import Portal
from storage.errors import StorageError
from storage.repositories.tree import TreeRecords
from storage.tree import Cosignature, Lease, MonthCount, TreeHead, WitnessAsked

NAME: Final = "witnesses"
YEAR: Final = timedelta(days=366)
SIGNED_IN: Final = N_("Sign-ins")
REFUSED: Final = N_("Refused")
LEASE: Final = timedelta(seconds=20)
AT_ONCE: Final = 16
# who runs the portal names them, so that they may be anywhere; but by https, outside this machine
REACH: Final = Reach((ip_network("0.0.0.0/0"), ip_network("::/0")), this_machine=True)

log = logging.getLogger("portal.witnesses")


@dataclass(frozen=True, slots=True)
class Asked:
    """A witness that is to be asked: where, by which keys it is known, and how many entries it has seen."""

    url: str
    keys: tuple[Key, ...]
    old: int


@dataclass(frozen=True, slots=True)
class LogView:
    """How the log is: its name, its newest checkpoint, and what its witnesses have seen.

    Args:
        agreed: How many entries the checkpoint has on which enough witnesses agree; None: they are behind.
        checkpoint: That checkpoint, or else the newest, as a signed note; empty: nothing was signed yet.
        policy: The keys of the log and its witnesses, and how many must agree (C2SP tlog-policy).

    """

    origin: str
    size: int
    signed_at: datetime | None
    agreed: int | None
    witnesses: tuple["Seen", ...]
    checkpoint: str
    policy: bytes
    public: bool
    months: tuple[str, ...]  # that have entries, oldest first
    by_month: tuple[tuple[str, tuple[int, ...]], ...]  # what was done, in words, and how often in each of them


@dataclass(frozen=True, slots=True)
class Seen:
    """What a witness has seen: what the policy calls it, how many entries and when, and how it answered last."""

    name: str
    size: int
    at: datetime | None  # None: it never signed
    trouble: Trouble | None
    since: datetime | None  # from when it has answered so; None: it was never asked

    @property
    def is_grave(self) -> bool:
        """Tell whether what it says means that history was changed, or this database set back."""
        return self.trouble in GRAVE


def load_policy(portal: Portal, path: Path) -> Policy:
    """Read the policy that names the witnesses of this portal's log.

    Raises:
        Invalid: It can't be read, is of another log, or names a witness that can't be asked.

    """
    try:
        policy = read_policy(path.read_bytes())
    except OSError as error:
        raise Invalid(f"the setting witness_policy: {path} can't be read: {error.strerror}") from None
    except Malformed as error:
        raise Invalid(f"the setting witness_policy: {path}: {error}") from None
    if policy.logs and not set(policy.logs) & set(own_keys(portal)):
        raise Invalid(f"the setting witness_policy: {path} is of another log; `portal log keys` prints this one's keys")
    if wrong := next((one for one in policy.witnesses if one.url and not REACH.allows(one.url)), None):
        raise Invalid(f"the setting witness_policy: {path}: {wrong.url} can't be asked; write an https address")
    return policy


def ask_witnesses(portal: Portal, holder: str) -> int:
    """Ask every witness that hasn't signed the newest checkpoint; gives how many signed it now.

    Args:
        portal: The portal.
        holder: Which process asks.

    """
    by_url = _by_url(portal)
    if not by_url:
        return 0
    with portal.database.read() as session:
        head = TreeRecords(session).head()
    if head is None:
        return 0
    with portal.database.begin() as session:
        lease = Lease(name=NAME, holder=holder, until=portal.clock() + LEASE)
        if not hold(TreeRecords(session), lease, portal.clock()):
            return 0
    with portal.database.read() as session:
        asked = [one for one in _to_ask(TreeRecords(session), by_url) if one.old < head.size]
    if not asked:
        return 0
    with ThreadPoolExecutor(min(AT_ONCE, len(asked)), thread_name_prefix="witness") as pool:
        answers = list(pool.map(lambda one: _ask(portal, head, one), asked))
    with portal.database.begin() as session:
        _keep(TreeRecords(session), head, list(zip(asked, answers, strict=True)), portal.clock())
    return sum(isinstance(answer, Signed) for answer in answers)


def view_log(portal: Portal, caller: Caller) -> LogView:
    """Show how the log is, and who watches it.

    Raises:
        NotFound: The log isn't the caller's to see.

    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_LOG, PortalFacts())
        records = TreeRecords(work.session)
        head = records.head()
        months, by_month = _counted(records.months(f"{work.now - YEAR:%Y-%m}"))
    keys, shown = own_keys(portal), newest(portal)
    policy = replace(portal.witness_policy, logs=keys)
    return LogView(
        keys[0].name,
        head.size if head else 0,
        head.at if head else None,
        shown.agreed if shown else None,
        witnesses_seen(portal),
        shown.note if shown else "",
        policy.text(),
        portal.settings.log_public,
        months,
        by_month,
    )


def _counted(rows: Sequence[MonthCount]) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[int, ...]], ...]]:
    """Count what was done and what was refused, month by month; a stream counts once, at its beginning."""
    done, refused = Counter[tuple[str, int]](), Counter[str]()
    for row in rows:
        if row.phase == Phase.REFUSAL:
            refused[row.month] += row.count
        elif row.phase != Phase.OUTCOME:
            done[row.month, row.kind] += row.count
    months = sorted({row.month for row in rows})
    groups = ((SIGNED_IN, (Action.SIGN_IN, Action.USE_INVITATION)), *((one.words, one.acts) for one in GROUPS))
    counts = [
        (words, tuple(sum(done[month, KINDS[act]] for act in acts) for month in months)) for words, acts in groups
    ]
    return tuple(months), (*counts, (REFUSED, tuple(refused[month] for month in months)))


def witnesses_seen(portal: Portal) -> tuple[Seen, ...]:
    """Tell what each witness of the policy has seen, by its name there."""
    with portal.database.read() as session:
        records = TreeRecords(session)
        asked = {row.url: row for row in records.asked()}
        return tuple(_seen(records, witness, asked.get(witness.url)) for witness in portal.witness_policy.witnesses)


def _seen(records: TreeRecords, witness: Witness, asked: WitnessAsked | None) -> Seen:
    newest = records.newest_cosignature(witness.key.name, witness.key.id)
    size, at = (newest.size, datetime.fromtimestamp(time_of(signature_of(newest)), UTC)) if newest else (0, None)
    trouble = Trouble(asked.trouble) if asked and asked.trouble else None
    return Seen(witness.name, size, at, trouble, asked.since if asked else None)


def _by_url(portal: Portal) -> Mapping[str, tuple[Key, ...]]:
    """Give the keys by which each witness that can be asked is known: one that has two is asked once."""
    found: dict[str, tuple[Key, ...]] = {}
    for witness in portal.witness_policy.witnesses:
        if witness.url:
            found[witness.url] = (*found.get(witness.url, ()), witness.key)
    return found


def _to_ask(records: TreeRecords, by_url: Mapping[str, tuple[Key, ...]]) -> list[Asked]:
    return [Asked(url, keys, max(_last(records, key) for key in keys)) for url, keys in by_url.items()]


def _last(records: TreeRecords, key: Key) -> int:
    newest = records.newest_cosignature(key.name, key.id)
    return newest.size if newest else 0


def _ask(portal: Portal, head: TreeHead, asked: Asked) -> Signed | Trouble:
    tree = Tree(head.size, lambda level, number, width: tile(portal, level, number, width))
    try:
        send = partial(_send, asked.url)
        return ask_witness(head.note, asked.old, asked.keys, tree.consistency, send, portal.clock())
    except (NotFound, StorageError):  # of our own tree: the other witnesses' answers are kept all the same
        log.exception("the witness %s couldn't be asked", asked.url)
        return Trouble.ODD


def _send(url: str, body: bytes) -> Answer | None:
    try:
        return exchange(REACH, "POST", url.rstrip("/") + PATH, {"Content-Type": "text/plain; charset=utf-8"}, body)
    except Silent:
        return None


def _row(size: int, signature: Signature) -> Cosignature:
    return Cosignature(size=size, signer=signature.name, key_id=signature.id, value=signature.value)


def _keep(
    records: TreeRecords, head: TreeHead, answers: Sequence[tuple[Asked, Signed | Trouble]], now: datetime
) -> None:
    before = {row.url: row for row in records.asked()}
    for asked, answer in answers:
        trouble = "" if isinstance(answer, Signed) else answer.value
        if isinstance(answer, Signed):
            records.put_cosignatures([_row(head.size, one) for one in answer.signatures])
        known = before.get(asked.url)
        if known is not None and known.trouble == trouble:
            continue
        records.put_asked(WitnessAsked(url=asked.url, trouble=trouble, since=now))
        if trouble in GRAVE:
            log.error("alarm: the witness %s has seen a log that this one doesn't go on from: %s", asked.url, trouble)
        elif trouble:
            log.warning("the witness %s doesn't sign: %s", asked.url, trouble)
