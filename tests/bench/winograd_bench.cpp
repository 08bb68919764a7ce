// Winograd's convolution beside the direct one: winograd_bench [threads [rounds]]. First a sweep
// over channels and sizes, from which the limits in src/kernels/winograd.cpp come, then VGG-16's
// body, both forwards and backwards. The two forms take turns, and so does the loop that measures
// the peak: all see the same machine. Figures are medians.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "base/rng.h"
#include "bench/peak.h"
#include "kernels/kernels.h"

namespace convscope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr OutputClamp kRelu{0, kInfinity};
constexpr WindowGeometry kThree{.kernel = {3, 3}, .pads = {1, 1, 1, 1}};

struct Layer {
  int64_t size, inputs, outputs;
  int count = 1;  // how often the network has it

  double flops() const { return 18.0 * static_cast<double>(size * size * inputs * outputs); }
};

constexpr Layer kVgg16[] = {{224, 3, 64},    {224, 64, 64},     {112, 64, 128},
                            {112, 128, 128}, {56, 128, 256},    {56, 256, 256, 2},
                            {28, 256, 512},  {28, 512, 512, 2}, {14, 512, 512, 3}};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

Tensor random_tensor(const Shape& shape, Rng& rng) {
  Tensor out = *Tensor::uninitialised(shape);
  for (float& value : out.values()) value = rng.normal();
  return out;
}

struct Times {
  double direct, winograd, peak;  // microseconds, GFLOP/s a thread
};

double run_once(Kernel& kernel, const Tensor& in, const Tensor& out, ThreadPool& pool) {
  const TensorView from = TensorView::of(in), to = TensorView::of(out);
  const int64_t start = now_micros();
  CHECK(kernel.configure({&from, 1}, {&to, 1}, pool).has_value());
  CHECK(kernel.run(pool).has_value());
  return static_cast<double>(std::max<int64_t>(1, now_micros() - start));
}

Times time_layer(const Layer& layer, bool backward, int rounds, ThreadPool& pool) {
  Rng rng(1);
  const Tensor weight = random_tensor({layer.outputs, 3, 3, layer.inputs}, rng);
  const Tensor bias = random_tensor(Shape{layer.outputs}, rng);
  Tensor x = random_tensor({1, layer.size, layer.size, layer.inputs}, rng);
  Tensor y = random_tensor({1, layer.size, layer.size, layer.outputs}, rng);
  if (backward) std::swap(x, y);
  const KernelPtr direct = backward ? *make_convolution_input_grad_kernel(kThree, 1, weight, {})
                                    : *make_convolution_kernel(kThree, 1, weight, bias, kRelu);
  const bool pays = winograd_pays(kThree, 1, weight.shape(), layer.size, layer.size);
  const KernelPtr winograd =
      backward ? make_winograd_input_grad_kernel(kThree.pads, weight)
               : make_winograd_convolution_kernel(kThree.pads, weight, bias, kRelu);
  const double once = run_once(*direct, x, y, pool);
  run_once(*winograd, x, y, pool);
  const int repeats = std::clamp(static_cast<int>(4000 / once), 1, 50);
  std::vector<double> direct_times, winograd_times, peaks;
  for (int round = 0; round < rounds; ++round) {
    peaks.push_back(bench::peak_gflops(200));
    for (int i = 0; i < repeats; ++i) direct_times.push_back(run_once(*direct, x, y, pool));
    for (int i = 0; i < repeats; ++i) winograd_times.push_back(run_once(*winograd, x, y, pool));
  }
  const Times times{median(direct_times), median(winograd_times), median(peaks)};
  std::printf(
      "%4lld px %4lld -> %4lld %s %9.0f us %9.0f us  %.2f  %s  %.2f of the peak\n",
      static_cast<long long>(layer.size), static_cast<long long>(layer.inputs),
      static_cast<long long>(layer.outputs), backward ? "back" : "    ", times.direct,
      times.winograd, times.winograd / times.direct, pays ? "winograd" : "direct  ",
      layer.flops() * 1e-3 / (pays ? times.winograd : times.direct) / times.peak / pool.threads());
  std::fflush(stdout);
  return times;
}

void time_vgg(bool backward, int rounds, ThreadPool& pool) {
  double direct = 0, chosen = 0, flops = 0;
  std::vector<double> peaks;
  for (const Layer& layer : kVgg16) {
    const Times times = time_layer(layer, backward, rounds, pool);
    const bool pays =
        winograd_pays(kThree, 1, {layer.outputs, 3, 3, layer.inputs}, layer.size, layer.size);
    direct += layer.count * times.direct;
    chosen += layer.count * (pays ? times.winograd : times.direct);
    flops += layer.count * layer.flops();
    peaks.push_back(times.peak);
  }
  const double peak = median(peaks);
  std::printf(
      "VGG-16's convolutions%s: %.1f GFLOP, direct %.1f ms, chosen %.1f ms, "
      "%.1f GFLOP/s a thread, %.2f x the peak of %.1f\n",
      backward ? ", backwards" : "", flops * 1e-9, direct * 1e-3, chosen * 1e-3,
      flops * 1e-3 / chosen / pool.threads(), flops * 1e-3 / chosen / pool.threads() / peak, peak);
}

}  // namespace
}  // namespace convscope

int main(int count, char** arguments) {
  using namespace convscope;
  if (!initialise_kernels()) return 1;
  const auto pool = ThreadPool::create(count > 1 ? std::atoi(arguments[1]) : 1);
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 5;
  std::printf("threads: %d; direct, Winograd, ratio, which is chosen\n", pool->threads());
  for (int64_t channels : {8, 16, 32, 64, 128, 256, 512}) {
    for (int64_t size : {4, 5, 6, 7, 14, 28, 56}) {
      if (channels * size <= 7168) time_layer({size, channels, channels}, false, rounds, *pool);
    }
  }
  for (const Layer layer :
       {Layer{55, 16, 64}, {55, 32, 128}, {27, 48, 192}, {27, 64, 256}, {13, 64, 256}}) {
    time_layer(layer, false, rounds, *pool);
    time_layer(layer, true, rounds, *pool);
  }
  time_vgg(false, rounds, *pool);
  time_vgg(true, rounds, *pool);
  return 0;
}
