#include "ui/panels/bar_parts.h"

#include <algorithm>

#include "ui/widgets/text.h"

namespace convscope {
namespace {

void draw_chevron(ImDrawList* list, ImVec2 centre, ImU32 colour) {
  const ImVec2 points[] = {
      {centre.x - 4, centre.y - 2}, {centre.x, centre.y + 2}, {centre.x + 4, centre.y - 2}};
  list->AddPolyline(points, 3, colour, 1.6f);
}

}  // namespace

void draw_box(const Ui& ui, const Hit& hit, bool open) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(hit.min, hit.max, hit.hovered ? ui.theme.hover : ui.theme.sheet, kRadius + 1);
  list->AddRect(hit.min, hit.max, open ? ui.theme.accent : ui.theme.line, kRadius + 1,
                ui.theme.rule);
  draw_chevron(list, ImVec2(hit.max.x - 15, (hit.min.y + hit.max.y) / 2), ui.theme.ink3);
}

bool begin_menu(const Ui& ui, const char* popup, const Hit& below, float width, float height) {
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

bool menu_item(Ui& ui, std::string_view key, std::string_view label) {
  const Hit item = menu_row(
      ui, MirrorNode{.key = std::string(key), .role = "menuitem", .label = std::string(label)}, 40,
      false);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(item.min.x + 12, item.min.y + 11), ui.fonts.text,
            kTextSize, ui.theme.ink, label);
  if (item.pressed) ImGui::CloseCurrentPopup();
  return item.pressed;
}

}  // namespace convscope
