// Methods side by side: the same picture and class, each map with what it is worth.
#include <algorithm>

#include "ui/panels/faithfulness_parts.h"
#include "ui/panels/lens_parts.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr size_t kMost = 9;
// Few passes each, of every family; the last one is the null baseline.
constexpr std::string_view kAtFirst[] = {
    "grad_cam",         "layer_cam",  "eigen_cam",       "gradient",
    "input_x_gradient", "smoothgrad", "guided_backprop", "integrated_gradients",
    "random_cam"};
constexpr float kTitleRow = 22, kRow = 17, kGap = 16;

std::vector<int32_t> compared(const Ui& ui, const Judgeable& methods) {
  std::vector<int32_t> out;
  const auto add = [&](int32_t index) {
    const bool is_new = std::ranges::find(out, index) == out.end();
    if (index >= 0 && index < methods.count() && is_new && out.size() < kMost) out.push_back(index);
  };
  for (const int32_t index : ui.state.compared) add(index);
  if (!out.empty()) return out;
  for (const std::string_view id : kAtFirst) add(methods.find(id));
  return out;
}

Measure sorted_by(const Ui& ui) {
  return static_cast<Measure>(std::clamp(ui.state.compared_by, 0, kMeasures - 1));
}

struct Tile {
  int32_t method = 0;
  const MethodSnapshot* run = nullptr;  // null: it waits for those before it
  bool done = false, failed = false;
};

// One after another: each is asked for once those before it have ended. A cancelled one holds the
// rest too, until the person goes on.
std::vector<Tile> ask(Ui& ui, const Judgeable& methods, std::string* stopped) {
  std::vector<Tile> tiles;
  bool waits = ui.target() < 0;
  for (const int32_t index : compared(ui, methods)) {
    Tile tile{index};
    const std::string slot = test_slot(methods, index);
    if (!waits) {
      ui.requests.want(slot, test_request(ui, index));
      const bool current = ui.requests.current(slot);
      tile.failed = ui.requests.status(slot).progress == Progress::kFailed;
      tile.run = tile.failed ? nullptr : run_now(ui, slot);
      tile.done = current && tile.run != nullptr && tile.run->result &&
                  tile.run->shown()->figures.size() >= static_cast<size_t>(kMeasures);
      if (!current && ui.requests.stopped(slot)) *stopped = slot;
      waits = !tile.done && !tile.failed;
    }
    tiles.push_back(tile);
  }
  return tiles;
}

void sort(std::vector<Tile>& tiles, Measure by) {
  std::ranges::stable_sort(tiles, [by](const Tile& a, const Tile& b) {
    if (!a.done || !b.done) return a.done && !b.done;
    const double x = measured(*a.run->shown(), by), y = measured(*b.run->shown(), by);
    return is_better(by, x, y);
  });
}

void choosers(Ui& ui, const Judgeable& methods) {
  std::vector<std::string> names;
  for (int i = 0; i < kMeasures; ++i)
    names.push_back(ui.tr(S::kFaithSortedBy, {ui.tr(measure_title(static_cast<Measure>(i)))}));
  int index = static_cast<int>(sorted_by(ui));
  if (dropdown(ui, "faith.by", names[static_cast<size_t>(index)], names, &index,
               std::min(220.0f, ImGui::GetContentRegionAvail().x)))
    ui.state.compared_by = index;
  std::vector<int32_t> chosen = compared(ui, methods);
  if (button_beside(ui, "faith.pick", ui.tr(S::kFaithPick, {std::to_string(chosen.size())}),
                    {.selected = ui.state.compare_picking, .expanded = ui.state.compare_picking}))
    ui.state.compare_picking = !ui.state.compare_picking;
  if (!ui.state.compare_picking) return;
  space(8);
  paragraph(ui, ui.tr(S::kFaithPickWhy), kStatusSize, ui.theme.ink3);
  for (int i = 0; i < methods.count(); ++i) {
    bool on = std::ranges::find(chosen, i) != chosen.end();
    if (!toggle(ui, "faith.pick." + methods.id(i), ui.tr(methods.title(i)), &on)) continue;
    if (on && chosen.size() < kMost) chosen.push_back(i);
    if (!on && chosen.size() > 1) std::erase(chosen, i);
    ui.state.compared = chosen;
  }
}

std::string title_of(const Ui& ui, const Judgeable& methods, const Tile& tile) {
  return std::string(ui.tr(methods.title(tile.method)));
}

std::string words_of(const Ui& ui, const Judgeable& methods, const Tile& tile) {
  if (tile.failed)
    return std::string(ui.tr(ui.requests.status(test_slot(methods, tile.method)).error.message));
  if (!tile.done) return std::string(ui.tr(S::kComputing));
  std::string out;
  for (int i = 0; i < kMeasures; ++i) {
    const auto measure = static_cast<Measure>(i);
    out += (out.empty() ? "" : ", ") + std::string(ui.tr(measure_title(measure))) + " " +
           measure_text(ui, measure, measured(*tile.run->shown(), measure));
  }
  return out;
}

