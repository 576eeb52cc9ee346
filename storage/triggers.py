"""What the database itself refuses: changing or deleting the log, rewriting histories, deleting records.

A superuser can switch triggers off; `portal fsck` shows what was done meanwhile, because the log's leaves and
numbers no longer fit. The statements are those of the schema as it is today; migrations carry their own copies.
"""

from dataclasses import dataclass

_DELETED = "BEFORE DELETE"
# in the tree comes what was written, whoever writes it
_WAITS = "INSERT INTO waiting_event (event_id) VALUES (NEW.id);"
# What is public was prepared by a State, or is the language version of a summary that was transmitted.
_UNMADE = (
    "NOT EXISTS (SELECT 1 FROM publication WHERE id = NEW.id) AND NOT EXISTS "
    "(SELECT 1 FROM summary_language JOIN transmission USING (manifest_id) WHERE summary_language.id = NEW.id)"
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
    "signal": (),
    "publication": (
        *("confirmed_at", "due_at", "cancelled_at", "cancelled_by", "published_at", "withdrawn_at", "withdrawn_by"),
    ),
    "publication_consent": (),
    "publication_opening": (),
    "public_file": ("proof", "withdrawn_at", "withdrawn_reason"),
    "signal_step": (),
    "manifest": ("ended_at", "ended_by", "ended_why", "final_at"),
    "agreement": (),
    "draft_comment": (),
    "summary_language": ("ended_at",),
    "transmission": (),
    "access_grant": ("accepted_by", "accepted_at", "ended_as", "ended_by", "ended_at", "end_reason"),
    "grant_terms": ("until",),
    "grant_document": (),
    "grant_reader": (),
    "grant_nominee": (),
    "grant_undertaking": (),
    "grant_hold": (),
    "concern_grant": (),
    "case_grant": (),
    "exhibit": ("given_key",),
    "marked_copy": (),
    "recovery_key": ("ended_at",),
    "backup": ("gone_at",),
    "restoration": (),
    "whole_backup": (),
    "shredding": (),
    "arrival": (),
}
# What may go and not change: once, with the row of another table that says so.
GOES_ONCE: dict[str, tuple[str, str]] = {"version": ("wrapped_key", "shredding")}
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
    "former_head",
    "former_cosignature",
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is refused: before which moment, under which condition (none: always), with which words."""

    name: str
    moment: str
    table: str
    condition: str
    message: str

    def in_sqlite(self) -> str:
        """Write it as SQLite's trigger."""
        when = f"WHEN {self.condition}" if self.condition else ""
        refuses = f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        return f"CREATE TRIGGER {self.name} {self.moment} ON {self.table} {when} {refuses}"

    def in_postgresql(self) -> list[str]:
        """Write it as PostgreSQL's trigger with its function; what nobody deletes, nobody truncates either."""
        raises = f"RAISE EXCEPTION '{self.message}' USING ERRCODE = 'integrity_constraint_violation';"
        condition = self.condition.replace(" IS NOT OLD.", " IS DISTINCT FROM OLD.")
        refuses = f"IF {condition} THEN {raises} END IF;" if condition else raises
        row = "OLD" if self.moment == _DELETED else "NEW"
        statements = _postgresql(self.name, self.moment, self.table, f"{refuses} RETURN {row};")
        if self.moment == _DELETED:
            statements.append(
                f"CREATE TRIGGER {self.name}_at_once BEFORE TRUNCATE ON {self.table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {self.name}()"
            )
        return statements


def sqlite_triggers(columns: dict[str, list[str]]) -> list[str]:
    """Give the CREATE TRIGGER statements for SQLite; `columns` names the columns of each table."""
    waits = f"CREATE TRIGGER event_waits_for_the_tree AFTER INSERT ON event BEGIN {_WAITS} END"
    return [waits, *(refusal.in_sqlite() for refusal in refusals(columns))]


def postgresql_triggers(columns: dict[str, list[str]]) -> list[str]:
    """Give the statements that make the same triggers on PostgreSQL."""
    statements = _postgresql("event_waits_for_the_tree", "AFTER INSERT", "event", f"{_WAITS} RETURN NEW;")
    for refusal in refusals(columns):
        statements += refusal.in_postgresql()
    return statements


