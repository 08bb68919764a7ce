// How a picture becomes the input of a network whose file does not say it.
#include <algorithm>
#include <span>

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
  bool bgr;
  std::array<float, 3> mean, deviation;
};
constexpr Preset kPresets[] = {
    {S::kInputImageNet, false, {123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}},
    {S::kInputUnit, false, {0, 0, 0}, {255, 255, 255}},
    {S::kInputSigned, false, {127.5f, 127.5f, 127.5f}, {127.5f, 127.5f, 127.5f}},
    {S::kInputBytes, false, {0, 0, 0}, {1, 1, 1}},
    {S::kInputCaffe, true, {104, 117, 123}, {1, 1, 1}},
};
constexpr int kOwnNumbers = static_cast<int>(std::size(kPresets));

// What the open sheet says, until it is used.
InputSettings draft;
int values_choice = 0;

bool close(const std::array<float, 3>& a, const std::array<float, 3>& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return std::abs(x - y) < 0.01f; });
}

int preset_of(const InputSettings& settings) {
  for (int i = 0; i < kOwnNumbers; ++i) {
    if (close(settings.mean, kPresets[i].mean) && close(settings.deviation, kPresets[i].deviation))
      return i;
  }
  return kOwnNumbers;
}

void number(Ui& ui, std::string_view key, S label, std::string_view channel, float* value,
            const SliderOptions& options) {
  slider(ui, key, ui.tr(label, {channel}), value, options);
}

void values(Ui& ui) {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) names.emplace_back(ui.tr(preset.name));
  names.emplace_back(ui.tr(S::kInputOwn));
  paragraph(ui, ui.tr(S::kInputValues), kLabelSize, ui.theme.ink);
  space(4);
  if (dropdown(ui, "input.values", ui.tr(S::kInputValues), names, &values_choice,
               std::min(380.0f, ImGui::GetContentRegionAvail().x)) &&
      values_choice < kOwnNumbers) {
    const Preset& preset = kPresets[values_choice];
    draft.mean = preset.mean;
    draft.deviation = preset.deviation;
    draft.bgr = preset.bgr;
  }
  space(10);
  if (values_choice != kOwnNumbers) return;
  for (size_t c = 0; c < 3; ++c) {
    const std::string index = std::to_string(c), channel(1, draft.bgr ? "BGR"[c] : "RGB"[c]);
    number(ui, "input.mean." + index, S::kInputMean, channel, &draft.mean[c],
           {.minimum = 0, .maximum = 255, .step = 0.5});
    number(ui, "input.std." + index, S::kInputDeviation, channel, &draft.deviation[c],
           {.minimum = 1, .maximum = 255, .step = 0.5});
  }
  space(6);
}

void geometry(Ui& ui) {
  const std::string modes[] = {std::string(ui.tr(S::kInputCentre)),
                               std::string(ui.tr(S::kInputSquash))};
  int mode = draft.squash ? 1 : 0;
  if (setting(ui, "input.mode", ui.tr(S::kInputShape), modes, &mode)) draft.squash = mode == 1;
  double side = draft.side, resize = draft.resize;
  const double most = 512;
  if (slider(ui, "input.side", ui.tr(S::kInputSide), &side,
             {.minimum = 32, .maximum = most, .step = 1, .unit = "px"}))
    draft.side = static_cast<int>(side);
  if (slider(ui, "input.resize", ui.tr(S::kInputResize), &resize,
             {.minimum = 32, .maximum = most * 8 / 7, .step = 1, .unit = "px"}))
    draft.resize = static_cast<int>(resize);
  draft.resize = std::max(draft.resize, draft.side);
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
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size(std::min(560.0f, screen.x - 24), std::min(640.0f, screen.y - 48));
  ImGui::SetNextWindowPos(ImVec2((screen.x - size.x) / 2, (screen.y - size.y) / 2));
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.size == Size::kNarrow ? 18 : 32, 26));
  const bool open = ImGui::BeginPopup(kInputSheet);
  ImGui::PopStyleVar();
  if (!open) return;
  if (!ui.vm.model) {
    ImGui::CloseCurrentPopup();
    return ImGui::EndPopup();
  }
  const ModelInfo& model = *ui.vm.model;
  if (ImGui::IsWindowAppearing()) {
    draft = read_input_settings(model.input).value_or(InputSettings());
    values_choice = preset_of(draft);
  }
  const ImVec2 at = ImGui::GetWindowPos();
  draw_shadow(ui, ImGui::GetWindowDrawList(), at, ImVec2(at.x + size.x, at.y + size.y), kRadius);
  ui.mirror.push("input.sheet", "dialog", ui.tr(S::kInputTitle, {model.title}));
  name(ui, ui.tr(S::kInputTitle, {model.title}));
  space(8);
  sentence(ui, ui.tr(model.input_guessed ? S::kInputGuess : S::kInputChosen));
  space(14);
  values(ui);
  const std::string orders[] = {"RGB", "BGR"};
  int order = draft.bgr ? 1 : 0;
  if (setting(ui, "input.order", ui.tr(S::kInputOrder), orders, &order)) draft.bgr = order == 1;
  geometry(ui);
  space(12);
  class_names(ui, model);
  space(18);
  if (button(ui, "input.use", ui.tr(S::kInputUse), {.style = ButtonStyle::kPrimary})) {
    ui.host.request("input", model.id, draft.text());
    ImGui::CloseCurrentPopup();
  }
  if (button_beside(ui, "input.cancel", ui.tr(S::kCancel), {.style = ButtonStyle::kQuiet}))
    ImGui::CloseCurrentPopup();
  ui.mirror.pop();
  ImGui::EndPopup();
}

}  // namespace convscope
