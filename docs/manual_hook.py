"""What mkdocs calls while it builds the manual: for sections, for pages made from code or taken, and for links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from manual_site.drawings import with_drawings
from manual_site.links import with_links
from manual_site.navigation import whole_navigation
from manual_site.pages import made_files, made_pages
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The sections without the pages that are not there, and with those that none of them names."""
    config.nav = whole_navigation(config.nav or [])
    return config


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """The pages of docs/ and those that are made."""
    for name, content in {**made_pages(), **made_files()}.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, /, *, page: Page, **_: Any) -> str:
    """The page with links that lead somewhere within the site, and with its drawings."""
    return with_drawings(with_links(markdown, page.file.src_uri))
