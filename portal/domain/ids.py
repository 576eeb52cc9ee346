"""Identities: one type for each noun, so that a review's id can't be passed where a room's is asked for."""

from typing import NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)
AppointmentId = NewType("AppointmentId", UUID)
AssignmentId = NewType("AssignmentId", UUID)
SessionId = NewType("SessionId", UUID)
SignalId = NewType("SignalId", UUID)
HandoverId = NewType("HandoverId", UUID)
InvitationId = NewType("InvitationId", UUID)
IssuerId = NewType("IssuerId", UUID)

CycleId = NewType("CycleId", UUID)
ReviewId = NewType("ReviewId", UUID)
RoomId = NewType("RoomId", UUID)
DocumentId = NewType("DocumentId", UUID)
VersionId = NewType("VersionId", UUID)
ClarificationId = NewType("ClarificationId", UUID)
EntryId = NewType("EntryId", UUID)
ConcernId = NewType("ConcernId", UUID)
CaseId = NewType("CaseId", UUID)
GrantId = NewType("GrantId", UUID)
ManifestId = NewType("ManifestId", UUID)
PublicationId = NewType("PublicationId", UUID)
SummaryId = NewType("SummaryId", UUID)

EventId = NewType("EventId", UUID)
StreamId = NewType("StreamId", UUID)

# ISO 3166-1 alpha-3; fictional States take XAA to XZZ
StateCode = NewType("StateCode", str)
