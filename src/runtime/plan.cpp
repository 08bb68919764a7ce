#include "runtime/plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace convscope {

Result<std::shared_ptr<Kernel>> KernelCache::get(const OpPtr& op, const LoweringContext& context) {
  std::string key = op->lowering_key(context.inputs);
  for (const Tensor* parameter : context.parameters) {
    key += " " + std::to_string(
                     parameter == nullptr ? 0 : reinterpret_cast<uintptr_t>(parameter->data()));
  }
  key += " " + std::to_string(std::bit_cast<uint32_t>(context.output_min)) + " " +
         std::to_string(std::bit_cast<uint32_t>(context.output_max));
  if (auto found = kernels_.find(key); found != kernels_.end()) return found->second;
  std::shared_ptr<Kernel> kernel;
  if (std::ranges::any_of(context.parameters, [](const Tensor* p) { return p != nullptr; })) {
    TRY(auto made, ParameterKernel::make(op, context));
    of_parameters_.push_back(std::move(made));
    kernel = of_parameters_.back();
  } else {
    TRY(kernel, op->lower(context));
  }
  kernels_.emplace(std::move(key), kernel);
  return kernel;
}

void KernelCache::repack(const Tensor& parameter) {
  for (const auto& kernel : of_parameters_) {
    if (kernel->reads(parameter)) kernel->drop();
  }
}

int64_t KernelCache::held_bytes() const {
  int64_t total = 0;
  for (const auto& [key, kernel] : kernels_) total += kernel->held_bytes();
  return total;
}

namespace {

bool contains(const std::vector<ValueId>& ids, ValueId id) {
  return std::ranges::find(ids, id) != ids.end();
}

// Builds one plan; each member function is one pass, called in this order.
class Planner {
 public:
  Planner(std::shared_ptr<const Graph> graph, std::vector<ValueId> feeds,
          std::vector<ValueId> outputs, const Parameters& parameters, KernelCache& kernels)
      : graph_(*graph), parameters_(parameters), kernels_(kernels) {
    plan_.graph = std::move(graph);
    plan_.feeds = std::move(feeds);
    plan_.outputs = std::move(outputs);
  }

  Result<Plan> run() && {
    TRY_STATUS(find_needed());
    TRY_STATUS(lower());
    place_values();
    assign_memory();
    return std::move(plan_);
  }

 private:
  struct Work {
    PlanStep step;
    ViewKind view = ViewKind::kNone;
    const Op* op = nullptr;
  };

  const std::string& name(ValueId id) const { return graph_.value(id).name; }
  bool is_parameter(ValueId id) const { return graph_.value(id).kind == ValueKind::kParameter; }

  Status find_needed() {
    needed_.resize(graph_.values().size());
    needed_nodes_.resize(graph_.nodes().size());
    for (ValueId id : plan_.outputs) needed_[static_cast<size_t>(id.index)] = true;
    for (ValueId id : plan_.feeds) fed_.insert_or_assign(id, true);
    for (size_t i = graph_.nodes().size(); i-- > 0;) {
      const Node& node = graph_.nodes()[i];
      const bool run = std::ranges::any_of(node.outputs, [&](ValueId id) {
        return needed_[static_cast<size_t>(id.index)] && !fed_.contains(id);
      });
      if (!run) continue;
      needed_nodes_[i] = true;
      for (ValueId id : node.inputs) needed_[static_cast<size_t>(id.index)] = true;
    }
    for (ValueId id : graph_.inputs()) {
      if (needed_[static_cast<size_t>(id.index)] && !fed_.contains(id)) {
        return fail(ErrorCode::kInvalidArgument,
                    "the graph needs a value for its input " + name(id));
      }
    }
    return {};
  }

  std::vector<NodeId> readers(ValueId id) const {
    std::vector<NodeId> out;
    for (NodeId node : graph_.consumers(id)) {
      if (needed_nodes_[static_cast<size_t>(node.index)]) out.push_back(node);
    }
    return out;
  }

  // The clamp that alone reads `value`, or null.
  const Node* fusable_clamp(ValueId value) const {
    if (contains(plan_.outputs, value)) return nullptr;
    const auto nodes = readers(value);
    if (nodes.size() != 1) return nullptr;
    const Node& reader = graph_.node(nodes[0]);
    return reader.op->clamp_range() && !fed_.contains(reader.outputs[0]) ? &reader : nullptr;
  }

