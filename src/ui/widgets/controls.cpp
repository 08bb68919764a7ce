#include "ui/widgets/controls.h"

#include <algorithm>
#include <cmath>

#include "imgui_internal.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kControlHeight = 32, kTouchHeight = 40;

float control_height(const Ui& ui) { return ui.touch ? kTouchHeight : kControlHeight; }

// A centred ring in the accent: where the keyboard is.
void draw_focus_ring(const Ui& ui, ImVec2 min, ImVec2 max, float radius) {
  // On the foreground of the window's own list, but not cut by the child's tight clip rectangle.
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->PushClipRect(ImVec2(min.x - 4, min.y - 4), ImVec2(max.x + 4, max.y + 4), false);
  list->AddRect(ImVec2(min.x - 2, min.y - 2), ImVec2(max.x + 2, max.y + 2), ui.theme.accent,
                radius + 2, 2);
  list->PopClipRect();
}

void draw_chevron(ImDrawList* list, ImVec2 centre, ImU32 colour) {
  const ImVec2 points[] = {
      {centre.x - 4, centre.y - 2}, {centre.x, centre.y + 2}, {centre.x + 4, centre.y - 2}};
  list->AddPolyline(points, 3, colour, 1.6f);
}

void show_pointer(const Ui&, bool hovered) {
  if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
}

}  // namespace

Hit hit_area_at(Ui& ui, MirrorNode node, ImVec2 min, ImVec2 max, float radius) {
  Hit hit;
  hit.min = min;
  hit.max = max;
  hit.id = ImHashData(node.key.data(), node.key.size(), ImGui::GetCurrentWindow()->RootWindow->ID);
  const ImRect box(min, max);
  if (node.disabled) ImGui::BeginDisabled();
  const bool visible = ImGui::ItemAdd(box, hit.id);
  if (visible) {
    hit.pressed =
        ImGui::ButtonBehavior(box, hit.id, &hit.hovered, &hit.held, ImGuiButtonFlags_None);
    show_pointer(ui, hit.hovered && !node.disabled);
  }
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  hit.focused = g.NavId == hit.id && g.NavCursorVisible;
  if (node.disabled) {
    hit.pressed = hit.hovered = hit.held = false;
    ImGui::EndDisabled();
  }
  node.id = hit.id;
  ui.mirror.control(std::move(node));
  if (hit.focused && visible) draw_focus_ring(ui, min, max, radius);
  return hit;
}

Hit hit_area(Ui& ui, MirrorNode node, ImVec2 size, float radius) {
  const ImVec2 min = ImGui::GetCursorScreenPos();
  ImGui::ItemSize(size);
  return hit_area_at(ui, std::move(node), min, ImVec2(min.x + size.x, min.y + size.y), radius);
}

bool button(Ui& ui, std::string_view key, std::string_view label, const ButtonOptions& options) {
  const float words = text_width(ui, ui.fonts.text, kLabelSize, label);
  const float padding = options.style == ButtonStyle::kQuiet ? 8 : 14;
  const ImVec2 size(options.width > 0 ? options.width : std::ceil(words + 2 * padding),
                    control_height(ui));
  const Hit hit =
      hit_area(ui,
               MirrorNode{.key = std::string(key),
                          .role = options.role,
                          .label = std::string(label),
                          .checked = options.checked,
                          .expanded = options.expanded,
                          .selected = options.selected ? std::optional(true) : std::nullopt,
                          .disabled = !options.enabled},
               size);
  const Theme& t = ui.theme;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float glow = ui.animate(hit.id, hit.held ? 1.0f : hit.hovered ? 0.7f : 0.0f, 0.12f);
  ImU32 ink = options.enabled ? t.ink : t.faint;
  if (options.style == ButtonStyle::kPrimary) {
    const ImU32 fill = options.enabled ? mix(t.accent, t.ink, glow * 0.22f) : t.track;
    list->AddRectFilled(hit.min, hit.max, fill, kRadius);
    ink = options.enabled ? t.on_accent : t.ink3;
  } else {
    const ImU32 rest = options.selected                         ? t.accent_soft
                       : options.style == ButtonStyle::kOutline ? t.sheet
                                                                : 0;
    list->AddRectFilled(hit.min, hit.max,
                        glow > 0 ? mix(rest ? rest : with_alpha(t.hover, 0), t.hover, glow) : rest,
                        kRadius);
    if (options.style == ButtonStyle::kOutline) {
      list->AddRect(hit.min, hit.max, options.selected ? t.accent : t.line, kRadius, t.rule);
    }
    if (options.selected) ink = t.accent;
  }
  const float x = (hit.min.x + hit.max.x - std::min(words, size.x - 8)) / 2;
  draw_text(ui, list, ImVec2(x, (hit.min.y + hit.max.y - kLabelSize) / 2 - 1), ui.fonts.text,
            kLabelSize, ink, fitted(ui, ui.fonts.text, kLabelSize, label, size.x - 8));
  return hit.pressed;
}

