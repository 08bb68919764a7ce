#include "engine/network.h"

#include <algorithm>

#include "base/clock.h"

namespace convscope {
namespace {
constexpr const char* kForward = "forward";  // the program's key
// Enough for the maps of a layer and their gradients, which the CAM methods share; far less than
// all layers.
constexpr int64_t kMostBytesForOtherMethods = 8 << 20;
}  // namespace

Network::Network(Model model, ThreadPool* pool)
    : model_(std::move(model)), pool_(pool), scratch_(std::make_shared<Scratch>()) {
  session_ = std::make_unique<Session>(model_.graph, model_.parameters, pool, scratch_);
}

void Network::set_pool(ThreadPool* pool) {
  pool_ = pool;
  session_->set_pool(pool);
  if (untrained_ != nullptr) untrained_->set_pool(pool);
}

Status Network::set_picture(std::shared_ptr<const Image> picture, bool exact) {
  TRY(NetworkInput ready, preprocess(*picture, model_.preprocessing, exact));
  picture_ = std::move(picture);
  seen_ = std::move(ready.seen);
  input_ = std::move(ready.tensor);
  forward_done_ = false;
  return {};
}

Result<Program*> Network::forward() {
  if (picture_ == nullptr)
    return fail(ErrorCode::kInvalidArgument, "there is no picture yet; open one first");
  TRY(Program * program, session_->program(kForward, [&]() -> Result<ProgramSpec> {
    ProgramSpec spec{session_->graph(), {model_.input}, {}};
    for (const ModelLayer& layer : model_.layers) spec.outputs.push_back(layer.value);
    spec.outputs.push_back(model_.logits);
    spec.outputs.push_back(model_.probabilities);
    return spec;
  }));
  if (forward_done_ && program->runs() > 0) return program;
  const int64_t start = now_micros();
  const Tensor feeds[] = {input_};
  TRY_STATUS(session_->run(*program, feeds));
  forward_micros_ = now_micros() - start;
  forward_done_ = true;
  return program;
}

Result<int32_t> Network::first_answer() {
  TRY(Program * program, forward());
  const TensorView p = program->view(model_.probabilities);
  return static_cast<int32_t>(std::max_element(p.data, p.data + p.shape.channels()) - p.data);
}

Result<Tensor> Network::activation(const ModelLayer& layer, bool pre_activation) {
  if (pre_activation) {
    if (!layer.pre.valid())
      return fail(ErrorCode::kUnsupported,
                  layer.name + " has no value before an activation function");
    return value(layer.pre);
  }
  TRY(Program * program, forward());
  return program->copy(layer.value);
}

Result<Tensor> Network::value(ValueId id) {
  if (picture_ == nullptr)
    return fail(ErrorCode::kInvalidArgument, "there is no picture yet; open one first");
  if (id == model_.input) return input_;
  TRY(Program * program,
      session_->program("value " + std::to_string(id.index), [&]() -> Result<ProgramSpec> {
        return ProgramSpec{session_->graph(), {model_.input}, {id}};
      }));
  const Tensor feeds[] = {input_};
  TRY_STATUS(session_->run(*program, feeds));
  return program->copy(id);
}

void Network::forget_results_but_of(std::string_view method) {
  if (ran_last_ == method) return;
  session_->forget_results(kForward, kMostBytesForOtherMethods);
  ran_last_ = method;
}

Result<MethodContext> Network::method_context(std::string_view method, bool untrained,
                                              uint64_t seed) {
  if (picture_ == nullptr)
    return fail(ErrorCode::kInvalidArgument, "there is no picture yet; open one first");
  // A second set of weights, packed for both directions, is the larger part of what a network
  // holds.
  if (untrained_for_ != method) untrained_ = nullptr;
  if (!untrained) return MethodContext{model_, *session_, input_, picture_};
  if (untrained_ == nullptr || untrained_seed_ != seed) {
    untrained_ = nullptr;  // freed first: two copies need not fit at once
    TRY(Parameters random, randomise(model_, seed));
    untrained_ = std::make_shared<Session>(model_.graph, std::move(random), pool_, scratch_);
    untrained_seed_ = seed;
    untrained_for_ = method;
  }
  return MethodContext{model_, *untrained_, input_, picture_, untrained_};
}

}  // namespace convscope