def refusals(columns: dict[str, list[str]]) -> list[Refusal]:
    """Give all that the database refuses."""
    found = [
        Refusal("event_never_changes", "BEFORE UPDATE", "event", "", "the log is append-only"),
        Refusal(
            "stream_never_goes_back",
            "BEFORE UPDATE",
            "stream",
            "NEW.next_number < OLD.next_number OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind",
            "a stream only grows",
        ),
        Refusal("tree_entry_never_changes", "BEFORE UPDATE", "tree_entry", "", "an entry stays where it is"),
        Refusal("tree_head_never_changes", "BEFORE UPDATE", "tree_head", "", "one checkpoint for a size"),
        Refusal("cosignature_never_changes", "BEFORE UPDATE", "cosignature", "", "a witness signed this"),
        Refusal("former_head_never_changes", "BEFORE UPDATE", "former_head", "", "a former log stays as it was"),
        Refusal("former_cosignature_never_changes", "BEFORE UPDATE", "former_cosignature", "", "a witness signed this"),
        Refusal(
            "tree_tile_only_grows",
            "BEFORE UPDATE",
            "tree_tile",
            "NEW.level <> OLD.level OR NEW.number <> OLD.number "
            "OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes",
            "a tile only grows",
        ),
    ]
    found += [
        Refusal(
            "document_final_never_changes",
            "BEFORE UPDATE",
            "document",
            _agreed("OLD", "id"),
            "document: all parties agreed on it",
        ),
        Refusal("public_file_is_of_something", "BEFORE INSERT", "public_file", _UNMADE, "public_file: made of nothing"),
        Refusal(
            "version_never_after_final",
            "BEFORE INSERT",
            "version",
            _agreed("NEW", "document_id"),
            "version: all parties agreed on another one",
        ),
    ]
    found += [
        Refusal(f"{table}_never_deleted", _DELETED, table, "", f"{table}: nothing is deleted")
        for table in NEVER_DELETED
    ]
    for table, settable in ENDS_ONCE.items():
        goes, told = GOES_ONCE.get(table, ("", ""))
        fixed = [name for name in columns[table] if name not in {*settable, goes, "mac"}]
        found.append(
            Refusal(
                f"{table}_never_rewritten",
                f"BEFORE UPDATE OF {', '.join(fixed)}",
                table,
                "",
                f"{table}: a history is never rewritten",
            )
        )
        found += [
            Refusal(
                f"{table}_{name}_set_once",
                f"BEFORE UPDATE OF {name}",
                table,
                f"OLD.{name} IS NOT NULL AND NEW.{name} IS NOT OLD.{name}",
                f"{table}.{name}: set once",
            )
            for name in settable
        ]
        if goes:
            found.append(
                Refusal(
                    f"{table}_key_only_goes",
                    f"BEFORE UPDATE OF {goes}",
                    table,
                    f"NOT (length(OLD.{goes}) > 0 AND length(NEW.{goes}) = 0 AND {_told(told)})",
                    f"{table}.{goes}: it is only destroyed, once",
                )
            )
    for table, fixed_always in SENT_ONCE.items():
        found += [
            Refusal(
                f"{table}_never_turned",
                f"BEFORE UPDATE OF {', '.join(fixed_always)}",
                table,
                "",
                f"{table}: where it belongs never changes",
            ),
            Refusal(
                f"{table}_sent_never_changes",
                "BEFORE UPDATE OF text, language, edition",
                table,
                "OLD.stage <> 'draft'",
                f"{table}: what was sent never changes",
            ),
            Refusal(
                f"{table}_never_a_draft_again",
                "BEFORE UPDATE OF stage",
                table,
                "OLD.stage <> 'draft' AND NEW.stage = 'draft'",
                f"{table}: what was sent is never a draft again",
            ),
        ]
    return found


def _told(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608  # of this module's own words


def _agreed(row: str, name: str) -> str:
    final = f"review_id = {row}.review_id AND final_at IS NOT NULL AND {row}.{name} IN (report_id, summary_id)"
    return f"EXISTS (SELECT 1 FROM manifest WHERE {final})"  # noqa: S608  # of this module's own words


def _postgresql(name: str, moment: str, table: str, does: str) -> list[str]:
    """Write a trigger for each row; the tables that its function names are ours, whatever the session's search path."""
    body = f"LANGUAGE plpgsql SET search_path = public, pg_temp AS $$ BEGIN {does} END $$"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger {body}",
        f"CREATE TRIGGER {name} {moment} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
