// Top bar: which network looks at which picture, and which class do we ask about?
#include <algorithm>
#include <cctype>
#include <cmath>

#include "imgui_internal.h"
#include "ui/panels/frame.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/picture.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kBar = 56, kSecondRow = 48, kControl = 36, kThumb = 36;

const char* g_requested_popup = nullptr;
std::string g_class_query;       // of the class menu; it forgets when it closes
double g_copied_seconds = -1e9;  // moment of the last "Share"

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

void draw_chevron(ImDrawList* list, ImVec2 centre, ImU32 colour) {
  const ImVec2 points[] = {
      {centre.x - 4, centre.y - 2}, {centre.x, centre.y + 2}, {centre.x + 4, centre.y - 2}};
  list->AddPolyline(points, 3, colour, 1.6f);
}

void draw_field(const Ui& ui, const Hit& hit, bool open) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(hit.min, hit.max, hit.hovered ? ui.theme.hover : ui.theme.sheet, kRadius + 1);
  list->AddRect(hit.min, hit.max, open ? ui.theme.accent : ui.theme.line, kRadius + 1,
                ui.theme.rule);
  draw_chevron(list, ImVec2(hit.max.x - 15, (hit.min.y + hit.max.y) / 2), ui.theme.ink3);
}

bool begin_menu(const Ui& ui, const char* popup, const Hit& below, float width, float height = 0) {
  const float x = std::min(below.min.x, ImGui::GetIO().DisplaySize.x - width - 8);
  ImGui::SetNextWindowPos(ImVec2(std::max(8.0f, x), below.max.y + 6));
  ImGui::SetNextWindowSize(ImVec2(std::min(width, ImGui::GetIO().DisplaySize.x - 16), height));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(8, 8));
  const bool open = ImGui::BeginPopup(popup);
  ImGui::PopStyleVar();
  if (open) {
    const ImVec2 min = ImGui::GetWindowPos(),
                 max(min.x + ImGui::GetWindowWidth(), min.y + ImGui::GetWindowHeight());
    draw_shadow(ui, ImGui::GetWindowDrawList(), min, max, kRadius);
  }
  return open;
}

Hit menu_row(Ui& ui, MirrorNode node, float height, bool selected) {
  const bool disabled = node.disabled;
  const Hit hit =
      hit_area(ui, std::move(node), ImVec2(ImGui::GetContentRegionAvail().x, height), kSmallRadius);
  if ((hit.hovered || selected) && !disabled) {
    ImGui::GetWindowDrawList()->AddRectFilled(
        hit.min, hit.max, selected ? ui.theme.accent_soft : ui.theme.hover, kSmallRadius);
  }
  return hit;
}

// --- brand and network
// -------------------------------------------------------------------------------

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

const CatalogModel* catalog_model(const Ui& ui, std::string_view id) {
  for (const CatalogModel& m : ui.vm.catalog) {
    if (m.id == id) return &m;
  }
  return nullptr;
}

void model_row(Ui& ui, const CatalogModel& m) {
  const bool selected = m.id == ui.state.model;
  const std::string facts =
      m.available
          ? ui.tr(S::kModelFacts, {bytes_text(double(m.bytes)), percent(m.top1_percent / 100)})
          : ui.tr(S::kModelMissing, {ui.tr(m.reason)});
  const float wrap = ImGui::GetContentRegionAvail().x - 24;
  const float facts_height = paragraph_height(ui, facts, kStatusSize, wrap);
  const Hit hit = menu_row(ui,
                           MirrorNode{.key = "model." + m.id,
                                      .role = "option",
                                      .label = m.title,
                                      .value = facts,
                                      .selected = selected,
                                      .disabled = !m.available},
                           facts_height + 40, selected);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 after = ImGui::GetCursorScreenPos();
  draw_text(ui, list, ImVec2(hit.min.x + 12, hit.min.y + 9), ui.fonts.bold, kTextSize,
            m.available ? (selected ? ui.theme.accent : ui.theme.ink) : ui.theme.ink3, m.title);
  ImGui::SetCursorScreenPos(ImVec2(hit.min.x + 12, hit.min.y + 31));
  paragraph(ui, facts, kStatusSize, ui.theme.ink3, wrap);
  ImGui::SetCursorScreenPos(after);
  if (hit.pressed) {
    ui.state.model = m.id;
    ui.state.layer.clear();
    ui.state.filter.clear();
    ui.state.dream_layer.clear();
    ui.state.dream_channels.clear();
    ui.state.channel = ui.state.input_channel = -1;
    ImGui::CloseCurrentPopup();
  }
}

