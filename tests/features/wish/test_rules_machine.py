"""Whatever is tried in whatever order: only its owner reopens or pools a wish, and one claim has one holder.

The machine tries every act in every part with every person, allowed or not, and keeps its own book of what happened.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.features.wish.rules.wish import CLOSED, HELD, WAITING, Standing, WishAct, WishBar, WishParty, WishState, step

PEOPLE = st.sampled_from([1, 2, 3, 4])


class OneWish(RuleBasedStateMachine):
    """One wish and four people who try everything."""

    @initialize()
    def begin(self) -> None:
        self.now = Standing(WishState.DRAFT)
        self.agreed = False  # the owner said yes to the pool, and it has not left since
        self.claimant: int | None = None
        self.confirmed = False

    @rule(act=st.sampled_from(WishAct), party=st.sampled_from(WishParty), person=PEOPLE)
    def tries(self, act: WishAct, party: WishParty, person: int) -> None:
        before, after = self.now, step(self.now, act, party, person)
        if isinstance(after, WishBar):
            return
        self._closed_stays_closed(before, after, act, party)
        if act is WishAct.CLAIM:
            assert before.state in WAITING
            assert before.holder_id is None
            self.claimant = person
        if after.holder_id is None:
            self.claimant = None
        self.agreed = (self.agreed or act is WishAct.POOL) and act is not WishAct.LEAVE_POOL
        if act is WishAct.POOL:
            assert party is WishParty.OWNER
        if before.state is WishState.DECLINED:
            self.agreed = False
        if after.state is WishState.FULFILLED:
            assert (act, party) == (WishAct.FULFIL, WishParty.OWNER)
        self.now = after

    @rule(person=PEOPLE)
    def helps_along(self, person: int) -> None:
        """Without this the machine seldom gets far: the next act on the way to a claim from the pool."""
        way = {
            WishState.DRAFT: (WishAct.POST, WishParty.OWNER),
            WishState.OPEN: (WishAct.CLAIM, WishParty.CADRE),
            WishState.CADRE_HELPING: (WishAct.POOL, WishParty.OWNER),
            WishState.POOLED: (WishAct.CLAIM, WishParty.HELPER),
            WishState.CLAIMED: (WishAct.FULFIL, WishParty.OWNER),
        }
        if self.now.state in way:
            self.tries(*way[self.now.state], person)

    def _closed_stays_closed(self, before: Standing, after: Standing, act: WishAct, party: WishParty) -> None:
        if before.state in CLOSED:
            assert (act, party) == (WishAct.REOPEN, WishParty.OWNER)
            assert before.state is not WishState.WITHDRAWN
        assert before.state is not WishState.DRAFT or act in (WishAct.POST, WishAct.WITHDRAW)
        assert after.state is not WishState.DRAFT

    @invariant()
    def nothing_is_pooled_without_its_owners_yes(self) -> None:
        if self.now.state in (WishState.POOLED, WishState.CLAIMED):
            assert self.agreed
            assert self.now.from_pool

    @invariant()
    def one_claim_has_the_one_holder_who_claimed_it(self) -> None:
        assert self.now.holder_id == self.claimant
        assert (self.now.holder_id is not None) == (self.now.state in HELD | {WishState.FULFILLED})

    @invariant()
    def only_what_somebody_holds_is_asked_about(self) -> None:
        assert not self.now.asked or self.now.state in HELD


TestOneWish = OneWish.TestCase
TestOneWish.settings = settings(max_examples=300, stateful_step_count=40, deadline=None, derandomize=True)
