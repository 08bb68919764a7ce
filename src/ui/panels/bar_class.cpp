// Top bar: which class do we ask about?
#include <algorithm>
#include <cctype>

#include "ui/panels/bar_parts.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

std::string g_class_query;  // of the class menu; it forgets when it closes

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Classes whose name in either language contains the query, most probable first.
std::vector<int> matching_classes(const Ui& ui) {
  std::vector<int> found;
  const std::string query = lower(g_class_query);
  const size_t count = ui.vm.model ? static_cast<size_t>(ui.vm.model->classes) : 0;
  for (size_t i = 0; i < count; ++i) {
    const int c = i < ui.vm.ranking.size() ? ui.vm.ranking[i] : static_cast<int>(i);
    const auto contains = [&](const std::vector<std::string>& names) {
      return names.size() == count &&
             lower(names[static_cast<size_t>(c)]).find(query) != std::string::npos;
    };
    if (query.empty() || lower(ui.label(c)).find(query) != std::string::npos ||
        contains(ui.vm.labels_en) || contains(ui.vm.labels_zh))
      found.push_back(c);
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
  const int classes = ui.vm.model ? static_cast<int>(ui.vm.model->classes) : 0;
  search_field(ui, "target.search", ui.tr(S::kSearchClass, {std::to_string(classes)}),
               &g_class_query, ImGui::GetContentRegionAvail().x);
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

}  // namespace

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
  draw_box(ui, hit, open);
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

}  // namespace convscope
