#include "onnx/export_graph.h"

#include <algorithm>
#include <format>
#include <numeric>

#include "onnx/proto.h"

namespace convscope::onnx {
namespace {

std::string list(std::span<const int64_t> values) {
  std::string out;
  for (int64_t value : values) out += std::to_string(value) + ",";
  return out;
}

// Where each axis of the file's value comes from in ours.
std::vector<int> permutation_of(const Axes& axes) {
  std::vector<int> out;
  for (size_t i = 0; i < axes.size(); ++i) out.push_back(stored_axis(axes, static_cast<int>(i)));
  return out;
}

std::vector<int64_t> wide(const std::vector<int>& values) { return {values.begin(), values.end()}; }

// A few numbers: where not even they fit, nothing else went before.
HostTensor few_floats(const Shape& shape, std::span<const float> values) {
  auto tensor = HostTensor::of_floats(shape);
  CHECK(tensor.has_value());
  std::ranges::copy(values, tensor->floats.values().begin());
  return *std::move(tensor);
}

}  // namespace

bool keeps_order(const Shape& shape, const Axes& axes) {
  int last = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    const int at = axes[static_cast<size_t>(i)];
    if (shape[i] == 1) continue;
    if (at < last) return false;
    last = at;
  }
  return true;
}

ExportGraph::ExportGraph(const Graph& graph, const Parameters& parameters)
    : graph_(graph), parameters_(parameters) {}

std::string ExportGraph::unique(const std::string& name) {
  // What our own importer would refuse as too long is cut.
  const std::string base = name.empty() ? "value" : name.substr(0, kMaxNameBytes / 2);
  std::string out = base;
  for (int i = 2; !used_.insert(out).second; ++i) out = std::format("{}_{}", base, i);
  return out;
}

std::string ExportGraph::emit(std::string op_type, std::vector<std::string> inputs,
                              std::vector<FileAttribute> attributes, const std::string& output,
                              const std::string& label) {
  std::string name = label;
  for (int i = 2; !labels_.insert(name).second; ++i) name = std::format("{}_{}", label, i);
  nodes_.push_back({std::move(op_type), std::move(name), std::move(inputs), unique(output),
                    std::move(attributes)});
  return nodes_.back().output;
}

std::string ExportGraph::constant(const std::string& key, const std::string& name,
                                  HostTensor tensor) {
  const auto [at, added] = constants_.try_emplace(key);
  if (added) {
    at->second = unique(name);
    tensors_.push_back({at->second, std::move(tensor)});
  }
  return at->second;
}

std::string ExportGraph::integers(std::vector<int64_t> values) {
  const Shape shape{static_cast<int64_t>(values.size())};
  const std::string key = "integers " + list(values);
  return constant(key, "integers", HostTensor::of_integers(shape, std::move(values)));
}

std::string ExportGraph::floats(std::span<const float> values) {
  std::string key = "floats";
  for (float value : values) key += std::format(" {}", value);
  const Shape shape{static_cast<int64_t>(values.size())};
  return constant(key, "numbers", few_floats(shape, values));
}

std::string ExportGraph::scalar(float value) {
  return constant(std::format("scalar {}", value), "constant", few_floats(Shape(), {&value, 1}));
}

Result<std::string> ExportGraph::parameter(ValueId id, const Shape& shape,
                                           const std::vector<int>& permutation) {
  return arranged(id, shape, permutation, nullptr);
}

Result<std::string> ExportGraph::matrix(ValueId id, const Shape& shape,
                                        const std::vector<int>& permutation) {
  return arranged(id, shape, permutation, &graph_.shape(id));
}

Result<std::string> ExportGraph::arranged(ValueId id, const Shape& shape,
                                          const std::vector<int>& permutation, const Shape* then) {
  const Value& value = graph_.value(id);
  CHECK(value.parameter >= 0);
  const std::string key =
      std::format("parameter {} {} {}", id.index, shape.text(), list(wide(permutation)));
  if (const auto found = constants_.find(key); found != constants_.end()) return found->second;
  HostTensor tensor{.type = DataType::kFloat,
                    .shape = shape,
                    .floats = parameters_[static_cast<size_t>(value.parameter)].reshaped(shape),
                    .integers = {}};
  if (!std::ranges::is_sorted(permutation)) {
    TRY(tensor, transposed(tensor, permutation));
  }
  if (then != nullptr) tensor = tensor.reshaped(*then);
  return constant(key, value.name, std::move(tensor));
}

