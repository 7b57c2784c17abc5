"""Limits that several nodes share through Valkey or Redis: quota is leased there in small batches and spent here."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..contracts import Meter, Verdict
from ..observations import LimitsLost, LimitsRegained, Observe
from ..query import Rate

if TYPE_CHECKING:
    from redis import Redis

LEASE_S = 0.1
"""For how long leased quota may be spent: no window admits more than the limit and what this time adds."""
_BATCH_S = 0.05
"""At most the quota of so many seconds is leased at once, as far as a subject has used it up before."""
_TIMEOUT_S = 0.25
_HEARTBEAT_S = 1.0
_NODES_GONE_S = 5.0
_SUBJECTS_MAX = 50_000

_LEASE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local step, burst, cost, want = 1 / ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local window = step * burst
local kept = tonumber(redis.call('GET', KEYS[1]) or now)
if not (kept and kept > now) then kept = now end
local due = math.min(kept, now + window)
local function keep(moment)
  redis.call('SET', KEYS[1], string.format('%.6f', moment), 'PX', math.ceil((moment - now) * 1000) + 1)
end
local left = math.floor((now + window - due) / step + 0.000001)
if left < cost then
  if kept > due then keep(due) end -- after the clock was set back
  return {0, left, tostring(due + step * cost - now - window)}
end
local granted = math.min(want, left) -- less than nothing is given back
if granted ~= 0 or kept > due then keep(math.max(due + granted * step, now)) end
return {granted, left - granted, '0'}
"""


class _Lease:
    """What one subject may still spend here, until when, and how much to ask for next."""

    __slots__ = ("batch", "elsewhere", "left", "refused_rate", "refused_until_s", "until_s")

    def __init__(self) -> None:
        self.left, self.batch, self.elsewhere = 0, 1, 0
        self.until_s = self.refused_until_s = 0.0
        self.refused_rate: Rate | None = None
        """At which rate it was refused: at another one it has to be asked anew."""


