"""Messages to a page that a new run of it must not throw away."""

from __future__ import annotations

from collections.abc import Sequence

from streamlit.runtime import app_session
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_ANSWER = "file_urls_response"
"""Kind of message that tells a page where to send a file which was chosen."""


class AnsweringQueue(ForwardMsgQueue):
    """Queue of messages to one page that keeps the answers to what its uploaders asked."""

    def clear(self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        """Throw away what was drawn and not sent, but no answer, while the page goes on."""
        before = [message for message in self._queue if message.WhichOneof("type") == _ANSWER]
        super().clear(retain_lifecycle_msgs, fragment_ids_this_run)
        if retain_lifecycle_msgs:
            self._queue += [message for message in before if not _is_in(message, self._queue)]


def keep_answers() -> None:
    """Give every page such a queue, from the start of the server on.

    A run that begins before the answer was sent, such as one that a clock asked for, throws it away with what was
    drawn (Streamlit 1.67): the page then waits for ever, and the file that was chosen is lost without a word.
    """
    app_session.ForwardMsgQueue = AnsweringQueue  # type: ignore[attr-defined]


def _is_in(message: object, queue: Sequence[object]) -> bool:
    """Whether a queue holds this very message."""
    return any(each is message for each in queue)
