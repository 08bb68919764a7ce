// Hostile ONNX files: never a crash, and one sentence each.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "model/model.h"
#include "onnx/import.h"
#include "unit/onnx_test_files.h"

namespace convscope::onnx {
namespace {

Error error_of(std::span<const uint8_t> bytes) {
  const auto model = load_model("x", "onnx", bytes);
  EXPECT_FALSE(model.has_value());
  return model ? Error() : model.error();
}

struct Case {
  const char* name;
  ErrorCode code;
  std::function<void(OnnxFile&)> damage;
  const char* message;
};

#define DAMAGED(what) "the ONNX file is damaged: " what "; export or download it again"

ProtoWriter claimed(std::string_view name, const std::vector<uint64_t>& dims, uint64_t type) {
  ProtoWriter out;
  for (uint64_t extent : dims) out.varint(1, extent);
  return out.varint(2, type).text(8, name);
}

const Case kCases[] = {
    {"cycle", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.nodes[2] = onnx_node("Add", "loop", {"n", "f"}, {"r"}); },
     DAMAGED("node loop needs its own result (the graph has a cycle)")},
    {"dangling name", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.nodes[2] = onnx_node("Relu", "relu", {"nowhere"}, {"r"}); },
     DAMAGED("node relu uses nowhere, which nothing defines")},
    {"output that is not made", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.outputs = {onnx_value("nothing", {1, 2})}; },
     DAMAGED("its output nothing is made by no node")},
    {"two nodes of one output", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.nodes.push_back(onnx_node("Relu", "again", {"n"}, {"r"})); },
     DAMAGED("it defines r twice")},
    {"two initializers of one name", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.initializers.push_back(onnx_tensor("w", {1}, {1})); },
     DAMAGED("it defines w twice")},
    {"input in int64", ErrorCode::kUnsupported,
     [](OnnxFile& f) { f.inputs = {onnx_value("x", {1, 3, 8, 8}, 7)}; },
     "the network's input x has the element type int64, want float32; export the model with a "
     "float32 input"},
    {"negative extent", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.initializers[0] = claimed("w", {4, ~uint64_t{4}, 3, 3}, 1); },
     DAMAGED("the tensor w has the negative extent -5 in 4×-5×3×3")},
    {"two gigabytes that are not there", ErrorCode::kTooLarge,
     [](OnnxFile& f) { f.initializers[0] = claimed("w", {1 << 15, 1 << 14}, 1); },
     "the tensor w of shape 32768×16384 is too large, want at most 268435456 numbers; use a "
     "smaller network"},
    {"extents whose product overflows", ErrorCode::kTooLarge,
     [](OnnxFile& f) {
       f.initializers[0] = claimed("w", {1 << 28, 1 << 28, 1 << 28, 1 << 28, 1 << 28}, 1);
     },
     "the tensor w of shape 268435456×268435456×268435456×268435456×268435456 is too large, want "
     "at most 268435456 numbers; use a smaller network"},
    {"a claim within the limit that is not there", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.initializers[0] = claimed("w", {1 << 14, 1 << 14}, 1); },
     DAMAGED("the tensor w of shape 16384×16384 claims 268435456 numbers and has 0 bytes")},
    {"wrong size", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.initializers[0] = onnx_tensor("w", {4, 3, 3, 3}, {1, 2}); },
     DAMAGED("the tensor w of shape 4×3×3×3 has 8 bytes, want 432")},
    {"seven axes", ErrorCode::kUnsupported,
     [](OnnxFile& f) { f.initializers[0] = claimed("w", {1, 1, 1, 1, 1, 1, 1}, 1); },
     "the tensor w has 7 axes, ConvScope's tensors at most 6; use another network"},
    {"weights of strings", ErrorCode::kUnsupported,
     [](OnnxFile& f) { f.initializers[0] = claimed("w", {4}, 8); },
     "the tensor w has the element type string, want float32, float16, bfloat16, float64 or "
     "integers; export the model in float32"},
    {"weights in int64", ErrorCode::kUnsupported,
     [](OnnxFile& f) {
       f.initializers[0] = claimed("w", {4, 3, 3, 3}, 7).text(9, std::string(4 * 27 * 8, '\0'));
     },
     "ConvScope cannot run 1 of the network's 5 nodes: /features/features.0/Conv (Conv): its input "
     "w has the element type int64, want float32. Use another network, or export it without them"},
    {"external data", ErrorCode::kUnsupported,
     [](OnnxFile& f) {
       f.initializers[0] = claimed("w", {4, 3, 3, 3}, 1)
                               .message(13, ProtoWriter().text(1, "location").text(2, "w.bin"))
                               .varint(14, 1);
     },
     "the tensor w keeps its numbers in another file (w.bin); export the model as one file"},
    {"weight that is no number", ErrorCode::kMalformed,
     [](OnnxFile& f) {
       std::vector<float> values = onnx_ramp(128);
       values[5] = std::numeric_limits<float>::quiet_NaN();
       f.initializers[5] = onnx_tensor("fc", {2, 64}, values);
     },
     "node /classifier/Gemm (Gemm): the tensor /classifier/Gemm.weight has a value that is not a "
     "number; export the model again from sound weights"},
    {"unknown operators", ErrorCode::kUnsupported,
     [](OnnxFile& f) {
       f.nodes[2] = onnx_node("LSTM", "memory", {"n"}, {"r"});
       f.nodes[3] = onnx_node("Magic", "wand", {"r"}, {"f"});
     },
     "ConvScope cannot run 2 of the network's 5 nodes: memory (LSTM): ConvScope has no such "
     "operator; wand (Magic): ConvScope has no such operator. Use another network, or export it "
     "without them"},
    {"operator of a domain", ErrorCode::kUnsupported,
     [](OnnxFile& f) {
       f.nodes[2] = onnx_node("FusedConv", "fast", {"n"}, {"r"}).text(7, "com.microsoft");
     },
     "ConvScope cannot run 1 of the network's 5 nodes: fast (FusedConv): its operator is of the "
     "domain com.microsoft, ConvScope reads standard ONNX operators. Use another network, or "
     "export it without them"},
    {"control flow", ErrorCode::kUnsupported,
     [](OnnxFile& f) {
       f.nodes[2] =
           onnx_node("If", "choice", {"n"}, {"r"},
                     {ProtoWriter().text(1, "then").message(6, ProtoWriter().varint(1, 1))});
     },
     "ConvScope cannot run 1 of the network's 5 nodes: choice (If): it holds a graph of its own, "
     "ConvScope runs straight networks only. Use another network, or export it without them"},
    {"functions", ErrorCode::kUnsupported,
     [](OnnxFile& f) { f.more.message(25, ProtoWriter().text(1, "f")); },
     "the ONNX file defines functions of its own, ConvScope reads standard operators; export the "
     "model with functions inlined"},
    {"weights that do not fit", ErrorCode::kMalformed,
     [](OnnxFile& f) { f.initializers[5] = onnx_tensor("fc", {2, 60}, onnx_ramp(120)); },
     "node /classifier/Gemm (Gemm): " DAMAGED(
         "its input 1×64 does not fit its weight of 60 inputs")},
    {"a bias of more axes than what it is added to", ErrorCode::kMalformed,
     [](OnnxFile& f) {
       f.initializers.push_back(onnx_tensor("deep", {1, 1, 1, 1, 1}, {1}));
       f.nodes[2] = onnx_node("LayerNormalization", "norm", {"n", "deep"}, {"r"});
     },
     "node norm (LayerNormalization): " DAMAGED(
         "its input deep of shape 1×1×1×1×1 has 5 axes, want at most 4")},
    {"a window larger than anything", ErrorCode::kMalformed,
     [](OnnxFile& f) {
       f.nodes[0] = onnx_node("Conv", "conv", {"x", "w"}, {"c"},
                              {onnx_ints("strides", {2, int64_t{1} << 60})});
     },
     "node conv (Conv): " DAMAGED("its window has the extent 1152921504606846976, want 1 to 4096")},
    {"no picture", ErrorCode::kUnsupported,
     [](OnnxFile& f) {
       f.inputs = {onnx_value("x", {1, 3, 6, 10})};
       f.outputs = {onnx_value("r", {})};
     },
     "the network's input x is 1×3×6×10, want 8 to 2048 pixels a side; use a network for pictures"},
};

