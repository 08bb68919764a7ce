// convscope bench FILE.onnx…: how fast this machine runs networks, beside ONNX Runtime and PyTorch.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/rng.h"
#include "cli/program.h"
#include "imagine/layer_objective.h"
#include "model/model.h"
#include "runtime/session.h"

namespace convscope {
namespace {

constexpr std::string_view kDefaultPeers = "tests/bench/native_peers.py";
constexpr size_t kShown = 16;  // values by which answers are compared; the script's SHOWN
constexpr int kRuns = 7;       // of each system in one round
// Of the largest value compared. A gradient may differ by one flipped switch of a max-pool.
constexpr double kForwardTolerance = 1e-3, kGradientTolerance = 5e-2;

struct Measured {
  std::vector<double> times;  // ms
  std::vector<double> answer;
  std::string version, absent;  // why it does not take part

  double median() const {
    std::vector<double> sorted = times;
    std::ranges::sort(sorted);
    return sorted[sorted.size() / 2];
  }
};

// One network on some number of threads.
struct Bench {
  Model model;
  std::string base;   // the file without its ending
  std::string shown;  // file of the input, for the peers
  bool shown_is_ours = false;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Session> session;
  Tensor input, mask;
  Program *forward = nullptr, *gradient = nullptr;
  const ModelLayer* layer = nullptr;  // whose gradient is taken

