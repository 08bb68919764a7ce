// Parts that several lenses share: choosing a layer, pictures side by side, where a layer's cells
// lie on the picture.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ui/ui.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/picture.h"

namespace convscope {

// Exactly what the network saw; null before the first forward pass.
const Picture* seen_picture(const Ui& ui);

// A drop-down of the network's layers that `fits` accepts. Choosing one lets go of what was pinned.
void layer_chooser(Ui& ui, std::string_view key, const LayerInfo* now,
                   bool (*fits)(const LayerInfo&));
// The first layer that `fits` accepts; null if none does.
const LayerInfo* first_layer(const Ui& ui, bool (*fits)(const LayerInfo&));
// The layer that the lens shows. Where the state names none of this network it is set to the first
// one that fits, so that rail, arrow keys and permalink know it too. Null while the network that
// the state names is not there.
const LayerInfo* settled_layer(Ui& ui, bool (*fits)(const LayerInfo&));

// A rectangle on the network's input, in px; right and bottom are exclusive.
struct PixelRect {
  float left = 0, top = 0, right = 0, bottom = 0;
};
// What the cell of a layer sees. It may reach beyond the picture, into the padding.
PixelRect field_of(const LayerInfo& layer, int row, int column);
// Where the layer's whole map belongs, with each cell in the middle of what it sees.
PixelRect extent_of(const LayerInfo& layer);
// The cell of the layer whose middle is nearest to a place of the picture (u, v in 0 … 1).
void cell_at(const Ui& ui, const LayerInfo& layer, float u, float v, int* row, int* column);
// Outlines a field on the picture drawn in [min, max], clipped to it.
void draw_field_on(const Ui& ui, const PixelRect& field, ImVec2 min, ImVec2 max);
// Lays a layer's plane over the picture drawn in [min, max], each cell where it looks.
void draw_plane_on(Ui& ui, const LayerInfo& layer, const Stack& stack, int plane,
                   const Colouring& colouring, ImVec2 min, ImVec2 max, float opacity);
// "12…18 × 30…36", clipped to the picture.
std::string field_text(const Ui& ui, const PixelRect& field);

// The network's picture or, before the first pass, a skeleton of its size.
PictureResult seen_or_skeleton(Ui& ui, std::string_view key, ImVec2 size);

// The absolute value that `share` of the pixels do not exceed: a few extreme pixels would leave all
// others without colour.
float value_at_share(const Map& map, float share);

// Columns of equal width, one under the other on a narrow stage:  begin(); draw; end(); begin(); …
// finish();
class Columns {
 public:
  // As wide as the stage, at most `widest` px each.
  Columns(Ui& ui, int count, float widest = 1e6f);
  float width() const { return width_; }
  void begin();
  void end();
  void finish();

 private:
  bool stacked_;
  float width_ = 0, bottom_ = 0;
  int index_ = 0;
  ImVec2 origin_;
};
inline constexpr float kColumnGap = 16;

// 12 px words under a picture, wrapped at `width`.
void words_under(Ui& ui, std::string_view text, float width);
// A line of controls: call between two of them. Breaks the line where less than `needed` px are
// left. `low`: the next one is a switch or a row of segments, which are 4 px lower than a button.
void same_line(float needed, bool low = false);
// A button in such a line.
bool button_beside(Ui& ui, std::string_view key, std::string_view label,
                   const ButtonOptions& options = {});
// Height that is left on the stage without scrolling, at least `least`.
float stage_height(float least);

// A label with its alternatives beneath, in the inspector. True when *index changed.
bool setting(Ui& ui, std::string_view key, std::string_view label,
             std::span<const std::string> choices, int* index);
// Heading that a group of settings has in the inspector.
void settings_heading(Ui& ui);

}  // namespace convscope
