// Controls: buttons, tabs, links, sliders, choices. `key` is the stable, language-independent id
// ("dream.pause").
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

enum class ButtonStyle : uint8_t {
  kQuiet,    // words only, a soft background under the pointer
  kOutline,  // hairline border
  kPrimary,  // filled with the accent: at most one in a panel
};
struct ButtonOptions {
  ButtonStyle style = ButtonStyle::kOutline;
  bool enabled = true;
  bool selected = false;
  float width = 0;  // 0: as wide as its words
  const char* role = "button";
  std::optional<bool> expanded = {}, checked = {};
};
// True when pressed.
bool button(Ui& ui, std::string_view key, std::string_view label,
            const ButtonOptions& options = {});
// Words in accent; opens `url` in a new tab.
void link(Ui& ui, std::string_view key, std::string_view label, std::string_view url);
// One of a row of tabs; the selected one is underlined. Call ImGui::SameLine between them.
bool tab(Ui& ui, std::string_view key, std::string_view label, bool selected);
// A switch with its label. True when *on changed.
bool toggle(Ui& ui, std::string_view key, std::string_view label, bool* on);
// A few alternatives side by side, one selected. True when *index changed.
bool segments(Ui& ui, std::string_view key, std::string_view label,
              std::span<const std::string> choices, int* index);
// A list that drops down. True when *index changed.
bool dropdown(Ui& ui, std::string_view key, std::string_view label,
              std::span<const std::string> choices, int* index, float width = 0);

struct SliderOptions {
  double minimum = 0, maximum = 1;
  double step = 0;  // 0: continuous; 1: integers
  bool logarithmic = false;
  int digits = 2;  // of the shown number where step is 0
  std::string_view unit = {};
  std::string_view shown = {};  // instead of the number, e.g. "fire9"
};
// Label left, value right, track beneath. Arrow keys move one step. True when *value changed.
bool slider(Ui& ui, std::string_view key, std::string_view label, double* value,
            const SliderOptions& options);
bool slider(Ui& ui, std::string_view key, std::string_view label, float* value,
            const SliderOptions& options);

// A text field with a hint. True when the text changed.
bool search_field(Ui& ui, std::string_view key, std::string_view label, std::string* text,
                  float width);

// Progress of work: how far (fraction < 0: unknown), in words beneath, with a cancel button. True
// when cancelled.
bool progress_bar(Ui& ui, std::string_view key, std::string_view label, double fraction,
                  bool cancellable);

// The controls of a method's parameter table, each from its ParameterInfo. True when one changed.
bool method_parameters(Ui& ui, const MethodInfo& method,
                       std::initializer_list<std::string_view> skip = {});
// Title, intuition, equation, departures, citation with link, source link of a method.
void method_notes(Ui& ui, const MethodInfo& method);

// An invisible control over a rectangle that you draw yourself: the base of all of the above.
struct Hit {
  bool pressed = false, hovered = false, held = false,
       focused = false;  // focused: by keyboard, ring was drawn
  ImVec2 min, max;
  ImGuiID id = 0;
};
// Takes `size` of the layout; `node` describes it (key, role, label, states); its id and rectangle
// are filled in.
Hit hit_area(Ui& ui, MirrorNode node, ImVec2 size, float radius = kRadius);
// The same at a screen rectangle, without moving the cursor.
Hit hit_area_at(Ui& ui, MirrorNode node, ImVec2 min, ImVec2 max, float radius = kRadius);

}  // namespace convscope
