"""五个一 The five ones, as a feature."""

from bot.core.feature import DigestSource, Expiry, Feature, Times
from bot.core.person_data import Erasure, Section, Stage
from bot.features.five_ones.acts.waive import expire_waivers, forget_waivers
from bot.features.five_ones.digest import windows_open
from bot.features.five_ones.reads.waivers import export_waivers
from bot.features.five_ones.tables import QuotaVersion, QuotaWaiver

FEATURE = Feature(
    name="five_ones",
    digest=(DigestSource(windows_open),),
    tables=(QuotaVersion, QuotaWaiver),
    erasures=(Erasure(Stage.ROWS, forget_waivers),),
    sections=(Section("quota_waivers", export_waivers),),
    audits=("quota.set", "quota.refused", "quota.waived", "quota.waiver_undone"),
    expiries=(Expiry("quota_waivers", expire_waivers),),
    times=Times(past=(QuotaVersion.set_at, QuotaWaiver.given_at, QuotaWaiver.undone_at)),
)