void ExportGraph::give(ValueId id, Axes axes, std::string name) {
  forms_[id].push_back({std::move(axes), std::move(name)});
}

Axes ExportGraph::native_axes(ValueId id) {
  const auto found = forms_.find(id);
  return found == forms_.end() ? plain_axes(shape(id).rank()) : found->second[0].axes;
}

Status ExportGraph::write_flattened(ValueId flat) {
  TRY(const std::string source, in_order(flattened_.at(flat)));
  const std::string& name = value(flat).name;
  give(flat, plain_axes(2), emit("Flatten", {source}, {{"axis", int64_t{1}}}, name, name));
  return {};
}

Result<std::string> ExportGraph::form(ValueId id, const Axes& axes) {
  if (is_parameter(id)) return parameter(id, shape(id), permutation_of(axes));
  if (!forms_.contains(id) && flattened_.contains(id)) TRY_STATUS(write_flattened(id));
  auto& forms = forms_[id];
  CHECK(!forms.empty());
  for (const NamedForm& form : forms) {
    if (form.axes == axes) return form.name;
  }
  const NamedForm from = forms[0];
  std::vector<int64_t> permutation;
  for (int axis : permutation_of(axes)) permutation.push_back(from.axes[static_cast<size_t>(axis)]);
  const std::string& name = value(id).name;
  const std::string made = emit("Transpose", {from.name}, {{"perm", permutation}},
                                name + "/transposed", name + "/transpose");
  forms.push_back({axes, made});
  return made;
}

Result<std::string> ExportGraph::in_order(ValueId id) {
  if (const auto found = forms_.find(id); found != forms_.end()) {
    for (const NamedForm& form : found->second) {
      if (keeps_order(shape(id), form.axes)) return form.name;
    }
  }
  return form(id, plain_axes(shape(id).rank()));
}

Result<std::string> ExportGraph::broadcast_form(ValueId id, const Axes& axes) {
  const Shape& own = shape(id);
  const int rank = static_cast<int>(axes.size());
  if (own.rank() == rank) return form(id, axes);
  if (own.elements() == 1 && is_parameter(id)) return parameter(id, Shape(), {});
  std::vector<int64_t> dims(static_cast<size_t>(rank - own.rank()), 1);
  dims.insert(dims.end(), own.dims().begin(), own.dims().end());
  const Shape padded{std::span<const int64_t>(dims)};
  if (is_parameter(id)) return parameter(id, padded, permutation_of(axes));
  TRY(std::string plain, form(id, plain_axes(own.rank())));
  const Axes all = plain_axes(rank);
  if (axes == all) return plain;
  const std::string& name = value(id).name;
  plain = emit("Reshape", {plain, integers(dims)}, {}, name + "/reshaped", name + "/reshape");
  return emit("Transpose", {plain}, {{"perm", wide(permutation_of(axes))}}, name + "/transposed",
              name + "/transpose");
}

ValueId ExportGraph::flattened_from(ValueId id) const {
  const auto found = flattened_.find(id);
  return found == flattened_.end() || forms_.contains(id) ? ValueId() : found->second;
}

Result<std::string> ExportGraph::flattened(ValueId flat) {
  const auto [at, added] = flattened_names_.try_emplace(flat);
  if (added) {
    const ValueId source = flattened_.at(flat);
    TRY(const std::string from, form(source, native_axes(source)));
    const std::string& name = value(flat).name;
    at->second = emit("Flatten", {from}, {{"axis", int64_t{1}}}, name, name);
  }
  return at->second;
}

void ExportGraph::rename(const std::string& from, const std::string& to) {
  for (FileNode& node : nodes_) {
    std::ranges::replace(node.inputs, from, to);
    if (node.output == from) node.output = to;
  }
  for (auto& [id, forms] : forms_) {
    for (NamedForm& form : forms) {
      if (form.name == from) form.name = to;
    }
  }
}

Status ExportGraph::finish(ValueId id, const Axes& axes, const std::string& name) {
  TRY(const std::string made, form(id, axes));
  if (made == name) return {};
  const bool by_node = std::ranges::find(nodes_, made, &FileNode::output) != nodes_.end();
  if (by_node && !outputs_.contains(made)) {
    rename(made, name);
  } else {
    nodes_.push_back({"Identity", name, {made}, name, {}});
  }
  outputs_.insert(name);
  return {};
}

}  // namespace convscope::onnx
