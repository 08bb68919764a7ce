// Tensor: a float32 array with a shape; memory is shared, never copied silently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "tensor/shape.h"

namespace convscope {

// XNNPACK's kernels may read, but not use, this many bytes past the end of an input.
inline constexpr size_t kTailBytes = 64;
inline constexpr size_t kAlignment = 64;
// No single buffer may be larger: a WebAssembly heap of 32-bit addresses could not serve it.
inline constexpr int64_t kMaxBufferBytes = int64_t{1} << 30;

// Aligned memory with kTailBytes readable bytes after its end. Not initialised.
class Buffer {
 public:
  // Fails with out_of_memory or too_large.
  static Result<std::shared_ptr<Buffer>> allocate(int64_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::byte* data() { return data_; }
  int64_t bytes() const { return bytes_; }
  // Bytes held by all live buffers of the process; for the memory figures of the interface.
  static int64_t live_bytes();

 private:
  Buffer(std::byte* data, int64_t bytes) : data_(data), bytes_(bytes) {}
  std::byte* data_;
  int64_t bytes_;
};

enum class Dtype : uint8_t { kF32, kI32 };

struct TensorDesc {
  Shape shape;
  Dtype dtype = Dtype::kF32;

  int64_t bytes() const { return shape.elements() * 4; }
  friend bool operator==(const TensorDesc&, const TensorDesc&) = default;
};

// A dense float32 tensor. Copies share the buffer.
class Tensor {
 public:
  Tensor() = default;
  static Result<Tensor> zeros(const Shape& shape);
  static Result<Tensor> uninitialised(const Shape& shape);
  static Result<Tensor> from(const Shape& shape, std::span<const float> values);

  bool empty() const { return buffer_ == nullptr; }
  const Shape& shape() const { return desc_.shape; }
  const TensorDesc& desc() const { return desc_; }
  std::span<float> values() { return {data(), static_cast<size_t>(desc_.shape.elements())}; }
  std::span<const float> values() const {
    return {data(), static_cast<size_t>(desc_.shape.elements())};
  }
  float* data() const { return buffer_ ? reinterpret_cast<float*>(buffer_->data()) : nullptr; }

  // The same memory under another shape with as many elements.
  Tensor reshaped(const Shape& shape) const;
  Result<Tensor> clone() const;

 private:
  Tensor(TensorDesc desc, std::shared_ptr<Buffer> buffer)
      : desc_(desc), buffer_(std::move(buffer)) {}
  TensorDesc desc_;
  std::shared_ptr<Buffer> buffer_;
};

// A float32 tensor in somebody else's memory whose rows (pixels: all axes but the last) stand
// `row_stride` elements apart. row_stride == shape.channels() means dense. This is how a concat
// along channels and a slice of channels cost nothing: their parts are views with the whole's row
// stride.
struct TensorView {
  float* data = nullptr;
  Shape shape;
  int64_t row_stride = 0;

  bool dense() const { return row_stride == shape.channels(); }
  static TensorView of(const Tensor& t) { return {t.data(), t.shape(), t.shape().channels()}; }
};

// A tensor in double precision, for the reference evaluation of operators.
struct DoubleTensor {
  Shape shape;
  std::vector<double> values;

  static DoubleTensor zeros(const Shape& shape) {
    return {shape, std::vector<double>(static_cast<size_t>(shape.elements()))};
  }
  static DoubleTensor from(const Tensor& t);
  double& operator[](int64_t i) { return values[static_cast<size_t>(i)]; }
  double operator[](int64_t i) const { return values[static_cast<size_t>(i)]; }
  // Element of a rank-4 tensor.
  double& at(int64_t n, int64_t h, int64_t w, int64_t c) { return values[offset(n, h, w, c)]; }
  double at(int64_t n, int64_t h, int64_t w, int64_t c) const { return values[offset(n, h, w, c)]; }

 private:
  size_t offset(int64_t n, int64_t h, int64_t w, int64_t c) const {
    return static_cast<size_t>(((n * shape[1] + h) * shape[2] + w) * shape[3] + c);
  }
};

}  // namespace convscope
