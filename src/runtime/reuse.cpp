#include "runtime/reuse.h"

#include <algorithm>

namespace convscope {
namespace {

bool contains(std::span<const ValueId> ids, ValueId id) {
  return std::ranges::find(ids, id) != ids.end();
}

// By value: whether it depends on one of `varying`. What is fed is not computed.
std::vector<bool> find_varying(const Graph& graph, std::span<const ValueId> feeds,
                               std::span<const ValueId> varying) {
  std::vector<bool> varies(graph.values().size());
  for (ValueId id : varying) varies[static_cast<size_t>(id.index)] = true;
  for (const Node& node : graph.nodes()) {
    const bool any = std::ranges::any_of(
        node.inputs, [&](ValueId id) { return varies[static_cast<size_t>(id.index)]; });
    if (!any) continue;
    for (ValueId id : node.outputs) {
      if (!contains(feeds, id)) varies[static_cast<size_t>(id.index)] = true;
    }
  }
  return varies;
}

// A part of a storage that a step reads or writes.
struct Access {
  size_t step;
  int64_t begin, end, row_stride;  // channels of each row
  bool writes, repeats;
};

bool overlap(const Access& a, const Access& b) {
  return a.row_stride != b.row_stride || (a.begin < b.end && b.begin < a.end);
}

// Whether what a step left that is not repeated is there for whoever reads it in a later run: in
// memory of the program's own, written over neither by a repeated step nor, after a repeated step
// has read what stood there, by the others.
bool lasts(const Storage& storage, std::span<const Access> accesses) {
  for (const Access& left : accesses) {
    if (!left.writes || left.repeats) continue;
    for (const Access& other : accesses) {
      if (!other.repeats || !overlap(left, other)) continue;
      if (storage.kind != Storage::Kind::kOutput || other.writes || other.step < left.step)
        return false;
    }
  }
  return true;
}

Result<ReusingPlan> make_plain(const std::shared_ptr<const Graph>& graph,
                               const std::vector<ValueId>& feeds,
                               const std::vector<ValueId>& outputs, const Parameters& parameters,
                               KernelCache& kernels) {
  ReusingPlan out;
  TRY(out.plan, make_plan(graph, feeds, outputs, parameters, kernels));
  return out;
}

}  // namespace

std::vector<ValueId> values_to_keep(const Graph& graph, std::span<const ValueId> feeds,
                                    std::span<const ValueId> outputs,
                                    std::span<const ValueId> varying) {
  const std::vector<bool> varies = find_varying(graph, feeds, varying);
  std::vector<bool> needed(graph.values().size());
  for (ValueId id : outputs) needed[static_cast<size_t>(id.index)] = true;
  std::vector<ValueId> out;
  for (size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    const bool runs = std::ranges::any_of(node.outputs, [&](ValueId id) {
      return needed[static_cast<size_t>(id.index)] && !contains(feeds, id);
    });
    if (!runs) continue;
    const bool repeats = std::ranges::any_of(
        node.inputs, [&](ValueId id) { return varies[static_cast<size_t>(id.index)]; });
    for (ValueId id : node.inputs) {
      needed[static_cast<size_t>(id.index)] = true;
      if (repeats && !varies[static_cast<size_t>(id.index)] && !contains(feeds, id) &&
          graph.value(id).kind != ValueKind::kParameter && !contains(out, id)) {
        out.push_back(id);
      }
    }
  }
  return out;
}

std::vector<bool> steps_to_repeat(const Plan& plan, std::span<const ValueId> varying) {
  const Graph& graph = *plan.graph;
  const std::vector<bool> varies = find_varying(graph, plan.feeds, varying);
  std::vector<bool> repeats(plan.steps.size());
  std::vector<std::vector<Access>> accesses(plan.storages.size());
  const auto access = [&](ValueId id, size_t step, bool writes, bool repeated) {
    const ValuePlace& place = plan.places.at(id);
    accesses[static_cast<size_t>(place.storage)].push_back(
        {step, place.channel, place.channel + graph.shape(id).channels(), place.row_stride, writes,
         repeated});
  };
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    repeats[i] = std::ranges::any_of(
        step.outputs, [&](ValueId id) { return varies[static_cast<size_t>(id.index)]; });
    for (ValueId id : step.inputs) access(id, i, false, repeats[i]);
    for (ValueId id : step.outputs) access(id, i, true, repeats[i]);
  }
  // Whoever asked for an output reads it after each run.
  for (ValueId id : plan.outputs) access(id, plan.steps.size(), false, true);
  for (size_t i = 0; i < plan.storages.size(); ++i) {
    if (!lasts(plan.storages[i], accesses[i])) return {};
  }
  if (std::ranges::all_of(repeats, [](bool each) { return each; })) return {};
  return repeats;
}

Result<ReusingPlan> make_reusing_plan(const std::shared_ptr<const Graph>& graph,
                                      const std::vector<ValueId>& feeds,
                                      const std::vector<ValueId>& outputs,
                                      std::span<const ValueId> varying,
                                      const Parameters& parameters, KernelCache& kernels,
                                      int64_t most_kept_bytes) {
  if (varying.empty()) return make_plain(graph, feeds, outputs, parameters, kernels);
  std::vector<ValueId> all = outputs;
  for (ValueId id : values_to_keep(*graph, feeds, outputs, varying)) {
    if (!contains(outputs, id)) all.push_back(id);
  }
  ReusingPlan out;
  TRY(out.plan, make_plan(graph, feeds, std::move(all), parameters, kernels));
  out.repeats = steps_to_repeat(out.plan, varying);
  out.plan.outputs.resize(outputs.size());
  out.kept.assign(static_cast<size_t>(out.plan.output_storages), true);
  for (ValueId id : outputs) {
    const Storage& storage = out.plan.storages[static_cast<size_t>(out.plan.places.at(id).storage)];
    if (storage.kind == Storage::Kind::kOutput)
      out.kept[static_cast<size_t>(storage.index)] = false;
  }
  for (const Storage& storage : out.plan.storages) {
    if (storage.kind == Storage::Kind::kOutput && out.kept[static_cast<size_t>(storage.index)])
      out.kept_bytes += storage.elements * int64_t{sizeof(float)};
  }
  for (ValueId id : feeds) {
    if (!contains(varying, id))
      out.kept_bytes += graph->shape(id).elements() * int64_t{sizeof(float)};
  }
  if (out.repeats.empty() || out.kept_bytes > most_kept_bytes)
    return make_plain(graph, feeds, outputs, parameters, kernels);
  return out;
}

}  // namespace convscope
