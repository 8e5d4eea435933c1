"""The kernel: one request in, one answer out.

Routing, then the caller, then the service's handler, all in one store transaction, with whatever fault is armed
around it. No sockets here: `app` puts HTTP around `Cloud.answer`, and a test may call it directly.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from pulumi_dataarts.simulator import gateway
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
        self._router = Router(routes)
        self._gatekeeper = Gatekeeper(context.settings, context.store, context.clock, wall)
        self._log = log

    def answer(self, request: Request) -> Answer:
        """Answer one request. What a fault does to the connection is in the answer's `delivery`."""
        request = replace(request, request_id=uuid.uuid4().hex)
        fault = self._context.faults.strike(request.method, request.path)
        answer = self._serve(request, self._context) if fault is None else self._struck(request, fault)
        self._log.add(
            Served(
                time=self._context.clock.now(),
                service="api",
                method=request.method,
                path=request.path,
                status=answer.status,
                fault="" if fault is None else fault.kind,
                request_id=request.request_id,
            )
        )
        return replace(answer, headers={"X-Request-Id": request.request_id, **answer.headers})

    def _serve(self, request: Request, context: Context) -> Answer:
        try:
            with self._context.store.transaction():
                route, admitted = self._admit(request)
                return route.handler(admitted, context)
        except Refused as refusal:
            return refusal.answer

    def _admit(self, request: Request) -> tuple[Route, Request]:
        gateway.check_size(request)
        match = self._router.match(request.method, request.path)
        if match is None:
            known = self._router.knows(request.path)
            raise gateway.not_simulated(request) if known else gateway.unknown_path(request)
        route, params = match
        project_id = params.get("project_id", "")
        user = self._gatekeeper.admit(request, project_id) if route.signed else ""
        return route, replace(request, params=params, project_id=project_id, user=user, malformed=route.malformed)

    def _struck(self, request: Request, fault: Fault) -> Answer:
        if fault.kind == "drop-before":
            return Answer(0, delivery=Delivery(drop=True))
        if fault.kind in ("status", "throttle"):
            status = 429 if fault.kind == "throttle" else fault.status
            return gateway.failure(request, status, fault.retry_after)
        if fault.kind == "stale":
            with self._context.faults.past(fault) as store:
                return self._serve(request, replace(self._context, store=store))
        return replace(self._serve(request, self._context), delivery=_delivery(fault))


def _delivery(fault: Fault) -> Delivery:
    return Delivery(
        delay_s=fault.seconds if fault.kind == "latency" else 0.0,
        slow_s=fault.seconds if fault.kind == "slow" else 0.0,
        drop=fault.kind == "drop-after-commit",
    )
