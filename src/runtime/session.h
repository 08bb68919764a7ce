// Session: owns the parameters of one network and everything made from them: packed weights, plans,
// the arena.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/plan.h"

namespace convscope {

// What to run: a graph, from which values, to which values.
struct ProgramSpec {
  std::shared_ptr<const Graph> graph;
  std::vector<ValueId> feeds, outputs;
};

// A planned graph with the memory of its outputs. Made and run by a Session.
class Program {
 public:
  const Graph& graph() const { return *plan_.graph; }
  const Plan& plan() const { return plan_; }
  // The values of one output after a run; valid until this program runs again. May have a row
  // stride.
  TensorView view(ValueId output) const;
  // A dense copy of it.
  Result<Tensor> copy(ValueId output) const;
  // The spec's i-th output, for programs whose maker gave the outputs an order.
  ValueId output(size_t i) const { return plan_.outputs[i]; }
  ValueId feed(size_t i) const { return plan_.feeds[i]; }
  // How often it ran to its end.
  int64_t runs() const { return runs_; }

 private:
  friend class Session;
  Plan plan_;
  std::vector<Tensor> outputs_;
  std::unordered_map<ValueId, TensorView> output_views_;
  int64_t runs_ = 0;
};

struct StepTime {
  NodeId node;
  int64_t micros = 0;
};

// Memory for what a run needs only until it ends; it grows to the largest run.
struct Scratch {
  std::shared_ptr<Buffer> buffer;
};

class Session {
 public:
  // `pool` must outlive the session. Sessions that never run at the same time may share `scratch`.
  Session(Graph graph, Parameters parameters, ThreadPool* pool,
          std::shared_ptr<Scratch> scratch = std::make_shared<Scratch>());

  const std::shared_ptr<const Graph>& graph() const { return graph_; }
  const Parameters& parameters() const { return parameters_; }
  ThreadPool& pool() { return *pool_; }
  void set_pool(ThreadPool* pool) { pool_ = pool; }

  // The forward graph for another input shape (its first input), as far as it leads to `wanted`: a
  // head of fixed size need not fit where only a layer before it is asked for. Kept, so that equal
  // questions give the same object.
  Result<std::shared_ptr<const Graph>> graph_at(const Shape& input, ValueId wanted);

  // The program of that key; made by `make` where there is none yet. The least recently used ones
  // are dropped.
  Result<Program*> program(const std::string& key,
                           const std::function<Result<ProgramSpec>()>& make);

  // Runs it. `feeds` are dense, in the order of the spec, with the shapes of the graph.
  Status run(Program& program, std::span<const Tensor> feeds);

  // Times of the steps of the last run, where set_profiling(true).
  void set_profiling(bool on) { profiling_ = on; }
  const std::vector<StepTime>& profile() const { return profile_; }

  int64_t arena_bytes() const { return scratch_->buffer ? scratch_->buffer->bytes() : 0; }
  int64_t packed_bytes() const { return kernels_.held_bytes(); }

 private:
  struct CachedProgram {
    std::unique_ptr<Program> program;
    uint64_t last_use = 0;
  };
  Status reserve(Program& program);
  TensorView view_of(const Program& program, ValueId id, std::span<const Tensor> feeds) const;

  std::shared_ptr<const Graph> graph_;
  Parameters parameters_;
  ThreadPool* pool_;
  KernelCache kernels_;
  std::unordered_map<std::string, std::shared_ptr<const Graph>> graphs_;
  std::unordered_map<std::string, CachedProgram> programs_;
  std::shared_ptr<Scratch> scratch_;
  uint64_t uses_ = 0;
  bool profiling_ = false;
  std::vector<StepTime> profile_;
};

}  // namespace convscope
