"""找人聊聊: what changes in the middle — a contact, a role, an account, a person — ends a relay at once (P5, P7).

The tables are asked again before every word and at every tick too; this makes the end come at once.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import delete, select

from bot.core.acts.prompt import ask_person
from bot.core.events import AccountGone, ContactEnded, LinkEnded, OfficeEnded, YouthLeftGroup
from bot.core.person_data import Erasing
from bot.core.question import Asked, Unseen
from bot.core.reads.office import is_serving
from bot.core.rules.message import Address
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.features.relay.acts.end import READY, REQUEST, RelayData, end_relay, give_up_for
from bot.features.relay.acts.instead import RelayCadreGone, instead_of_gone
from bot.features.relay.acts.route import called, take
from bot.features.relay.reads.relay import has_account, may_meet, relays_of
from bot.features.relay.rules.relay import RelayEnd, RelaySide, RelayState
from bot.features.relay.tables import Relay, RelayAfter, RelayBlock, Route, block_tag
from bot.store.chat import Contact
from bot.store.outbox import RELAY
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Farewell:
    """What somebody who is being erased hears last, once everything of theirs is gone."""

    relay_id: int
    address: Address = field(repr=False)
    say: Say


async def stands(unit: Unit, relay: Relay, route: Route) -> bool:
    """Whether these two may still talk, and can still be written to."""
    youth, cadre = route.youth, route.cadre
    if not await may_meet(unit.session, youth.person_id, cadre.person_id, route.instead_of, now=unit.now):
        return False
    ends = [(end.person_id, end.account_id if relay.state == RelayState.OPEN else None) for end in (youth, cadre)]
    return all([await has_account(unit.session, *end) for end in ends])


async def still(unit: Unit, relay_id: int) -> tuple[Relay, Route] | None:
    """Look at a relay again: it, locked, if it may go on. Else it ends here."""
    taken = await take(unit, relay_id, to_end=True)
    if taken is None or await stands(unit, *taken):
        return taken
    await _end(unit, *taken)
    return None


async def contact_ended(unit: Unit, event: ContactEnded) -> None:
    """The youth's relays go on only with whom they are still in contact with."""
    await _look_again(unit, event.youth_id)


async def account_gone(unit: Unit, event: AccountGone) -> None:
    """The person's relays go on only if they can still be written to."""
    await _look_again(unit, event.person_id)


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """Whoever is no longer a cadre talks to no youth as one."""
    await _look_again(unit, *event.person_ids)


async def _look_again(unit: Unit, *people: int) -> None:
    """After a change to these people: their relays go on only if they still may."""
    await unit.session.flush()
    for person_id in people:
        for relay_id in await relays_of(unit.session, unit.vault, person_id):
            await still(unit, relay_id)


async def link_ended(unit: Unit, event: LinkEnded) -> None:
    """A group is no longer linked: the relays of those who are in contact through it."""
    rows = await unit.session.execute(
        select(Contact.cadre_id).where(Contact.chat_id == event.chat_id, Contact.ended_at.is_(None)).distinct()
    )
    await _group_changed(unit, rows.scalars().all())


async def youth_left_group(unit: Unit, event: YouthLeftGroup) -> None:
    """Somebody left a group, or was put out of it: the relays of its cadres."""
    await _group_changed(unit, event.cadre_ids, youth_id=event.youth_id)


async def _group_changed(unit: Unit, cadres: Collection[int], *, youth_id: int | None = None) -> None:
    """A group of these cadres was unlinked, or ``youth_id`` is no longer in it.

    A named relay ends if it is theirs. An anonymous one ends whoever has gone: else taking people out of groups one
    after another would show who is talking.
    """
    await unit.session.flush()
    for cadre_id in cadres:
        for relay_id in await relays_of(unit.session, unit.vault, cadre_id):
            taken = await take(unit, relay_id, to_end=True)
            if taken is None:
                continue
            relay, route = taken
            theirs = youth_id is not None and route.youth.person_id == youth_id
            if relay.anonymous or theirs or not await stands(unit, relay, route):
                await _end(unit, relay, route)


async def leave_for_good(going: Erasing) -> None:
    """Before a person is erased: their relays end, and nothing that was said stays on its way.

    What they are told themselves waits until everything else of theirs is gone (``say_farewell``).
    """
    unit, person_id = going.unit, going.person_id
    farewells: list[Farewell] = []
    for relay_id in await relays_of(unit.session, unit.vault, person_id):
        taken = await take(unit, relay_id, to_end=True)
        if taken is None:
            continue
        relay, route = taken
        side = RelaySide.YOUTH if route.youth.person_id == person_id else RelaySide.CADRE
        if side is RelaySide.CADRE and going.youth_only:
            continue
        address = route.end(side).address
        if relay.state == RelayState.OPEN:
            said = await end_relay(unit, relay, route, RelayEnd.OVER, by=side)
            if address is not None:
                farewells.append(Farewell(relay_id, address, said))
        else:
            await give_up_for(unit, relay, route, silent=side is RelaySide.YOUTH)
    await _forget_tags(unit, person_id)
    going.kept["relay"] = farewells


async def say_farewell(going: Erasing) -> None:
    """The last words to somebody who is erased; their rows name nobody and go once they are sent."""
    farewells: list[Farewell] = going.kept["relay"]
    for one in farewells:
        await going.unit.push(one.address, one.say, kind=RELAY, nameless=True)


@REQUEST.when_unshown
@READY.when_unshown
async def not_reached(unit: Unit, question: Asked[RelayData], why: Unseen) -> None:
    """Who was asked could not be told: the request ends, and whoever waits hears of it while it is of use."""
    taken = await take(unit, question.data.relay, to_end=True) if why is not Unseen.WAITS else None
    if taken is not None and taken[0].state != RelayState.OPEN:
        await give_up_for(unit, *taken, silent=question.question is READY)


async def _end(unit: Unit, relay: Relay, route: Route) -> None:
    if relay.state == RelayState.OPEN:
        await end_relay(unit, relay, route, RelayEnd.OVER)
        return
    gone = route.cadre.person_id
    if await is_serving(unit.session, gone, Role.CADRE, Role.ORGAN_ADMIN, now=unit.now):
        await give_up_for(unit, relay, route)
        return
    ask = await instead_of_gone(unit, relay, route)
    say = RelayCadreGone(await called(unit, relay, route, RelaySide.CADRE))
    await give_up_for(unit, relay, route, silent=ask is not None, say=say)
    if ask is not None:
        await ask_person(unit, route.youth.person_id, ask)


async def _forget_tags(unit: Unit, person_id: int) -> None:
    """Tags by which cadres have blocked this person, or might within the hour."""
    blockers = select(RelayBlock.cadre_id).distinct()
    linked = select(Contact.cadre_id).where(Contact.youth_id == person_id).distinct()
    for table, cadres in ((RelayBlock, blockers), (RelayAfter, linked)):
        found = (await unit.session.execute(cadres)).scalars().all()
        tags = [block_tag(unit.vault, cadre_id, person_id) for cadre_id in found]
        await unit.session.execute(
            delete(table).where(table.tag.in_(tags)).execution_options(synchronize_session=False)
        )