void link(Ui& ui, std::string_view key, std::string_view label, std::string_view url) {
  const std::string words =
      fitted(ui, ui.fonts.text, kLabelSize, label, ImGui::GetContentRegionAvail().x - 14);
  const float width = text_width(ui, ui.fonts.text, kLabelSize, words);
  const Hit hit = hit_area(ui,
                           MirrorNode{.key = std::string(key),
                                      .role = "link",
                                      .label = std::string(label),
                                      .value = std::string(url)},
                           ImVec2(width + 13, ui.touch ? 30 : 22), kSmallRadius);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float y = (hit.min.y + hit.max.y - kLabelSize) / 2 - 1;
  draw_text(ui, list, ImVec2(hit.min.x, y), ui.fonts.text, kLabelSize, ui.theme.accent, words);
  // An arrow that leaves: the link opens elsewhere.
  const ImVec2 tip(hit.min.x + width + 11, y + 4);
  list->AddLine(ImVec2(tip.x - 6, tip.y + 6), tip, ui.theme.accent, 1.3f);
  list->AddLine(ImVec2(tip.x - 5, tip.y), tip, ui.theme.accent, 1.3f);
  list->AddLine(ImVec2(tip.x, tip.y + 5), tip, ui.theme.accent, 1.3f);
  if (hit.hovered) {
    list->AddLine(ImVec2(hit.min.x, hit.max.y - 3), ImVec2(hit.min.x + width, hit.max.y - 3),
                  ui.theme.accent);
  }
  if (hit.pressed) ui.host.request("link", url);
}

bool tab(Ui& ui, std::string_view key, std::string_view label, bool selected) {
  const float size = kTextSize;
  const float width = text_width(ui, selected ? ui.fonts.bold : ui.fonts.text, size, label);
  const Hit hit = hit_area(ui,
                           MirrorNode{.key = std::string(key),
                                      .role = "tab",
                                      .label = std::string(label),
                                      .selected = selected},
                           ImVec2(std::ceil(width), 40), kSmallRadius);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float on = ui.animate(hit.id, selected ? 1.0f : 0.0f);
  const float over = ui.animate(hit.id + 1, hit.hovered && !selected ? 1.0f : 0.0f, 0.12f);
  const ImU32 ink = selected ? ui.theme.accent : mix(ui.theme.ink3, ui.theme.ink, over);
  draw_text(ui, list, ImVec2(hit.min.x, hit.min.y + 9), selected ? ui.fonts.bold : ui.fonts.text,
            size, ink, label);
  const float half = (hit.max.x - hit.min.x) / 2 * on, centre = (hit.min.x + hit.max.x) / 2;
  if (half > 0.5f) {
    list->AddRectFilled(ImVec2(centre - half, hit.max.y - 3), ImVec2(centre + half, hit.max.y),
                        ui.theme.accent, 1.5f);
  }
  return hit.pressed;
}

bool toggle(Ui& ui, std::string_view key, std::string_view label, bool* on) {
  constexpr float kTrackWidth = 32, kTrackHeight = 18;
  const float width = ImGui::GetContentRegionAvail().x;
  const std::string words = fitted(ui, ui.fonts.text, kLabelSize, label, width - kTrackWidth - 10);
  const float needed = text_width(ui, ui.fonts.text, kLabelSize, words) + kTrackWidth + 10;
  const Hit hit = hit_area(
      ui,
      MirrorNode{
          .key = std::string(key), .role = "switch", .label = std::string(label), .checked = *on},
      ImVec2(std::min(width, needed), ui.touch ? 36 : 28), kSmallRadius);
  if (hit.pressed) *on = !*on;
  const float t = ui.animate(hit.id, *on ? 1.0f : 0.0f);
  const float y = (hit.min.y + hit.max.y - kTrackHeight) / 2;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImU32 track = mix(hit.hovered ? ui.theme.faint : mix(ui.theme.line, ui.theme.faint, 0.5f),
                          ui.theme.accent, t);
  list->AddRectFilled(ImVec2(hit.min.x, y), ImVec2(hit.min.x + kTrackWidth, y + kTrackHeight),
                      track, kTrackHeight / 2);
  list->AddCircleFilled(ImVec2(hit.min.x + 9 + t * (kTrackWidth - kTrackHeight), y + 9), 6.5f,
                        ui.theme.sheet);
  draw_text(ui, list,
            ImVec2(hit.min.x + kTrackWidth + 10, (hit.min.y + hit.max.y - kLabelSize) / 2 - 1),
            ui.fonts.text, kLabelSize, ui.theme.ink, words);
  return hit.pressed;
}

