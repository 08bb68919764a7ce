// Colours, type and sizes: the page's own identity (tokens by role, three themes).
#pragma once

#include "imgui.h"
#include "ui/view_state.h"

namespace convscope {

// All sizes in CSS px.
inline constexpr float kGrid = 8, kRadius = 7, kSmallRadius = 4, kSelection = 3;
inline constexpr float kStatusSize = 12, kLabelSize = 13, kTextSize = 15, kNameSize = 20,
                       kQuestionSize = 28;

struct Theme {
  ImU32 paper, sheet, ink, ink2, ink3, faint;  // faint: only large or decorative
  ImU32 line, track, hover;                    // hover: behind the row under the pointer
  ImU32 accent, accent_soft, on_accent;
  ImU32 target, target_fill;  // the class being asked about, and nothing else
  ImU32 good, danger, shadow;
  float rule = 1;  // thickness of hairlines
  bool dark = false;
};

Theme make_theme(ThemeChoice choice, bool system_is_dark);
// Sets ImGuiStyle: nothing of Dear ImGui's own look is left.
void apply_theme(const Theme& theme);

// `colour` with its alpha multiplied.
ImU32 with_alpha(ImU32 colour, float alpha);
ImU32 mix(ImU32 a, ImU32 b, float t);

}  // namespace convscope
