// Reverse-mode differentiation as graph building: derivative rules emit ordinary nodes.
//
// Griewank & Walther, "Evaluating Derivatives"; the vjp (vector-Jacobian product) naming is JAX's.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"

namespace convscope {

// What a derivative rule is given. `cotangents[i]` belongs to node.outputs[i].
struct VjpContext {
  GraphBuilder& builder;
  const Node node;  // a copy: the builder may grow while the rule emits nodes
  std::vector<std::optional<ValueId>> cotangents;
  std::vector<bool> wanted;  // which inputs' cotangents are needed

  ValueId input(size_t i) const { return node.inputs[i]; }
  ValueId output(size_t i = 0) const { return node.outputs[i]; }
  const Shape& shape(ValueId id) const { return builder.shape(id); }
  // The single output's cotangent.
  ValueId cotangent() const { return *cotangents[0]; }
  // Emits a node with one output, marked as a cotangent of this node.
  Result<ValueId> emit(OpPtr op, std::initializer_list<ValueId> inputs) {
    return builder.add_one(std::move(op), inputs, "d(" + node.origin + ")", ValueKind::kCotangent);
  }
};

// Replaces an operator's own derivative where `applies` says so: guided backprop, deconvnet, LRP …
// are lists of these.
struct VjpRule {
  std::string name;
  std::function<bool(const Graph&, const Node&)> applies;
  std::function<Result<Cotangents>(VjpContext&)> vjp;
};
// The first rule that applies wins; the default is the op's own vjp.
using VjpRules = std::vector<VjpRule>;

// Told of each wanted value and its cotangent once that is complete. Nodes that it adds run there,
// before the rest of the backward pass: what only they read need not be kept until its end.
using CotangentReader = std::function<Status(ValueId value, ValueId cotangent)>;

// Extends the builder's graph with d(sum_i <outputs_i, seeds_i>)/d(wanted). Returns the cotangent
// of each wanted value; a wanted value that the outputs do not depend on is missing from the map.
Result<std::unordered_map<ValueId, ValueId>> build_vjp(GraphBuilder& builder,
                                                       std::span<const ValueId> outputs,
                                                       std::span<const ValueId> seeds,
                                                       std::span<const ValueId> wanted,
                                                       const VjpRules& rules = {},
                                                       const CotangentReader& reader = {});

}  // namespace convscope
