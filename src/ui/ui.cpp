#include "ui/ui.h"

#include <cmath>

#include "imgui_internal.h"

namespace convscope {
namespace {

// Below this the eye sees no difference, and no further frame is needed.
constexpr float kArrived = 0.004f;

bool is_spatial(const LayerInfo& layer) {
  return layer.height > 1 && layer.width > 1 && layer.kind != "input";
}

}  // namespace

std::span<const std::string> Ui::labels() const {
  if (vm.model && !vm.model->labels.empty() && !vm.labels_are_chosen) return vm.model->labels;
  const auto& labels =
      state.language == Language::kChinese && !vm.labels_zh.empty() ? vm.labels_zh : vm.labels_en;
  // Names of another number of classes are not this network's.
  const bool fits = !vm.model || labels.size() == static_cast<size_t>(vm.model->classes);
  return fits ? std::span<const std::string>(labels) : std::span<const std::string>();
}

std::string Ui::label(int class_index) const {
  if (class_index < 0) return "";
  const auto names = labels();
  if (static_cast<size_t>(class_index) < names.size())
    return names[static_cast<size_t>(class_index)];
  return tr(S::kClassNumber, {std::to_string(class_index)});
}

int Ui::target() const {
  const int classes = vm.model ? vm.model->classes : 0;
  return state.target >= 0 && (classes == 0 || state.target < classes) ? state.target
                                                                       : vm.first_answer();
}

const LayerInfo* Ui::layer(std::string_view fallback) const {
  if (const LayerInfo* found = vm.layer(state.layer)) return found;
  if (const LayerInfo* found = vm.layer(fallback)) return found;
  const LayerInfo* last = nullptr;
  if (vm.model) {
    for (const LayerInfo& layer : vm.model->layers) {
      if (!layer.minor && is_spatial(layer)) last = &layer;
    }
  }
  return last;
}

float Ui::animate(ImGuiID id, float goal, float time) {
  const int frame = ImGui::GetFrameCount();
  const auto [item, is_new] = motions.try_emplace(id, Motion{goal, frame});
  Motion& motion = item->second;
  if (motion.frame == frame && !is_new) return motion.value;
  motion.frame = frame;
  if (reduced_motion ||
      std::fabs(goal - motion.value) < kArrived * std::fmax(1.0f, std::fabs(goal))) {
    return motion.value = goal;
  }
  const float rate = 1 - std::exp(-ImGui::GetIO().DeltaTime * 4.5f / time);
  motion.value += (goal - motion.value) * rate;
  want_frame_in(0);
  return motion.value;
}

float Ui::animate(std::string_view key, float goal, float time) {
  return animate(ImHashData(key.data(), key.size()), goal, time);
}

float Ui::appear(std::string_view key, float time) {
  const ImGuiID id = ImHashData(key.data(), key.size(), 0x5eed);
  const int frame = ImGui::GetFrameCount();
  Motion& motion = motions.try_emplace(id, Motion{0, frame - 1}).first->second;
  if (motion.frame + 2 < frame) motion.value = 0;  // it was away: it comes again
  return animate(id, 1, time);
}

}  // namespace convscope
