#include "tensor/tensor.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace convscope {
namespace {
std::atomic<int64_t> g_live_bytes{0};
}

Result<std::shared_ptr<Buffer>> Buffer::allocate(int64_t bytes) {
  if (bytes < 0 || bytes > kMaxBufferBytes) {
    return fail(ErrorCode::kTooLarge,
                "a tensor of " + std::to_string(bytes) + " bytes exceeds the limit of " +
                    std::to_string(kMaxBufferBytes) + "; use a smaller picture or network");
  }
  const size_t padded =
      (static_cast<size_t>(bytes) + kTailBytes + kAlignment - 1) / kAlignment * kAlignment;
  void* data = std::aligned_alloc(kAlignment, padded);
  if (data == nullptr) {
    return fail(ErrorCode::kOutOfMemory, "no memory left for " + std::to_string(bytes >> 20) +
                                             " MB; use a smaller picture or close other tabs");
  }
  std::memset(static_cast<std::byte*>(data) + bytes, 0, padded - static_cast<size_t>(bytes));
  g_live_bytes += bytes;
  return std::shared_ptr<Buffer>(new Buffer(static_cast<std::byte*>(data), bytes));
}

Buffer::~Buffer() {
  g_live_bytes -= bytes_;
  std::free(data_);
}

int64_t Buffer::live_bytes() { return g_live_bytes; }

Result<Tensor> Tensor::uninitialised(const Shape& shape) {
  TensorDesc desc{shape};
  TRY(auto buffer, Buffer::allocate(desc.bytes()));
  return Tensor(desc, std::move(buffer));
}

Result<Tensor> Tensor::zeros(const Shape& shape) {
  TRY(auto tensor, uninitialised(shape));
  std::ranges::fill(tensor.values(), 0.0f);
  return tensor;
}

Result<Tensor> Tensor::from(const Shape& shape, std::span<const float> values) {
  CHECK(static_cast<int64_t>(values.size()) == shape.elements());
  TRY(auto tensor, uninitialised(shape));
  std::ranges::copy(values, tensor.values().begin());
  return tensor;
}

Tensor Tensor::reshaped(const Shape& shape) const {
  CHECK(shape.elements() == desc_.shape.elements());
  Tensor out = *this;
  out.desc_.shape = shape;
  return out;
}

Result<Tensor> Tensor::clone() const { return from(desc_.shape, values()); }

DoubleTensor DoubleTensor::from(const Tensor& t) {
  DoubleTensor out = zeros(t.shape());
  std::ranges::copy(t.values(), out.values.begin());
  return out;
}

}  // namespace convscope
