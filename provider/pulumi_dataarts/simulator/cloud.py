"""The kernel: one request in, one answer out.

Routing, then the caller, then the service's handler, all in one store transaction, with whatever fault is armed
around it. No sockets here: `app` puts HTTP around `Cloud.answer`, and a test may call it directly.
"""

from __future__ import annotations

import os
import secrets
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from pulumi_dataarts.simulator import absent, gateway
from pulumi_dataarts.simulator.auth import Gatekeeper
from pulumi_dataarts.simulator.http import Answer, Delivery, Refused
from pulumi_dataarts.simulator.request_log import Served
from pulumi_dataarts.simulator.routing import Router

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.faults import Fault
    from pulumi_dataarts.simulator.http import Context, Request, Route
    from pulumi_dataarts.simulator.request_log import RequestLog


class Cloud:
    """One embedded cloud without its sockets."""

    def __init__(self, routes: Iterable[Route], context: Context, wall: Clock, log: RequestLog) -> None:
        self._context = context
        self._router = Router(routes, absent.ROOTS)
        self._gatekeeper = Gatekeeper(context.settings, context.store, context.clock, wall)
        self._log = log

    def answer(self, request: Request) -> Answer:
        """Answer one request. What a fault does to the connection is in the answer's `delivery`."""
        match = self._router.match(request.method, request.path)
        route, params = match or (None, {})
        request = replace(
            request,
            request_id=secrets.token_hex(16),
            params=params,
            project_id=params.get("project_id", ""),
            malformed=request.malformed if route is None else route.malformed,
        )
        fault = self._context.faults.strike(request.method, request.path)
        answer = self._serve(request, route, self._context) if fault is None else self._struck(request, route, fault)
        failed = self._context.faults.noted()
        self._log.add(
            Served(
                time=self._context.clock.now(),
                service="api",
                method=request.method,
                path=request.path,
                status=answer.status,
                fault=failed if fault is None else fault.kind,
                request_id=request.request_id,
                operation="" if route is None else f"{route.service}.{route.operation}",
                agent=request.headers.get("user-agent", ""),
            )
        )
        return replace(answer, headers={"X-Request-Id": request.request_id, **answer.headers})

    def _serve(self, request: Request, route: Route | None, context: Context) -> Answer:
        try:
            gateway.check_size(request)
            if route is None:
                known = self._router.knows(request.path)
                raise gateway.not_simulated(request) if known else gateway.unknown_path(request)
            with self._context.store.transaction():
                if route.signed:
                    request = replace(request, user=self._gatekeeper.admit(request, request.project_id))
                return route.handler(request, context)
        except Refused as refusal:
            return refusal.answer

    def _struck(self, request: Request, route: Route | None, fault: Fault) -> Answer:
        if fault.kind == "kill" and fault.moment == "before":
            end_process()
        if fault.kind == "drop-before":
            return Answer(0, delivery=delivery_of(fault))
        if fault.kind in ("status", "throttle"):
            status = 429 if fault.kind == "throttle" else fault.status
            return gateway.failure(request, status, fault.retry_after)
        if fault.kind == "stale-read":
            with self._context.faults.past(fault) as store:
                return self._serve(request, route, replace(self._context, store=store))
        if fault.kind == "expire-token":
            self._gatekeeper.expire_tokens()
        answer = self._serve(request, route, self._context)
        if fault.kind == "kill":
            end_process()
        return replace(answer, delivery=delivery_of(fault))


def end_process() -> None:
    """End this process at once, as SIGKILL does."""
    os.kill(os.getpid(), signal.SIGKILL)


def delivery_of(fault: Fault) -> Delivery:
    """Return how an answer travels that a fault struck."""
    return Delivery(
        delay_s=fault.seconds if fault.kind == "latency" else 0.0,
        slow_s=fault.seconds if fault.kind == "slow-body" else 0.0,
        truncate=fault.kind == "truncated-body",
        drop=fault.kind.startswith("drop-"),
    )
