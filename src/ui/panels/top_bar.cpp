// Top bar: which network looks at which picture, and which class do we ask about?
#include <algorithm>
#include <cmath>
#include <utility>

#include "imgui_internal.h"
#include "ui/panels/bar_parts.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kBar = 56, kSecondRow = 48;

const char* g_requested_popup = nullptr;
double g_copied_seconds = -1e9;  // moment of the last "Share"

float draw_brand(Ui& ui, float x, float y) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddCircle(ImVec2(x + 7, y), 5.5f, ui.theme.accent, 0, 3);
  if (ui.size == Size::kNarrow) return x + 24;
  const std::string_view brand = ui.tr(S::kBrand);
  const float width = text_width(ui, ui.fonts.bold, kNameSize, brand);
  draw_text(ui, list, ImVec2(x + 22, y - 13), ui.fonts.bold, kNameSize, ui.theme.ink, brand);
  ui.mirror.visible(MirrorNode{.key = "brand", .label = std::string(brand)}, ImVec2(x, y - 14),
                    ImVec2(x + 22 + width, y + 14));
  return x + 22 + width;
}

Hit icon(Ui& ui, std::string_view key, std::string_view label, float right, float y, float width) {
  const Hit hit = hit_area_at(
      ui, MirrorNode{.key = std::string(key), .role = "button", .label = std::string(label)},
      ImVec2(right - width, y - kBarControl / 2), ImVec2(right, y + kBarControl / 2));
  if (hit.hovered)
    ImGui::GetWindowDrawList()->AddRectFilled(hit.min, hit.max, ui.theme.hover, kRadius);
  return hit;
}

void word(Ui& ui, const Hit& hit, std::string_view text, float size = kTextSize) {
  const float width = text_width(ui, ui.fonts.text, size, text);
  draw_text(ui, ImGui::GetWindowDrawList(),
            ImVec2((hit.min.x + hit.max.x - width) / 2, (hit.min.y + hit.max.y - size) / 2 - 2),
            ui.fonts.text, size, ui.theme.ink2, text);
}

void draw_theme_button(Ui& ui, float right, float y) {
  const S names[] = {S::kThemeAuto, S::kThemeLight, S::kThemeDark, S::kThemeContrast};
  const std::string label = ui.tr(S::kTheme, {ui.tr(names[static_cast<size_t>(ui.state.theme)])});
  const Hit hit = icon(ui, "theme", label, right, y, kBarControl);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 c((hit.min.x + hit.max.x) / 2, y);
  list->AddCircle(c, 7, ui.theme.ink2, 0, 1.5f);
  list->PathArcTo(c, 7, -IM_PI / 2, IM_PI / 2);
  list->PathFillConvex(ui.theme.ink2);
  if (hit.hovered) hint(ui, label, ImVec2(hit.min.x - 120, hit.min.y), ImVec2(1e5f, hit.max.y));
  if (!hit.pressed) return;
  const ThemeChoice next = ui.state.theme == ThemeChoice::kDark       ? ThemeChoice::kContrast
                           : ui.state.theme == ThemeChoice::kContrast ? ThemeChoice::kLight
                           : ui.theme.dark                            ? ThemeChoice::kLight
                                                                      : ThemeChoice::kDark;
  ui.state.theme = next;
  constexpr std::string_view kNames[] = {"auto", "light", "dark", "contrast"};
  ui.host.request("theme", kNames[static_cast<size_t>(next)]);
}

void share_menu(Ui& ui, const Hit& button) {
  if (!begin_menu(ui, "share##popup", button, 300)) return;
  ui.mirror.push("share.list", "menu", ui.tr(S::kShare));
  const auto item = [&](std::string_view key, S label, std::string_view what) {
    if (!menu_item(ui, key, ui.tr(label))) return;
    ui.host.request("share", what);
    g_copied_seconds = ui.seconds;
  };
  item("share.link", S::kCopyLink, "link");
  item("share.embed", S::kCopyEmbed, "embed");
  space(4);
  ImGui::Indent(12);
  paragraph(ui, ui.tr(S::kEmbedHint), kStatusSize, ui.theme.ink3, 268);
  ImGui::Unindent(12);
  space(6);
  ui.mirror.pop();
  ImGui::EndPopup();
}

