// One small bad model file each: what the person reads.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "model/bundle.h"
#include "model/model.h"
#include "model/squeezenet.h"
#include "unit/model_test_files.h"

namespace convscope {
namespace {

// The tiny network's header with one piece replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string header(kTinyHeader);
  const size_t at = header.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return header.replace(at, from.size(), to);
}

struct HeaderCase {
  const char* name;
  std::string_view from, to;
  ErrorCode code;
  const char* message;
};

#define DAMAGED(what) "the model bundle is damaged: " what "; download or build it again"

const HeaderCase kHeaderCases[] = {
    {"no name", "model tiny\n", "", ErrorCode::kMalformed, DAMAGED("it does not name its network")},
    {"no input", "input image 1 8 8 3\n", "", ErrorCode::kMalformed,
     DAMAGED("node conv uses image, which is not defined before it")},
    {"gray input", "image 1 8 8 3", "image 1 8 8 1", ErrorCode::kUnsupported,
     "the network's input is 1×8×8×1, want 1 × height × width × 3; use a network for colour "
     "pictures"},
    {"enormous input", "image 1 8 8 3", "image 1 8 80000 3", ErrorCode::kMalformed,
     DAMAGED("it has '80000' where it wants a number from 1 to 4096")},
    {"unknown number format", "conv.weight f32", "conv.weight u8q", ErrorCode::kUnsupported,
     "parameter conv.weight has the number format u8q, want f16, f32 or q8; build the bundle again "
     "with one of these"},
    {"wrong size of a parameter", "0 432 4 3 3 3", "0 428 4 3 3 3", ErrorCode::kMalformed,
     DAMAGED("parameter conv.weight of shape 4×3×3×3 has 428 bytes, want 432")},
    {"wrong size of eight bits", "f32 0 432 4 3 3 3", "q8 0 432 4 3 3 3", ErrorCode::kMalformed,
     DAMAGED("parameter conv.weight of shape 4×3×3×3 has 432 bytes, want 124")},
    {"eight bits of no rows", "f32 0 432 4 3 3 3", "q8 0 4", ErrorCode::kMalformed,
     DAMAGED("a param line is too short")},
    {"parameter beyond the end", "f32 464 8 2", "f32 480 8 2", ErrorCode::kMalformed,
     DAMAGED("parameter logits.bias lies beyond the end of the file")},
    {"parameter at a far offset", "f32 464 8 2", "f32 1099511627776 8 2", ErrorCode::kMalformed,
     DAMAGED("parameter logits.bias lies beyond the end of the file")},
    {"unaligned parameter", "f32 464 8 2", "f32 460 8 2", ErrorCode::kMalformed,
     DAMAGED("parameter logits.bias is not aligned")},
    {"negative extent", "0 432 4 3 3 3", "0 432 -4 3 3 3", ErrorCode::kMalformed,
     DAMAGED("it has '-4' where it wants a number from 1 to 1048576")},
    {"extents whose product overflows", "0 432 4 3 3 3", "0 432 1048576 1048576 1048576 1048576",
     ErrorCode::kMalformed, DAMAGED("it has an array that is too large")},
    {"too many dimensions", "0 432 4 3 3 3", "0 432 4 3 3 3 1", ErrorCode::kMalformed,
     DAMAGED("it has an array of more than four dimensions")},
    {"unknown operator", "node Relu", "node LSTM", ErrorCode::kUnsupported,
     "node conv.relu is of the kind LSTM, which bundles cannot hold; use another network"},
    {"operator of derivatives", "node Relu conv.relu conv.pre", "node ReluGrad conv.relu conv.pre",
     ErrorCode::kUnsupported,
     "node conv.relu is of the kind ReluGrad, which bundles cannot hold; use another network"},
    {"dangling input", "node Relu conv.relu conv.pre", "node Relu conv.relu nowhere",
     ErrorCode::kMalformed, DAMAGED("node conv.relu uses nowhere, which is not defined before it")},
    {"value used before it is made", "image,conv.weight,conv.bias", "pool,conv.weight,conv.bias",
     ErrorCode::kMalformed, DAMAGED("node conv uses pool, which is not defined before it")},
    {"value defined twice", "node Relu conv.relu conv.pre conv\n",
     "node Relu conv.relu conv.pre conv.pre\n", ErrorCode::kMalformed,
     DAMAGED("it defines conv.pre twice")},
    {"missing bias", "image,conv.weight,conv.bias", "image,conv.weight", ErrorCode::kMalformed,
     DAMAGED("node conv of the kind Conv has 2 inputs")},
    {"weights that are activations", "image,conv.weight,conv.bias", "image,image,conv.bias",
     ErrorCode::kMalformed, DAMAGED("node conv takes image where it wants a parameter")},
    {"parameter as activation", "node Relu conv.relu conv.pre", "node Relu conv.relu conv.bias",
     ErrorCode::kMalformed, DAMAGED("node conv.relu takes conv.bias where it wants an activation")},
    {"layer without its value", "layer pool pool", "layer pool nothing", ErrorCode::kMalformed,
     DAMAGED("layer pool uses nothing, which is not defined before it")},
    {"layer that shows a parameter", "layer pool pool", "layer pool conv.bias",
     ErrorCode::kMalformed, DAMAGED("layer pool names conv.bias, which no node makes")},
    {"layer of unknown kind", "kind=pool", "kind=magic", ErrorCode::kMalformed,
     DAMAGED("layer pool has the unknown kind 'magic'")},
    {"two layers of one name", "layer pool pool", "layer conv pool", ErrorCode::kMalformed,
     DAMAGED("it has two layers conv")},
    {"pre-activation of another shape", "pre=conv.pre", "pre=pool", ErrorCode::kMalformed,
     DAMAGED("layer conv has another shape before its activation function than after it")},
    {"no logits", "output logits logits\n", "", ErrorCode::kMalformed,
     DAMAGED("it does not say which values are the logits and the probabilities")},
    {"logits that are a picture", "output logits logits", "output logits pool",
     ErrorCode::kMalformed,
     DAMAGED("its logits are 1×2×2×4 and its probabilities 1×2, want 1 × classes twice")},
    {"short line", "node Relu conv.relu conv.pre conv\n", "node Relu\n", ErrorCode::kMalformed,
     DAMAGED("a node line is too short")},
    {"two names", "model tiny\n", "model tiny\nmodel small\n", ErrorCode::kMalformed,
     DAMAGED("its model line is not 'model NAME', once")},
    {"two titles", "model tiny\n", "model tiny\ntitle A\ntitle B\n", ErrorCode::kMalformed,
     DAMAGED("it has two title lines")},
    {"title without words", "model tiny\n", "model tiny\ntitle \n", ErrorCode::kMalformed,
     DAMAGED("its title line says nothing")},
    {"title with a control character", "model tiny\n", "model tiny\ntitle A\x1b[2J\n",
     ErrorCode::kMalformed, DAMAGED("its title is no text")},
    {"preprocessing of nothing known", "model tiny\n", "model tiny\npreprocessing gamma=2\n",
     ErrorCode::kMalformed,
     DAMAGED("its preprocessing: there is no 'gamma', want order, mean, std, resize, side or "
             "filter")},
    {"deviation of 0", "model tiny\n", "model tiny\npreprocessing mean=0 std=0 side=8\n",
     ErrorCode::kMalformed,
     DAMAGED("its preprocessing: std=0 cannot be used, want one number or three, none of them 0")},
    {"filter that is none", "model tiny\n", "model tiny\npreprocessing filter=nearest side=8\n",
     ErrorCode::kMalformed,
     DAMAGED("its preprocessing: filter=nearest cannot be used, want bilinear or bicubic")},
    {"preprocessing of another size", "model tiny\n", "model tiny\npreprocessing side=16\n",
     ErrorCode::kMalformed, DAMAGED("its preprocessing makes 1×16×16×3 and its input is 1×8×8×3")},
    {"other number of classes", "model tiny\n", "model tiny\nclasses 3\n", ErrorCode::kMalformed,
     DAMAGED("it says 3 classes and has 2 logits")},
    {"classes that are no number", "model tiny\n", "model tiny\nclasses 2x\n",
     ErrorCode::kMalformed,
     DAMAGED("its classes line is not 'classes NUMBER' from 1 to 100000, once")},
};

TEST(ModelErrors, EachBadHeaderHasItsSentence) {
  for (const HeaderCase& c : kHeaderCases) {
    const auto model = read_bundle(make_bundle(changed(c.from, c.to), tiny_data()));
    ASSERT_FALSE(model) << c.name;
    EXPECT_EQ(model.error().code, c.code) << c.name;
    EXPECT_EQ(model.error().message, c.message) << c.name;
  }
}

// What the operators themselves refuse comes with the name of the node.
TEST(ModelErrors, BadAttributesNameTheirNode) {
  for (std::string_view attribute :
       {"kernel=3,x", "kernel=3,3 strides=0,1", "kernel=99999999999999999999,3",
        "kernel=3,3 pads=-5,0,0,0", "kernel=5,5 pads=0,0,0,0", "kernel=3,3 group=7",
        "kernel=3,3 wings=2", "kernel=3,3 auto_pad=sideways"}) {
    const auto model = read_bundle(
        make_bundle(changed("kernel=3,3 strides=2,2 auto_pad=same_upper", attribute), tiny_data()));
    ASSERT_FALSE(model) << attribute;
    EXPECT_NE(model.error().message.find("the model bundle"), std::string::npos)
        << model.error().message;
    EXPECT_NE(model.error().message.find("node conv"), std::string::npos) << model.error().message;
  }
}

TEST(ModelErrors, FactsHaveALength) {
  const auto with_title = [](size_t bytes) {
    const std::string title = "model tiny\ntitle " + std::string(bytes, 'a') + "\n";
    return read_bundle(make_bundle(changed("model tiny\n", title), tiny_data()));
  };
  EXPECT_TRUE(with_title(1000));
  const auto model = with_title(1001);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().message, DAMAGED("its title has 1001 bytes, want up to 1000"));
}

