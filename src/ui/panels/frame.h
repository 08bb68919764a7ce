// The parts of the frame around the stage. Each draws at the cursor into the current window unless
// said otherwise.
#pragma once

#include "ui/ui.h"

namespace convscope {

struct FrameContext {
  bool mac = false;  // names of keys
};

// Brand, network, pictures, class, share, language, theme, help. Returns nothing; opens popups.
void draw_top_bar(Ui& ui, ImVec2 min, ImVec2 max, const FrameContext& context);
float top_bar_height(const Ui& ui);
// Every layer in order; `in_sheet`: closes its popup when a layer was chosen.
void draw_rail(Ui& ui, bool in_sheet);
// The network's answer.
void draw_predictions(Ui& ui);
void draw_status_line(Ui& ui, ImVec2 min, ImVec2 max);
// Cards over the lower edge of the stage.
void draw_notices(Ui& ui, ImVec2 stage_min, ImVec2 stage_max);
// A dialog over the middle of the page: false while it is not open; otherwise end_sheet ends it.
bool begin_sheet(Ui& ui, const char* popup, std::string_view key, std::string_view title,
                 float width);
void end_sheet(Ui& ui);
void draw_help(Ui& ui);
void draw_input_sheet(Ui& ui);

// Names of the popups, so that keys can open them.
inline constexpr const char* kHelpPopup = "help##popup";
inline constexpr const char* kInputSheet = "input##popup";
inline constexpr const char* kTargetPopup = "target##popup";
inline constexpr const char* kLayersSheet = "layers##sheet";
inline constexpr const char* kNumbersSheet = "numbers##sheet";
// OpenPopup from anywhere: opened by the frame in its own window.
void request_popup(const char* name);
const char* take_requested_popup();

// Another network: what belonged to the layers of the old one is forgotten.
void choose_model(Ui& ui, std::string_view id);
// Shows a layer in a lens that has layers.
void choose_layer(Ui& ui, const LayerInfo& layer);
// The layer that the stage shows now, as far as it shows one.
std::string_view shown_layer(const Ui& ui);
// 0 … 1: how far the wave of the latest forward pass has lit item `index` of `count`.
float lit(Ui& ui, int index, int count);

}  // namespace convscope