  Status lower() {
    std::vector<bool> fused(graph_.nodes().size());
    for (size_t i = 0; i < graph_.nodes().size(); ++i) {
      if (!needed_nodes_[i] || fused[i]) continue;
      const Node& node = graph_.nodes()[i];
      Work work{{nullptr, NodeId(static_cast<int32_t>(i)), node.inputs, node.outputs},
                ViewKind::kNone,
                node.op.get()};

      std::vector<Shape> in, out;
      std::vector<const Tensor*> parameters;
      for (ValueId id : node.inputs) {
        in.push_back(graph_.shape(id));
        parameters.push_back(is_parameter(id)
                                 ? &parameters_[static_cast<size_t>(graph_.value(id).parameter)]
                                 : nullptr);
      }
      for (ValueId id : node.outputs) out.push_back(graph_.shape(id));
      LoweringContext context{in, out, parameters};
      if (node.op->can_clamp_output()) {
        if (const Node* clamp = fusable_clamp(node.outputs[0])) {
          const ClampRange range = *clamp->op->clamp_range();
          context.output_min = range.minimum;
          context.output_max = range.maximum;
          work.step.outputs = clamp->outputs;
          fused[static_cast<size_t>(graph_.value(clamp->outputs[0]).producer.index)] = true;
        }
      }
      work.view = node.op->view_kind(in);
      auto kernel = kernels_.get(node.op, context);
      if (!kernel)
        return std::unexpected(
            std::move(kernel.error()).with_context("while preparing " + node.origin));
      work.step.kernel = *std::move(kernel);
      work_.push_back(std::move(work));
    }
    return {};
  }

  // Whether everything that runs on `id` can read rows that stand apart. Readers that are views
  // pass the question on.
  bool readers_accept_strides(ValueId id) const {
    return std::ranges::all_of(work_, [&](const Work& work) {
      if (!contains(work.step.inputs, id)) return true;
      if (work.view == ViewKind::kSliceChannels)
        return readers_accept_strides(work.step.outputs[0]);
      return work.view == ViewKind::kNone && work.step.kernel->accepts_row_strides();
    });
  }

  int32_t new_storage(Storage::Kind kind, int64_t elements, int32_t index = -1) {
    plan_.storages.push_back({kind, elements, 0, index});
    return static_cast<int32_t>(plan_.storages.size()) - 1;
  }
  void place_alone(ValueId id, Storage::Kind kind, int32_t index = -1) {
    const Shape& shape = graph_.shape(id);
    plan_.places[id] = {new_storage(kind, shape.elements(), index), 0, shape.channels()};
  }

  // An input of a concat can be written in place where a kernel of its own makes it, nothing else
  // has placed it, and whoever reads it besides can stride.
  bool concat_in_place(const Work& concat) const {
    for (size_t i = 0; i < concat.step.inputs.size(); ++i) {
      const ValueId id = concat.step.inputs[i];
      if (fed_.contains(id) || is_parameter(id) || plan_.places.contains(id)) return false;
      if (std::ranges::count(concat.step.inputs, id) != 1) return false;
      bool made_by_striding_kernel = false;
      for (const Work& work : work_) {
        if (contains(work.step.outputs, id)) {
          made_by_striding_kernel =
              work.view == ViewKind::kNone && work.step.kernel->accepts_row_strides();
        }
        if (&work != &concat && contains(work.step.inputs, id) &&
            (work.view != ViewKind::kNone || !work.step.kernel->accepts_row_strides())) {
          return false;
        }
      }
      if (!made_by_striding_kernel) return false;
    }
    return true;
  }

  void place_values() {
    for (size_t i = 0; i < plan_.feeds.size(); ++i) {
      place_alone(plan_.feeds[i], Storage::Kind::kFeed, static_cast<int32_t>(i));
    }
    // Concats first and last to first, so that a concat inside a concat lands in the outer one.
    for (size_t i = work_.size(); i-- > 0;) {
      Work& work = work_[i];
      if (work.view != ViewKind::kConcatChannels || !concat_in_place(work)) continue;
      const ValueId whole = work.step.outputs[0];
      if (!plan_.places.contains(whole)) place_alone(whole, Storage::Kind::kArena);
      const ValuePlace place = plan_.places.at(whole);
      int64_t channel = place.channel;
      for (ValueId id : work.step.inputs) {
        plan_.places[id] = {place.storage, channel, place.row_stride};
        channel += graph_.shape(id).channels();
      }
      work.step.kernel = nullptr;
    }
    for (Work& work : work_) {
      for (ValueId id : work.step.inputs) {
        if (is_parameter(id) && !plan_.places.contains(id)) {
          place_alone(id, Storage::Kind::kParameter, graph_.value(id).parameter);
        }
      }
      place_view(work);
      place_over_input(work);
      for (ValueId id : work.step.outputs) {
        if (!plan_.places.contains(id)) place_alone(id, Storage::Kind::kArena);
      }
    }
  }