TEST(OnnxErrors, EachBadFileHasItsSentence) {
  for (const Case& c : kCases) {
    OnnxFile file = small_onnx();
    c.damage(file);
    const Error error = error_of(file.bytes());
    EXPECT_EQ(error.message, c.message) << c.name;
    EXPECT_EQ(error.code, c.code) << c.name;
  }
}

// What a file may claim (proto.h), each exceeded by one.
TEST(OnnxErrors, EachLimitHasItsSentence) {
  const uint8_t byte = 8;
  EXPECT_EQ(error_of({&byte, static_cast<size_t>(kMaxFileBytes) + 1}).message,
            "the ONNX file has 1025 MB, want at most 1024 MB; use a smaller network");
  const auto with = [](const std::function<void(OnnxFile&)>& change) {
    OnnxFile file = small_onnx();
    change(file);
    return error_of(file.bytes());
  };
  const Error nodes = with([](OnnxFile& f) { f.nodes.resize(kMaxNodes + 1); });
  EXPECT_EQ(nodes.message, "the ONNX file has more than 100000 nodes; use a smaller network");
  EXPECT_EQ(nodes.code, ErrorCode::kTooLarge);
  EXPECT_EQ(with([](OnnxFile& f) { f.initializers.resize(kMaxInitializers + 1); }).message,
            "the ONNX file has more than 100000 initializers; use a smaller network");
  const std::string name(kMaxNameBytes + 1, 'n');
  EXPECT_EQ(with([&](OnnxFile& f) { f.nodes[2] = onnx_node("Relu", name, {"n"}, {"r"}); }).message,
            "the ONNX file has a node's name of 1025 bytes, want at most 1024; export it again "
            "with shorter names");
  EXPECT_EQ(
      with([&](OnnxFile& f) { f.nodes[2] = onnx_node("Relu", "relu", {name}, {"r"}); }).message,
      "the ONNX file has an input's name of 1025 bytes, want at most 1024; export it again "
      "with shorter names");
  EXPECT_EQ(with([](OnnxFile& f) {
              ProtoWriter many = onnx_node("Relu", "relu", {"n"}, {"r"});
              for (size_t i = 0; i < kMaxListEntries; ++i) many.text(1, "");
              f.nodes[2] = many;
            }).message,
            "the ONNX file has more than 1048576 inputs of a node; use a smaller network");
}

