// Pictures and maps: as large as possible, no frame, rounded corners, exact value under the
// pointer, alternative text.
#pragma once

#include <functional>
#include <string_view>

#include "ui/ui.h"

namespace convscope {

struct PictureOptions {
  std::string_view alt;   // what a blind person should know: "the picture: Egyptian cat"
  bool button = false;    // can be pressed (else hovering is all)
  bool selected = false;  // accent outline
  bool target = false;    // outline in the target's colour instead
  float radius = kRadius;
  bool transparent = false;  // it has transparent parts: a checkerboard shows through
  // A map over the picture.
  const Map* over = nullptr;
  Colouring over_colouring;
  float over_opacity = 0.6f;
};
struct PictureResult {
  ImVec2 min, max;  // of the picture on screen
  bool hovered = false, pressed = false;
  float u = 0, v = 0;  // under the pointer, 0 … 1, where hovered
  // Cell under the pointer of a grid of that size; -1 where not hovered.
  int column(int width) const { return hovered ? ImMin(int(u * float(width)), width - 1) : -1; }
  int row(int height) const { return hovered ? ImMin(int(v * float(height)), height - 1) : -1; }

 private:
  static int ImMin(int a, int b) { return a < b ? a : b; }
};

// Height-to-width kept: the largest size of a width × height picture within `room`.
ImVec2 fit(float width, float height, ImVec2 room);

// Each is as large as `room` and its own shape allow.
PictureResult picture(Ui& ui, std::string_view key, const Picture& picture, ImVec2 room,
                      const PictureOptions& options = {});
// A plane of numbers alone.
PictureResult map(Ui& ui, std::string_view key, const Map& map, const Colouring& colouring,
                  ImVec2 room, const PictureOptions& options = {});
// One plane of a stack.
PictureResult plane(Ui& ui, std::string_view key, const Stack& stack, int index,
                    const Colouring& colouring, ImVec2 room, const PictureOptions& options = {});

struct Box {
  ImVec2 min, max;
};
// Where a plane of the stack lies in a tile when it keeps its shape: in the middle.
Box box_within(const Stack& stack, ImVec2 min, ImVec2 max);
// Draws only (no layout, no mirror): for tiles and overlays. It fills the rectangle.
void draw_picture(ImDrawList* list, const Stack& stack, ImVec2 min, ImVec2 max,
                  float radius = kRadius, float opacity = 1);
void draw_plane(Ui& ui, ImDrawList* list, const Stack& stack, int index, const Colouring& colouring,
                ImVec2 min, ImVec2 max, float radius = kSmallRadius, float opacity = 1);
// The 3 px outline of what is selected.
void draw_selection(const Ui& ui, ImDrawList* list, ImVec2 min, ImVec2 max, float radius = kRadius,
                    bool target = false);
// A rectangle over a picture, e.g. a receptive field: light and dark line, visible on everything.
void draw_field(ImDrawList* list, ImVec2 min, ImVec2 max);

// A gray checkerboard, on which a picture with transparent parts is drawn.
void draw_checkerboard(const Ui& ui, ImDrawList* list, ImVec2 min, ImVec2 max);
// The border of where a map is above 0.5, as a light and a dark line.
void draw_contour(ImDrawList* list, const Map& mask, ImVec2 min, ImVec2 max);

// The labelled bar under a map: raw minimum, colours, raw maximum, unit. `values`: what it shows
// ("fire9, 13×13").
void colour_bar(Ui& ui, const Colouring& colouring, double minimum, double maximum,
                std::string_view unit, float width, std::string_view values = {});
// Colouring of a map by its own range: signed ones symmetric around zero, else the given colours.
Colouring colouring_of(const Map& map, Colours colours = Colours::kMagma);

// --- a grid of tiles -------------------------------------------------------------------
struct TileGridOptions {
  int count = 0;
  float tile_width = 64, tile_height = 64, gap = 6;
  float caption_height = 0;  // room under each tile, drawn by `draw`
  int selected = -1;
  int target = -1;
  std::string_view label;  // of the whole grid, for the mirror
  // Draws tile `index` into its rectangle (without caption_height).
  std::function<void(ImDrawList* list, int index, ImVec2 min, ImVec2 max)> draw;
  // Accessible name of a tile: "channel 12, maximum 3.4".
  std::function<std::string(int index)> tile_label;
  // Stable key of a tile, e.g. "channel.12".
  std::function<std::string(int index)> tile_key;
};
struct TileGridResult {
  int hovered = -1, pressed = -1;
  ImVec2 hovered_min, hovered_max;
};
// As many columns as fit the available width; only visible tiles cost anything. Arrow keys walk the
// tiles, Enter presses.
TileGridResult tile_grid(Ui& ui, std::string_view key, const TileGridOptions& options);
// Tile edge so that `count` tiles fill `room` without scrolling, within [smallest, largest].
float tile_size_for(int count, ImVec2 room, float gap, float smallest, float largest);

}  // namespace convscope
