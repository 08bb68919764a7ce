// The unit of a layer that a method projects back to the picture: which one, and where it looks.
#include <algorithm>

#include "ui/panels/channel_grid.h"
#include "ui/panels/explain_parts.h"
#include "ui/panels/lens_parts.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kRow = "row", kColumn = "column";

// What a finished projection says of its unit.
struct Unit {
  const LayerInfo* layer = nullptr;  // null: it began at the class's score
  int channel = 0, row = 0, column = 0;
  double activation = 0;
};

Unit unit_of(const Ui& ui, const MethodSnapshot* run) {
  if (run == nullptr || !run->result || run->shown()->figures.size() < 4) return {};
  const auto figure = [&](size_t i) { return run->shown()->figures[i].value; };
  return {ui.vm.layer(run->result->layer), static_cast<int>(figure(0)), static_cast<int>(figure(1)),
          static_cast<int>(figure(2)), figure(3)};
}

}  // namespace

bool projects_unit(const MethodInfo& method) {
  return method.takes_layer &&
         std::ranges::find(method.parameters, kRow, &ParameterInfo::id) != method.parameters.end();
}

void aim(const Ui& ui, const LayerInfo* layer, RunMethod* request) {
  const int channel = ui.state.unit_channel;
  if (layer != nullptr && channel >= 0 && channel < layer->channels) request->channels = {channel};
  for (ParameterValue& p : request->parameters) {
    if (p.id != kRow && p.id != kColumn) continue;
    const int count = layer == nullptr ? 0 : p.id == kRow ? layer->height : layer->width;
    if (p.value >= count) p.value = -1;
  }
}

void unit_chooser(Ui& ui, const LayerInfo& layer) {
  const int channel = ui.state.unit_channel;
  const std::string count = std::to_string(layer.channels);
  const std::string label = channel >= 0 && channel < layer.channels
                                ? ui.tr(S::kUnitChannel, {std::to_string(channel), count})
                                : ui.tr(S::kUnitAnyChannel, {count});
  if (button_beside(ui, "explain.unit", label,
                    {.selected = ui.state.unit_picking, .expanded = ui.state.unit_picking}))
    ui.state.unit_picking = !ui.state.unit_picking;
}

void unit_picker(Ui& ui, const LayerInfo& layer) {
  if (!ui.state.unit_picking) return;
  space(20);
  paragraph(ui, ui.tr(S::kUnitPick, {layer.name}), kLabelSize, ui.theme.ink2);
  space(8);
  const int32_t pressed =
      channel_grid(ui, layer,
                   {.key = "explain.channels",
                    .channel_key = "explain.channel.",
                    .label = ui.tr(S::kUnitChannels),
                    .is_chosen = [&](int32_t c) { return c == ui.state.unit_channel; }});
  if (pressed >= 0) ui.state.unit_channel = pressed == ui.state.unit_channel ? -1 : pressed;
}

void unit_settings(Ui& ui, const MethodInfo& method, const LayerInfo& layer) {
  for (const ParameterInfo& p : method.parameters) {
    if (p.id != kRow && p.id != kColumn) continue;
    const int last = (p.id == kRow ? layer.height : layer.width) - 1;
    double value = parameter_of(ui.state, method, p);
    if (value > last) value = -1;
    const std::string shown =
        value < 0 ? std::string(ui.tr(S::kUnitStrongest)) : std::to_string(static_cast<int>(value));
    if (slider(ui, method.id + "." + p.id, ui.tr(p.title), &value,
               {.minimum = -1, .maximum = double(last), .step = 1, .shown = shown}))
      set_parameter(ui.state, method, p, value);
  }
}

void unit_words(Ui& ui, const MethodSnapshot* run) {
  const Unit unit = unit_of(ui, run);
  if (unit.layer == nullptr) return;
  space(8);
  paragraph(ui,
            ui.tr(S::kUnitProjected,
                  {std::to_string(unit.channel), unit.layer->name, std::to_string(unit.row),
                   std::to_string(unit.column), significant(unit.activation)}),
            kLabelSize, ui.theme.ink2);
}

void draw_unit(const Ui& ui, const MethodSnapshot& run, const PictureResult& on) {
  const Unit unit = unit_of(ui, &run);
  if (unit.layer != nullptr)
    draw_field_on(ui, field_of(*unit.layer, unit.row, unit.column), on.min, on.max);
}

}  // namespace convscope