// A name at its limit is read, and said no longer than a sentence can hold.
TEST(OnnxErrors, TheLongestNameIsCutInASentence) {
  OnnxFile file = small_onnx();
  file.nodes[2] = onnx_node("Magic", std::string(kMaxNameBytes, 'n'), {"n"}, {"r"});
  EXPECT_EQ(error_of(file.bytes()).message,
            "ConvScope cannot run 1 of the network's 5 nodes: " + std::string(120, 'n') +
                "… (Magic): ConvScope has no such operator. Use another network, or export it "
                "without them");
}

TEST(OnnxErrors, WhatFoldingMakesIsCounted) {
  OnnxFile file = small_onnx();
  file.initializers.push_back(onnx_tensor("shape", {10, 10}));
  file.nodes.push_back(onnx_node("ConstantOfShape", "grey", {"shape"}, {"g"}));
  file.nodes.push_back(onnx_node("Neg", "negative", {"g"}, {"h"}));
  file.outputs.push_back(onnx_value("h", {10, 10}));
  const auto bytes = file.bytes();
  EXPECT_TRUE(import_onnx(bytes, {.folded_elements = 200}).has_value());
  const auto imported = import_onnx(bytes, {.folded_elements = 199});
  ASSERT_FALSE(imported.has_value());
  EXPECT_EQ(imported.error().message,
            "the network's constants exceed 199 numbers; use a smaller network");
  EXPECT_EQ(imported.error().code, ErrorCode::kTooLarge);
}

