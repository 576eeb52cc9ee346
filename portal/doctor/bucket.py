"""What a bucket keeps of what the portal removes, and what follows."""

from typing import Final

from portal.doctor.findings import Finding, Mark
from storage.errors import Held
from storage.objects.s3 import S3Store

CHECK: Final = "removal"


def removal(store: S3Store, held: Held | None) -> Finding:
    """Tell what is left of a probe that was removed; `held`: the bucket didn't let go of it.

    Raises:
        StoreUnavailable: The store is away.

    """
    kept = store.keeping()
    if held and kept.retention:
        says = f"object lock keeps whatever is put there for {kept.retention}: sealed copies outlast what is removed"
        mend = "keep the portal's objects in a bucket without a default retention; object lock is for backups"
        return Finding(CHECK, Mark.ADVICE, says, mend)
    if held:
        mend = (
            "give the account the rights of deploy/s3-policy.json, and the bucket no default retention: until then "
            "sealed copies stay of all that is removed"
        )
        return Finding(CHECK, Mark.WRONG, f"the bucket: {held}", mend)
    if kept.versioned is None:
        says = "the account may not ask whether the bucket keeps versions; those that it lists are removed"
        return Finding(CHECK, Mark.ADVICE, says, "let it ask: s3:GetBucketVersioning, as in deploy/s3-policy.json")
    if not kept.versioned:
        return Finding(CHECK, Mark.OK, "the bucket keeps no versions: what is removed is gone")
    lock = {True: "object lock is on, with no retention", False: "no object lock", None: "object lock held nothing"}
    says = f"the bucket keeps versions, and all of them go with what is removed; {lock[kept.locked]}"
    return Finding(CHECK, Mark.OK, says)
