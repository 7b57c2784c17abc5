"""The versions of one catalog: which there are, which is served for one that was asked for, and what each target was in them (G10)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from .change import Change
from .deriving import derive
from .lives import Deprecation, Lives
from .method import Method
from .resource import Resource
from .stage import Stage
from .version import EARLIEST, LATEST


class Timeline:
    """The versions of one catalog."""

    def __init__(
        self, changes: Sequence[Change], targets: Iterable[Resource | Method], deprecations: Sequence[Deprecation] = (),
    ) -> None:
        """Raises `DeclarationError` for a change that does not fit what it meets, or a deprecation of what is no version."""
        targets = tuple(targets)
        self.changes = tuple(sorted(changes, key=lambda change: change.at))
        dates = {change.at for change in changes} | {at for target in targets for at in (target.since, target.until) if at}
        self.versions = tuple(sorted(dates))
        """In the form of `read_version`, from the first change on."""
        self.lives = Lives(deprecations, self.versions)
        self._histories = derive(self.changes, targets)

    def resolve(self, asked: str) -> str:
        """The version that is served for one that was asked for: the last that is not after it, `earliest` before all changes."""
        if asked == LATEST:
            return self.versions[-1] if self.versions else EARLIEST
        if asked == EARLIEST or not self.versions or asked < self.versions[0]:
            return EARLIEST
        return self.versions[bisect_right(self.versions, asked) - 1]

    def stage(self, target: Resource | Method, version: str) -> Stage:
        """A target as it was in a version."""
        return self._histories[target.path].at(version)

    def changed(self, target: Resource | Method) -> tuple[str, ...]:
        """The versions that changed a target, the newest first."""
        return self._histories[target.path].since

    def stages(self, target: Resource | Method) -> tuple[Stage, ...]:
        """All that a target ever was, the newest first."""
        return self._histories[target.path].stages

    def old_stages(self, target: Resource | Method, now: float) -> tuple[Stage, ...]:
        """What a target was in each old version in which anybody is answered at a UNIX time, the newest first."""
        served = {self.stage(target, version).digest for version in (EARLIEST, *self.versions)
                  if self.knows(target, version) and not self.lives.is_gone(version, now)}
        return tuple(stage for stage in self.stages(target) if stage.digest and stage.digest in served)

    @staticmethod
    def knows(target: Resource | Method, version: str) -> bool:
        """Whether a target was there in a version."""
        if version == LATEST:
            return not target.until
        if version == EARLIEST:
            return not target.since
        return target.since <= version and not (target.until and target.until <= version)
