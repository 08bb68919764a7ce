#include "runtime/session.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "runtime/reuse.h"

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

bool Program::keeps(std::span<const Tensor> feeds) const {
  if (!is_kept_) return false;
  for (size_t i = 0; i < feeds.size(); ++i) {
    const Tensor& kept = kept_feeds_[i];
    if (!kept.empty() &&
        std::memcmp(kept.data(), feeds[i].data(), static_cast<size_t>(kept.desc().bytes())) != 0)
      return false;
  }
  return true;
}

void Program::keep(std::span<const Tensor> feeds) {
  if (repeats_.empty()) return;
  kept_feeds_.resize(feeds.size());
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (std::ranges::find(varying_, plan_.feeds[i]) != varying_.end()) continue;
    if (kept_feeds_[i].empty()) {
      auto copy = feeds[i].clone();
      if (!copy) return forget();  // then every run is a whole one
      kept_feeds_[i] = *std::move(copy);
    } else {
      std::ranges::copy(feeds[i].values(), kept_feeds_[i].values().begin());
    }
  }
  is_kept_ = true;
}

void Program::forget() {
  if (scratch_ == nullptr) return;
  std::erase(scratch_->keeping, this);
  is_kept_ = false;
  kept_feeds_.clear();
  for (size_t i = 0; i < outputs_.size() && i < kept_.size(); ++i) {
    if (kept_[i]) outputs_[i] = Tensor();
  }
}

void Program::forget_outputs() {
  forget();
  outputs_.clear();
  output_views_.clear();
}

int64_t Program::output_bytes() const {
  int64_t bytes = 0;
  for (const Tensor& output : outputs_) bytes += output.empty() ? 0 : output.desc().bytes();
  return bytes;
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
  TRY(ReusingPlan plan,
      make_reusing_plan(spec.graph, spec.feeds, spec.outputs, spec.varying, parameters_, kernels_));
  program->plan_ = std::move(plan.plan);
  program->varying_ = std::move(spec.varying);
  program->repeats_ = std::move(plan.repeats);
  program->kept_ = std::move(plan.kept);
  program->kept_bytes_ = plan.kept_bytes;
  program->scratch_ = scratch_;
  if (programs_.size() >= kMaxPrograms) {
    programs_.erase(std::ranges::min_element(
        programs_, {}, [](const auto& entry) { return entry.second.last_use; }));
  }
  Program* raw = program.get();
  programs_[key] = {std::move(program), ++uses_};
  return raw;
}

void Session::parameters_changed(std::span<const int32_t> parameters) {
  for (int32_t index : parameters) kernels_.repack(parameters_[static_cast<size_t>(index)]);
  for (auto& [key, cached] : programs_) cached.program->forget();
}

void Session::forget_results(const std::string& except, int64_t most_bytes) {
  std::vector<CachedProgram*> others;
  for (auto& [key, cached] : programs_) {
    if (key != except) others.push_back(&cached);
  }
  std::ranges::sort(others, std::greater(), [](const auto* each) { return each->last_use; });
  int64_t bytes = 0;
  for (const CachedProgram* each : others) {
    bytes += each->program->output_bytes();
    if (bytes > most_bytes) each->program->forget_outputs();
  }
  scratch_->buffer = nullptr;
}

// Lets the programs that have not run for the longest time forget what they keep, so that all that
// is kept stays within bounds.
void Session::make_room(Program& program) {
  std::vector<Program*>& keeping = scratch_->keeping;
  std::erase(keeping, &program);
  keeping.push_back(&program);
  int64_t bytes = 0;
  for (const Program* each : keeping) bytes += each->kept_bytes_;
  while (bytes > kMostKeptBytes) {
    bytes -= keeping.front()->kept_bytes_;
    keeping.front()->forget();
  }
}

Status Session::reserve(Program& program) {
  const Plan& plan = program.plan_;
  if (!program.repeats_.empty()) make_room(program);
  program.outputs_.resize(static_cast<size_t>(plan.output_storages));
  for (const Storage& storage : plan.storages) {
    if (storage.kind != Storage::Kind::kOutput) continue;
    Tensor& output = program.outputs_[static_cast<size_t>(storage.index)];
    if (output.empty()) {
      TRY(output, Tensor::uninitialised(Shape{storage.elements}));
    }
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
  if (Status status = reserve(program); !status) {
    program.forget();
    return status;
  }
  const bool partial = program.keeps(feeds), chooses = pool_->threads() > 1;
  if (partial && program.partial_runs_ == 0)
    program.partial_threads_ = ThreadChoice(program.threads_.alone());
  ThreadChoice& threads = partial ? program.partial_threads_ : program.threads_;
  pool_->set_alone(chooses && threads.alone());
  const int64_t start = now_micros();
  const Status status = run_steps(program, feeds, partial);
  pool_->set_alone(false);
  if (!status) {
    program.forget();
    return status;
  }
  if (chooses) threads.ran(now_micros() - start);
  if (partial)
    ++program.partial_runs_;
  else
    program.keep(feeds);
  for (ValueId id : plan.outputs) program.output_views_[id] = view_of(program, id, feeds);
  ++program.runs_;
  return {};
}

Status Session::run_steps(const Program& program, std::span<const Tensor> feeds, bool partial) {
  const Plan& plan = program.plan_;
  profile_.clear();
  std::vector<TensorView> in, out;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (partial && !program.repeats_[i]) continue;
    const PlanStep& step = plan.steps[i];
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
  return {};
}

}  // namespace convscope
