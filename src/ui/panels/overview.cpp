// Overview: what does the network answer, and what happens on the way? A photo, the layers that it
// passes, the answer.
#include <algorithm>
#include <cmath>

#include "ui/panels/frame.h"
#include "ui/panels/panel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/picture.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr float kCaption = 36, kGap = 20, kThumbGap = 2;
constexpr float kUnsureBelow = 0.4f;

struct Mosaic {
  float cell = 120;            // edge of a tile
  int columns = 6, photo = 2;  // the photo covers photo × photo cells
  int rows = 1;
};

float row_height(const Mosaic& m) { return m.cell + kCaption + kGap * 0.4f; }

bool has_maps(const LayerInfo& layer) {
  return !layer.minor && layer.kind != "input" && layer.height > 1 && layer.width > 1;
}

// The largest cells with which photo, layers and answer fit the room; scrolling where even the
// smallest do not.
Mosaic mosaic_for(const Ui& ui, int tiles, ImVec2 room) {
  const float smallest = ui.size == Size::kNarrow ? 84 : 92;
  Mosaic m;
  for (m.cell = 176; m.cell >= smallest; m.cell -= 2) {
    m.columns = std::max(2, static_cast<int>((room.x + kGap) / (m.cell + kGap)));
    m.photo = m.columns >= 5 ? 2 : m.columns;
    const int beside = m.photo < m.columns ? (m.columns - m.photo) * m.photo : 0;
    const int rest = std::max(0, tiles - beside);
    m.rows = m.photo + (rest + m.columns - 1) / m.columns;
    if (float(m.rows) * row_height(m) <= room.y) break;
  }
  // Spread the columns over the whole width.
  const float wide = std::floor((room.x - kGap * float(m.columns - 1)) / float(m.columns));
  if (m.cell < smallest || wide < m.cell * 1.12f) m.cell = wide;
  return m;
}

float photo_edge(const Mosaic& m) { return m.cell * float(m.photo) + kGap * float(m.photo - 1); }

ImVec2 place_of(const Mosaic& m, int index) {
  const int beside = m.columns - m.photo;
  if (index < beside * m.photo) {
    return ImVec2(float(m.photo + index % beside) * (m.cell + kGap),
                  float(index / beside) * row_height(m));
  }
  index -= beside * m.photo;
  // A photo over all columns is followed by its caption; one beside tiles ends with their rows.
  const float top = beside == 0 ? photo_edge(m) + kCaption : float(m.photo) * row_height(m);
  return ImVec2(float(index % m.columns) * (m.cell + kGap),
                top + float(index / m.columns) * row_height(m));
}

void draw_photo(Ui& ui, ImVec2 at, const Mosaic& m) {
  const float edge = photo_edge(m);
  ImGui::SetCursorScreenPos(at);
  const ImVec2 size(edge, edge);
  if (!ui.vm.forward) {
    skeleton(ui, size);
    return;
  }
  const std::string shape = shape_text(ui.vm.forward->input.height, ui.vm.forward->input.width,
                                       ui.vm.model->input_channels);
  const std::string alt = ui.tr(S::kPhotoAlt, {shape});
  const PictureResult on = picture(ui, "overview.photo", ui.vm.forward->input, size, {.alt = alt});
  ImGui::SetCursorScreenPos(ImVec2(at.x, on.max.y + 6));
  paragraph(ui, alt, kStatusSize, ui.theme.ink3, size.x);
}

void press_channel(Ui& ui, const LayerInfo& layer, int channel) {
  ui.state.lens = kActivationsPanelId;
  ui.state.layer = layer.name;
  ui.state.channel = channel;
  ui.state.input_channel = -1;
}

