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
#include "runtime/thread_choice.h"

namespace convscope {

// What to run: a graph, from which values, to which values.
struct ProgramSpec {
  std::shared_ptr<const Graph> graph;
  std::vector<ValueId> feeds, outputs;
  // Those of the feeds that are expected to change while the others stay, such as the seed of a
  // derivative. Runs where that holds compute no more than what depends on them.
  std::vector<ValueId> varying = {};
};

struct Scratch;

// A planned graph with the memory of its outputs. Made and run by a Session.
class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { forget(); }
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
  // How many of these found what does not depend on the varying feeds computed already.
  int64_t partial_runs() const { return partial_runs_; }
  // Memory held to that end, beside that of the outputs; 0 where every run is a whole one.
  int64_t kept_bytes() const { return kept_bytes_; }

 private:
  friend class Session;
  // Whether what these feeds give, the varying ones aside, is in memory.
  bool keeps(std::span<const Tensor> feeds) const;
  // Notes what these feeds gave.
  void keep(std::span<const Tensor> feeds);
  // The next run is a whole one; until then the memory of what is kept is free.
  void forget();
  // Nor are there outputs until then.
  void forget_outputs();
  int64_t output_bytes() const;  // with what is kept

  Plan plan_;
  std::vector<ValueId> varying_;
  std::vector<bool> repeats_, kept_;  // of ReusingPlan
  std::vector<Tensor> kept_feeds_;    // copies; empty for those that vary
  bool is_kept_ = false;              // whether outputs_ hold what kept_feeds_ give
  int64_t kept_bytes_ = 0;
  std::shared_ptr<Scratch> scratch_;
  std::vector<Tensor> outputs_;
  std::unordered_map<ValueId, TensorView> output_views_;
  int64_t runs_ = 0, partial_runs_ = 0;
  ThreadChoice threads_, partial_threads_;  // partial runs take another time
};

struct StepTime {
  NodeId node;
  int64_t micros = 0;
};

// Memory for what a run needs only until it ends; it grows to the largest run.
struct Scratch {
  std::shared_ptr<Buffer> buffer;
  std::vector<Program*> keeping;  // those that hold results for later runs, the latest to run last
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

  // Runs it, on as many threads of the pool as go fastest. `feeds` are dense, in the order of the
  // spec, with the shapes of the graph.
  Status run(Program& program, std::span<const Tensor> feeds);

  // Says that values of these parameters (by Value::parameter) were changed in place. What was
  // packed from them is dropped and packed again when it next runs; programs stay valid. Whoever
  // shares the tensors sees the new values, but packed weights of other sessions do not.
  void parameters_changed(std::span<const int32_t> parameters);

  // Frees the memory of runs and what the programs' last runs left, but for that of the program
  // `except` and of the latest used others that leave at most `most_bytes` together. Those freed
  // cannot be read until they have run again, which is then a whole run.
  void forget_results(const std::string& except, int64_t most_bytes);

  // Times of the steps that the last run ran, where set_profiling(true).
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
  void make_room(Program& program);
  Status run_steps(const Program& program, std::span<const Tensor> feeds, bool partial);
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
