"""What a venue can do to a caller, named for what the caller can do about it."""

from botrunner.exchanges.outcome import Failure, Operation, Outcome, Problem, outcome_of


class MessageError(ValueError):
    """A message misses a needed field, or holds a value that cannot be; names the field.

    Nothing of the message counts. Raised by mappers, which raise nothing else.
    """


class NotApplicableError(MessageError):
    """The venue leaves the value out on purpose: it has none in the account's present mode."""


class ExchangeError(Exception):
    """A request failed. Raised only as one of the classes below; its text holds no secret."""

    def __init__(self, problem: Problem) -> None:
        if type(self) is ExchangeError:
            raise TypeError("raise one of the classes that say what the caller can do")
        super().__init__(str(problem))
        self.problem = problem


class RejectedError(ExchangeError):
    """Definitely not done, and doing it again changes nothing. Change the request or report it."""


class RateLimitedError(ExchangeError):
    """Definitely not done: too many requests. Wait until ``problem.retry_at``, if it is known."""


class CredentialsRefusedError(ExchangeError):
    """Definitely not done: a person has to change the key. Ask no more with this one."""


class UnavailableError(ExchangeError):
    """Never sent, or a read without an answer: nothing changed. Ask again later."""


class OutcomeUnknownError(ExchangeError):
    """Sent, and perhaps done. Read before anything else is sent about it."""


_BY_FAILURE: dict[Failure, type[ExchangeError]] = {
    Failure.CREDENTIALS: CredentialsRefusedError,
    Failure.THROTTLED: RateLimitedError,
    Failure.BANNED: RateLimitedError,
    Failure.SERVER: UnavailableError,
    Failure.SILENT: UnavailableError,
    Failure.UNMAPPED: UnavailableError,
}


def error_for(operation: Operation, problem: Problem) -> ExchangeError:
    """The error a caller gets for a failure of this kind of request."""
    match outcome_of(problem.failure, operation):
        case Outcome.UNKNOWN:
            return OutcomeUnknownError(problem)
        case Outcome.DENIED:
            return UnavailableError(problem)
        case _:
            return _BY_FAILURE.get(problem.failure, RejectedError)(problem)