float draw_model_menu(Ui& ui, float x, float y, float width) {
  const CatalogModel* m = catalog_model(ui, ui.state.model);
  const std::string title = m ? m->title : ui.state.model;
  std::string facts =
      m && ui.size != Size::kNarrow ? ui.tr(S::kModelSize, {bytes_text(double(m->bytes))}) : "";
  float facts_width = facts.empty() ? 0 : text_width(ui, ui.fonts.text, kLabelSize, facts) + 10;
  // The name comes first where there is no room for both.
  if (width > 0 && text_width(ui, ui.fonts.text, kTextSize, title) + facts_width + 46 > width) {
    facts.clear();
    facts_width = 0;
  }
  if (width <= 0)
    width = std::ceil(text_width(ui, ui.fonts.text, kTextSize, title) + facts_width + 52);
  const bool open = ImGui::IsPopupOpen("model##popup");
  const Hit hit = hit_area_at(ui,
                              MirrorNode{.key = "model",
                                         .role = "combobox",
                                         .label = std::string(ui.tr(S::kModelMenu)),
                                         .value = title,
                                         .expanded = open},
                              ImVec2(x, y - kControl / 2), ImVec2(x + width, y + kControl / 2));
  draw_field(ui, hit, open);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float room = width - 44 - facts_width;
  const std::string shown = fitted(ui, ui.fonts.text, kTextSize, title, room);
  draw_text(ui, list, ImVec2(hit.min.x + 14, y - 9), ui.fonts.text, kTextSize, ui.theme.ink, shown);
  draw_text(ui, list,
            ImVec2(hit.min.x + 24 + text_width(ui, ui.fonts.text, kTextSize, shown), y - 8),
            ui.fonts.text, kLabelSize, ui.theme.ink3, facts);
  if (hit.pressed) ImGui::OpenPopup("model##popup");
  if (begin_menu(ui, "model##popup", hit, 420)) {
    ui.mirror.push("model.list", "listbox", ui.tr(S::kModelMenu));
    for (const CatalogModel& item : ui.vm.catalog) model_row(ui, item);
    ui.mirror.pop();
    ImGui::EndPopup();
  }
  return x + width;
}

// --- pictures
// ------------------------------------------------------------------------------------------

void draw_dashed_box(ImDrawList* list, ImVec2 min, ImVec2 max, ImU32 colour) {
  constexpr float kDash = 4;
  for (float t = 2; t < max.x - min.x - 2; t += 2 * kDash) {
    const float end = std::min(t + kDash, max.x - min.x - 2);
    list->AddLine(ImVec2(min.x + t, min.y), ImVec2(min.x + end, min.y), colour);
    list->AddLine(ImVec2(min.x + t, max.y), ImVec2(min.x + end, max.y), colour);
    list->AddLine(ImVec2(min.x, min.y + t), ImVec2(min.x, min.y + end), colour);
    list->AddLine(ImVec2(max.x, min.y + t), ImVec2(max.x, min.y + end), colour);
  }
}

void picture_menu(Ui& ui, const Hit& hit, const FrameContext& context) {
  if (!begin_menu(ui, "picture##popup", hit, 300)) return;
  ui.mirror.push("picture.list", "menu", ui.tr(S::kAddPicture));
  const auto row = [&](std::string_view key, S label) {
    const Hit item = menu_row(
        ui,
        MirrorNode{.key = std::string(key), .role = "menuitem", .label = std::string(ui.tr(label))},
        40, false);
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(item.min.x + 12, item.min.y + 11),
              ui.fonts.text, kTextSize, ui.theme.ink, ui.tr(label));
    if (item.pressed) ImGui::CloseCurrentPopup();
    return item.pressed;
  };
  if (row("picture.open", S::kOpenFile)) ui.host.request("open_file");
  if (row("picture.camera", S::kUseCamera)) ui.host.request("webcam", "start");
  space(6);
  ImGui::Indent(12);
  paragraph(ui, ui.tr(S::kDropHint, {context.mac ? "⌘V" : "Ctrl+V"}), kStatusSize, ui.theme.ink3,
            268);
  ImGui::Unindent(12);
  space(6);
  ui.mirror.pop();
  ImGui::EndPopup();
}