void draw_tile(Ui& ui, const LayerInfo& layer, ImVec2 at, float cell, float light) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const LayerThumbnails* t = ui.vm.thumbnails(layer.name);
  const float thumb = std::floor((cell - kThumbGap) / 2);
  const int count = t ? std::min<int>(4, static_cast<int>(t->channels.size())) : 0;
  const Stack stack =
      count > 0 ? ui.textures.planes(t->values, PixelFormat::kValue8,
                                     static_cast<int>(t->channels.size()), t->height, t->width)
                : Stack{};
  const float rise = (1 - light) * 6;
  for (int i = 0; i < 4; ++i) {
    const ImVec2 min(at.x + float(i % 2) * (thumb + kThumbGap),
                     at.y + float(i / 2) * (thumb + kThumbGap) + rise);
    const ImVec2 max(min.x + thumb, min.y + thumb);
    if (i >= count) {
      list->AddRectFilled(min, max, ui.theme.track, kSmallRadius);
      continue;
    }
    const int channel = t->channels[static_cast<size_t>(i)];
    const std::string number = std::to_string(channel);
    const Hit hit =
        hit_area_at(ui,
                    MirrorNode{.key = "overview." + layer.name + "." + std::to_string(i),
                               .role = "button",
                               .label = ui.tr(S::kThumbnail, {layer.name, number})},
                    min, max, kSmallRadius);
    if (light < 1) list->AddRectFilled(min, max, ui.theme.track, kSmallRadius);
    const Box box = box_within(stack, min, max);
    draw_plane(ui, list, stack, i, Colouring{.colours = Colours::kViridis}, box.min, box.max,
               kSmallRadius, light);
    if (hit.hovered) {
      draw_selection(ui, list, min, max, kSmallRadius);
      hint(ui, ui.tr(S::kThumbnailHint, {layer.name, number}), min, ImVec2(max.x + 2, max.y));
      ui.state.hovered_layer = layer.name;
    }
    if (hit.pressed) press_channel(ui, layer, channel);
  }
  const bool lit_up = ui.highlighted_layer == layer.name;
  const std::string shape = shape_text(layer.height, layer.width, layer.channels);
  const float y = at.y + cell + 5;
  draw_text(ui, list, ImVec2(at.x, y), ui.fonts.bold, kLabelSize,
            lit_up ? ui.theme.accent : ui.theme.ink,
            fitted(ui, ui.fonts.bold, kLabelSize, layer.name, cell));
  draw_text(ui, list, ImVec2(at.x, y + 15), ui.fonts.text, kStatusSize - 0.5f, ui.theme.ink3,
            fitted(ui, ui.fonts.text, kStatusSize, shape, cell));
  ui.mirror.visible(MirrorNode{.key = "", .label = layer.name + " " + shape}, ImVec2(at.x, y),
                    ImVec2(at.x + cell, y + 30));
}

// The way from one tile to the next: a small arrow, in accent while the picture passes.
void draw_arrow(const Ui& ui, ImVec2 tile, float cell, float light) {
  const ImVec2 c(tile.x - kGap / 2, tile.y + cell / 2);
  const ImU32 colour = mix(ui.theme.accent, ui.theme.line, light);
  const ImVec2 points[] = {{c.x - 2.5f, c.y - 4.5f}, {c.x + 2, c.y}, {c.x - 2.5f, c.y + 4.5f}};
  ImGui::GetWindowDrawList()->AddPolyline(points, 3, colour, 1.8f);
}

void draw_answer(Ui& ui, ImVec2 at, const Mosaic& m, float light) {
  if (ui.vm.ranking.empty()) return;
  const int answer = ui.vm.first_answer();
  const std::string name = ui.label(answer), chance = percent(double(ui.vm.probability(answer)));
  const ImVec2 max(at.x + m.cell, at.y + m.cell);
  const Hit hit = hit_area_at(ui,
                              MirrorNode{.key = "overview.answer",
                                         .role = "button",
                                         .label = name + ", " + chance,
                                         .value = std::string(ui.tr(S::kWhyLink))},
                              at, max);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const bool target = answer == ui.target();
  const ImU32 fill = mix(ui.theme.paper, target ? ui.theme.target_fill : ui.theme.faint,
                         (hit.hovered ? 0.2f : 0.12f) * light);
  list->AddRectFilled(at, max, fill, kRadius);
  const float size = m.cell < 110 ? 14.0f : kTextSize, inner = m.cell - 20;
  std::vector<std::string> lines;
  std::string rest = name;
  // Two lines at most; a longer name is cut.
  const size_t blank = rest.rfind(' ');
  if (text_width(ui, ui.fonts.bold, size, rest) > inner && blank != std::string::npos) {
    lines = {rest.substr(0, blank), rest.substr(blank + 1)};
  } else {
    lines = {rest};
  }
  float y = at.y + m.cell / 2 - size * 0.75f * float(lines.size()) - 8;
  for (const std::string& line : lines) {
    draw_text(ui, list, ImVec2(at.x + 10, y), ui.fonts.bold, size,
              with_alpha(target ? ui.theme.target : ui.theme.ink, light),
              fitted(ui, ui.fonts.bold, size, line, inner));
    y += size * 1.35f;
  }
  draw_text(ui, list, ImVec2(at.x + 10, y + 4), ui.fonts.text, size,
            with_alpha(ui.theme.ink2, light), chance);
  draw_text(ui, list, ImVec2(at.x, at.y + m.cell + 5), ui.fonts.bold, kLabelSize,
            hit.hovered ? ui.theme.accent : ui.theme.ink, ui.tr(S::kWhyLink));
  if (hit.pressed) {
    for (const Panel* panel : panels()) {
      if (panel->question == Question::kWhy) ui.state.lens = panel->id;
    }
  }
}