void draw_figures(Ui& ui, ImDrawList* list, const Tile& tile, Measure by, ImVec2 at, float width) {
  for (int i = 0; i < kMeasures; ++i) {
    const auto measure = static_cast<Measure>(i);
    const bool strong = measure == by;
    ImFont* font = strong ? ui.fonts.bold : ui.fonts.text;
    const ImU32 ink = strong ? ui.theme.ink : ui.theme.ink3;
    const std::string value = measure_text(ui, measure, measured(*tile.run->shown(), measure));
    const float wide = text_width(ui, font, kStatusSize, value);
    draw_text(ui, list, at, font, kStatusSize, ink,
              fitted(ui, font, kStatusSize, ui.tr(measure_title(measure)), width - wide - 6));
    draw_text(ui, list, ImVec2(at.x + width - wide, at.y), font, kStatusSize, ink, value);
    at.y += kRow;
  }
}

void draw_tile(Ui& ui, ImDrawList* list, const Judgeable& methods, const Tile& tile, Measure by,
               ImVec2 min, ImVec2 max) {
  const Picture* seen = seen_picture(ui);
  const bool has_map = tile.run != nullptr && tile.run->shown()->map;
  if (seen != nullptr) {
    const Stack photo = ui.textures.of(*seen);
    const Box box = box_within(photo, min, max);
    draw_picture(list, photo, box.min, box.max, kSmallRadius, has_map ? 1.0f : 0.35f);
    if (has_map) {
      const Map& map = *tile.run->shown()->map;
      draw_plane(ui, list, ui.textures.of(map), 0, colouring_of_judged(map), box.min, box.max,
                 kSmallRadius, ui.state.overlay);
    }
  } else {
    list->AddRectFilled(min, max, ui.theme.track, kSmallRadius);
  }
  const float width = max.x - min.x;
  draw_text(ui, list, ImVec2(min.x, max.y + 4), ui.fonts.bold, kLabelSize, ui.theme.ink,
            fitted(ui, ui.fonts.bold, kLabelSize, title_of(ui, methods, tile), width));
  const ImVec2 at(min.x, max.y + 4 + kTitleRow);
  if (tile.done) return draw_figures(ui, list, tile, by, at, width);
  const bool runs = tile.run != nullptr && !tile.run->result && tile.run->shown()->steps > 0;
  const std::string words =
      runs ? ui.tr(S::kExplainProgress, {std::to_string(tile.run->shown()->step),
                                         std::to_string(tile.run->shown()->steps)})
           : words_of(ui, methods, tile);
  draw_text(ui, list, at, ui.fonts.text, kStatusSize, tile.failed ? ui.theme.danger : ui.theme.ink3,
            fitted(ui, ui.fonts.text, kStatusSize, words, width));
}

}  // namespace

void compare_view(Ui& ui, const Judgeable& methods) {
  choosers(ui, methods);
  std::string stopped;
  std::vector<Tile> tiles = ask(ui, methods, &stopped);
  const Measure by = sorted_by(ui);
  sort(tiles, by);
  if (by == Measure::kRandom) {
    space(6);
    paragraph(ui, ui.tr(S::kFaithRandomWhy), kStatusSize, ui.theme.ink3);
  }
  space(12);
  const float room = ImGui::GetContentRegionAvail().x;
  const int columns = room < 420 ? 2 : room < 640 ? 3 : 5;
  const float edge =
      std::max(96.0f, std::floor((room - kGap * float(columns - 1)) / float(columns)));
  const auto tile_at = [&](int i) -> const Tile& { return tiles[static_cast<size_t>(i)]; };
  const TileGridResult grid = tile_grid(
      ui, "faith.methods",
      {.count = static_cast<int>(tiles.size()),
       .tile_width = edge,
       .tile_height = edge,
       .gap = kGap,
       .caption_height = 4 + kTitleRow + kMeasures * kRow,
       .label = ui.tr(S::kFaithMethods),
       .draw = [&](ImDrawList* list, int i, ImVec2 min,
                   ImVec2 max) { draw_tile(ui, list, methods, tile_at(i), by, min, max); },
       .tile_label =
           [&](int i) {
             return ui.tr(S::kFaithTileAlt,
                          {title_of(ui, methods, tile_at(i)), words_of(ui, methods, tile_at(i))});
           },
       .tile_key = [&](int i) { return "faith.tile." + methods.id(tile_at(i).method); }});
  const auto done = std::ranges::count(tiles, true, &Tile::done),
             failed = std::ranges::count(tiles, true, &Tile::failed);
  space(8);
  if (!stopped.empty()) {
    if (button(ui, "faith.again", ui.tr(S::kExplainAgain))) ui.requests.go_on(stopped);
  } else if (done + failed < std::ssize(tiles)) {
    progress_bar(ui, "faith.progress",
                 ui.tr(S::kFaithProgress, {std::to_string(done), std::to_string(tiles.size())}),
                 double(done) / double(tiles.size()), false);
  } else {
    paragraph(ui, ui.tr(S::kFaithOpen), kLabelSize, ui.theme.ink2);
  }
  if (grid.pressed < 0) return;
  ui.state.method = methods.id(tile_at(grid.pressed).method);
  ui.state.faith_view = FaithView::kCurves;
}

}  // namespace convscope