// The sample pictures, the person's own one if there is one, and "+". Returns the right edge.
float draw_pictures(Ui& ui, float x, float y, float right, const FrameContext& context) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  ui.mirror.push("pictures", "list", ui.tr(S::kSamples));
  const float step = kThumb + 6;
  const bool own = ui.state.image.empty() && ui.vm.image;
  size_t shown = 0;
  const float room = right - x - step * (own ? 2.0f : 1.0f);
  for (const Sample& sample : ui.vm.samples) {
    const bool selected = sample.id == ui.state.image;
    // Where not all of them fit, the chosen one still does.
    if (float(shown + 1) * step > room && !selected) continue;
    const Hit hit = hit_area_at(ui,
                                MirrorNode{.key = "sample." + sample.id,
                                           .role = "button",
                                           .label = std::string(ui.tr(sample.title)),
                                           .selected = selected},
                                ImVec2(x, y - kThumb / 2), ImVec2(x + kThumb, y + kThumb / 2));
    if (sample.thumbnail.rgba.empty()) {
      list->AddRectFilled(hit.min, hit.max, ui.theme.track, kRadius);
    } else {
      const float strength = ui.animate(hit.id, selected || hit.hovered ? 1.0f : 0.72f);
      draw_picture(list, ui.textures.of(sample.thumbnail), hit.min, hit.max, kRadius, strength);
    }
    if (selected) draw_selection(ui, list, hit.min, hit.max);
    if (hit.hovered) hint(ui, ui.tr(sample.title), hit.min, ImVec2(hit.min.x - 1e4f, hit.max.y));
    if (hit.pressed) ui.state.image = sample.id;
    x += step;
    ++shown;
  }
  ui.mirror.pop();
  if (own) {
    const ImVec2 min(x, y - kThumb / 2), max(x + kThumb, y + kThumb / 2);
    draw_picture(list, ui.textures.of(ui.vm.image->preview), min, max);
    draw_selection(ui, list, min, max);
    ui.mirror.visible(MirrorNode{.key = "image.own",
                                 .role = "img",
                                 .label = std::string(ui.tr(S::kOwnPicture)),
                                 .value = ui.vm.image_name},
                      min, max);
    x += step;
  }
  const Hit plus = hit_area_at(ui,
                               MirrorNode{.key = "picture",
                                          .role = "button",
                                          .label = std::string(ui.tr(S::kAddPicture)),
                                          .expanded = ImGui::IsPopupOpen("picture##popup")},
                               ImVec2(x, y - kThumb / 2), ImVec2(x + kThumb, y + kThumb / 2));
  if (plus.hovered) list->AddRectFilled(plus.min, plus.max, ui.theme.hover, kRadius);
  draw_dashed_box(list, plus.min, plus.max, ui.theme.faint);
  const ImVec2 c((plus.min.x + plus.max.x) / 2, y);
  list->AddLine(ImVec2(c.x - 6, c.y), ImVec2(c.x + 6, c.y), ui.theme.ink3, 1.6f);
  list->AddLine(ImVec2(c.x, c.y - 6), ImVec2(c.x, c.y + 6), ui.theme.ink3, 1.6f);
  if (plus.pressed) ImGui::OpenPopup("picture##popup");
  picture_menu(ui, plus, context);
  return x + kThumb;
}

// --- class
// -----------------------------------------------------------------------------------------------

// Classes whose name in either language contains the query, most probable first.
std::vector<int> matching_classes(const Ui& ui) {
  std::vector<int> found;
  const std::string query = lower(g_class_query);
  const size_t count = std::max(ui.vm.labels_en.size(), ui.vm.ranking.size());
  for (size_t i = 0; i < count; ++i) {
    const int c = i < ui.vm.ranking.size() ? ui.vm.ranking[i] : static_cast<int>(i);
    const auto contains = [&](const std::vector<std::string>& names) {
      return static_cast<size_t>(c) < names.size() &&
             lower(names[static_cast<size_t>(c)]).find(query) != std::string::npos;
    };
    if (query.empty() || contains(ui.vm.labels_en) || contains(ui.vm.labels_zh)) found.push_back(c);
  }
  return found;
}

