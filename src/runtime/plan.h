// Plan: the kernels of a graph in order, and where every value lives.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "kernels/kernel.h"
#include "runtime/parameter_kernel.h"
#include "runtime/planner.h"

namespace convscope {

// Kernels shared between plans: weights are packed once, whatever the shape and the graph they run
// in.
class KernelCache {
 public:
  Result<std::shared_ptr<Kernel>> get(const OpPtr& op, const LoweringContext& context);
  int64_t held_bytes() const;
  // Drops what was packed from a parameter whose values have changed in place; its kernels, which
  // plans go on holding, pack again when they next run.
  void repack(const Tensor& parameter);

 private:
  std::unordered_map<std::string, std::shared_ptr<Kernel>> kernels_;
  // Those among them that were made from parameters.
  std::vector<std::shared_ptr<ParameterKernel>> of_parameters_;
};

// Where a value stands: in a storage, from a channel on. A storage is a dense array of its own.
struct ValuePlace {
  int32_t storage = -1;
  int64_t channel = 0;     // first element of each row
  int64_t row_stride = 0;  // elements between rows of the storage
};

struct Storage {
  enum class Kind : uint8_t { kArena, kOutput, kFeed, kParameter };
  Kind kind = Kind::kArena;
  int64_t elements = 0;
  int64_t arena_offset = 0;  // bytes, for kArena
  int32_t index = -1;        // into the outputs' tensors, the feeds, or the parameters
};

struct PlanStep {
  std::shared_ptr<Kernel> kernel;
  NodeId node;  // the (first) node it computes
  std::vector<ValueId> inputs, outputs;
};

struct Plan {
  std::shared_ptr<const Graph> graph;
  std::vector<ValueId> feeds, outputs;
  std::vector<PlanStep> steps;
  std::vector<Storage> storages;
  std::unordered_map<ValueId, ValuePlace> places;  // of every value that has memory
  int32_t output_storages = 0;
  ArenaLayout arena;
};

// Plans `graph` from `feeds` (inputs, or any values from which to start) to `outputs`; what no
// output needs is left out. An activation that follows a convolution is fused into it unless the
// value between is an output; a concat or slice of channels costs nothing where its neighbours'
// kernels accept row strides.
Result<Plan> make_plan(std::shared_ptr<const Graph> graph, std::vector<ValueId> feeds,
                       std::vector<ValueId> outputs, const Parameters& parameters,
                       KernelCache& kernels);

}  // namespace convscope
