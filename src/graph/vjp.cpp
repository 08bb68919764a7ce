#include "graph/vjp.h"

#include <algorithm>

#include "graph/sum.h"

namespace convscope {
namespace {

// Marks every value that depends on one of `sources`.
std::vector<bool> depends_on(const Graph& graph, std::span<const ValueId> sources) {
  std::vector<bool> marked(graph.values().size());
  for (ValueId id : sources) marked[static_cast<size_t>(id.index)] = true;
  for (const Node& node : graph.nodes()) {
    bool any = false;
    for (ValueId id : node.inputs) any = any || marked[static_cast<size_t>(id.index)];
    if (!any) continue;
    for (ValueId id : node.outputs) marked[static_cast<size_t>(id.index)] = true;
  }
  return marked;
}

Result<Cotangents> apply_rule(VjpContext& context, const VjpRules& rules) {
  for (const VjpRule& rule : rules) {
    if (rule.applies(context.builder.graph(), context.node)) return rule.vjp(context);
  }
  return context.node.op->vjp(context);
}

}  // namespace

Result<std::unordered_map<ValueId, ValueId>> build_vjp(
    GraphBuilder& builder, std::span<const ValueId> outputs, std::span<const ValueId> seeds,
    std::span<const ValueId> wanted, const VjpRules& rules, const CotangentReader& reader) {
  CHECK(outputs.size() == seeds.size());
  const std::vector<bool> active = depends_on(builder.graph(), wanted);
  const auto is_active = [&](ValueId id) { return active[static_cast<size_t>(id.index)]; };

  std::unordered_map<ValueId, ValueId> cotangents;
  const auto accumulate = [&](ValueId value, ValueId cotangent) -> Status {
    CHECK(builder.shape(value) == builder.shape(cotangent));
    auto [found, inserted] = cotangents.try_emplace(value, cotangent);
    if (inserted) return {};
    TRY(found->second,
        builder.add_one(make_sum(), {found->second, cotangent},
                        "d(" + builder.graph().value(value).name + ")", ValueKind::kCotangent));
    return {};
  };
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (is_active(outputs[i])) TRY_STATUS(accumulate(outputs[i], seeds[i]));
  }

  const auto tell = [&](ValueId value) -> Status {
    const auto found = cotangents.find(value);
    if (!reader || found == cotangents.end() || std::ranges::find(wanted, value) == wanted.end())
      return {};
    return reader(value, found->second);
  };

  const auto node_count = static_cast<int32_t>(builder.graph().nodes().size());
  for (int32_t i = node_count - 1; i >= 0; --i) {
    VjpContext context{builder, builder.graph().node(NodeId(i)), {}, {}};
    bool any = false;
    for (ValueId id : context.node.outputs) {
      TRY_STATUS(tell(id));
      auto found = cotangents.find(id);
      context.cotangents.push_back(found == cotangents.end() ? std::nullopt
                                                             : std::optional(found->second));
      any = any || found != cotangents.end();
    }
    bool any_wanted = false;
    for (ValueId id : context.node.inputs) {
      context.wanted.push_back(static_cast<size_t>(id.index) < active.size() && is_active(id));
      any_wanted = any_wanted || context.wanted.back();
    }
    if (!any || !any_wanted) continue;
    auto result = apply_rule(context, rules);
    if (!result)
      return std::unexpected(
          std::move(result.error()).with_context("while differentiating " + context.node.origin));
    CHECK(result->size() == context.node.inputs.size());
    for (size_t k = 0; k < result->size(); ++k) {
      if (context.wanted[k] && (*result)[k])
        TRY_STATUS(accumulate(context.node.inputs[k], *(*result)[k]));
    }
  }

  std::unordered_map<ValueId, ValueId> out;
  for (ValueId id : wanted) {
    if (!builder.graph().value(id).producer.valid()) TRY_STATUS(tell(id));
    if (auto found = cotangents.find(id); found != cotangents.end()) out.emplace(id, found->second);
  }
  return out;
}

}  // namespace convscope
