#include "ui/panels/refused_nodes.h"

#include <algorithm>

#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kRow = 18, kGap = 6;  // px: a node's line; below an operator's nodes
constexpr float kLeastHeight = 90, kMostHeight = 260;
constexpr float kScrollbar = 16, kIndent = 12;

}  // namespace

RefusedNodes::RefusedNodes(const Ui& ui, const Notice& notice, float width)
    : notice_(notice), width_(width) {
  for (const RefusedNode& node : notice.nodes) {
    const auto same = [&](const Group& group) {
      return group.nodes[0]->op == node.op && group.nodes[0]->reason.en == node.reason.en;
    };
    auto group = std::ranges::find_if(groups_, same);
    if (group == groups_.end()) group = groups_.insert(groups_.end(), Group());
    group->nodes.push_back(&node);
  }
  for (Group& group : groups_) {
    const RefusedNode& first = *group.nodes[0];
    group.title = ui.tr(S::kRefusedOperator,
                        {first.op, std::to_string(group.nodes.size()), ui.tr(first.reason)});
    group.title_height = paragraph_height(ui, group.title, kLabelSize, width_ - kScrollbar);
    height_ += group.title_height + kRow * static_cast<float>(group.nodes.size()) + kGap;
  }
  if (notice.more_nodes > 0) height_ += kRow;
}

float RefusedNodes::shown_height(float room) const {
  if (groups_.empty()) return 0;
  return std::min(height_, std::clamp(room, kLeastHeight, kMostHeight)) + kGap;
}

void RefusedNodes::draw(Ui& ui, ImVec2 at, float height) const {
  if (groups_.empty()) return;
  const std::string key = "notice." + notice_.key + ".nodes";
  ImGui::SetCursorScreenPos(at);
  ImGui::BeginChild(key.c_str(), ImVec2(width_, height - kGap));
  ui.mirror.push(key, "list", ui.tr(S::kRefusedNodes));
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float right = top.x + width_ - kScrollbar;
  float y = top.y;
  const auto line = [&](const std::string& text, float x, const char* role) {
    const std::string shown = fitted(ui, ui.fonts.text, kLabelSize, text, right - x);
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(x, y), ui.fonts.text, kLabelSize,
              ui.theme.ink2, shown);
    ui.mirror.visible(MirrorNode{.key = "", .role = role, .label = text}, ImVec2(x, y),
                      ImVec2(right, y + kRow));
    y += kRow;
  };
  for (const Group& group : groups_) {
    ImGui::SetCursorScreenPos(ImVec2(top.x, y));
    paragraph(ui, group.title, kLabelSize, ui.theme.ink, width_ - kScrollbar);
    y += group.title_height;
    for (const RefusedNode* node : group.nodes) line(node->name, top.x + kIndent, "listitem");
    y += kGap;
  }
  if (notice_.more_nodes > 0)
    line(ui.tr(S::kRefusedMore, {integer(notice_.more_nodes)}), top.x, "text");
  ImGui::SetCursorScreenPos(top);
  ImGui::Dummy(ImVec2(width_ - kScrollbar, y - top.y));  // what can be scrolled over
  ui.mirror.pop();
  const bool scrolls = ImGui::GetScrollMaxY() > 0;
  ImGui::EndChild();
  // One that scrolls is an item of its own: the keyboard enters it and scrolls.
  if (scrolls)
    ui.mirror.control(
        {.key = key + ".all", .role = "group", .label = std::string(ui.tr(S::kRefusedNodes))});
}

}  // namespace convscope
