#include "runtime/session.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"

namespace convscope {
namespace {
// Plans are cheap beside weights, but their outputs are not: this many stay.
constexpr size_t kMaxPrograms = 12;
}  // namespace

TensorView Program::view(ValueId output) const {
  auto found = output_views_.find(output);
  CHECK(found != output_views_.end());
  return found->second;
}

Result<Tensor> Program::copy(ValueId output) const {
  const TensorView from = view(output);
  TRY(Tensor to, Tensor::uninitialised(from.shape));
  const int64_t channels = from.shape.channels();
  for (int64_t row = 0; row < from.shape.rows(); ++row) {
    std::memcpy(to.data() + row * channels, from.data + row * from.row_stride,
                static_cast<size_t>(channels) * sizeof(float));
  }
  return to;
}

Session::Session(Graph graph, Parameters parameters, ThreadPool* pool,
                 std::shared_ptr<Scratch> scratch)
    : graph_(std::make_shared<const Graph>(std::move(graph))),
      parameters_(std::move(parameters)),
      pool_(pool),
      scratch_(std::move(scratch)) {}

Result<std::shared_ptr<const Graph>> Session::graph_at(const Shape& input, ValueId wanted) {
  CHECK(!graph_->inputs().empty());
  if (graph_->shape(graph_->inputs()[0]) == input) return graph_;
  const std::string key = input.text() + " " + std::to_string(wanted.index);
  auto& entry = graphs_[key];
  if (entry == nullptr) {
    const Shape shapes[] = {input};
    auto graph = graph_->with_input_shapes(shapes, {&wanted, 1});
    if (!graph) {
      graphs_.erase(key);
      return fail(ErrorCode::kUnsupported,
                  graph_->value(wanted).name + " takes only the input " +
                      graph_->shape(graph_->inputs()[0]).text() + ", not " + input.text() + " (" +
                      graph.error().message + "); choose a layer before it");
    }
    entry = std::make_shared<const Graph>(*std::move(graph));
  }
  return entry;
}

Result<Program*> Session::program(const std::string& key,
                                  const std::function<Result<ProgramSpec>()>& make) {
  if (auto found = programs_.find(key); found != programs_.end()) {
    found->second.last_use = ++uses_;
    return found->second.program.get();
  }
  TRY(ProgramSpec spec, make());
  auto program = std::make_unique<Program>();
  TRY(program->plan_, make_plan(spec.graph, spec.feeds, spec.outputs, parameters_, kernels_));
  if (programs_.size() >= kMaxPrograms) {
    programs_.erase(std::ranges::min_element(
        programs_, {}, [](const auto& entry) { return entry.second.last_use; }));
  }
  Program* raw = program.get();
  programs_[key] = {std::move(program), ++uses_};
  return raw;
}

Status Session::reserve(Program& program) {
  const Plan& plan = program.plan_;
  if (program.outputs_.empty() && plan.output_storages > 0) {
    std::vector<Tensor> outputs(static_cast<size_t>(plan.output_storages));
    for (const Storage& storage : plan.storages) {
      if (storage.kind != Storage::Kind::kOutput) continue;
      TRY(outputs[static_cast<size_t>(storage.index)],
          Tensor::uninitialised(Shape{storage.elements}));
    }
    program.outputs_ = std::move(outputs);
  }
  std::shared_ptr<Buffer>& arena = scratch_->buffer;
  if (arena == nullptr || arena->bytes() < plan.arena.bytes) {
    arena = nullptr;  // freed first: both need not fit at once
    TRY(arena, Buffer::allocate(plan.arena.bytes));
  }
  return {};
}

TensorView Session::view_of(const Program& program, ValueId id,
                            std::span<const Tensor> feeds) const {
  const ValuePlace& place = program.plan_.places.at(id);
  const Storage& storage = program.plan_.storages[static_cast<size_t>(place.storage)];
  float* base = nullptr;
  switch (storage.kind) {
    case Storage::Kind::kArena:
      base = reinterpret_cast<float*>(scratch_->buffer->data() + storage.arena_offset);
      break;
    case Storage::Kind::kOutput:
      base = program.outputs_[static_cast<size_t>(storage.index)].data();
      break;
    case Storage::Kind::kFeed:
      base = feeds[static_cast<size_t>(storage.index)].data();
      break;
    case Storage::Kind::kParameter:
      base = parameters_[static_cast<size_t>(storage.index)].data();
      break;
  }
  return {base + place.channel, program.graph().shape(id), place.row_stride};
}

Status Session::run(Program& program, std::span<const Tensor> feeds) {
  const Plan& plan = program.plan_;
  CHECK(feeds.size() == plan.feeds.size());
  for (size_t i = 0; i < feeds.size(); ++i) {
    const Shape& want = plan.graph->shape(plan.feeds[i]);
    if (feeds[i].shape() != want) {
      return fail(ErrorCode::kInvalidArgument, "input " + plan.graph->value(plan.feeds[i]).name +
                                                   ": got shape " + feeds[i].shape().text() +
                                                   ", want " + want.text());
    }
  }
  TRY_STATUS(reserve(program));
  profile_.clear();
  std::vector<TensorView> in, out;
  for (const PlanStep& step : plan.steps) {
    in.clear();
    out.clear();
    for (ValueId id : step.inputs) in.push_back(view_of(program, id, feeds));
    for (ValueId id : step.outputs) out.push_back(view_of(program, id, feeds));
    const int64_t start = profiling_ ? now_micros() : 0;
    Status status = step.kernel->configure(in, out, *pool_);
    if (status) status = step.kernel->run(*pool_);
    if (!status) {
      return std::unexpected(
          std::move(status.error())
              .with_context("while running " + plan.graph->node(step.node).origin));
    }
    if (profiling_) profile_.push_back({step.node, now_micros() - start});
  }
  for (ValueId id : plan.outputs) program.output_views_[id] = view_of(program, id, feeds);
  ++program.runs_;
  return {};
}

}  // namespace convscope
