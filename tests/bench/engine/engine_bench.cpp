// The engine's libraries behind a handful of functions, for clean timing: no messages, no slices,
// no page.
//
// A network is opened once; bench_prepare makes a program of it, bench_run runs that on what
// bench_input points to, and bench_output points to the answer. Functions that can fail answer 0 or
// less; bench_error then says why.
#include <emscripten.h>

#include <algorithm>
#include <format>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/peak.h"
#include "imagine/layer_objective.h"
#include "model/model.h"
#include "runtime/session.h"

namespace {

using namespace convscope;

struct Prepared {
  Program* program;
  ValueId answer;
  std::vector<Tensor> feeds;
};

struct Bench {
  Model model;
  std::unique_ptr<Session> session;
  Tensor input;
  std::vector<Prepared> programs;
};

std::unique_ptr<ThreadPool> g_pool;
std::unique_ptr<Bench> g_bench;
std::string g_text;

template <typename T>
bool failed(const Result<T>& result) {
  if (!result) g_text = result.error().message;
  return !result.has_value();
}

// "forward" gives the logits alone, "layers" keeps every layer's activation too, as the page does;
// "gradient" is that of the layer's mean square with respect to the input.
Result<Prepared> prepare(Bench& bench, const std::string& what, const std::string& layer) {
  const Model& model = bench.model;
  if (what == "gradient") {
    const ModelLayer* found = model.find_layer(layer);
    if (found == nullptr) return fail(ErrorCode::kNotFound, "no layer " + layer);
    TRY(Program * program, mean_square_program(model, *bench.session, *found, bench.input.shape()));
    TRY(Tensor mask, Tensor::uninitialised(program->graph().shape(program->feed(1))));
    std::ranges::fill(mask.values(), 1.0f);
    return Prepared{program, program->output(0), {bench.input, mask}};
  }
  TRY(Program * program, bench.session->program("bench " + what, [&]() -> Result<ProgramSpec> {
    ProgramSpec spec{bench.session->graph(), {model.input}, {}};
    if (what == "layers") {
      for (const ModelLayer& each : model.layers) spec.outputs.push_back(each.value);
      spec.outputs.push_back(model.probabilities);
    }
    spec.outputs.push_back(model.logits);
    return spec;
  }));
  return Prepared{program, model.logits, {bench.input}};
}

int64_t step_flops(const Program& program, const PlanStep& step) {
  const Graph& graph = program.graph();
  const Node& node = graph.node(step.node);
  std::vector<Shape> inputs, outputs;
  for (ValueId id : node.inputs) inputs.push_back(graph.shape(id));
  for (ValueId id : node.outputs) outputs.push_back(graph.shape(id));
  return node.op->flops(inputs, outputs);
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE void* bench_allocate(uint32_t bytes) { return std::malloc(bytes); }
EMSCRIPTEN_KEEPALIVE const char* bench_error() { return g_text.c_str(); }

// The number of threads that will really run.
EMSCRIPTEN_KEEPALIVE int bench_start(int threads) {
  if (failed(initialise_kernels())) return 0;
  g_pool = ThreadPool::create(threads);
  return g_pool->threads();
}

EMSCRIPTEN_KEEPALIVE int bench_open(const char* id, const char* format, const uint8_t* bytes,
                                    uint32_t count) {
  auto model = load_model(id, format, {bytes, count});
  if (failed(model)) return 0;
  auto input = Tensor::uninitialised(model->graph.shape(model->input));
  if (failed(input)) return 0;
  auto session = std::make_unique<Session>(model->graph, model->parameters, g_pool.get());
  g_bench =
      std::make_unique<Bench>(Bench{*std::move(model), std::move(session), *std::move(input), {}});
  return 1;
}

// 1×H×W×C, as the network wants it.
EMSCRIPTEN_KEEPALIVE float* bench_input() { return g_bench->input.data(); }

// The number by which the other functions know the program, or -1.
EMSCRIPTEN_KEEPALIVE int bench_prepare(const char* what, const char* layer) {
  auto prepared = prepare(*g_bench, what, layer);
  if (failed(prepared)) return -1;
  g_bench->programs.push_back(*std::move(prepared));
  return static_cast<int>(g_bench->programs.size()) - 1;
}

EMSCRIPTEN_KEEPALIVE int bench_run(int which) {
  Prepared& prepared = g_bench->programs[static_cast<size_t>(which)];
  return failed(g_bench->session->run(*prepared.program, prepared.feeds)) ? 0 : 1;
}

EMSCRIPTEN_KEEPALIVE const float* bench_output(int which) {
  const Prepared& prepared = g_bench->programs[static_cast<size_t>(which)];
  const TensorView view = prepared.program->view(prepared.answer);
  CHECK(view.dense());
  return view.data;
}
EMSCRIPTEN_KEEPALIVE int bench_output_elements(int which) {
  const Prepared& prepared = g_bench->programs[static_cast<size_t>(which)];
  return static_cast<int>(prepared.program->graph().shape(prepared.answer).elements());
}

// Additions and multiplications of one run.
EMSCRIPTEN_KEEPALIVE double bench_flops(int which) {
  const Program& program = *g_bench->programs[static_cast<size_t>(which)].program;
  double sum = 0;
  for (const PlanStep& step : program.plan().steps)
    sum += static_cast<double>(step_flops(program, step));
  return sum;
}

// JSON of bytes: {"arena", "lower_bound": the largest set of values alive at once, "parameters",
// "packed": of the whole session by now, "scratch"}.
EMSCRIPTEN_KEEPALIVE const char* bench_memory(int which) {
  const ArenaLayout& arena = g_bench->programs[static_cast<size_t>(which)].program->plan().arena;
  int64_t parameters = 0;
  for (const Tensor& tensor : g_bench->model.parameters) parameters += tensor.desc().bytes();
  g_text = std::format(
      R"({{"arena":{},"lower_bound":{},"parameters":{},"packed":{},"scratch":{}}})", arena.bytes,
      arena.lower_bound, parameters, g_bench->session->packed_bytes(), g_pool->scratch_bytes());
  return g_text.c_str();
}

// JSON: [{"node", "kind", "shape", "flops", "micros": [of each run]}] for every step, in order.
EMSCRIPTEN_KEEPALIVE const char* bench_profile(int which, int runs) {
  Session& session = *g_bench->session;
  Prepared& prepared = g_bench->programs[static_cast<size_t>(which)];
  const Program& program = *prepared.program;
  const auto& steps = program.plan().steps;
  std::vector<std::string> micros(steps.size());
  session.set_profiling(true);
  for (int run = 0; run < runs; ++run) {
    if (failed(session.run(*prepared.program, prepared.feeds))) return nullptr;
    for (size_t i = 0; i < steps.size(); ++i)
      micros[i] += std::format("{}{}", run == 0 ? "" : ",", session.profile()[i].micros);
  }
  session.set_profiling(false);
  g_text = "[";
  for (size_t i = 0; i < steps.size(); ++i) {
    const Node& node = program.graph().node(steps[i].node);
    g_text += std::format(R"({}{{"node":"{}","kind":"{}","shape":"{}","flops":{},"micros":[{}]}})",
                          i == 0 ? "" : ",", node.origin, node.op->kind(),
                          program.graph().shape(node.outputs[0]).text(),
                          step_flops(program, steps[i]), micros[i]);
  }
  g_text += "]";
  return g_text.c_str();
}

// GFLOP/s of independent multiply-adds in registers, on one thread: what no kernel of this build
// can exceed.
EMSCRIPTEN_KEEPALIVE double bench_peak_gflops(int repeats) { return bench::peak_gflops(repeats); }

}  // extern "C"
