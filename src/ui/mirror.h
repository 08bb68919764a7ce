// Mirror: the accessible copy of the screen. Each control and each visible text is a node with a
// stable key, an ARIA role and a translated label; the host keeps DOM elements in step, which
// screen readers and tests use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "imgui.h"
#include "ui/strings.h"

namespace convscope {

// One node. Text that cannot be acted upon has no `id`.
struct MirrorNode {
  std::string
      key;  // stable, language independent: "model", "lens.activations", "layer.fire5", "class.281"
  const char* role = "text";  // ARIA's names; "text" for a plain text node
  std::string label = {};     // accessible name, translated; of a text: what it says
  std::string value = {};     // what a reader should say of its state, e.g. "55×55×128" (optional)
  ImGuiID id = 0;             // Dear ImGui's id: activating the node activates the item
  ImVec2 min = {}, max = {};  // CSS px on screen; set by the wrappers
  std::optional<bool> checked = {}, expanded = {}, selected = {};
  bool disabled = false;
  int level = 0;                                        // of a heading
  std::optional<double> low = {}, high = {}, now = {};  // of a slider or progress bar
  std::optional<double> step = {};  // of a slider: what an arrow key moves it by
  const char* live = nullptr;       // "polite" or "assertive"
  bool focused = false;             // the keyboard is here; set by the wrappers
  bool clipped = false;             // scrolled out of sight; set by the wrappers
};

class Mirror {
 public:
  // A control. Call it right after the item was submitted; its rectangle and its clipping are the
  // last item's.
  void control(MirrorNode node);
  // Something visible at a rectangle of the current window: heading, sentence, number, picture's
  // description.
  void visible(MirrorNode node, ImVec2 min, ImVec2 max);
  // Nodes until pop() belong to this group (role "navigation", "list", "dialog", "region",
  // "tablist" …).
  void push(std::string_view key, const char* role, std::string_view label);
  void pop();

  // --- called by App
  void begin_frame();
  // The whole screen as JSON, {"nodes":[…],"lang":"en"}; empty if it is the same as last time.
  std::string take_json(Language language);
  // The item of a key, 0 if it is not on screen.
  ImGuiID id_of(std::string_view key) const;
  const std::vector<MirrorNode>& nodes() const { return nodes_; }
  const std::string& parent_of(size_t node) const { return parents_[node]; }

  // --- assistive technology's wishes
  void set_value(ImGuiID id, double value) { pending_value_.emplace(id, value); }
  std::optional<double> take_value(ImGuiID id);  // by the slider itself
  void focus(ImGuiID id) {
    pending_focus_ = id;
  }  // scrolls to the item and puts the keyboard there

  // --- Dear ImGui's test hooks: which items exist, so that a test can find one that nobody
  // described.
  void note_item(ImGuiID id) { items_.insert(id); }
  std::vector<ImGuiID> undescribed() const;

 private:
  void add(MirrorNode node, ImVec2 clip_min, ImVec2 clip_max);
  std::vector<MirrorNode> nodes_;
  std::vector<std::string> parents_, stack_;
  std::unordered_map<std::string, int> texts_in_group_;
  std::unordered_set<ImGuiID> items_;
  std::string last_json_;
  std::optional<std::pair<ImGuiID, double>> pending_value_;
  ImGuiID pending_focus_ = 0;
};

// The mirror that the hooks report to; null switches them off. Set by App.
void set_hooked_mirror(Mirror* mirror);

}  // namespace convscope
