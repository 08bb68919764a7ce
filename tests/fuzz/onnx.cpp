// Any bytes as an ONNX file: a network or an error that says why not, and a small graph that was
// imported runs, forward and back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <format>
#include <span>

#include "graph/vjp.h"
#include "model/model.h"
#include "onnx/import.h"
#include "runtime/session.h"

namespace {

using namespace convscope;

// Runs of larger graphs take long and find nothing that small ones do not.
constexpr int64_t kElements = 20'000, kFlops = 2'000'000;

void need_sentence(const Error& error) {
  if (error.message.empty()) std::abort();
}

bool is_small(const Graph& graph) {
  int64_t elements = 0, flops = 0;
  for (const Value& value : graph.values()) elements += value.shape.elements();
  for (const Node& node : graph.nodes()) {
    std::vector<Shape> in, out;
    for (ValueId id : node.inputs) in.push_back(graph.shape(id));
    for (ValueId id : node.outputs) out.push_back(graph.shape(id));
    flops += node.op->flops(in, out);
  }
  return elements < kElements && flops < kFlops;
}

void run(Graph graph, const Parameters& parameters, std::vector<ValueId> feeds,
         std::vector<ValueId> outputs) {
  static const auto pool = ThreadPool::create(1);
  Session session(std::move(graph), parameters, pool.get());
  std::vector<Tensor> tensors;
  for (ValueId id : feeds) {
    auto feed = Tensor::zeros(session.graph()->shape(id));
    if (!feed) return;
    tensors.push_back(*std::move(feed));
  }
  auto program = session.program("fuzzed", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{session.graph(), feeds, outputs};
  });
  if (!program) return need_sentence(program.error());
  if (const auto status = session.run(**program, tensors); !status) need_sentence(status.error());
}

// What is computed, and the derivative of all of it with respect to the inputs.
void run_both_ways(const onnx::ImportedGraph& imported) {
  if (!is_small(imported.graph)) return;
  GraphBuilder builder(imported.graph);
  std::vector<ValueId> inputs, outputs, seeds;
  for (const onnx::Port& input : imported.inputs) inputs.push_back(input.value);
  for (const onnx::Port& output : imported.outputs) {
    const bool computed = !output.constant && builder.graph().value(output.value).producer.valid();
    if (!computed || std::ranges::find(outputs, output.value) != outputs.end()) continue;
    outputs.push_back(output.value);
    seeds.push_back(
        builder.input(std::format("seed {}", seeds.size()), builder.shape(output.value)));
  }
  if (outputs.empty()) return;
  run(imported.graph, imported.parameters, inputs, outputs);
  const auto cotangents = build_vjp(builder, outputs, seeds, inputs);
  if (!cotangents) return need_sentence(cotangents.error());
  std::vector<ValueId> wanted, feeds = inputs;
  feeds.insert(feeds.end(), seeds.begin(), seeds.end());
  for (const auto& [input, cotangent] : *cotangents) {
    const bool computed = builder.graph().value(cotangent).producer.valid();
    if (computed && std::ranges::find(wanted, cotangent) == wanted.end())
      wanted.push_back(cotangent);
  }
  Graph graph = std::move(builder).build();
  if (!wanted.empty() && is_small(graph)) run(std::move(graph), imported.parameters, feeds, wanted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> file(data, size);
  const auto model = load_model("fuzzed", "onnx", file);
  if (!model) {
    need_sentence(model.error());
  } else if (model->layers.empty() || model->classes() <= 0) {
    std::abort();
  }
  if (const auto imported = onnx::import_onnx(file); imported) {
    run_both_ways(*imported);
  } else {
    need_sentence(imported.error());
  }
  return 0;
}
