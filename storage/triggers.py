"""What the database itself refuses: changing or deleting the log, rewriting histories, deleting records.

A superuser can switch triggers off; `portal fsck` shows what was done meanwhile, because the log's leaves and
numbers no longer fit. The statements are those of the schema as it is today; migrations carry their own copies.
"""

_WAITS = (
    "CREATE TRIGGER event_waits_for_the_tree AFTER INSERT ON event "
    "BEGIN INSERT INTO waiting_event (event_id) VALUES (NEW.id); END"
)
# Histories start and end once: only these columns may still be set, and only from nothing to something.
ENDS_ONCE: dict[str, tuple[str, ...]] = {
    "appointment": ("confirmed_by", "confirmed_at", "ended_at", "ended_by", "end_basis"),
    "assignment": ("ended_at", "ended_by", "end_basis"),
    "undertaking": (),
    "translation_task": ("delivered_at", "recalled_at"),
    "review_party": ("until", "end_basis", "end_reason"),
    "version": (),
    "routing": ("ended_at",),
    "entry_task": ("delivered_at", "recalled_at"),
    "attachment": ("removed_at",),
    "batch": (),
    "remark": (),
    "review_schedule": (),
    "schedule_step": (),
    "calendar_feed": ("ended_at",),
    "note_copy": (),
    "profile": (),
    "handover": (),
    "recovery_code": ("used_at", "replaced_at"),
    "issuer": ("confirmed_by", "confirmed_at", "ended_at", "ended_by"),
    "issuer_subject": ("ended_at",),
    "concern": ("ended_at", "ended_by", "case_id", "reason"),
    "breach_case": (
        "person_id",
        "person_state",
        "confirmed_by",
        "confirmed_at",
        "declined_by",
        "declined_at",
        "asked_at",
        "answer_by",
        "heard_at",
        "found_at",
        "submitted_at",
        "disclosed_at",
        "closed_at",
    ),
    "case_entry": (),
    "containment": ("lifted_by", "lifted_at", "lift_reason"),
}
# What may change while it is a draft and not after: these columns never, the others until its stage is another.
SENT_ONCE: dict[str, tuple[str, ...]] = {
    "entry": (
        "id",
        "review_id",
        "room_id",
        "clarification_id",
        "part",
        "owner",
        "corrects_id",
        "translates_id",
        "created_by",
        "created_at",
    ),
}
NEVER_DELETED = (
    "event",
    "tree_entry",
    "tree_tile",
    "tree_head",
    "cosignature",
    "stream",
    "document",
    "clarification",
    "entry",
    "review",
    "room",
    "person",
    "invitation",
    "session",
    "passkey",
    "code_app",
    "wrong_codes",
    *ENDS_ONCE,
)


def sqlite_triggers(columns: dict[str, list[str]]) -> list[str]:
    """Give the CREATE TRIGGER statements for SQLite; `columns` names the columns of each table."""
    statements = [
        _refuse("event_never_changes", "BEFORE UPDATE ON event", "", "the log is append-only"),
        _refuse(
            "stream_never_goes_back",
            "BEFORE UPDATE ON stream",
            "WHEN NEW.next_number < OLD.next_number OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind",
            "a stream only grows",
        ),
        # in the tree comes what was written, whoever writes it
        _WAITS,
        _refuse("tree_entry_never_changes", "BEFORE UPDATE ON tree_entry", "", "an entry stays where it is"),
        _refuse("tree_head_never_changes", "BEFORE UPDATE ON tree_head", "", "one checkpoint for a size"),
        _refuse("cosignature_never_changes", "BEFORE UPDATE ON cosignature", "", "a witness signed this"),
        _refuse(
            "tree_tile_only_grows",
            "BEFORE UPDATE ON tree_tile",
            "WHEN NEW.level <> OLD.level OR NEW.number <> OLD.number "
            "OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes",
            "a tile only grows",
        ),
    ]
    statements += [
        _refuse(f"{table}_never_deleted", f"BEFORE DELETE ON {table}", "", f"{table}: nothing is deleted")
        for table in NEVER_DELETED
    ]
    for table, settable in ENDS_ONCE.items():
        fixed = [name for name in columns[table] if name not in {*settable, "mac"}]
        statements.append(
            _refuse(
                f"{table}_never_rewritten",
                f"BEFORE UPDATE OF {', '.join(fixed)} ON {table}",
                "",
                f"{table}: a history is never rewritten",
            )
        )
        statements += [
            _refuse(
                f"{table}_{name}_set_once",
                f"BEFORE UPDATE OF {name} ON {table}",
                f"WHEN OLD.{name} IS NOT NULL AND NEW.{name} IS NOT OLD.{name}",
                f"{table}.{name}: set once",
            )
            for name in settable
        ]
    for table, fixed_always in SENT_ONCE.items():
        statements += [
            _refuse(
                f"{table}_never_turned",
                f"BEFORE UPDATE OF {', '.join(fixed_always)} ON {table}",
                "",
                f"{table}: where it belongs never changes",
            ),
            _refuse(
                f"{table}_sent_never_changes",
                f"BEFORE UPDATE OF text, language, edition ON {table}",
                "WHEN OLD.stage <> 'draft'",
                f"{table}: what was sent never changes",
            ),
            _refuse(
                f"{table}_never_a_draft_again",
                f"BEFORE UPDATE OF stage ON {table}",
                "WHEN OLD.stage <> 'draft' AND NEW.stage = 'draft'",
                f"{table}: what was sent is never a draft again",
            ),
        ]
    return statements


def _refuse(name: str, moment: str, condition: str, message: str) -> str:
    return f"CREATE TRIGGER {name} {moment} {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