struct FileCase {
  const char* name;
  std::function<std::vector<uint8_t>()> file;
  const char* message;
};

std::vector<uint8_t> tiny_cut_to(size_t bytes) {
  auto file = make_bundle(kTinyHeader, tiny_data());
  file.resize(bytes);
  return file;
}

const FileCase kFileCases[] = {
    {"empty", [] { return std::vector<uint8_t>(); },
     "the model file is empty (0 bytes); download it again"},
    {"something else", [] { return std::vector<uint8_t>(100, 'x'); },
     "this is not a ConvScope model bundle (its first bytes are wrong); choose a .csb file"},
    {"magic alone", [] { return tiny_cut_to(8); }, DAMAGED("it ends after 8 bytes")},
    {"cut in the header", [] { return tiny_cut_to(200); },
     DAMAGED("its header claims 741 bytes and the file has 200")},
    {"cut in the data", [] { return tiny_cut_to(1100); },
     DAMAGED("parameter conv.weight lies beyond the end of the file")},
    {"enormous header",
     [] {
       auto file = tiny_cut_to(300);
       file[11] = 0xff;
       return file;
     },
     DAMAGED("its header claims 4278190821 bytes")},
    {"weight that is no number",
     [] {
       auto data = tiny_data();
       data[3] = 0x7f;
       data[2] = 0xc0;
       return make_bundle(kTinyHeader, data);
     },
     DAMAGED("parameter conv.weight has a value that is not a number")},
};