  // Lets a reshape or a slice of channels share its input's memory where that can be.
  void place_view(Work& work) {
    if (work.step.kernel == nullptr) return;
    const ValueId in = work.step.inputs[0], out = work.step.outputs[0];
    if (plan_.places.contains(out) || is_parameter(in)) return;
    const ValuePlace& place = plan_.places.at(in);
    if (work.view == ViewKind::kReshape && place.row_stride == graph_.shape(in).channels()) {
      plan_.places[out] = {place.storage, 0, graph_.shape(out).channels()};
      work.step.kernel = nullptr;
    } else if (work.view == ViewKind::kSliceChannels && readers_accept_strides(out)) {
      plan_.places[out] = {place.storage, place.channel + work.op->view_begin(), place.row_stride};
      work.step.kernel = nullptr;
    }
  }

  // Lets an elementwise step write over an input that is not needed any more: less memory to hold,
  // and less to carry to and from it.
  void place_over_input(const Work& work) {
    if (work.step.kernel == nullptr || !work.step.kernel->works_in_place()) return;
    const ValueId out = work.step.outputs[0];
    if (plan_.places.contains(out)) return;
    for (ValueId in : work.step.inputs) {
      if (is_parameter(in) || graph_.shape(in) != graph_.shape(out) || !ends_with(in, work))
        continue;
      const ValuePlace place = plan_.places.at(in);
      const Storage& storage = plan_.storages[static_cast<size_t>(place.storage)];
      const bool whole = storage.elements == graph_.shape(in).elements();
      if (!whole && (contains(plan_.outputs, out) || !readers_accept_strides(out))) continue;
      plan_.places[out] = place;
      return;
    }
  }

  // Whether nothing after `work` reads what stands where `id` does, nor `work` itself by another
  // name.
  bool ends_with(ValueId id, const Work& work) const {
    const ValuePlace& place = plan_.places.at(id);
    if (plan_.storages[static_cast<size_t>(place.storage)].kind != Storage::Kind::kArena)
      return false;
    const int64_t channels = graph_.shape(id).channels();
    for (const auto& [other, at] : plan_.places) {
      if (at.storage != place.storage) continue;
      const bool apart = at.row_stride == place.row_stride &&
                         (at.channel + graph_.shape(other).channels() <= place.channel ||
                          place.channel + channels <= at.channel);
      if (apart) continue;
      if (contains(plan_.outputs, other)) return false;
      if (other != id && contains(work.step.inputs, other)) return false;
      for (const Work* later = work_.data() + work_.size() - 1; later > &work; --later) {
        if (contains(later->step.inputs, other)) return false;
      }
    }
    return true;
  }

  void assign_memory() {
    for (ValueId id : plan_.outputs) {
      if (is_parameter(id) && !plan_.places.contains(id)) {
        place_alone(id, Storage::Kind::kParameter, graph_.value(id).parameter);
      }
      Storage& storage = plan_.storages[static_cast<size_t>(plan_.places.at(id).storage)];
      if (storage.kind == Storage::Kind::kArena) {
        storage.kind = Storage::Kind::kOutput;
        storage.index = plan_.output_storages++;
      }
    }
    for (Work& work : work_) {
      if (work.step.kernel != nullptr) plan_.steps.push_back(std::move(work.step));
    }
    std::vector<UsageRecord> records;
    std::vector<size_t> storage_of_record;
    std::vector<int32_t> record_of(plan_.storages.size(), -1);
    const auto use = [&](ValueId id, int32_t step) {
      const auto index = static_cast<size_t>(plan_.places.at(id).storage);
      const Storage& storage = plan_.storages[index];
      if (storage.kind != Storage::Kind::kArena) return;
      if (record_of[index] < 0) {
        record_of[index] = static_cast<int32_t>(records.size());
        records.push_back({storage.elements * 4, step, step});
        storage_of_record.push_back(index);
      }
      records[static_cast<size_t>(record_of[index])].last = step;
    };
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      for (ValueId id : plan_.steps[i].inputs) use(id, static_cast<int32_t>(i));
      for (ValueId id : plan_.steps[i].outputs) use(id, static_cast<int32_t>(i));
    }
    plan_.arena = plan_arena(records);
    for (size_t i = 0; i < records.size(); ++i) {
      plan_.storages[storage_of_record[i]].arena_offset = plan_.arena.offsets[i];
    }
  }

  const Graph& graph_;
  const Parameters& parameters_;
  KernelCache& kernels_;
  Plan plan_;
  std::vector<bool> needed_, needed_nodes_;
  std::unordered_map<ValueId, bool> fed_;
  std::vector<Work> work_;
};

}  // namespace

Result<Plan> make_plan(std::shared_ptr<const Graph> graph, std::vector<ValueId> feeds,
                       std::vector<ValueId> outputs, const Parameters& parameters,
                       KernelCache& kernels) {
  return Planner(std::move(graph), std::move(feeds), std::move(outputs), parameters, kernels).run();
}

}  // namespace convscope
