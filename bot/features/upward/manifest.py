"""好经验和支持 What cadres send up to their organ, as a feature."""

from bot.core.feature import Expiry, Feature, Standing, Times, TodoSource
from bot.core.person_data import Section
from bot.features.upward.acts.decide import (
    WORD_ON,
    practice_became,
    request_became,
    still_practice,
    still_request,
)
from bot.features.upward.acts.hand_on import expire_practices, expire_requests
from bot.features.upward.reads.export import export_practices, export_requests
from bot.features.upward.tables import GoodPractice, SupportRequest
from bot.features.upward.ticks import TICKS
from bot.features.upward.todo import practices_waiting, requests_waiting

FEATURE = Feature(
    name="upward",
    letters={"E": "good_practice", "H": "support_request"},
    tables=(GoodPractice, SupportRequest),
    sections=(Section("good_practices", export_practices), Section("support_requests", export_requests)),
    audits=(
        "upward.recommended",
        "upward.requested",
        "upward.decided",
        "upward.not_arrived",
    ),
    todo=(TodoSource(practices_waiting), TodoSource(requests_waiting)),
    standings=(
        Standing(WORD_ON[GoodPractice], still_practice, practice_became),
        Standing(WORD_ON[SupportRequest], still_request, request_became),
    ),
    ticks=TICKS,
    expiries=(Expiry("good_practices", expire_practices), Expiry("support_requests", expire_requests)),
    times=Times(
        past=(
            GoodPractice.sent_at,
            GoodPractice.answered_at,
            SupportRequest.sent_at,
            SupportRequest.answered_at,
        )
    ),
)
