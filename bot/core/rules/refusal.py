"""婉拒 Refusal: an expected "no" with a stable code; the sentence is a template named after the code."""

from typing import Any, ClassVar


class Refusal(Exception):
    """婉拒: a business "no". Subclasses set ``code``; keyword fields reach the template ``refusal/<code>``.

    ``denial`` marks a refusal of rights: it leaves an audit row when a known person was refused (reliability
    section 4).
    """

    code: ClassVar[str] = ""
    denial: ClassVar[bool] = False

    def __init__(self, **details: Any) -> None:
        super().__init__(self.code)
        self.details = details

    @property
    def template(self) -> str:
        """The template's name below ``templates/chat/``."""
        return "refusal/" + self.code.replace(".", "/")


class NotFound(Refusal):
    """Foreign and non-existent things answer alike, character for character (commands.md)."""

    code = "not_found"


class NotAllowed(Refusal):
    """The person's roles do not carry this command."""

    code = "not_allowed"
    denial = True
