"""Buttons and links of the panels: what is clicked is told by its `data-act`."""

from __future__ import annotations

from chat_app.ui.markup import attribute


def button(
    label: str,
    act: str,
    *,
    id: str = "",
    small: bool = False,
    primary: bool = False,
    disabled: bool = False,
    waiting: bool = False,
    name: str = "",
    expanded: bool | None = None,
    **data: object,
) -> str:
    """A button; `name` is what a screen reader says where the label alone does not tell;
    `waiting` that it does nothing now, yet keeps the focus; `expanded` whether what it opens is open."""
    classes = "wc-button" + (" wc-small" if small else "") + (" wc-primary" if primary else "")
    parts = [f'type="button" class="{classes}" data-act="{attribute(act)}"']
    parts += [f'id="{attribute(id)}"'] if id else []
    parts += ["disabled"] if disabled else []
    parts += ['aria-disabled="true"'] if waiting else []
    parts += [f'aria-label="{attribute(name)}"'] if name else []
    parts += [] if expanded is None else [f'aria-expanded="{str(expanded).lower()}"']
    parts += [f'data-{key.replace("_", "-")}="{attribute(value)}"' for key, value in data.items()]
    return f"<button {' '.join(parts)}>{attribute(label)}</button>"


def copy_button(label: str, text: str, *, small: bool = True) -> str:
    """A button that puts a text into the clipboard."""
    classes = "wc-button" + (" wc-small" if small else "")
    return f'<button type="button" class="{classes}" data-copy="{attribute(text)}">{attribute(label)}</button>'


def download_button(label: str, file: str, text: str, *, id: str = "", small: bool = False) -> str:
    """A button that saves a text as a file."""
    classes = "wc-button" + (" wc-small" if small else "")
    named = f' id="{attribute(id)}"' if id else ""
    return (
        f'<button type="button" class="{classes}"{named} data-download="{attribute(file)}" '
        f'data-content="{attribute(text)}">{attribute(label)}</button>'
    )
