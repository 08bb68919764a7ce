// Times every kernel on the layers of real networks: ops_bench [threads]. One line each: the best
// time, which is what the kernel can do on a machine that others use too, arithmetic rate, memory
// rate; then the sum.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "kernels/kernel.h"
#include "ops/ops.h"

namespace convscope {
namespace {

struct Layer {
  std::string name;
  OpPtr op;
  std::vector<Shape> inputs;
  std::vector<size_t> constants;  // inputs that are weights
  bool relu = false;
};

struct ConvShape {
  const char* name;
  int64_t size, in, out, kernel, stride, pad, group;
};

// SqueezeNet v1.0 at 227×227 and a cut through EfficientNet-Lite0 at 224×224.
constexpr ConvShape kSqueezeNet[] = {
    {"conv1 7x7s2", 227, 3, 96, 7, 2, 0, 1},    {"fire2 squeeze", 55, 96, 16, 1, 1, 0, 1},
    {"fire2 1x1", 55, 16, 64, 1, 1, 0, 1},      {"fire2 3x3", 55, 16, 64, 3, 1, 1, 1},
    {"fire3 squeeze", 55, 128, 16, 1, 1, 0, 1}, {"fire3 1x1", 55, 16, 64, 1, 1, 0, 1},
    {"fire3 3x3", 55, 16, 64, 3, 1, 1, 1},      {"fire4 squeeze", 55, 128, 32, 1, 1, 0, 1},
    {"fire4 1x1", 55, 32, 128, 1, 1, 0, 1},     {"fire4 3x3", 55, 32, 128, 3, 1, 1, 1},
    {"fire5 squeeze", 27, 256, 32, 1, 1, 0, 1}, {"fire5 1x1", 27, 32, 128, 1, 1, 0, 1},
    {"fire5 3x3", 27, 32, 128, 3, 1, 1, 1},     {"fire6 squeeze", 27, 256, 48, 1, 1, 0, 1},
    {"fire6 1x1", 27, 48, 192, 1, 1, 0, 1},     {"fire6 3x3", 27, 48, 192, 3, 1, 1, 1},
    {"fire7 squeeze", 27, 384, 48, 1, 1, 0, 1}, {"fire7 1x1", 27, 48, 192, 1, 1, 0, 1},
    {"fire7 3x3", 27, 48, 192, 3, 1, 1, 1},     {"fire8 squeeze", 27, 384, 64, 1, 1, 0, 1},
    {"fire8 1x1", 27, 64, 256, 1, 1, 0, 1},     {"fire8 3x3", 27, 64, 256, 3, 1, 1, 1},
    {"fire9 squeeze", 13, 512, 64, 1, 1, 0, 1}, {"fire9 1x1", 13, 64, 256, 1, 1, 0, 1},
    {"fire9 3x3", 13, 64, 256, 3, 1, 1, 1},     {"conv10 1x1 pad 1", 13, 512, 1000, 1, 1, 1, 1},
};
constexpr ConvShape kEfficientNet[] = {
    {"stem 3x3s2", 224, 3, 32, 3, 2, 1, 1},        {"block0d 3x3", 112, 32, 32, 3, 1, 1, 32},
    {"block1e 1x1", 112, 16, 96, 1, 1, 0, 1},      {"block1d 3x3s2", 112, 96, 96, 3, 2, 1, 96},
    {"block3d 5x5s2", 56, 144, 144, 5, 2, 2, 144}, {"block8d 5x5", 14, 480, 480, 5, 1, 2, 480},
    {"block10e 1x1", 14, 112, 672, 1, 1, 0, 1},    {"block12d 5x5", 7, 1152, 1152, 5, 1, 2, 1152},
};

// The strided layers of other networks, whose input gradients take a path of their own.
constexpr ConvShape kStrided[] = {
    {"resnet18 layer2 3x3s2", 56, 64, 128, 3, 2, 1, 1},
    {"resnet18 layer3 3x3s2", 28, 128, 256, 3, 2, 1, 1},
    {"resnet18 layer4 3x3s2", 14, 256, 512, 3, 2, 1, 1},
    {"resnet18 layer2 1x1s2", 56, 64, 128, 1, 2, 0, 1},
    {"resnet50 layer3 1x1s2", 28, 512, 1024, 1, 2, 0, 1},
    {"inception 3x3s2", 35, 288, 384, 3, 2, 0, 1},
    {"inception 3x3s2 narrow", 35, 96, 96, 3, 2, 0, 1},
    {"convnext 2x2s2", 56, 96, 192, 2, 2, 0, 1},
    {"early 3x3s2 16 of 16", 112, 16, 16, 3, 2, 1, 1},
    {"early 3x3s2 32 of 16", 112, 16, 32, 3, 2, 1, 1},
    {"early 3x3s2 16 of 32", 112, 32, 16, 3, 2, 1, 1},
    {"early 5x5s2 48 of 32", 112, 32, 48, 5, 2, 2, 1},
    {"5x5s3 64 of 32", 112, 32, 64, 5, 3, 2, 1},
};

constexpr ConvShape kDepthwise[] = {
    {"lite0 block0d 3x3", 112, 32, 32, 3, 1, 1, 32},
    {"lite0 block1d 3x3s2", 112, 96, 96, 3, 2, 1, 96},
    {"lite0 block2d 3x3", 56, 144, 144, 3, 1, 1, 144},
    {"lite0 block3d 5x5s2", 56, 144, 144, 5, 2, 2, 144},
    {"lite0 block4d 5x5", 28, 240, 240, 5, 1, 2, 240},
    {"lite0 block5d 3x3s2", 28, 240, 240, 3, 2, 1, 240},
    {"lite0 block6d 3x3", 14, 480, 480, 3, 1, 1, 480},
    {"lite0 block9d 5x5", 14, 672, 672, 5, 1, 2, 672},
    {"lite0 block11d 5x5s2", 14, 672, 672, 5, 2, 2, 672},
    {"lite0 block12d 5x5", 7, 1152, 1152, 5, 1, 2, 1152},
    {"lite0 block15d 3x3", 7, 1152, 1152, 3, 1, 1, 1152},
    {"mobilenet v2 3x3", 28, 192, 192, 3, 1, 1, 192},
    {"shufflenet 3x3", 28, 58, 58, 3, 1, 1, 58},
};

int64_t output_size(const ConvShape& c) { return (c.size + 2 * c.pad - c.kernel) / c.stride + 1; }

Window window_of(const ConvShape& c) {
  return {.kernel = {c.kernel, c.kernel},
          .strides = {c.stride, c.stride},
          .pads = {c.pad, c.pad, c.pad, c.pad}};
}

Layer forward(const ConvShape& c) {
  return {c.name,
          make_conv(window_of(c), c.group),
          {{1, c.size, c.size, c.in}, {c.out, c.kernel, c.kernel, c.in / c.group}, {c.out}},
          {1, 2},
          true};
}

Layer backward(const ConvShape& c) {
  const int64_t out = output_size(c);
  return {std::string("d ") + c.name,
          make_conv_input_grad(window_of(c), c.group, c.size, c.size),
          {{1, out, out, c.out}, {c.out, c.kernel, c.kernel, c.in / c.group}},
          {1}};
}

double micros_of(const Layer& layer, ThreadPool& pool) {
  Rng rng(1);
  const auto outputs = *layer.op->infer(layer.inputs);
  std::vector<Tensor> tensors;
  for (const Shape& shape : layer.inputs) {
    tensors.push_back(*Tensor::uninitialised(shape));
    for (float& value : tensors.back().values()) value = rng.normal();
  }
  std::vector<const Tensor*> parameters(layer.inputs.size(), nullptr);
  for (size_t index : layer.constants) parameters[index] = &tensors[index];
  LoweringContext context{layer.inputs, outputs, parameters};
  if (layer.relu) context.output_min = 0;
  auto kernel = layer.op->lower(context);
  CHECK(kernel.has_value());
  tensors.push_back(*Tensor::uninitialised(outputs[0]));
  std::vector<TensorView> views;
  for (const Tensor& tensor : tensors) views.push_back(TensorView::of(tensor));
  const std::span all(views);

  int64_t best = std::numeric_limits<int64_t>::max();
  const int64_t deadline = now_micros() + 200'000;
  for (int runs = 0; runs < 10 || (now_micros() < deadline && runs < 300); ++runs) {
    const int64_t start = now_micros();
    CHECK((*kernel)->configure(all.first(views.size() - 1), all.last(1), pool).has_value());
    CHECK((*kernel)->run(pool).has_value());
    best = std::min(best, now_micros() - start);
  }
  return static_cast<double>(std::max<int64_t>(best, 1));
}

struct Total {
  double micros = 0, flops = 0;
};

void time_layers(const char* title, const std::vector<Layer>& layers, ThreadPool& pool) {
  std::printf("%s\n", title);
  Total total;
  for (const Layer& layer : layers) {
    const auto outputs = *layer.op->infer(layer.inputs);
    const double micros = micros_of(layer, pool);
    const auto flops = static_cast<double>(layer.op->flops(layer.inputs, outputs));
    double bytes = 0;
    for (const Shape& shape : layer.inputs) bytes += 4 * static_cast<double>(shape.elements());
    for (const Shape& shape : outputs) bytes += 4 * static_cast<double>(shape.elements());
    std::printf("  %-22s %10.1f us %8.2f GFLOP/s %8.2f GB/s\n", layer.name.c_str(), micros,
                flops / micros * 1e-3, bytes / micros * 1e-3);
    total.micros += micros;
    total.flops += flops;
  }
  std::printf("  %-22s %10.1f us %8.2f GFLOP/s\n", "sum", total.micros,
              total.flops / total.micros * 1e-3);
}

std::vector<Layer> other_forward() {
  const Window pool{.kernel = {3, 3}, .strides = {2, 2}, .ceil_mode = true};
  return {
      {"pool1", make_max_pool(pool), {{1, 111, 111, 96}}, {}},
      {"pool4", make_max_pool(pool), {{1, 55, 55, 256}}, {}},
      {"pool8", make_max_pool(pool), {{1, 27, 27, 512}}, {}},
      {"relu fire2", make_relu(), {{1, 55, 55, 128}}, {}},
      {"relu fire4", make_relu(), {{1, 55, 55, 256}}, {}},
      {"global average pool", make_global_average_pool(), {{1, 15, 15, 1000}}, {}},
      {"softmax", make_softmax(-1), {{1, 1000}}, {}},
      {"add block2", make_add(), {{1, 56, 56, 24}, {1, 56, 56, 24}}, {}},
      {"logits", make_gemm(true), {{1, 1280}, {1000, 1280}, {1000}}, {1, 2}},
  };
}

std::vector<Layer> other_backward() {
  const Window pool{.kernel = {3, 3}, .strides = {2, 2}, .ceil_mode = true};
  return {
      {"d pool1", make_max_pool_grad(pool), {{1, 111, 111, 96}, {1, 55, 55, 96}}, {}},
      {"d pool4", make_max_pool_grad(pool), {{1, 55, 55, 256}, {1, 27, 27, 256}}, {}},
      {"d pool8", make_max_pool_grad(pool), {{1, 27, 27, 512}, {1, 13, 13, 512}}, {}},
      {"d relu conv1", make_relu_grad(), {{1, 111, 111, 96}, {1, 111, 111, 96}}, {}},
      {"d relu fire4", make_relu_grad(), {{1, 55, 55, 256}, {1, 55, 55, 256}}, {}},
      {"d relu6 block1d", make_clip_grad(0, 6), {{1, 56, 56, 96}, {1, 56, 56, 96}}, {}},
      {"d pool10", make_expand({1, 15, 15, 1000}), {{1, 1, 1, 1000}}, {}},
      {"sum fire4", make_add(), {{1, 55, 55, 128}, {1, 55, 55, 128}}, {}},
  };
}

template <typename Make>
std::vector<Layer> layers_of(std::span<const ConvShape> shapes, const Make& make) {
  std::vector<Layer> out;
  for (const ConvShape& shape : shapes) out.push_back(make(shape));
  return out;
}

}  // namespace
}  // namespace convscope

int main(int count, char** arguments) {
  using namespace convscope;
  if (!initialise_kernels()) return 1;
  const auto pool = ThreadPool::create(count > 1 ? std::atoi(arguments[1]) : 1);
  std::printf("threads: %d\n", pool->threads());
  time_layers("SqueezeNet v1.0, convolutions", layers_of(kSqueezeNet, forward), *pool);
  time_layers("SqueezeNet v1.0, convolutions backwards", layers_of(kSqueezeNet, backward), *pool);
  time_layers("EfficientNet-Lite0, some convolutions", layers_of(kEfficientNet, forward), *pool);
  time_layers("EfficientNet-Lite0, the same backwards", layers_of(kEfficientNet, backward), *pool);
  time_layers("strided convolutions", layers_of(kStrided, forward), *pool);
  time_layers("strided convolutions backwards", layers_of(kStrided, backward), *pool);
  time_layers("depthwise convolutions", layers_of(kDepthwise, forward), *pool);
  time_layers("depthwise convolutions backwards", layers_of(kDepthwise, backward), *pool);
  time_layers("the rest", other_forward(), *pool);
  time_layers("the rest backwards", other_backward(), *pool);
  return 0;
}