TEST(ModelErrors, EachBadFileHasItsSentence) {
  for (const FileCase& c : kFileCases) {
    const auto model = read_bundle(c.file());
    ASSERT_FALSE(model) << c.name;
    EXPECT_EQ(model.error().code, ErrorCode::kMalformed) << c.name;
    EXPECT_EQ(model.error().message, c.message) << c.name;
  }
}

TEST(ModelErrors, EveryTruncationOfABundleIsNoticed) {
  const auto whole = make_bundle(kTinyHeader, tiny_data());
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(read_bundle({whole.data(), length})) << length;
  }
  EXPECT_TRUE(read_bundle(whole));
}

TEST(ModelErrors, SqueezeNetFiles) {
  const auto good = make_net({{1, 0}, {2, 3}});
  ASSERT_TRUE(read_squeezenet(good));

  const auto message = [](std::span<const uint8_t> file) {
    const auto model = read_squeezenet(file);
    EXPECT_FALSE(model);
    return model ? "" : model.error().message;
  };
  EXPECT_EQ(message({}),
            "compressed_SqueezeNet.net is cut short: the list of sizes needs 104 bytes, 0 are "
            "left; download it again");
  EXPECT_EQ(message({good.data(), 1200}),
            "compressed_SqueezeNet.net is cut short: the bias of conv1 needs 384 bytes, 72 are "
            "left; download it again");
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(message(longer), "compressed_SqueezeNet.net has 1 bytes too many; download it again");
  auto counts = good;
  counts[3] = 0x7f;
  EXPECT_EQ(message(counts),
            "compressed_SqueezeNet.net is damaged: it has 2130706434 entries for the 14112 weights "
            "of conv1; download it again");
  EXPECT_EQ(message(make_net(std::vector<std::pair<uint8_t, uint8_t>>(1000, {1, 15}))),
            "compressed_SqueezeNet.net is damaged: it has an entry beyond the 14112 weights of "
            "conv1; download it again");
  auto infinite = good;
  infinite[104 + 3] = 0x7f;
  infinite[104 + 2] = 0x80;
  EXPECT_EQ(message(infinite),
            "compressed_SqueezeNet.net is damaged: it has a weight of conv1 that is not a number; "
            "download it again");
  for (size_t length = 0; length < good.size(); length += 101)
    EXPECT_FALSE(read_squeezenet({good.data(), length}));
}