void class_row(Ui& ui, int c) {
  const std::string name = ui.label(c),
                    chance = ui.vm.forward ? percent(double(ui.vm.probability(c))) : "";
  const bool selected = c == ui.state.target;
  const Hit hit = menu_row(ui,
                           MirrorNode{.key = "target." + std::to_string(c),
                                      .role = "option",
                                      .label = name,
                                      .value = chance,
                                      .selected = selected},
                           ui.touch ? 42 : 32, selected);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float y = (hit.min.y + hit.max.y) / 2 - 9;
  const float chance_width = text_width(ui, ui.fonts.text, kLabelSize, chance);
  draw_text(ui, list, ImVec2(hit.min.x + 12, y), ui.fonts.text, kTextSize,
            selected ? ui.theme.target : ui.theme.ink,
            fitted(ui, ui.fonts.text, kTextSize, name, hit.max.x - hit.min.x - chance_width - 36));
  draw_text(ui, list, ImVec2(hit.max.x - chance_width - 12, y + 1), ui.fonts.text, kLabelSize,
            ui.theme.ink3, chance);
  if (hit.pressed) {
    ui.state.target = c;
    ImGui::CloseCurrentPopup();
  }
}

void target_menu(Ui& ui, const Hit& hit) {
  const float height = std::min(460.0f, ImGui::GetIO().DisplaySize.y - hit.max.y - 24);
  if (!begin_menu(ui, kTargetPopup, hit, 340, height)) return;
  ui.mirror.push("target.menu", "dialog", ui.tr(S::kTargetMenu));
  if (ImGui::IsWindowAppearing()) {
    g_class_query.clear();
    ImGui::SetKeyboardFocusHere();
  }
  search_field(ui, "target.search", ui.tr(S::kSearchClass), &g_class_query,
               ImGui::GetContentRegionAvail().x);
  // The field would only take the first Esc for itself.
  if (ImGui::IsKeyPressed(ImGuiKey_Escape, false)) ImGui::CloseCurrentPopup();
  space(6);
  const std::vector<int> found = matching_classes(ui);
  if (g_class_query.empty()) {
    const bool first = ui.state.target < 0;
    const Hit item = menu_row(ui,
                              MirrorNode{.key = "target.first",
                                         .role = "option",
                                         .label = std::string(ui.tr(S::kFirstAnswer)),
                                         .selected = first},
                              34, first);
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(item.min.x + 12, item.min.y + 9),
              ui.fonts.text, kLabelSize, first ? ui.theme.accent : ui.theme.ink2,
              ui.tr(S::kFirstAnswer));
    if (item.pressed) {
      ui.state.target = -1;
      ImGui::CloseCurrentPopup();
    }
  }
  if (found.empty()) {
    space(6);
    paragraph(ui, ui.tr(S::kNoClass), kLabelSize, ui.theme.ink3);
  }
  ImGui::BeginChild("classes", ImVec2(0, 0), ImGuiChildFlags_NavFlattened);
  ui.mirror.push("target.list", "listbox", ui.tr(S::kTargetMenu));
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(found.size()), ui.touch ? 42 : 32);
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
      class_row(ui, found[static_cast<size_t>(i)]);
  }
  ui.mirror.pop();
  ImGui::EndChild();
  // Enter takes the best match.
  if (!found.empty() && !g_class_query.empty() && ImGui::IsKeyPressed(ImGuiKey_Enter, false)) {
    ui.state.target = found.front();
    ImGui::CloseCurrentPopup();
  }
  ui.mirror.pop();
  ImGui::EndPopup();
}

std::string target_name(const Ui& ui) {
  return ui.target() < 0 ? std::string(ui.tr(S::kTargetNone)) : ui.label(ui.target());
}