TEST(OnnxErrors, WhatIsNoModel) {
  EXPECT_EQ(error_of({}).message, "the ONNX file is empty (0 bytes); export or download it again");
  const std::vector<uint8_t> text(100, 'x');
  EXPECT_EQ(error_of(text).code, ErrorCode::kMalformed);
  EXPECT_EQ(error_of(ProtoWriter().varint(1, 8).file()).message,
            "this is no ONNX model: it holds no graph; choose a file that an ONNX exporter wrote");
}

// A message that ends between two fields is a shorter message: such a file may still hold a graph,
// but never this one whole.
TEST(OnnxErrors, EveryTruncationIsNoticed) {
  const auto whole = small_onnx().bytes();
  ASSERT_TRUE(load_model("x", "onnx", whole).has_value());
  const size_t graph_end = whole.size() - 4;  // the operator set follows
  for (size_t length = 0; length < graph_end; ++length)
    EXPECT_FALSE(load_model("x", "onnx", {whole.data(), length}).has_value()) << length;
}

// Every byte of a small file changed in several ways: whatever comes of it, nothing breaks.
TEST(OnnxErrors, ChangedBytesNeverCrash) {
  const auto whole = small_onnx().bytes();
  int opened = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int change : {0x01, 0x80, 0xff}) {
      auto file = whole;
      file[at] = static_cast<uint8_t>(file[at] ^ change);
      opened += load_model("x", "onnx", file).has_value();
    }
  }
  EXPECT_GT(opened, 0);  // most bytes are weights
}

// A graph within an attribute within a graph …: it is not descended into.
TEST(OnnxErrors, DeepNestingDoesNotExhaustTheStack) {
  ProtoWriter graph;
  for (int depth = 0; depth < 2000; ++depth) {
    const ProtoWriter attribute = ProtoWriter().text(1, "body").message(6, graph);
    graph = ProtoWriter().message(1, ProtoWriter().message(5, attribute));
  }
  // Neither a graph (field 6) nor a list of graphs (11), nor one of damaged bytes.
  const ProtoWriter kinds[] = {ProtoWriter().text(1, "body").message(6, graph),
                               ProtoWriter().text(1, "body").message(11, graph),
                               ProtoWriter().text(1, "body").text(6, "\xff\xff\xff")};
  for (const ProtoWriter& body : kinds) {
    OnnxFile file = small_onnx();
    file.nodes[2] = onnx_node("Loop", "deep", {"n"}, {"r"}, {body});
    const Error error = error_of(file.bytes());
    EXPECT_EQ(error.code, ErrorCode::kUnsupported);
    EXPECT_EQ(error.message,
              "ConvScope cannot run 1 of the network's 5 nodes: deep (Loop): it holds a graph of "
              "its own, ConvScope runs straight networks only. Use another network, or export it "
              "without them");
  }
}

TEST(OnnxErrors, AllNodesAreListed) {
  OnnxFile file = small_onnx();
  file.nodes[2] = onnx_node("LSTM", "memory", {"n"}, {"m0"});
  std::string last = "m0";
  std::vector<std::string> names;
  for (int i = 1; i <= 8; ++i) names.push_back("m" + std::to_string(i));
  for (const std::string& name : names) {
    file.nodes.push_back(onnx_node("GRU", name, {last}, {name}));
    last = name;
  }
  file.nodes.push_back(onnx_node("Relu", "relu", {last}, {"r"}));
  const auto bytes = file.bytes();
  std::vector<UnsupportedNode> nodes;
  const auto imported = import_onnx(bytes, {}, &nodes);
  ASSERT_FALSE(imported.has_value());
  ASSERT_EQ(nodes.size(), 9u);
  EXPECT_EQ(nodes[8].name, "m8");
  EXPECT_EQ(nodes[8].op_type, "GRU");
  EXPECT_EQ(nodes[8].reason, "ConvScope has no such operator");
  EXPECT_EQ(nodes[8].reason_zh, "ConvScope 没有这种算子");
  EXPECT_NE(imported.error().message.find("; and 5 more"), std::string::npos)
      << imported.error().message;
}

}  // namespace
}  // namespace convscope::onnx
