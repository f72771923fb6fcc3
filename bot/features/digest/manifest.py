"""摘要 The digest of those in office, as a feature."""

from bot.core.feature import Expiry, Feature
from bot.features.digest.acts.tell import DIGEST, expire_mornings
from bot.features.digest.tables import DigestMorning
from bot.features.digest.ticks import TICKS

FEATURE = Feature(
    name="digest",
    tables=(DigestMorning,),
    questions=(DIGEST,),
    ticks=TICKS,
    expiries=(Expiry("digest_mornings", expire_mornings),),
    kept={"digest_mornings: export": "it tells only on which morning somebody in office was written to"},
)
