// The parts of the top bar: each draws at a place that the bar gives it and opens its own menu.
#pragma once

#include <string>
#include <string_view>

#include "ui/panels/frame.h"
#include "ui/widgets/controls.h"

namespace convscope {

inline constexpr float kBarControl = 36;  // height of everything in the bar, px

// Each is centred on `y` and returns its right edge. `width` 0: as wide as its words.
float draw_model_menu(Ui& ui, float x, float y, float width);
// The sample pictures, the person's own one if there is one, and "+", as far as they fit.
float draw_pictures(Ui& ui, float x, float y, float right, const FrameContext& context);
void draw_target(Ui& ui, ImVec2 min, ImVec2 max);
std::string target_name(const Ui& ui);

// A field with a chevron, over `hit`.
void draw_box(const Ui& ui, const Hit& hit, bool open);
// The popup `popup` under a control; EndPopup() where it answers true.
bool begin_menu(const Ui& ui, const char* popup, const Hit& below, float width, float height = 0);
// A line of a menu as wide as the menu; its words are for the caller to draw.
Hit menu_row(Ui& ui, MirrorNode node, float height, bool selected);
// A line of a menu that does something; closes the menu.
bool menu_item(Ui& ui, std::string_view key, std::string_view label);

}  // namespace convscope
