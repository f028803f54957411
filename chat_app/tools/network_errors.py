"""Why a request got no answer.

NetworkError            has a `message` and a `help`
  AddressRefused        the policy forbids the address, the host, the scheme or the redirect
  RequestRefused        the request itself makes no sense: a bad URL, a header that cannot be sent
  NotReachable          name not found, connection refused or dropped, no secure connection
  TookTooLong           the time was up before the answer was whole
  AnswerRefused         too large, too many redirects, or garbage
"""

from __future__ import annotations


class NetworkError(Exception):
    """A request got no answer; `help` says what to do."""

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class AddressRefused(NetworkError):
    pass


class RequestRefused(NetworkError):
    pass


class NotReachable(NetworkError):
    pass


class TookTooLong(NetworkError):
    pass


class AnswerRefused(NetworkError):
    pass