class LeasedMeter:
    """Keeps the contract of `Meter` among nodes.

    A call that finds no lease asks the store and waits for it, about 0.2 ms; the more a subject asks, the more is leased
    at once. Where the store does not answer, each node counts by itself, with its share of every limit.
    """

    def __init__(
        self, url: str, alone: Meter, observe: Observe, clock: Callable[[], float] = time.monotonic, prefix: str = "dragoman:",
    ) -> None:
        """`alone` counts while the store is away. Raises `ValueError` for a URL that is none."""
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._store: Redis = Redis.from_url(
            url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0),
        )
        self._script: Any = self._store.register_script(_LEASE)
        self._alone, self._observe, self._clock, self._prefix = alone, observe, clock, prefix
        self._node, self._nodes = uuid.uuid4().hex, 1
        self._leases: dict[str, _Lease] = {}
        self._away = False
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Tell the other nodes of this one, and look for a store that went away; after any fork."""
        self._thread = threading.Thread(target=self._beat, name="limits", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(5)
        self._store.close()

    def charge(self, subject: str, rate: Rate, cost: int = 1) -> Verdict:
        """Count a call; a refused one costs nothing."""
        if self._away:
            return self._charge_alone(subject, rate, cost)
        now = self._clock()
        lease = self._lease_of(subject)
        if cost < 0:
            return self._give_back(lease, subject, rate, cost, now)
        if lease.left >= cost and now < lease.until_s:
            lease.left -= cost
            return Verdict(allowed=True, remaining=lease.left + lease.elsewhere)
        if now < lease.refused_until_s and cost == 1 and rate == lease.refused_rate:
            return Verdict(allowed=False, remaining=0, retry_after_s=lease.refused_until_s - now)
        return self._ask(lease, subject, rate, cost, now)

    def look(self, subject: str, rate: Rate) -> Verdict:
        """What a call would be told."""
        if self._away:
            return self._alone.look(subject, self._share_of(rate))
        now, lease = self._clock(), self._leases.get(subject)
        if lease is not None and lease.left and now < lease.until_s:
            return Verdict(allowed=True, remaining=lease.left + lease.elsewhere - 1)
        if lease is not None and now < lease.refused_until_s and rate == lease.refused_rate:
            return Verdict(allowed=False, remaining=0, retry_after_s=lease.refused_until_s - now)
        told = self._ask_store(subject, rate, 1, 0)
        if told is None:
            return self._alone.look(subject, self._share_of(rate))
        _, left, wait_s = told
        return Verdict(allowed=True, remaining=left - 1) if left else Verdict(allowed=False, remaining=0, retry_after_s=wait_s)

    def _give_back(self, lease: _Lease, subject: str, rate: Rate, cost: int, now: float) -> Verdict:
        """To the lease, where it is spent again while that lasts, or else to the store."""
        lease.refused_until_s = 0.0
        if now < lease.until_s:
            lease.left -= cost
            return Verdict(allowed=True, remaining=lease.left + lease.elsewhere)
        told = self._ask_store(subject, rate, cost, cost)
        return Verdict(allowed=True, remaining=told[1]) if told is not None else self._charge_alone(subject, rate, cost)

    def _lease_of(self, subject: str) -> _Lease:
        lease = self._leases.get(subject)
        if lease is None:
            if len(self._leases) >= _SUBJECTS_MAX:
                self._leases.clear()                # what was leased is lost, which admits less and never more
            lease = self._leases[subject] = _Lease()
        return lease

    def _ask(self, lease: _Lease, subject: str, rate: Rate, cost: int, now: float) -> Verdict:
        """Lease anew: twice as much where the last lease was used up in time, else half."""
        spent = lease.left < cost and now < lease.until_s
        lease.batch = min(lease.batch * 2 if spent else max(1, lease.batch // 2), max(1, int(rate.per_second * _BATCH_S)))
        told = self._ask_store(subject, rate, cost, max(cost, lease.batch))
        if told is None:
            return self._charge_alone(subject, rate, cost)
        granted, left, wait_s = told
        if not granted:
            lease.left, lease.refused_rate, lease.refused_until_s = 0, rate, now + wait_s
            return Verdict(allowed=False, remaining=0, retry_after_s=wait_s)
        lease.left, lease.until_s, lease.elsewhere = granted - cost, now + LEASE_S, left
        return Verdict(allowed=True, remaining=lease.left + left)

    def _ask_store(self, subject: str, rate: Rate, cost: int, want: int) -> tuple[int, int, float] | None:
        """What is granted, what is left beside it, and how long to wait where nothing is: never more than can be so. None
        where the store is away."""
        try:
            granted, left, wait = self._script(
                keys=[f"{self._prefix}limit:{subject}"], args=[rate.per_second, rate.burst, cost, want])
            if granted and not cost <= granted <= want:
                raise ValueError(f"the store granted {granted} of {want}")
            wait_s = min(max(1e-6, float(wait)), (rate.burst + cost) / rate.per_second)
            return int(granted), min(max(0, int(left)), rate.burst), wait_s
        except Exception as error:  # noqa: BLE001  # the driver raises anything at what is no Redis
            self._lose(error)
            return None

    def _charge_alone(self, subject: str, rate: Rate, cost: int) -> Verdict:
        return self._alone.charge(subject, self._share_of(rate), cost)

    def _share_of(self, rate: Rate) -> Rate:
        return Rate(rate.per_second / self._nodes, max(1, rate.burst // self._nodes))

    # ------------------------------------------------------------------------------------ the store

    def _lose(self, error: Exception) -> None:
        self._leases.clear()
        if not self._away:
            self._away = True
            self._observe(LimitsLost(error=str(error) or repr(error), nodes=self._nodes))

    def _beat(self) -> None:
        while not self._ending.is_set():
            try:
                self._nodes = self._count_nodes()
                if self._away:
                    self._away = False
                    self._observe(LimitsRegained(nodes=self._nodes))
            except Exception as error:  # noqa: BLE001  # as above; this thread has to go on
                self._lose(error)
            self._ending.wait(_HEARTBEAT_S)

    def _count_nodes(self) -> int:
        """How many nodes were heard of lately, this one included."""
        name, now = f"{self._prefix}nodes", time.time()
        with self._store.pipeline() as pipe:
            pipe.zadd(name, {self._node: now})
            pipe.zremrangebyscore(name, 0, now - _NODES_GONE_S)
            pipe.zcard(name)
            pipe.expire(name, 60)
            return max(1, int(pipe.execute()[2]))