TEST(ModelErrors, LoadingChecksWhatWasAskedFor) {
  const auto message = [](std::string_view id, std::string_view format,
                          const std::vector<uint8_t>& bytes) {
    const auto model = load_model(id, format, bytes);
    EXPECT_FALSE(model);
    return model ? Error() : model.error();
  };
  const auto tiny = make_bundle(kTinyHeader, tiny_data());
  EXPECT_EQ(message("vgg", "net", tiny).message,
            "there is no network 'vgg'; choose one of squeezenet-1.0, efficientnet-lite0");
  EXPECT_EQ(
      message("vgg", "csb", tiny).message,
      "the bundle of the network 'tiny' does not say how a picture becomes its input; make it "
      "again with a newer ConvScope");
  Preprocessing sixteen;
  sixteen.crop_height = sixteen.crop_width = 16;
  const auto fixed_head =
      make_bundle(changed("GlobalAveragePool average pool average",
                          "AveragePool average pool average kernel=2,2 strides=2,2"),
                  tiny_data());
  const auto wide = load_model("vgg", "csb", fixed_head, &sixteen);
  ASSERT_FALSE(wide);
  EXPECT_EQ(wide.error().message,
            "the network cannot take pictures of 16 × 16, only of 8 × 8: at node logits: "
            "Gemm(transB=1): x does not have as many columns as the weight wants; got 1×16, 2×4, "
            "2");
  EXPECT_EQ(message("efficientnet-lite0", "csb", tiny).message,
            "the file holds the network 'tiny', want 'efficientnet-lite0'; choose the file again");
  EXPECT_EQ(message("efficientnet-lite0", "zip", tiny).message,
            "ConvScope does not know the model format 'zip'; it reads csb, net and onnx");
  const auto renamed = make_bundle(changed("model tiny", "model efficientnet-lite0"), tiny_data());
  const Error size = message("efficientnet-lite0", "csb", renamed);
  EXPECT_EQ(size.message,
            "the network 'efficientnet-lite0' in the file has the input 1×8×8×3, want 1×224×224×3; "
            "build or download the file again");
  EXPECT_EQ(model_error_chinese(size),
            "这个文件与所选的网络不符；请重新选择。（" + size.message + "）");
}

}  // namespace
}  // namespace convscope
