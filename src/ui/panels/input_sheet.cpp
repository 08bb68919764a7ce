// How a picture becomes the input of a network whose file does not say it.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "protocol/input_settings.h"
#include "ui/panels/frame.h"
#include "ui/panels/lens_parts.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

// What networks were commonly trained on.
struct Preset {
  S name;
  InputOrder order;
  std::array<float, 3> mean, deviation;
};
// Of inputs, in px.
constexpr int kUsualSides[] = {28, 512};
constexpr std::array<float, 3> all(float value) { return {value, value, value}; }
constexpr Preset kColourPresets[] = {
    {S::kInputImageNet, InputOrder::kRgb, {123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}},
    {S::kInputUnit, InputOrder::kRgb, all(0), all(255)},
    {S::kInputSigned, InputOrder::kRgb, all(127.5f), all(127.5f)},
    {S::kInputBytes, InputOrder::kRgb, all(0), all(1)},
    {S::kInputCaffe, InputOrder::kBgr, {104, 117, 123}, all(1)},
};
// MNIST's digits are bright on black; its mean and deviation are PyTorch's 0.1307 and 0.3081.
constexpr Preset kGrayPresets[] = {
    {S::kInputUnit, InputOrder::kGray, all(0), all(255)},
    {S::kInputInverted, InputOrder::kGray, all(255), all(-255)},
    {S::kInputMnist, InputOrder::kGray, all(33.3285f), all(78.5655f)},
    {S::kInputSigned, InputOrder::kGray, all(127.5f), all(127.5f)},
    {S::kInputBytes, InputOrder::kGray, all(0), all(1)},
};

// What the open sheet says, until it is used.
InputSettings draft;
size_t values_choice = 0;

bool gray() { return draft.order == InputOrder::kGray; }
std::span<const Preset> presets() {
  return gray() ? std::span<const Preset>(kGrayPresets) : kColourPresets;
}

bool close(const std::array<float, 3>& a, const std::array<float, 3>& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return std::abs(x - y) < 0.01f; });
}

// The preset that the draft is; behind the last one, numbers of one's own.
size_t preset_of_draft() {
  const auto is_draft = [](const Preset& preset) {
    return close(draft.mean, preset.mean) && close(draft.deviation, preset.deviation);
  };
  return static_cast<size_t>(std::ranges::find_if(presets(), is_draft) - presets().begin());
}

void channel_numbers(Ui& ui, size_t c) {
  constexpr std::string_view kNames[] = {"RGB", "BGR"};
  const std::string index = std::to_string(c);
  const std::string channel = gray() ? std::string(ui.tr(S::kInputGray))
                                     : std::string(1, kNames[static_cast<size_t>(draft.order)][c]);
  slider(ui, "input.mean." + index, ui.tr(S::kInputMean, {channel}), &draft.mean[c],
         {.minimum = 0, .maximum = 255, .step = 0.5});
  slider(ui, "input.std." + index, ui.tr(S::kInputDeviation, {channel}), &draft.deviation[c],
         {.minimum = 1, .maximum = 255, .step = 0.5});
}

void values(Ui& ui) {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.emplace_back(ui.tr(preset.name));
  names.emplace_back(ui.tr(S::kInputOwn));
  paragraph(ui, ui.tr(S::kInputValues), kLabelSize, ui.theme.ink);
  space(4);
  int choice = static_cast<int>(values_choice);
  if (dropdown(ui, "input.values", ui.tr(S::kInputValues), names, &choice,
               std::min(380.0f, ImGui::GetContentRegionAvail().x))) {
    values_choice = static_cast<size_t>(choice);
    if (values_choice < presets().size()) {
      const Preset& preset = presets()[values_choice];
      draft.mean = preset.mean;
      draft.deviation = preset.deviation;
      draft.order = preset.order;
    }
  }
  space(10);
  if (values_choice < presets().size()) return;
  for (size_t c = 0; c < (gray() ? 1 : 3); ++c) channel_numbers(ui, c);
  space(6);
}

void order(Ui& ui) {
  if (gray()) return;  // the network says so
  const std::string orders[] = {"RGB", "BGR"};
  int choice = static_cast<int>(draft.order);
  if (setting(ui, "input.order", ui.tr(S::kInputOrder), orders, &choice))
    draft.order = static_cast<InputOrder>(choice);
}

// The slider reaches past what is common, to what is set.
void extent(Ui& ui, std::string_view key, S label, int* px) {
  double value = *px;
  if (slider(ui, key, ui.tr(label), &value,
             {.minimum = std::min<double>(kUsualSides[0], *px),
              .maximum = std::max<double>(kUsualSides[1], *px),
              .step = 1,
              .unit = "px"}))
    *px = static_cast<int>(value);
}

void geometry(Ui& ui, bool square) {
  const std::string modes[] = {std::string(ui.tr(S::kInputCentre)),
                               std::string(ui.tr(S::kInputSquash))};
  int mode = draft.squash ? 1 : 0;
  if (setting(ui, "input.mode", ui.tr(S::kInputShape), modes, &mode)) draft.squash = mode == 1;
  if (square) {
    extent(ui, "input.side", S::kInputSide, &draft.height);
    draft.width = draft.height;
  } else {
    extent(ui, "input.height", S::kInputHeight, &draft.height);
    extent(ui, "input.width", S::kInputWidth, &draft.width);
  }
  extent(ui, "input.resize", S::kInputResize, &draft.resize);
  draft.resize = std::max(draft.resize, std::min(draft.height, draft.width));
}

void class_names(Ui& ui, const ModelInfo& model) {
  const size_t named = ui.vm.labels_en.size(), classes = static_cast<size_t>(model.classes);
  section(ui, ui.tr(S::kInputNames));
  const std::string counts[] = {std::to_string(named), std::to_string(classes)};
  paragraph(ui,
            named == 0         ? ui.tr(S::kInputNoNames, {counts[1]})
            : named == classes ? ui.tr(S::kInputAllNames, {counts[1]})
                               : ui.tr(S::kInputWrongNames, {counts[0], counts[1]}),
            kLabelSize, ui.theme.ink2);
  space(6);
  if (button(ui, "input.names", ui.tr(S::kInputOpenNames))) ui.host.request("labels", model.id);
}

}  // namespace

void draw_input_sheet(Ui& ui) {
  if (!ui.vm.model) return;
  const ModelInfo& model = *ui.vm.model;
  const std::string title = ui.tr(S::kInputTitle, {model.title});
  if (!begin_sheet(ui, kInputSheet, "input.sheet", title, 560)) return;
  if (ImGui::IsWindowAppearing()) {
    draft = read_input_settings(model.input).value_or(InputSettings());
    values_choice = preset_of_draft();
  }
  space(8);
  sentence(ui, ui.tr(model.input_guessed ? S::kInputGuess : S::kInputChosen));
  space(14);
  values(ui);
  order(ui);
  geometry(ui, model.input_height == model.input_width);
  space(12);
  class_names(ui, model);
  space(18);
  if (button(ui, "input.use", ui.tr(S::kInputUse), {.style = ButtonStyle::kPrimary})) {
    ui.host.request("input", model.id, draft.text());
    ImGui::CloseCurrentPopup();
  }
  if (button_beside(ui, "input.cancel", ui.tr(S::kCancel), {.style = ButtonStyle::kQuiet}))
    ImGui::CloseCurrentPopup();
  end_sheet(ui);
}

}  // namespace convscope
