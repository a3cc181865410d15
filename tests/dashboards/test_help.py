"""The help of each page is the guide people read: sections by page, in both languages, without markup of others."""

import pytest

from dashboards.access.roles import HOME, ROLES, Role, pages_of
from dashboards.guides import GUIDES, guide_of, help_of, parse, sections
from tests.dashboards.conftest import SignIn


def test_a_section_names_the_pages_it_explains_and_markup_is_text() -> None:
    first, second = parse(
        "# G\n\nIntro\n\n## One\n<!-- page: console, load -->\n\nA **b** <script>x</script>\n\n## Two\n\nc"
    )
    assert first.pages == ("console", "load")
    assert "<strong>b</strong>" in first.html
    assert "<script>" not in first.html
    assert (second.title, second.pages) == ("Two", ())


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_help_on_its_first_page_and_a_guide(role: Role) -> None:
    for language in ("zh", "en"):
        assert help_of(HOME[role], role, language)  # type: ignore[arg-type]
        assert guide_of(role, language)  # type: ignore[arg-type]
    assert pages_of(role)


@pytest.mark.parametrize("guide", GUIDES)
def test_both_languages_explain_the_same_pages_in_the_same_order(guide: str) -> None:
    assert [one.pages for one in sections(guide, "zh")] == [one.pages for one in sections(guide, "en")]


def test_the_panel_and_the_page_show_the_same(sign_in: SignIn) -> None:
    page = sign_in("guard").get("/help/console").text
    assert 'id="help-text"' in page
    assert "确认" in page
    assert 'id="help-open"' in sign_in("guard").get("/console").text
    assert sign_in("guard").get("/help/nothing").status_code == 200  # says that there is none


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_menu_is_explained(role: Role) -> None:
    assert [page for page in pages_of(role) if not help_of(page, role, "zh")] == []
