#include "ui/view_model.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace convscope {

const LayerInfo* ViewModel::layer(std::string_view name) const {
  const int index = layer_index(name);
  return index < 0 ? nullptr : &model->layers[static_cast<size_t>(index)];
}

int ViewModel::layer_index(std::string_view name) const {
  if (!model) return -1;
  for (size_t i = 0; i < model->layers.size(); ++i) {
    if (model->layers[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

const LayerThumbnails* ViewModel::thumbnails(std::string_view name) const {
  if (!forward) return nullptr;
  for (const LayerThumbnails& item : forward->thumbnails) {
    if (item.layer == name) return &item;
  }
  return nullptr;
}

const MethodInfo* ViewModel::method(std::string_view id) const {
  for (const MethodInfo& item : methods) {
    if (item.id == id) return &item;
  }
  return nullptr;
}

const MethodSnapshot* ViewModel::run(std::string_view slot) const {
  const auto found = runs.find(slot);
  return found == runs.end() || !found->second.shown() ? nullptr : &found->second;
}

float ViewModel::probability(int class_index) const {
  if (!forward || class_index < 0 ||
      static_cast<size_t>(class_index) >= forward->probabilities.float_count())
    return 0;
  return forward->probabilities.floats()[class_index];
}

float ViewModel::logit(int class_index) const {
  if (!forward || class_index < 0 ||
      static_cast<size_t>(class_index) >= forward->logits.float_count())
    return 0;
  return forward->logits.floats()[class_index];
}

namespace {

std::vector<int32_t> ranking_of(const Blob& probabilities) {
  std::vector<int32_t> order(probabilities.float_count());
  std::iota(order.begin(), order.end(), 0);
  const float* p = probabilities.floats();
  std::stable_sort(order.begin(), order.end(), [p](int32_t a, int32_t b) { return p[a] > p[b]; });
  return order;
}

struct Filer {
  ViewModel& vm;
  std::string_view slot;
  double now_seconds;

  void operator()(const EngineReady& event) {
    vm.methods = event.methods;
    vm.threads = event.threads;
    vm.build = event.build;
    vm.engine_state = EngineState::kReady;
    vm.engine_has_model = vm.engine_has_image = false;
  }
  void operator()(const ModelLoaded& event) {
    vm.model = event.model;
    vm.engine_has_model = true;
    ++vm.model_generation;
    forget_results();
    vm.forward.reset();
    vm.ranking.clear();
    vm.filters.reset();
  }
  void operator()(const ImageReady& event) {
    vm.image = event;
    vm.engine_has_image = true;
    ++vm.image_generation;
    forget_results();
  }
  void operator()(const ForwardDone& event) {
    vm.forward = event;
    vm.ranking = ranking_of(event.probabilities);
    vm.forward_seconds = now_seconds;
  }
  void operator()(const Activations& event) { vm.activations = event; }
  void operator()(const Filters& event) { vm.filters = event; }
  void operator()(const FilterResponse& event) { vm.response = event; }
  void operator()(const MethodPreview& event) {
    if (slot.empty()) return;
    MethodSnapshot& run = vm.runs[std::string(slot)];
    const bool is_new_run = run.result || !run.preview || event.step < run.preview->step;
    if (is_new_run) run.trace.clear();
    const bool is_new_step = is_new_run || event.step != run.preview->step;
    if (is_new_step && !event.figures.empty())
      run.trace.push_back(static_cast<float>(event.figures[0].value));
    run.preview = event;
    run.result.reset();
  }
  void operator()(const MethodResult& event) {
    if (slot.empty()) return;
    MethodSnapshot& run = vm.runs[std::string(slot)];
    run.preview.reset();
    run.result = event;
  }
  void operator()(const FileReady&) {}
  void operator()(const Done&) {}
  void operator()(const Failed&) {}

  // Maps of an older picture must not stand beside the new one.
  void forget_results() {
    vm.activations.reset();
    vm.response.reset();
    vm.runs.clear();
  }
};

}  // namespace

void ViewModel::apply(const EventMessage& message, std::string_view slot, double now_seconds) {
  std::visit(Filer{*this, slot, now_seconds}, message.event);
}

void ViewModel::put_notice(Notice notice) {
  remove_notice(notice.key);
  if (!notice.text.en.empty()) notices.push_back(std::move(notice));
}

void ViewModel::remove_notice(std::string_view key) {
  std::erase_if(notices, [key](const Notice& n) { return n.key == key; });
}

}  // namespace convscope