void draw_target(Ui& ui, ImVec2 min, ImVec2 max) {
  const bool open = ImGui::IsPopupOpen(kTargetPopup);
  const std::string name = target_name(ui);
  const Hit hit = hit_area_at(ui,
                              MirrorNode{.key = "target",
                                         .role = "combobox",
                                         .label = std::string(ui.tr(S::kTargetMenu)),
                                         .value = name,
                                         .expanded = open},
                              min, max);
  draw_field(ui, hit, open);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float y = (min.y + max.y) / 2 - 9;
  const std::string_view label = ui.tr(S::kTarget);
  const float label_width = text_width(ui, ui.fonts.text, kTextSize, label) + 5;
  draw_text(ui, list, ImVec2(min.x + 14, y), ui.fonts.text, kTextSize, ui.theme.ink, label);
  draw_text(ui, list, ImVec2(min.x + 14 + label_width, y), ui.fonts.bold, kTextSize,
            ui.theme.target,
            fitted(ui, ui.fonts.bold, kTextSize, name, max.x - min.x - label_width - 44));
  if (hit.pressed) ImGui::OpenPopup(kTargetPopup);
  target_menu(ui, hit);
}

// --- the small things at the right
// ------------------------------------------------------------------------

Hit icon(Ui& ui, std::string_view key, std::string_view label, float right, float y, float width) {
  const Hit hit = hit_area_at(
      ui, MirrorNode{.key = std::string(key), .role = "button", .label = std::string(label)},
      ImVec2(right - width, y - kControl / 2), ImVec2(right, y + kControl / 2));
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
  const Hit hit = icon(ui, "theme", label, right, y, kControl);
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

// Language, theme, help (and share where there is room), from the right. Returns their left edge.
float draw_actions(Ui& ui, float right, float y) {
  const Hit help = icon(ui, "help", ui.tr(S::kHelp), right, y, kControl);
  word(ui, help, "?");
  if (help.pressed) request_popup(kHelpPopup);
  right -= kControl + 2;
  draw_theme_button(ui, right, y);
  right -= kControl + 2;
  const bool chinese = ui.state.language == Language::kChinese;
  const bool tight = ui.size == Size::kNarrow;
  const float width = tight ? kControl : 66;
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
  if (share.pressed) {
    ui.host.request("share");
    g_copied_seconds = ui.seconds;
  }
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
    const float actions_width = 66 + 2 * kControl + 110;
    const float target_width =
        std::clamp(text_width(ui, ui.fonts.bold, kTextSize, target_name(ui)) + 112, 170.0f, 260.0f);
    const float target_right = max.x - 12 - actions_width;
    draw_pictures(ui, x, y, target_right - target_width - 12, context);
    draw_target(ui, ImVec2(target_right - target_width, y - kControl / 2),
                ImVec2(target_right, y + kControl / 2));
    draw_actions(ui, max.x - 12, y);
    return;
  }
  const float padding = 14;
  float x = draw_brand(ui, padding, y) + 14;
  const bool narrow = ui.size == Size::kNarrow;
  const float actions_left = max.x - 6 - (narrow ? 3 * (kControl + 2) : 66 + 2 * kControl + 110);
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
                    ImVec2(at, row - kControl / 2), ImVec2(at + width, row + kControl / 2));
    ImGui::GetWindowDrawList()->AddRect(hit.min, hit.max, ui.theme.line, kRadius + 1,
                                        ui.theme.rule);
    word(ui, hit, ui.tr(label), kLabelSize);
    if (hit.pressed) request_popup(popup);
    return at + width + 8;
  };
  if (narrow) {
    draw_pictures(ui, padding, second, max.x - padding, context);
    const float after = sheet("sheet.layers", S::kLayers, kLayersSheet, padding, third, 78);
    draw_target(ui, ImVec2(after, third - kControl / 2),
                ImVec2(max.x - padding, third + kControl / 2));
  } else {
    x = sheet("sheet.layers", S::kLayers, kLayersSheet, padding, second, 78);
    const float numbers = max.x - padding - 84;
    sheet("sheet.numbers", S::kNumbers, kNumbersSheet, numbers, second, 84);
    const float target_width = std::min(230.0f, (numbers - x) * 0.42f);
    draw_pictures(ui, x + 6, second, numbers - target_width - 20, context);
    draw_target(ui, ImVec2(numbers - 8 - target_width, second - kControl / 2),
                ImVec2(numbers - 8, second + kControl / 2));
  }
  draw_actions(ui, max.x - 6, y);
}

}  // namespace convscope