bool segments(Ui& ui, std::string_view key, std::string_view label,
              std::span<const std::string> choices, int* index) {
  const int before = *index;
  const float height = ui.touch ? 36 : 28, padding = 12;
  float total = 0;
  for (const std::string& choice : choices) {
    total += std::ceil(text_width(ui, ui.fonts.text, kLabelSize, choice)) + 2 * padding;
  }
  const float room = ImGui::GetContentRegionAvail().x;
  const float squeeze = std::min(1.0f, room / total);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, ImVec2(at.x + total * squeeze, at.y + height), ui.theme.track, kRadius);
  ui.mirror.push(key, "radiogroup", label);
  float x = at.x;
  for (size_t i = 0; i < choices.size(); ++i) {
    const float words = std::ceil(text_width(ui, ui.fonts.text, kLabelSize, choices[i]));
    const float width = (words + 2 * padding) * squeeze;
    const bool on = static_cast<int>(i) == before;
    const Hit hit = hit_area_at(ui,
                                MirrorNode{.key = std::string(key) + "." + std::to_string(i),
                                           .role = "radio",
                                           .label = choices[i],
                                           .checked = on},
                                ImVec2(x, at.y), ImVec2(x + width, at.y + height));
    if (hit.pressed) *index = static_cast<int>(i);
    const float glow = ui.animate(hit.id, on ? 1.0f : 0.0f, 0.14f);
    if (glow > 0.01f) {
      list->AddRectFilled(ImVec2(x + 2, at.y + 2), ImVec2(x + width - 2, at.y + height - 2),
                          with_alpha(ui.theme.sheet, glow), kRadius - 1.5f);
    }
    const ImU32 ink = on ? ui.theme.accent : hit.hovered ? ui.theme.ink : ui.theme.ink3;
    const std::string shown = fitted(ui, ui.fonts.text, kLabelSize, choices[i], width - 6);
    draw_text(ui, list,
              ImVec2(x + (width - text_width(ui, ui.fonts.text, kLabelSize, shown)) / 2,
                     at.y + (height - kLabelSize) / 2 - 1),
              ui.fonts.text, kLabelSize, ink, shown);
    x += width;
  }
  ui.mirror.pop();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(total * squeeze, height));
  return *index != before;
}

bool dropdown(Ui& ui, std::string_view key, std::string_view label,
              std::span<const std::string> choices, int* index, float width) {
  const int before = *index;
  const std::string popup = std::string(key) + "##popup";
  const std::string_view shown = before >= 0 && static_cast<size_t>(before) < choices.size()
                                     ? std::string_view(choices[static_cast<size_t>(before)])
                                     : label;  // nothing is chosen: say what can be
  if (width <= 0) width = ImGui::GetContentRegionAvail().x;
  const bool open = ImGui::IsPopupOpen(popup.c_str());
  const Hit hit = hit_area(ui,
                           MirrorNode{.key = std::string(key),
                                      .role = "combobox",
                                      .label = std::string(label),
                                      .value = std::string(shown),
                                      .expanded = open},
                           ImVec2(width, control_height(ui)));
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(hit.min, hit.max, hit.hovered ? ui.theme.hover : ui.theme.sheet, kRadius);
  list->AddRect(hit.min, hit.max, open ? ui.theme.accent : ui.theme.line, kRadius, ui.theme.rule);
  draw_text(ui, list, ImVec2(hit.min.x + 12, (hit.min.y + hit.max.y - kLabelSize) / 2 - 1),
            ui.fonts.text, kLabelSize, ui.theme.ink,
            fitted(ui, ui.fonts.text, kLabelSize, shown, width - 36));
  draw_chevron(list, ImVec2(hit.max.x - 14, (hit.min.y + hit.max.y) / 2), ui.theme.ink3);
  if (hit.pressed) ImGui::OpenPopup(popup.c_str());

  ImGui::SetNextWindowPos(ImVec2(hit.min.x, hit.max.y + 4));
  ImGui::SetNextWindowSizeConstraints(ImVec2(width, 0),
                                      ImVec2(FLT_MAX, ImGui::GetIO().DisplaySize.y * 0.6f));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(6, 6));
  if (ImGui::BeginPopup(popup.c_str())) {
    const ImVec2 from = ImGui::GetWindowPos(), extent = ImGui::GetWindowSize();
    draw_shadow(ui, ImGui::GetWindowDrawList(), from, ImVec2(from.x + extent.x, from.y + extent.y),
                kRadius);
    ui.mirror.push(std::string(key) + ".list", "listbox", label);
    for (size_t i = 0; i < choices.size(); ++i) {
      const bool on = static_cast<int>(i) == before;
      const Hit item = hit_area(
          ui,
          MirrorNode{.key = std::string(key) + "." + std::to_string(i),
                     .role = "option",
                     .label = choices[i],
                     .selected = on},
          ImVec2(std::max(width - 12, text_width(ui, ui.fonts.text, kLabelSize, choices[i]) + 24),
                 control_height(ui)));
      if (on && ImGui::IsWindowAppearing()) ImGui::SetScrollHereY();
      ImDrawList* inner = ImGui::GetWindowDrawList();
      if (on || item.hovered) {
        inner->AddRectFilled(item.min, item.max, on ? ui.theme.accent_soft : ui.theme.hover,
                             kSmallRadius);
      }
      draw_text(ui, inner, ImVec2(item.min.x + 8, (item.min.y + item.max.y - kLabelSize) / 2 - 1),
                ui.fonts.text, kLabelSize, on ? ui.theme.accent : ui.theme.ink, choices[i]);
      if (item.pressed) {
        *index = static_cast<int>(i);
        ImGui::CloseCurrentPopup();
      }
    }
    ui.mirror.pop();
    ImGui::EndPopup();
  }
  ImGui::PopStyleVar();
  return *index != before;
}

}  // namespace convscope
