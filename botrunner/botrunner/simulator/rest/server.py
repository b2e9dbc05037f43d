"""The REST interface: signature, limits, faults and the log around the endpoints."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from botrunner.service.clock import Clock
from botrunner.simulator.bybit import codes
from botrunner.simulator.bybit.auth import account_of, check, read_headers, uid_of
from botrunner.simulator.bybit.codes import RefusedError
from botrunner.simulator.bybit.limits import (
    ADDRESS_BAN,
    ADDRESS_REQUESTS,
    ADDRESS_SPAN,
    AddressLimit,
    Allowance,
    RollingSecond,
)
from botrunner.simulator.bybit.wire import Json, Row
from botrunner.simulator.encode import encoded
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.faults import Fault, FaultKind, Faults, ForcedAnswer
from botrunner.simulator.request_log import LONGEST_BODY, RequestLog, RequestRecord
from botrunner.simulator.rest.call import Call, Endpoint
from botrunner.simulator.rest.endpoints import ENDPOINTS

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_LOOK_AGAIN_SECONDS = 0.2
_TOO_FREQUENT = b"403, access too frequent. Please try your request again later."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back, and what the log says of it."""

    status: int = 200
    body: bytes
    code: int
    message: str
    headers: Mapping[str, str]
    fault: str = ""


class RestApi:
    """Answers requests under ``/v5/``."""

    def __init__(
        self,
        exchange: Exchange,
        faults: Faults,
        log: RequestLog,
        clock: Clock,
        *,
        rate_limits: bool,
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._log = log
        self._clock = clock
        self._rate_limits = rate_limits
        self._user_limit = RollingSecond()
        self.address_limit = AddressLimit(ADDRESS_REQUESTS, ADDRESS_SPAN, ADDRESS_BAN)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, late or not at all if a fault says so."""
        call = await _read(request)
        await self._prepare(call)
        claimed = account_of(call.headers.get("X-BAPI-API-KEY", "")) or ""
        number, at = self._log.next_number(), self._exchange.now()
        answer = self._answer(call, claimed)
        lost = self._lost(answer, claimed, call.path)
        late = self._faults.take(FaultKind.DELAY, claimed, call.path)
        struck = lost or late
        fault = str(struck.kind) if struck else answer.fault
        status = 0 if lost else answer.status
        self._log.add(
            _record(number, at, claimed, call, replace(answer, status=status, fault=fault))
        )
        if late is not None:
            await self._clock.sleep(late.delay_seconds)
        if lost is not None:
            await _lose(request, hang=lost.hang)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _prepare(self, call: Call) -> None:
        endpoint = ENDPOINTS.get((call.method, call.path))
        if endpoint is None or endpoint.prepare is None:
            return
        # What is wrong with the parameters, the handler says again, as the answer.
        with contextlib.suppress(RefusedError):
            for _ in endpoint.prepare(self._exchange, call.parameters()):
                await asyncio.sleep(0)

    def _lost(self, answer: Answer, account: str, path: str) -> Fault | None:
        if answer.code != codes.OK or answer.status != 200:
            return None
        return self._faults.take(FaultKind.LOSE_ACKNOWLEDGEMENT, account, path)

    def _answer(self, call: Call, claimed: str) -> Answer:
        if self._rate_limits and not self.address_limit.admits(call.address, self._exchange.now()):
            return Answer(
                status=403, body=_TOO_FREQUENT, code=0, message="access too frequent", headers={}
            )
        fault = self._faults.take(FaultKind.ANSWER, claimed, call.path)
        if fault is None:
            return self._real_answer(call)
        real = self._real_answer(call) if fault.answer.after_acceptance else None
        return self._forced(fault.answer, real)

    def _real_answer(self, call: Call) -> Answer:
        headers: dict[str, str] = dict(_JSON)
        endpoint = ENDPOINTS.get((call.method, call.path))
        if endpoint is None:
            return replace(self._refusal(codes.route_not_found(), headers), status=404)
        try:
            account = self._sign_in(call, endpoint, headers)
            result = endpoint.handler(self._exchange, account, call.parameters())
        except RefusedError as refusal:
            return self._refusal(refusal, headers)
        return self._envelope(codes.OK, "OK", result, headers)

    def _sign_in(self, call: Call, endpoint: Endpoint, headers: dict[str, str]) -> str:
        if endpoint.per_second is None:
            return ""
        signed = read_headers(call.headers)
        account = check(signed, call.signed_payload, self._exchange.now_ms())
        self._exchange.open_account(account)
        allowance = self._allowance(account, call.path, endpoint.per_second)
        headers.update(allowance.headers())
        if not allowance.granted:
            raise codes.too_many_visits()
        return account

    def _allowance(self, account: str, path: str, limit: int) -> Allowance:
        now = self._exchange.now()
        if not self._rate_limits:
            return Allowance(limit=limit, remaining=limit, reset_at=now, granted=True)
        return self._user_limit.take(uid_of(account), path, limit, now)

    def _refusal(self, refusal: RefusedError, headers: Mapping[str, str]) -> Answer:
        return self._envelope(refusal.code, refusal.message, refusal.result, headers)

    def _forced(self, forced: ForcedAnswer, real: Answer | None) -> Answer:
        headers: dict[str, str] = dict(_JSON)
        if forced.limit_headers and forced.code == codes.RATE_LIMIT:
            reset = self._exchange.now_ms() + int(forced.reset_after_seconds * 1000)
            headers |= {"X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "0"}
            headers["X-Bapi-Limit-Reset-Timestamp"] = str(reset)
        elif forced.limit_headers and real is not None:
            headers |= real.headers
        answer = self._envelope(forced.code, forced.message, {}, headers)
        if forced.code == codes.OK and forced.http_status != 200:
            answer = replace(answer, body=forced.message.encode(), headers={})
        return replace(answer, status=forced.http_status, fault=str(FaultKind.ANSWER))

    def _envelope(self, code: int, message: str, result: Row, headers: Mapping[str, str]) -> Answer:
        envelope: dict[str, Json] = {
            "retCode": code,
            "retMsg": message,
            "result": result,
            "retExtInfo": {},
            "time": self._exchange.now_ms(),
        }
        return Answer(body=encoded(envelope), code=code, message=message, headers=headers)


async def _read(request: web.BaseRequest) -> Call:
    path, _, query = request.raw_path.partition("?")
    return Call(
        method=request.method,
        path=path,
        query=query,
        body=await request.read(),
        address=request.remote or "",
        headers=request.headers,
    )


def _record(number: int, at: datetime, account: str, call: Call, answer: Answer) -> RequestRecord:
    return RequestRecord(
        number=number,
        at=at,
        account=account,
        address=call.address,
        method=call.method,
        path=call.path,
        query=call.query,
        body=call.body[:LONGEST_BODY],
        http_status=answer.status,
        code=answer.code,
        message=answer.message,
        fault=answer.fault,
    )


async def _lose(request: web.BaseRequest, *, hang: bool) -> None:
    # The client sees a closed connection, or waits until it gives up by itself.
    while hang and request.transport is not None:
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    if request.transport is not None:
        request.transport.abort()