void headline(Ui& ui) {
  if (!ui.vm.forward || ui.vm.ranking.empty()) {
    question(ui, ui.tr(S::kOverviewWaiting));
    sentence(ui, ui.tr(S::kOverviewFirst));
    return;
  }
  const int answer = ui.vm.first_answer();
  const float p = ui.vm.probability(answer);
  // The target's colour is for the target alone; it may be another class than the answer.
  const std::string mark = answer == ui.target() ? "^" : "*";
  question(ui, ui.tr(p < kUnsureBelow ? S::kOverviewUnsure : S::kOverviewQuestion,
                     {mark + ui.label(answer) + mark, percent(double(p))}));
  sentence(ui, ui.tr(S::kOverviewTry));
}

void stage(Ui& ui) {
  headline(ui);
  space(18);
  std::vector<const LayerInfo*> layers;
  if (ui.vm.model) {
    for (const LayerInfo& layer : ui.vm.model->layers) {
      if (has_maps(layer)) layers.push_back(&layer);
    }
  }
  ImVec2 room = ImGui::GetContentRegionAvail();
  room.y -= 24;
  const int tiles = std::max(6, static_cast<int>(layers.size())) + 1;
  const Mosaic m = mosaic_for(ui, tiles, room);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  draw_photo(ui, at, m);
  const int count = static_cast<int>(layers.size());
  for (int i = 0; i < std::max(count, ui.vm.model ? 0 : 6); ++i) {
    const ImVec2 place = place_of(m, i), tile(at.x + place.x, at.y + place.y);
    const float light = ui.vm.forward ? lit(ui, i, count + 1) : 0;
    if (i < count) {
      draw_tile(ui, *layers[static_cast<size_t>(i)], tile, m.cell, light);
      if (place.x > 0) draw_arrow(ui, tile, m.cell, light);
    } else {
      ImGui::GetWindowDrawList()->AddRectFilled(tile, ImVec2(tile.x + m.cell, tile.y + m.cell),
                                                ui.theme.track, kSmallRadius);
    }
  }
  if (count > 0) {
    const ImVec2 place = place_of(m, count), tile(at.x + place.x, at.y + place.y);
    const float light = ui.vm.forward ? lit(ui, count, count + 1) : 0;
    if (place.x > 0) draw_arrow(ui, tile, m.cell, light);
    draw_answer(ui, tile, m, light);
  }
  ImGui::SetCursorScreenPos(at);
  const ImVec2 last = place_of(m, tiles - 1);
  ImGui::Dummy(ImVec2(room.x, last.y + m.cell + kCaption));
}

void inspector(Ui& ui) {
  if (!ui.vm.model) return;
  const ModelInfo& model = *ui.vm.model;
  paragraph(ui, ui.tr(S::kAnswerHint), kStatusSize, ui.theme.ink3);
  space(18);
  ui.mirror.push("about", "region", ui.tr(S::kAboutNetwork));
  section(ui, ui.tr(S::kAboutNetwork));
  name(ui, model.title);
  if (const std::string_view summary = ui.tr(model.summary); !summary.empty()) {
    paragraph(ui, summary, kLabelSize, ui.theme.ink2);
    space(4);
  }
  space(4);
  number_row(ui, ui.tr(S::kParameters), integer(model.parameters));
  number_row(ui, ui.tr(S::kFlops), ui.tr(S::kFlop, {flops_text(double(model.flops))}));
  number_row(ui, ui.tr(S::kInput),
             shape_text(model.input_height, model.input_width, model.input_channels));
  number_row(ui, ui.tr(S::kClasses), integer(model.classes));
  if (ui.vm.forward) {
    number_row(ui, ui.tr(S::kForwardTime),
               ui.tr(S::kMilliseconds, {significant(double(ui.vm.forward->micros) / 1000)}));
  }
  if (const std::string_view text = ui.tr(model.preprocessing); !text.empty()) {
    space(14);
    section(ui, ui.tr(S::kPreprocessing));
    paragraph(ui, text, kLabelSize, ui.theme.ink2);
    if (model.input_adjustable) {
      space(6);
      if (button(ui, "input.change", ui.tr(S::kInputChange))) request_popup(kInputSheet);
    }
  }
  if (!model.citation.empty()) {
    space(10);
    paragraph(ui, model.citation, kStatusSize, ui.theme.ink3);
  }
  ui.mirror.pop();
  for (const Sample& sample : ui.vm.samples) {
    if (sample.id != ui.state.image || sample.credit.empty()) continue;
    space(14);
    paragraph(ui, ui.tr(S::kPictureCredit, {sample.credit}), kStatusSize, ui.theme.ink3);
  }
}

}  // namespace

const Panel kOverviewPanel = {
    kOverviewPanelId, Question::kInside, S::kOverviewTitle, nullptr, stage, inspector};

}  // namespace convscope
