// ONNX's own backend tests: every case folder of the `onnx` package (onnx/backend/test/data) is
// imported, run and compared. CONVSCOPE_ONNX_TESTS names the folder that holds `node`, `simple` …
// and `newer`: cases of our operators that a newer package has (make_newer_onnx_cases.py).
// A case ends as passed or as not supported, with the importer's own sentence; a wrong number
// fails. The table of all of them is onnx_conformance.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "onnx/export.h"
#include "onnx/import.h"
#include "onnx/op_map.h"
#include "runtime/session.h"

namespace convscope::onnx {
namespace {

namespace fs = std::filesystem;

// ONNX's own tolerances are 1e-3 relative and 1e-7 absolute. Ours adds up in float32 in another
// order than NumPy's reference does, which near 0 shows in the sixth digit after the point.
constexpr double kRelative = 1e-3, kAbsolute = 1e-5;

// What a case of an operator that we have may be refused for, as pieces of the importer's
// sentences.
constexpr std::string_view kAccepted[] = {
    "has the element type",       // computed in integers, strings or 8-bit floats
    "casts the picture's",        // Cast to integers of what is computed
    "casts to",                   // Cast of a constant to strings or 8-bit floats
    "training mode",              // BatchNormalization, Dropout
    "spatial axes",               // volumes
    "places of the maxima",       // MaxPool's second output
    "computed from the picture",  // arguments that ONNX lets depend on data
    "as before operator set 7",
    "in steps of",       // Slice
    "want a tensor",     // sequences and optional values
    "has no elements",   // empty tensors
    "reduces nothing",   // and what is taken of them
    "graph of its own",  // If, Loop, Scan
    "uint64",
};

// What cannot be exported, as pieces of the exporter's sentences.
constexpr std::string_view kNotExported[] = {
    "tf_half_pixel_for_nn has no form in ONNX",
    "SpaceToDepth of mode CRD",
};

std::vector<uint8_t> read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Outcome {
  enum class Kind : uint8_t { kPassed, kNotSupported } kind;
  std::string reason;
};

struct Row {
  std::string suite, name, operators;
  Outcome outcome;
};
std::vector<Row>& rows() {
  static std::vector<Row> all;
  return all;
}

// How a case's float inputs are given: all as inputs; the first alone, the others as constants
// (weights and such); all as constants.
enum class Feeding : uint8_t { kInputs, kFirstInput, kConstants };

struct Case {
  std::vector<uint8_t> model;
  std::vector<std::string> input_names;
  std::vector<HostTensor> inputs, outputs;
  std::set<std::string> operators;
};

Result<HostTensor> read_data(const fs::path& path) {
  const auto bytes = read_bytes(path);
  TRY(const TensorProto proto, read_tensor(bytes));
  return decode_tensor(proto);
}

// NumPy has no bfloat16: the package stores such data as uint16, and ConvScope computes it in
// float32, so that only bfloat16's own seven bits are compared.
Result<HostTensor> read_data(const fs::path& path, DataType declared) {
  TRY(HostTensor out, read_data(path));
  if (declared != DataType::kBfloat16 || out.type != DataType::kUint16) return out;
  TRY(HostTensor floats, HostTensor::of_floats(out.shape, declared));
  for (size_t i = 0; i < out.integers.size(); ++i) {
    floats.floats.values()[i] = std::bit_cast<float>(static_cast<uint32_t>(out.integers[i]) << 16);
  }
  return floats;
}

DataType declared(const std::vector<ValueInfoProto>& ports, size_t i) {
  return i < ports.size() ? ports[i].type : DataType::kUndefined;
}

// The case's data; the error of the first part that cannot be read.
Result<Case> read_case(const fs::path& folder) {
  Case out{.model = read_bytes(folder / "model.onnx")};
  TRY(const ModelProto model, read_model(out.model));
  for (const NodeProto& node : model.graph.nodes) out.operators.emplace(node.op_type);
  std::set<std::string_view> initializers;
  for (const TensorProto& tensor : model.graph.initializers) initializers.insert(tensor.name);
  for (const ValueInfoProto& input : model.graph.inputs) {
    if (!initializers.contains(input.name)) out.input_names.emplace_back(input.name);
  }
  const fs::path data = folder / "test_data_set_0";
  for (size_t i = 0; fs::exists(data / ("input_" + std::to_string(i) + ".pb")); ++i) {
    auto input =
        read_data(data / ("input_" + std::to_string(i) + ".pb"), declared(model.graph.inputs, i));
    if (!input) break;  // a sequence or text: the importer refuses that input itself
    out.inputs.push_back(*std::move(input));
  }
  for (size_t i = 0; fs::exists(data / ("output_" + std::to_string(i) + ".pb")); ++i) {
    auto output =
        read_data(data / ("output_" + std::to_string(i) + ".pb"), declared(model.graph.outputs, i));
    if (!output) break;
    out.outputs.push_back(*std::move(output));
  }
  return out;
}

Result<HostTensor> in_order(const Tensor& stored, const Axes& axes) {
  HostTensor tensor{.type = DataType::kFloat, .shape = stored.shape(), .floats = stored};
  std::vector<int> permutation;
  for (int i = 0; i < stored.shape().rank(); ++i) permutation.push_back(stored_axis(axes, i));
  return transposed(tensor, permutation);
}

// Runs the graph; the outputs in ONNX's axis order.
Result<std::vector<HostTensor>> run(const ImportedGraph& imported, const Case& test,
                                    ThreadPool& pool) {
  Session session(imported.graph, imported.parameters, &pool);
  ProgramSpec spec{session.graph(), {}, {}};
  std::vector<Tensor> feeds;
  for (const Port& input : imported.inputs) {
    const auto at = std::ranges::find(test.input_names, input.name) - test.input_names.begin();
    TRY(const HostTensor stored, transposed(test.inputs[static_cast<size_t>(at)], input.axes));
    feeds.push_back(stored.floats);
    spec.feeds.push_back(input.value);
  }
  std::vector<Tensor> made(imported.outputs.size());
  for (size_t i = 0; i < made.size(); ++i) {
    const Port& output = imported.outputs[i];
    if (output.constant) continue;
    const auto fed = std::ranges::find(spec.feeds, output.value);
    if (fed != spec.feeds.end()) {
      made[i] = feeds[static_cast<size_t>(fed - spec.feeds.begin())];
    } else if (const int32_t p = imported.graph.value(output.value).parameter; p >= 0) {
      made[i] = imported.parameters[static_cast<size_t>(p)];
    } else if (std::ranges::find(spec.outputs, output.value) == spec.outputs.end()) {
      spec.outputs.push_back(output.value);
    }
  }
  if (!spec.outputs.empty()) {
    TRY(Program * program, session.program("case", [&]() -> Result<ProgramSpec> { return spec; }));
    TRY_STATUS(session.run(*program, feeds));
    for (size_t i = 0; i < made.size(); ++i) {
      if (!imported.outputs[i].constant && made[i].empty()) {
        TRY(made[i], program->copy(imported.outputs[i].value));
      }
    }
  }
  std::vector<HostTensor> out;
  for (size_t i = 0; i < made.size(); ++i) {
    if (imported.outputs[i].constant) {
      out.push_back(*imported.outputs[i].constant);
    } else {
      TRY(HostTensor tensor, in_order(made[i], imported.outputs[i].axes));
      out.push_back(std::move(tensor));
    }
  }
  return out;
}

void expect_equal(const HostTensor& got, const HostTensor& want) {
  ASSERT_EQ(got.shape, want.shape) << got.shape.text() << " instead of " << want.shape.text();
  EXPECT_EQ(got.is_float(), want.is_float());
  for (int64_t i = 0; i < want.elements(); ++i) {
    const double g = got.number(i), w = want.number(i);
    const double relative = want.type == DataType::kBfloat16 ? 0x1p-7 : kRelative;
    const bool equal = g == w || (std::isnan(g) && std::isnan(w)) ||
                       std::abs(g - w) <= kAbsolute + relative * std::abs(w);
    ASSERT_TRUE(equal) << "element " << i << ": got " << g << ", want " << w;
  }
}

Result<ImportedGraph> import_case(const Case& test, Feeding feeding) {
  ImportOptions options;
  bool first = true;
  for (size_t i = 0; i < test.inputs.size() && i < test.input_names.size(); ++i) {
    const HostTensor& input = test.inputs[i];
    const bool fed = input.is_float() && input.elements() > 0 && feeding != Feeding::kConstants &&
                     (feeding == Feeding::kInputs || first);
    if (input.is_float()) first = false;
    if (fed) {
      options.input_shapes.emplace(test.input_names[i], input.shape);
    } else {
      options.constants.emplace(test.input_names[i], input);
    }
  }
  return import_onnx(test.model, options);
}

// Where the exported files go, for onnx.checker and ONNX Runtime (tests/cli/exported_cases.py);
// null where nobody asks for them. They lie beside it until all of them are there.
const char* exported_folder() { return std::getenv("CONVSCOPE_EXPORTED"); }
fs::path unfinished_folder() { return std::string(exported_folder()) + ".unfinished"; }

void save_exported(const std::vector<uint8_t>& file, const fs::path& folder) {
  if (exported_folder() == nullptr) return;
  const fs::path place = unfinished_folder() / folder.parent_path().filename();
  std::error_code ignored;
  fs::create_directories(place, ignored);
  std::ofstream out(place / (folder.filename().string() + ".onnx"), std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  EXPECT_TRUE(out.good()) << "cannot write below " << place;
}

// Saves a graph that passed and reads it back: the same numbers again.
void expect_round_trip(const ImportedGraph& imported, const Case& test, const fs::path& folder,
                       ThreadPool& pool) {
  const auto is_constant = [](const Port& port) { return port.constant.has_value(); };
  if (std::ranges::any_of(imported.outputs, is_constant)) return;  // no network
  const auto file =
      export_onnx(imported.graph, imported.parameters, imported.inputs, imported.outputs);
  if (!file) {
    const bool named = std::ranges::any_of(kNotExported, [&](std::string_view piece) {
      return file.error().message.find(piece) != std::string::npos;
    });
    EXPECT_TRUE(named) << file.error().message;
    return;
  }
  save_exported(*file, folder);
  const auto again = import_onnx(*file);
  ASSERT_TRUE(again.has_value()) << "of the exported file: " << again.error().message;
  const auto outputs = run(*again, test, pool);
  ASSERT_TRUE(outputs.has_value()) << "of the exported file: " << outputs.error().message;
  for (size_t i = 0; i < std::min(test.outputs.size(), outputs->size()); ++i)
    expect_equal((*outputs)[i], test.outputs[i]);
}

Outcome outcome_of(const fs::path& folder, std::set<std::string>& operators, ThreadPool& pool) {
  const auto test = read_case(folder);
  if (!test) return {Outcome::Kind::kNotSupported, test.error().message};
  operators = test->operators;
  std::string reason;
  for (Feeding feeding : {Feeding::kInputs, Feeding::kFirstInput, Feeding::kConstants}) {
    const auto imported = import_case(*test, feeding);
    if (!imported) {
      if (reason.empty()) reason = imported.error().message;
      continue;
    }
    const auto outputs = run(*imported, *test, pool);
    if (!outputs) {
      ADD_FAILURE() << outputs.error().message;
      return {Outcome::Kind::kNotSupported, outputs.error().message};
    }
    EXPECT_LE(test->outputs.size(), outputs->size());
    for (size_t i = 0; i < std::min(test->outputs.size(), outputs->size()); ++i)
      expect_equal((*outputs)[i], test->outputs[i]);
    expect_round_trip(*imported, *test, folder, pool);
    return {Outcome::Kind::kPassed, ""};
  }
  return {Outcome::Kind::kNotSupported, reason};
}

std::string joined(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// Every operator that ConvScope claims to run on what is computed from a picture.
constexpr std::string_view kClaimed[] = {"Abs",           "Add",
                                         "AveragePool",   "BatchNormalization",
                                         "Cast",          "CastLike",
                                         "Ceil",          "Celu",
                                         "Clip",          "Concat",
                                         "Conv",          "ConvTranspose",
                                         "Cos",           "DepthToSpace",
                                         "Div",           "Dropout",
                                         "Elu",           "Erf",
                                         "Exp",           "Expand",
                                         "Flatten",       "Floor",
                                         "Gather",        "Gelu",
                                         "Gemm",          "GlobalAveragePool",
                                         "GlobalMaxPool", "GroupNormalization",
                                         "HardSigmoid",   "HardSwish",
                                         "Identity",      "InstanceNormalization",
                                         "LRN",           "LayerNormalization",
                                         "LeakyRelu",     "Log",
                                         "LogSoftmax",    "MatMul",
                                         "Max",           "MaxPool",
                                         "Mean",          "MeanVarianceNormalization",
                                         "Min",           "Mish",
                                         "Mul",           "Neg",
                                         "PRelu",         "Pad",
                                         "Pow",           "Reciprocal",
                                         "ReduceL1",      "ReduceL2",
                                         "ReduceLogSum",  "ReduceLogSumExp",
                                         "ReduceMax",     "ReduceMean",
                                         "ReduceMin",     "ReduceProd",
                                         "ReduceSum",     "ReduceSumSquare",
                                         "Relu",          "Reshape",
                                         "Resize",        "Selu",
                                         "Sigmoid",       "Sign",
                                         "Sin",           "Slice",
                                         "Softmax",       "Softplus",
                                         "Softsign",      "SpaceToDepth",
                                         "Split",         "Sqrt",
                                         "Squeeze",       "Sub",
                                         "Sum",           "Swish",
                                         "Tanh",          "ThresholdedRelu",
                                         "Tile",          "Transpose",
                                         "Unsqueeze",     "Upsample"};

bool is_claimed(std::string_view op) {
  return std::ranges::find(kClaimed, op) != std::end(kClaimed);
}

TEST(OnnxOperators, TheListOfClaimedOnesIsTheMap) {
  for (const OpMapEntry& entry : op_map()) EXPECT_TRUE(is_claimed(entry.op_type)) << entry.op_type;
  for (std::string_view op : kClaimed) EXPECT_NE(find_op(op), nullptr) << op;
}

const char* folder() { return std::getenv("CONVSCOPE_ONNX_TESTS"); }

// The importer's sentence without what it says of every file.
std::string short_reason(std::string reason) {
  const std::string_view before = "nodes: ", after = ". Use another network, or export it without";
  if (const size_t at = reason.find(before);
      at != std::string::npos && reason.starts_with("ConvScope cannot run"))
    reason.erase(0, at + before.size());
  reason.resize(std::min(reason.size(), reason.find(after)));
  std::ranges::replace(reason, '|', '/');
  return reason;
}

// In the repository, so that it can be read there; a run with other results fails until it is
// replaced by the one that the run wrote.
constexpr const char* kTable = "tests/golden/onnx_conformance.md";
constexpr const char* kWritten = "build/tests/onnx_conformance.md";

std::string text_of(const char* path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

class OnnxConformance : public testing::Test {
 public:
  // What an earlier run exported does not stand for this one.
  static void SetUpTestSuite() {
    if (exported_folder() == nullptr || !rows().empty()) return;
    for (const fs::path& old : {fs::path(exported_folder()), unfinished_folder()}) {
      std::error_code error;
      fs::remove_all(old, error);
      EXPECT_FALSE(error) << old << ": " << error.message();
    }
  }

  static void TearDownTestSuite() {
    if (rows().empty()) return;
    std::error_code ignored;
    fs::create_directories("build/tests", ignored);
    const std::string found = table();
    std::ofstream(kWritten) << found;
    std::set<std::string> suites;
    for (const Row& row : rows()) suites.insert(row.suite);
    if (suites.size() != 6) return;
    if (text_of(kTable) != found)
      ADD_FAILURE() << kTable << " is not what this run found: see " << kWritten;
    if (exported_folder() == nullptr) return;
    std::error_code error;
    fs::rename(unfinished_folder(), exported_folder(), error);
    EXPECT_FALSE(error) << exported_folder() << ": " << error.message();
  }

  static std::string table() {
    std::ostringstream out;
    const auto passed = std::ranges::count(rows(), Outcome::Kind::kPassed,
                                           [](const Row& row) { return row.outcome.kind; });
    out << "# ONNX conformance\nCases of the backend tests of the Python package onnx: " << passed
        << " of " << rows().size() << " passed; the others are not supported, for the reasons "
        << "given. Made by the test OnnxConformance.\n\n| Case | Operators | Result "
           "|\n|---|---|---|\n";
    for (const Row& row : rows()) {
      out << "| " << row.suite << "/" << row.name << " | " << row.operators << " | "
          << (row.outcome.kind == Outcome::Kind::kPassed
                  ? "passed"
                  : "not supported: " + short_reason(row.outcome.reason))
          << " |\n";
    }
    return out.str();
  }
};

class OnnxSuite : public OnnxConformance, public testing::WithParamInterface<const char*> {};

TEST_P(OnnxSuite, EveryCase) {
  if (folder() == nullptr || !fs::exists(fs::path(folder()) / GetParam())) {
    GTEST_SKIP() << "ONNX's backend tests are not here; set CONVSCOPE_ONNX_TESTS to the folder "
                    "onnx/backend/test/data of the Python package onnx";
  }
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(fs::path(folder()) / GetParam())) {
    if (fs::exists(entry.path() / "model.onnx")) cases.push_back(entry.path());
  }
  std::ranges::sort(cases);
  EXPECT_FALSE(cases.empty());
  for (const fs::path& path : cases) {
    SCOPED_TRACE(path.filename().string());
    std::set<std::string> operators;
    Outcome outcome = outcome_of(path, operators, *pool);
    const bool all_ours = !operators.empty() && std::ranges::all_of(operators, is_claimed);
    if (outcome.kind == Outcome::Kind::kNotSupported && all_ours) {
      EXPECT_TRUE(std::ranges::any_of(
          kAccepted,
          [&](std::string_view piece) { return outcome.reason.find(piece) != std::string::npos; }))
          << "a case of operators that ConvScope has is refused: " << outcome.reason;
    }
    rows().push_back({GetParam(), path.filename().string(), joined(operators), std::move(outcome)});
  }
}

// Whole architectures with constant weights; the input is 0 … 1 in equal steps, as in ONNX's
// runner.
TEST_F(OnnxConformance, LightModels) {
  if (folder() == nullptr || !fs::exists(fs::path(folder()) / "light"))
    GTEST_SKIP() << "ONNX's light models are not here; set CONVSCOPE_ONNX_TESTS";
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  std::vector<fs::path> models;
  for (const auto& entry : fs::directory_iterator(fs::path(folder()) / "light")) {
    if (entry.path().extension() == ".onnx") models.push_back(entry.path());
  }
  std::ranges::sort(models);
  EXPECT_GE(models.size(), 9u);
  for (const fs::path& path : models) {
    SCOPED_TRACE(path.filename().string());
    Case test{.model = read_bytes(path)};
    const auto imported = import_onnx(test.model);
    ASSERT_TRUE(imported.has_value()) << imported.error().message;
    ASSERT_EQ(imported->inputs.size(), 1u);
    test.input_names.push_back(imported->inputs[0].name);
    auto input = HostTensor::of_floats(imported->inputs[0].shape);
    ASSERT_TRUE(input.has_value());
    const auto count = static_cast<float>(input->elements());
    for (int64_t i = 0; i < input->elements(); ++i)
      input->floats.data()[i] = static_cast<float>(i) / count;
    test.inputs.push_back(*std::move(input));
    fs::path wanted = path;
    wanted.replace_filename(path.stem().string() + "_output_0.pb");
    const auto want = read_data(wanted);
    ASSERT_TRUE(want.has_value()) << want.error().message;
    const auto outputs = run(*imported, test, *pool);
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
    expect_equal((*outputs)[0], *want);
    rows().push_back(
        {"light", path.stem().string(), "a whole network", {Outcome::Kind::kPassed, ""}});
  }
}

INSTANTIATE_TEST_SUITE_P(Conformance, OnnxSuite,
                         testing::Values("node", "newer", "pytorch-converted", "pytorch-operator",
                                         "simple"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace convscope::onnx
