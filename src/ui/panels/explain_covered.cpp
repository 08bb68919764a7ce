// One place of an occlusion: what is left of the picture there, and what the network says of that.
#include <algorithm>
#include <cmath>

#include "ui/panels/explain_parts.h"
#include "ui/widgets/state.h"
#include "ui/widgets/text.h"

namespace convscope {
namespace {

constexpr std::string_view kCoveredSlot = "explain.covered";

// The pixel that was looked at last.
struct {
  int row = -1, column = -1;
} covered;

// The window of the occlusion whose middle is nearest to a pixel: where it begins.
int window_begin(int pixel, int extent, double window, double stride) {
  const double last = std::ceil(std::max(0.0, (extent - window) / stride));
  return static_cast<int>(stride *
                          std::clamp(std::round((pixel + 0.5 - window / 2) / stride), 0.0, last));
}

}  // namespace

void covered_place(Ui& ui, const MethodInfo& occlusion, const MethodSnapshot& run, int row,
                   int column) {
  const MethodInfo* method = ui.vm.method("occluded_picture");
  if (method == nullptr) return;
  const Map& map = *run.shown()->map;
  if (row >= 0) covered = {row, column};
  if (covered.row < 0 || covered.row >= map.height || covered.column >= map.width) return;
  RunMethod wanted{.method = method->id, .target = ui.target(), .seed = ui.state.seed};
  double window = 0, stride = 1;
  for (const ParameterValue& p : parameters_of(ui.state, occlusion)) {
    if (p.id == "window") window = p.value;
    if (p.id == "stride") stride = p.value;
    if (p.id == "window" || p.id == "baseline") wanted.parameters.push_back(p);
  }
  const int top = window_begin(covered.row, map.height, window, stride),
            left = window_begin(covered.column, map.width, window, stride);
  wanted.parameters.push_back({"row", double(top)});
  wanted.parameters.push_back({"column", double(left)});
  ui.requests.want(kCoveredSlot, wanted);
  space(12);
  section(ui, ui.tr(S::kExplainCovered, {std::to_string(top), std::to_string(left)}));
  const MethodSnapshot* one = ui.vm.run(kCoveredSlot);
  const bool have = one != nullptr && one->result && one->shown()->picture;
  const float width = std::min(150.0f, ImGui::GetContentRegionAvail().x);
  if (waiting(ui, kCoveredSlot, have, ImVec2(width, width))) return;
  picture(ui, "explain.covered", *one->shown()->picture, ImVec2(width, width),
          {.alt = ui.tr(S::kExplainCovered, {std::to_string(top), std::to_string(left)})});
  space(6);
  for (const ClassAnswer& answer : one->shown()->answers)
    number_row(ui, ui.label(answer.index), percent(double(answer.probability)));
}

}  // namespace convscope
