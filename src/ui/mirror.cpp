#include "ui/mirror.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "imgui_internal.h"

namespace convscope {
namespace {

Mirror* g_hooked = nullptr;

// Items of Dear ImGui itself that a person never meets as such.
bool is_own_machinery(const ImGuiContext& context, ImGuiID id) {
  for (const ImGuiWindow* window : context.Windows) {
    if (id == window->ID || id == window->MoveId || id == window->TabId || id == window->ChildId)
      return true;
    if (id == ImGui::GetWindowScrollbarID(const_cast<ImGuiWindow*>(window), ImGuiAxis_Y) ||
        id == ImGui::GetWindowScrollbarID(const_cast<ImGuiWindow*>(window), ImGuiAxis_X)) {
      return true;
    }
  }
  return false;
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  out += '"';
}

void field(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += ",\"" + std::string(name) + "\":";
  append_string(out, text);
}

void field(std::string& out, std::string_view name, double number) {
  char text[48];
  std::snprintf(text, sizeof text, "%.6g", number);
  out += ",\"" + std::string(name) + "\":" + text;
}

void flag(std::string& out, std::string_view name, std::optional<bool> on) {
  if (on) out += ",\"" + std::string(name) + (*on ? "\":true" : "\":false");
}

void amount(std::string& out, std::string_view name, std::optional<double> number) {
  if (number) field(out, name, *number);
}

void append_node(std::string& out, const MirrorNode& n, const std::string& parent) {
  const bool text = std::string_view(n.role) == "text";
  out += "{\"id\":" + std::to_string(n.id);
  field(out, "key", n.key);
  field(out, "role", n.role);
  field(out, text ? "text" : "label", n.label);
  field(out, "value", n.value);
  if (n.max.x > n.min.x) {
    field(out, "x", double(std::round(n.min.x)));
    field(out, "y", double(std::round(n.min.y)));
    field(out, "w", double(std::round(n.max.x) - std::round(n.min.x)));
    field(out, "h", double(std::round(n.max.y) - std::round(n.min.y)));
  }
  flag(out, "checked", n.checked);
  flag(out, "expanded", n.expanded);
  flag(out, "selected", n.selected);
  if (n.disabled) flag(out, "disabled", true);
  if (n.focused) flag(out, "focused", true);
  if (n.clipped) flag(out, "hidden", true);
  if (n.level > 0) field(out, "level", double(n.level));
  amount(out, "min", n.low);
  amount(out, "max", n.high);
  amount(out, "now", n.now);
  amount(out, "step", n.step);
  if (n.live != nullptr) field(out, "live", n.live);
  field(out, "parent", parent);
  out += "}";
}

}  // namespace

void set_hooked_mirror(Mirror* mirror) { g_hooked = mirror; }

void Mirror::begin_frame() {
  nodes_.clear();
  parents_.clear();
  stack_.clear();
  texts_in_group_.clear();
  items_.clear();
}

void Mirror::add(MirrorNode node, ImVec2 clip_min, ImVec2 clip_max) {
  const ImVec2 min(std::max(node.min.x, clip_min.x), std::max(node.min.y, clip_min.y));
  const ImVec2 max(std::min(node.max.x, clip_max.x), std::min(node.max.y, clip_max.y));
  node.clipped = min.x >= max.x || min.y >= max.y;
  if (!node.clipped) node.min = min, node.max = max;
  const std::string parent = stack_.empty() ? "" : stack_.back();
  if (node.key.empty()) {
    node.key =
        (parent.empty() ? "page" : parent) + ".text." + std::to_string(texts_in_group_[parent]++);
  }
  node.label = plain(node.label);
  nodes_.push_back(std::move(node));
  parents_.push_back(parent);
}

void Mirror::control(MirrorNode node) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const ImGuiWindow* window = g.CurrentWindow;
  if (node.id == 0) node.id = g.LastItemData.ID;
  node.min = g.LastItemData.Rect.Min;
  node.max = g.LastItemData.Rect.Max;
  if (pending_focus_ != 0 && pending_focus_ == node.id) {
    pending_focus_ = 0;
    ImGui::FocusItem();
    ImGui::ScrollToItem();
    ImGui::SetNavCursorVisible(true);
  }
  node.focused = g.NavCursorVisible && g.NavId == node.id;
  add(std::move(node), window->ClipRect.Min, window->ClipRect.Max);
}

void Mirror::visible(MirrorNode node, ImVec2 min, ImVec2 max) {
  node.min = min;
  node.max = max;
  const ImGuiWindow* window = ImGui::GetCurrentWindowRead();
  add(std::move(node), window->ClipRect.Min, window->ClipRect.Max);
}

void Mirror::push(std::string_view key, const char* role, std::string_view label) {
  const bool known = std::any_of(nodes_.begin(), nodes_.end(),
                                 [key](const MirrorNode& n) { return n.key == key; });
  if (!known) {
    nodes_.push_back(MirrorNode{.key = std::string(key), .role = role, .label = plain(label)});
    parents_.push_back(stack_.empty() ? "" : stack_.back());
  }
  stack_.emplace_back(key);
}

void Mirror::pop() { stack_.pop_back(); }

std::string Mirror::take_json(Language language) {
  std::string out = "{\"nodes\":[";
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (i > 0) out += ",\n";
    append_node(out, nodes_[i], parents_[i]);
  }
  out += language == Language::kChinese ? "],\"lang\":\"zh\"}" : "],\"lang\":\"en\"}";
  if (out == last_json_) return "";
  last_json_ = out;
  return out;
}

ImGuiID Mirror::id_of(std::string_view key) const {
  for (const MirrorNode& node : nodes_) {
    if (node.key == key) return node.id;
  }
  return 0;
}

std::optional<double> Mirror::take_value(ImGuiID id) {
  if (!pending_value_ || pending_value_->first != id) return std::nullopt;
  const double value = pending_value_->second;
  pending_value_.reset();
  return value;
}

std::vector<ImGuiID> Mirror::undescribed() const {
  std::vector<ImGuiID> missing;
  for (const ImGuiID id : items_) {
    const bool known =
        std::any_of(nodes_.begin(), nodes_.end(), [id](const MirrorNode& n) { return n.id == id; });
    if (!known && !is_own_machinery(*ImGui::GetCurrentContext(), id)) missing.push_back(id);
  }
  return missing;
}

}  // namespace convscope

// Dear ImGui calls these where it is built with IMGUI_ENABLE_TEST_ENGINE and the context's
// TestEngineHookItems is set.
void ImGuiTestEngineHook_ItemAdd(ImGuiContext*, ImGuiID id, const ImRect&,
                                 const ImGuiLastItemData*) {
  if (convscope::g_hooked != nullptr && id != 0) convscope::g_hooked->note_item(id);
}
void ImGuiTestEngineHook_ItemInfo(ImGuiContext*, ImGuiID, const char*, ImGuiItemStatusFlags) {}
void ImGuiTestEngineHook_Log(ImGuiContext*, const char*, ...) {}
const char* ImGuiTestEngine_FindItemDebugLabel(ImGuiContext*, ImGuiID) { return nullptr; }