// Language, theme, help (and share where there is room), from the right. Returns their left edge.
float draw_actions(Ui& ui, float right, float y) {
  const Hit help = icon(ui, "help", ui.tr(S::kHelp), right, y, kBarControl);
  word(ui, help, "?");
  if (help.pressed) request_popup(kHelpPopup);
  right -= kBarControl + 2;
  draw_theme_button(ui, right, y);
  right -= kBarControl + 2;
  const bool chinese = ui.state.language == Language::kChinese;
  const bool tight = ui.size == Size::kNarrow;
  const float width = tight ? kBarControl : 66;
  const Hit language = icon(ui, "language", ui.tr(S::kLanguage), right, y, width);
  if (tight) {
    word(ui, language, ui.tr(S::kLanguageShort));
  } else {
    // Both names, the present one in ink.
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float x = language.min.x + 9;
    draw_text(ui, list, ImVec2(x, y - 9), ui.fonts.text, kTextSize,
              chinese ? ui.theme.faint : ui.theme.ink, "EN");
    draw_text(ui, list, ImVec2(x + 24, y - 9), ui.fonts.text, kTextSize, ui.theme.faint, "/");
    draw_text(ui, list, ImVec2(x + 33, y - 9), ui.fonts.text, kTextSize,
              chinese ? ui.theme.ink : ui.theme.faint, "中");
  }
  if (language.pressed) {
    ui.state.language = chinese ? Language::kEnglish : Language::kChinese;
    ui.host.request("language", chinese ? "en" : "zh");
  }
  right -= width + 2;
  if (tight) return right;
  const bool copied = ui.seconds - g_copied_seconds < 2;
  if (copied) ui.want_frame_in(500);
  const std::string_view label = ui.tr(copied ? S::kLinkCopied : S::kShare);
  const float share_width = std::ceil(text_width(ui, ui.fonts.text, kTextSize, label)) + 20;
  const Hit share = icon(ui, "share", label, right, y, share_width);
  word(ui, share, label);
  if (share.pressed) ImGui::OpenPopup("share##popup");
  share_menu(ui, share);
  return right - share_width - 6;
}

}  // namespace

void request_popup(const char* name) { g_requested_popup = name; }
const char* take_requested_popup() {
  // The class menu lives in the top bar's window, which opens it itself.
  if (g_requested_popup == kTargetPopup) return nullptr;
  return std::exchange(g_requested_popup, nullptr);
}

float top_bar_height(const Ui& ui) {
  return ui.size == Size::kWide     ? kBar
         : ui.size == Size::kMedium ? kBar + kSecondRow
                                    : kBar + 2 * kSecondRow;
}

void draw_top_bar(Ui& ui, ImVec2 min, ImVec2 max, const FrameContext& context) {
  const float y = min.y + kBar / 2 - 1;
  if (g_requested_popup == kTargetPopup) {
    g_requested_popup = nullptr;
    ImGui::OpenPopup(kTargetPopup);
  }
  if (ui.size == Size::kWide) {
    float x = draw_brand(ui, 18, y) + 24;
    x = draw_model_menu(ui, x, y, 0) + 20;
    const float actions_width = 66 + 2 * kBarControl + 110;
    const float target_width =
        std::clamp(text_width(ui, ui.fonts.bold, kTextSize, target_name(ui)) + 112, 170.0f, 260.0f);
    const float target_right = max.x - 12 - actions_width;
    draw_pictures(ui, x, y, target_right - target_width - 12, context);
    draw_target(ui, ImVec2(target_right - target_width, y - kBarControl / 2),
                ImVec2(target_right, y + kBarControl / 2));
    draw_actions(ui, max.x - 12, y);
    return;
  }
  const float padding = 14;
  float x = draw_brand(ui, padding, y) + 14;
  const bool narrow = ui.size == Size::kNarrow;
  const float actions_left =
      max.x - 6 - (narrow ? 3 * (kBarControl + 2) : 66 + 2 * kBarControl + 110);
  draw_model_menu(ui, x, y,
                  narrow ? actions_left - x - 6 : std::min(260.0f, actions_left - x - 12));
  const float second = min.y + kBar + kSecondRow / 2 - 6, third = second + kSecondRow;
  const auto sheet = [&](std::string_view key, S label, const char* popup, float at, float row,
                         float width) {
    const Hit hit =
        hit_area_at(ui,
                    MirrorNode{.key = std::string(key),
                               .role = "button",
                               .label = std::string(ui.tr(label)),
                               .expanded = false},
                    ImVec2(at, row - kBarControl / 2), ImVec2(at + width, row + kBarControl / 2));
    ImGui::GetWindowDrawList()->AddRect(hit.min, hit.max, ui.theme.line, kRadius + 1,
                                        ui.theme.rule);
    word(ui, hit, ui.tr(label), kLabelSize);
    if (hit.pressed) request_popup(popup);
    return at + width + 8;
  };
  if (narrow) {
    draw_pictures(ui, padding, second, max.x - padding, context);
    const float after = sheet("sheet.layers", S::kLayers, kLayersSheet, padding, third, 78);
    draw_target(ui, ImVec2(after, third - kBarControl / 2),
                ImVec2(max.x - padding, third + kBarControl / 2));
  } else {
    x = sheet("sheet.layers", S::kLayers, kLayersSheet, padding, second, 78);
    const float numbers = max.x - padding - 84;
    sheet("sheet.numbers", S::kNumbers, kNumbersSheet, numbers, second, 84);
    const float target_width = std::min(230.0f, (numbers - x) * 0.42f);
    draw_pictures(ui, x + 6, second, numbers - target_width - 20, context);
    draw_target(ui, ImVec2(numbers - 8 - target_width, second - kBarControl / 2),
                ImVec2(numbers - 8, second + kBarControl / 2));
  }
  draw_actions(ui, max.x - 6, y);
}

}  // namespace convscope
