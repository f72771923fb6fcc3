"""结对 Mentoring: who may guide secretaries (R2.14, A4)."""

from bot.core.rules.refusal import NotFound, Refusal


class NotOfACounty(Refusal):
    """Only cadres of county organs guide grassroots secretaries."""

    code = "mentor.not_of_a_county"


class MentorLinkNotFound(NotFound):
    """No such link of one's own."""

    code = "mentor.not_found"
