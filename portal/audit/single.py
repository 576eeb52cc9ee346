"""One entry by itself: a proof (C2SP tlog-proof) whose extra data hold the event and its salt, or the leaf alone.

It lets somebody show one event and nothing else of a trail.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.audit.bundle_checks import Expected, body_of, check_entry, check_signatures, seen_at
from portal.audit.bundles import Item, read_json, read_marks
from portal.audit.checkpoints import Checkpoint
from portal.audit.notes import Malformed, encode
from portal.audit.proofs import Proof, read_proof
from portal.audit.verify import Wrong


@dataclass(frozen=True, slots=True)
class Single:
    """An entry that is proven; event: what it says, if that came with it."""

    checkpoint: Checkpoint
    index: int
    cosigned: dict[str, datetime]
    event: dict[str, Any] | None


def write_single(item: Item, checkpoint: str) -> str:
    """Write the proof of an entry of a bundle."""
    said = {"event": item.event, "salt": encode(item.salt)} if item.event is not None else {"leaf": encode(item.leaf)}
    extra = json.dumps(said | {"tag": encode(item.tag)}, ensure_ascii=False, separators=(",", ":")).encode()
    return Proof(item.index, item.proof, checkpoint, extra).text()


def check_single(text: str, expected: Expected) -> Single:
    """Check a proof.

    Raises:
        Wrong: It doesn't hold.

    """
    try:
        proof = read_proof(text)
        item = _item(proof)
        checkpoint, signed = check_signatures(proof.checkpoint, expected)
        event = body_of(item)
        check_entry(item, checkpoint)
        _check_review(event, expected.review)
        return Single(checkpoint, proof.index, seen_at(signed, expected.all_witnesses), event)
    except Malformed as error:
        raise Wrong(str(error)) from error


def _item(proof: Proof) -> Item:
    try:
        said = read_json(proof.extra.decode())
    except UnicodeDecodeError as error:
        raise Malformed("its extra data aren't text") from error
    event, salt, leaf, tag = read_marks(said)
    return Item(UUID(int=0), 0, proof.index, proof.hashes, tag, event, salt, leaf)


def _check_review(event: dict[str, Any] | None, review: UUID | None) -> None:
    if review is None:
        return
    on = event.get("on") if event else None
    if not isinstance(on, dict) or on.get("review") != str(review):
        raise Malformed("the entry doesn't say that it is of this review")