  ~Bench() {
    if (shown_is_ours) std::remove(shown.c_str());
  }
};

// The last convolution that an activation follows.
const ModelLayer* gradient_layer(const Model& model) {
  const ModelLayer* found = nullptr;
  for (const ModelLayer& layer : model.layers) {
    if (layer.kind == "conv" && layer.pre.valid()) found = &layer;
  }
  return found;
}

// The photo that lies beside the network; else noise, in a file that goes when all is measured.
Status make_input(Bench& bench, const Shape& shape) {
  TRY(bench.input, Tensor::uninitialised(shape));
  Tensor& input = bench.input;
  bench.shown = bench.base + ".input.bin";
  const auto bytes = read_file(bench.shown);
  if (bytes && static_cast<int64_t>(bytes->size()) == input.desc().bytes()) {
    std::memcpy(input.data(), bytes->data(), bytes->size());
    return {};
  }
  Rng rng(1);
  for (float& value : input.values()) value = rng.normal();
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  if (error) return fail(ErrorCode::kInternal, "there is no folder for temporary files");
  bench.shown = folder / std::format("convscope-bench-{}.input.bin", getpid());
  bench.shown_is_ours = true;
  return write_file(bench.shown, {reinterpret_cast<const uint8_t*>(input.data()),
                                  static_cast<size_t>(input.desc().bytes())});
}

Result<std::unique_ptr<Bench>> open(const std::string& path, int threads) {
  TRY(const ModelFile file, find_model_file(path, ""));
  TRY(const std::vector<uint8_t> bytes, read_file(file.path));
  auto bench = std::make_unique<Bench>();
  TRY(bench->model, load_model(file.id, file.format, bytes));
  Model& model = bench->model;
  bench->base = path.substr(0, path.rfind('.'));
  bench->pool = ThreadPool::create(threads);
  bench->session = std::make_unique<Session>(model.graph, model.parameters, bench->pool.get());
  TRY_STATUS(make_input(*bench, model.graph.shape(model.input)));
  TRY(bench->forward, bench->session->program("bench", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{bench->session->graph(), {model.input}, {model.logits}};
  }));
  bench->layer = gradient_layer(model);
  if (bench->layer == nullptr) return bench;
  TRY(bench->gradient,
      mean_square_program(model, *bench->session, *bench->layer, bench->input.shape()));
  TRY(bench->mask, Tensor::uninitialised(bench->gradient->graph().shape(bench->gradient->feed(1))));
  std::ranges::fill(bench->mask.values(), 1.0f);
  return bench;
}

Status run_ours(Bench& bench, bool backward, int runs, Measured& to) {
  Program& program = backward ? *bench.gradient : *bench.forward;
  const std::array both{bench.input, bench.mask};
  for (int i = -1; i < runs; ++i) {  // the first one is cold
    const int64_t start = now_micros();
    TRY_STATUS(bench.session->run(program, std::span<const Tensor>(both).first(backward ? 2 : 1)));
    if (i >= 0) to.times.push_back(static_cast<double>(now_micros() - start) / 1000);
  }
  TRY(const Tensor answer, program.copy(backward ? program.output(0) : bench.model.logits));
  const auto values = answer.values();
  to.answer.clear();
  for (size_t i = 0; i < values.size() && to.answer.size() < kShown;
       i += std::max<size_t>(1, values.size() / kShown))
    to.answer.push_back(values[i]);
  return {};
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void read_line(const std::string& line, Measured& to) {
  const size_t space = line.find(' ');
  if (space == std::string::npos) return;
  const std::string word = line.substr(0, space), rest = line.substr(space + 1);
  if (word == "version") to.version = rest;
  if (word == "absent") to.absent = rest;
  if (word == "ms") to.times.push_back(std::strtod(rest.c_str(), nullptr));
  if (word != "answer") return;
  to.answer.clear();
  const char* at = rest.c_str();
  for (char* end = nullptr;; at = end) {
    const double value = std::strtod(at, &end);
    if (end == at) return;
    to.answer.push_back(value);
  }
}

// Each of them has the packages of other peers; a peer runs in the first that has its own.
std::vector<std::string> pythons() {
  const char* given = std::getenv("CONVSCOPE_PYTHONS");
  std::string text = given != nullptr && *given != 0 ? given : "python3";
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

Status run_peer(const std::string& peer, const std::string& script, const Bench& bench,
                bool backward, Measured& to) {
  if (!to.absent.empty()) return {};
  for (const std::string& python : pythons()) {
    to.absent.clear();
    std::string command = quoted(python) + " " + quoted(script) + " " + peer + " " +
                          quoted(bench.base) + (backward ? " gradient " : " forward ") +
                          std::to_string(bench.pool->threads()) + " " + std::to_string(kRuns) +
                          " " + quoted(bench.shown);
    if (backward) command += " " + quoted(bench.model.graph.value(bench.layer->value).name);
    std::FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return fail(ErrorCode::kInternal, "cannot start " + python);
    std::string line;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
      if (c != '\n') {
        line += static_cast<char>(c);
        continue;
      }
      read_line(line, to);
      line.clear();
    }
    if (const int status = pclose(pipe); !WIFEXITED(status) || WEXITSTATUS(status) != 0)
      return fail(ErrorCode::kInternal, "the peer stopped: " + command);
    if (to.absent.empty()) return {};
  }
  return {};
}

// A benchmark of a wrong answer is void.
Status check_answers(const std::string& peer, const Measured& ours, const Measured& theirs,
                     bool backward) {
  double worst = 0, largest = 0;
  if (ours.answer.size() != theirs.answer.size())
    return fail(ErrorCode::kInternal, peer + " gives an answer of another size");
  for (size_t i = 0; i < ours.answer.size(); ++i) {
    worst = std::max(worst, std::abs(ours.answer[i] - theirs.answer[i]));
    largest = std::max(largest, std::abs(theirs.answer[i]));
  }
  const double tolerance = backward ? kGradientTolerance : kForwardTolerance;
  if (worst <= tolerance * largest) return {};
  return fail(ErrorCode::kInternal,
              std::format("{} gives another {}: they differ by {:.1e} of the largest value", peer,
                          backward ? "gradient" : "answer", worst / largest));
}

Status measure(Bench& bench, bool backward, int rounds, const std::string& script) {
  const std::array<std::string, 2> names{"onnxruntime", "torch"};
  Measured ours;
  std::array<Measured, 2> peers;
  for (int round = 0; round < rounds; ++round) {
    TRY_STATUS(run_ours(bench, backward, kRuns, ours));
    for (size_t i = 0; i < names.size() && !script.empty(); ++i) {
      TRY_STATUS(run_peer(names[i], script, bench, backward, peers[i]));
      if (peers[i].absent.empty()) TRY_STATUS(check_answers(names[i], ours, peers[i], backward));
    }
  }
  std::printf("  %-8s %d thread%s %-22s %9.2f ms\n", backward ? "gradient" : "forward",
              bench.pool->threads(), bench.pool->threads() > 1 ? "s" : " ", "ConvScope",
              ours.median());
  for (size_t i = 0; i < names.size() && !script.empty(); ++i) {
    const Measured& peer = peers[i];
    if (!peer.absent.empty()) {
      std::printf("  %28s %s\n", names[i].c_str(), peer.absent.c_str());
    } else {
      std::printf("  %19s %-22s %9.2f ms  ours takes %.2f of it\n", "",
                  (names[i] + " " + peer.version).c_str(), peer.median(),
                  ours.median() / peer.median());
    }
  }
  std::fflush(stdout);
  return {};
}

Status run_network(const std::string& path, int threads, int rounds, const std::string& script) {
  TRY(const auto bench, open(path, threads));
  TRY_STATUS(measure(*bench, false, rounds, script));
  if (bench->gradient != nullptr) TRY_STATUS(measure(*bench, true, rounds, script));
  const Program& largest = bench->gradient != nullptr ? *bench->gradient : *bench->forward;
  const ArenaLayout& arena = largest.plan().arena;
  std::printf("  memory: arena %.1f MB, %.3f of what is alive at once; packed weights %.1f MB\n",
              static_cast<double>(arena.bytes) * 1e-6,
              static_cast<double>(arena.bytes) /
                  static_cast<double>(std::max<int64_t>(1, arena.lower_bound)),
              static_cast<double>(bench->session->packed_bytes()) * 1e-6);
  return {};
}

// Where the script lies: --peers, else CONVSCOPE_PEERS, else in the checkout one stands in.
Result<std::string> peers_script(const Arguments& arguments) {
  if (arguments.has("peers")) {
    TRY_STATUS(read_file(arguments.value("peers")));
    return arguments.value("peers");
  }
  const char* environment = std::getenv("CONVSCOPE_PEERS");
  const std::string path =
      environment != nullptr && *environment != 0 ? environment : std::string(kDefaultPeers);
  return read_file(path) ? path : std::string();
}

Status run(const Arguments& arguments) {
  TRY_STATUS(initialise_kernels());
  TRY(const std::string script, peers_script(arguments));
  for (const std::string& path : arguments.words) TRY_STATUS(find_model_file(path, ""));
  if (script.empty()) std::printf("No peers: their script %s is not here.\n", kDefaultPeers.data());
  const auto most = static_cast<int>(arguments.integer(
      "threads", std::max<int64_t>(1, static_cast<int64_t>(std::thread::hardware_concurrency()))));
  const auto rounds = static_cast<int>(arguments.integer("rounds", 3));
  for (const std::string& path : arguments.words) {
    std::printf("%s\n", path.substr(path.rfind('/') + 1).c_str());
    TRY_STATUS(run_network(path, 1, rounds, script));
    if (most > 1) TRY_STATUS(run_network(path, most, rounds, script));
  }
  return {};
}

}  // namespace

const Verb& bench_verb() {
  static const Verb kVerb = {
      {"bench",
       "FILE.onnx…",
       "Measures networks beside ONNX Runtime and PyTorch.",
       1,
       32,
       {{"threads", "N", "measure with 1 and with N threads (default: all cores)", false, 1, 64},
        {"rounds", "N", "turns that each system takes, 7 runs each (default: 3)", false, 1, 100},
        {"peers", "FILE",
         "the script that runs the peers (default: $CONVSCOPE_PEERS, else that of the checkout)"},
        {"help", "", "print this"}},
       {{"json", "its table is for people"}}},
      run};
  return kVerb;
}

}  // namespace convscope
