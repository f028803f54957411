"""Which regions of variables can be had at once: a text has one length, and an empty list holds nothing."""

from __future__ import annotations

from collections.abc import Mapping

from chat_app.workflow.rules.regions import Domain, Mark, Region, is_size, item_in, path_of


def agree(regions: Mapping[str, Region], domains: Mapping[str, Domain]) -> bool:
    """Whether one value can lie in all of these regions at once; what is not ruled out counts as yes."""
    for variable, size in regions.items():
        if not is_size(variable):
            continue
        path = path_of(variable)
        beside = {name: region for name, region in regions.items() if name != variable and path_of(name) == path}
        for name, region in beside.items():
            if (region is Mark.UNSET) != (size is Mark.UNSET) or (
                size is not Mark.UNSET and not _fits(size, region, domains[variable], domains[name], name)
            ):
                return False
    return True


def _fits(size: float, region: Region, sizes: Domain, domain: Domain, name: str) -> bool:
    """Whether something of a length can lie in a region."""
    if item_in(name) is not None:
        return size != 0 or region is False
    if isinstance(region, str):
        return size in sizes.of_value(len(region))
    return size != 0 or "" not in domain.regions


def beside(variables: tuple[str, ...], domains: Mapping[str, Domain]) -> tuple[str, ...]:
    """The other variables that tell something of these: the same text or list, asked about in another way."""
    paths = {path_of(name) for name in variables}
    return tuple(name for name in domains if name not in variables and path_of(name) in paths)
