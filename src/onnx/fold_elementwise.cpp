// Folding of operators that work element by element, with NumPy's broadcasting.
#include <algorithm>
#include <cmath>
#include <format>

#include "onnx/fold.h"

namespace convscope::onnx {
namespace {

// Two's complement wraps around, as ONNX's integers do; signed overflow must not happen in C++.
int64_t wrap_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t wrap_multiply(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
int64_t wrap_negate(int64_t a) { return wrap_add(~a, 1); }

int64_t divided(int64_t a, int64_t b) {
  if (b == 0) return 0;  // refused before
  return b == -1 ? wrap_negate(a) : a / b;
}

int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
  int64_t out = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) out = wrap_multiply(out, base);
    base = wrap_multiply(base, base);
  }
  return out;
}

// Python's sign (the divisor's) for integers, C's (the dividend's) with fmod.
int64_t modulo(int64_t a, int64_t b, bool fmod) {
  if (b == 0 || b == -1) return 0;
  const int64_t rest = a % b;
  return !fmod && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

int64_t integer_from(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return INT64_MAX;
  if (value < -0x1p63) return INT64_MIN;
  return static_cast<int64_t>(value);
}

// The flat index in `small` of the element that broadcasting puts at `index` of `large`.
int64_t broadcast_source(const Shape& small, const Shape& large, int64_t index) {
  int64_t source = 0, stride = 1;
  for (int i = 1; i <= large.rank(); ++i) {
    const int64_t extent = large[large.rank() - i], at = index % extent;
    index /= extent;
    if (i > small.rank()) continue;
    const int64_t own = small[small.rank() - i];
    if (own != 1) source += at * stride;
    stride *= own;
  }
  return source;
}

Result<Shape> common_shape(const Shape& a, const Shape& b) {
  Shape out;
  if (!broadcast_shapes(a, b, &out))
    return damaged(std::format("the shapes {} and {} do not broadcast", a.text(), b.text()));
  TRY_STATUS(checked_shape(out.dims(), "its result"));
  return out;
}

Result<HostTensor> empty_like(const Shape& shape, DataType type) {
  if (is_float_type(type)) return HostTensor::of_floats(shape, type);
  return HostTensor::of_integers(shape, std::vector<int64_t>(static_cast<size_t>(shape.elements())),
                                 type);
}

// out[i] = f(a, b), in integers or in doubles after the inputs' type.
template <typename OnIntegers, typename OnNumbers>
Result<HostTensor> broadcast(const HostTensor& a, const HostTensor& b, DataType type,
                             const OnIntegers& on_integers, const OnNumbers& on_numbers) {
  TRY(const Shape shape, common_shape(a.shape, b.shape));
  TRY(HostTensor out, empty_like(shape, type));
  for (int64_t i = 0; i < shape.elements(); ++i) {
    const int64_t ia = broadcast_source(a.shape, shape, i),
                  ib = broadcast_source(b.shape, shape, i);
    if (!a.is_float() && !b.is_float()) {
      const int64_t value =
          on_integers(a.integers[static_cast<size_t>(ia)], b.integers[static_cast<size_t>(ib)]);
      out.integers[static_cast<size_t>(i)] = wrapped(value, type);
      continue;
    }
    const double value = on_numbers(a.number(ia), b.number(ib));
    if (out.is_float()) {
      out.floats.data()[i] = static_cast<float>(value);
    } else {
      out.integers[static_cast<size_t>(i)] = wrapped(integer_from(value), type);
    }
  }
  return out;
}

struct Binary {
  std::string_view op;
  bool gives_bool;
  int64_t (*on_integers)(int64_t, int64_t);
  double (*on_numbers)(double, double);
};
constexpr Binary kBinaries[] = {
    {"Add", false, wrap_add, [](double a, double b) { return a + b; }},
    {"And", true, [](int64_t a, int64_t b) { return int64_t{a && b}; }, nullptr},
    {"Div", false, divided, [](double a, double b) { return a / b; }},
    {"Equal", true, [](int64_t a, int64_t b) { return int64_t{a == b}; },
     [](double a, double b) { return a == b ? 1.0 : 0.0; }},
    {"Greater", true, [](int64_t a, int64_t b) { return int64_t{a > b}; },
     [](double a, double b) { return a > b ? 1.0 : 0.0; }},
    {"GreaterOrEqual", true, [](int64_t a, int64_t b) { return int64_t{a >= b}; },
     [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
    {"Less", true, [](int64_t a, int64_t b) { return int64_t{a < b}; },
     [](double a, double b) { return a < b ? 1.0 : 0.0; }},
    {"LessOrEqual", true, [](int64_t a, int64_t b) { return int64_t{a <= b}; },
     [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
    {"Max", false, [](int64_t a, int64_t b) { return std::max(a, b); },
     [](double a, double b) { return std::max(a, b); }},
    {"Min", false, [](int64_t a, int64_t b) { return std::min(a, b); },
     [](double a, double b) { return std::min(a, b); }},
    {"Mul", false, wrap_multiply, [](double a, double b) { return a * b; }},
    {"Or", true, [](int64_t a, int64_t b) { return int64_t{a || b}; }, nullptr},
    {"Pow", false, power, [](double a, double b) { return std::pow(a, b); }},
    {"Sub", false, [](int64_t a, int64_t b) { return wrap_add(a, wrap_negate(b)); },
     [](double a, double b) { return a - b; }},
    {"Xor", true, [](int64_t a, int64_t b) { return int64_t{(a != 0) != (b != 0)}; }, nullptr},
};

Status check_divisor(const NodeView& view) {
  const HostTensor& divisor = *view.constant(1);
  if (!divisor.is_float() && std::ranges::find(divisor.integers, 0) != divisor.integers.end())
    return damaged("it divides an integer by 0");
  return {};
}

// uint64 is held in int64's bits, and so must be compared and divided by itself.
Status refuse_uint64(const NodeView& view) {
  for (const HostTensor* constant : view.constants) {
    if (constant != nullptr && constant->type == DataType::kUint64) {
      return fail(ErrorCode::kUnsupported,
                  "it computes with uint64, ConvScope's shape arithmetic with signed integers");
    }
  }
  return {};
}

Result<std::vector<HostTensor>> fold_binary(const NodeView& view) {
  const std::string_view op = view.node->op_type;
  const auto entry = std::ranges::find(kBinaries, op, &Binary::op);
  const bool variadic = op == "Max" || op == "Min";
  TRY_STATUS(view.want_inputs(variadic ? 1 : 2));
  TRY_STATUS(refuse_uint64(view));
  if (op == "Div") TRY_STATUS(check_divisor(view));
  HostTensor out = *view.constant(0);
  for (size_t i = 1; i < (variadic ? view.node->inputs.size() : 2); ++i) {
    if (!view.has_input(i)) continue;
    const HostTensor& b = *view.constant(i);
    if (entry->on_numbers == nullptr && (out.is_float() || b.is_float()))
      return damaged(std::format("{} is given floats", op));
    TRY(out, broadcast(out, b, entry->gives_bool ? DataType::kBool : out.type, entry->on_integers,
                       entry->on_numbers));
  }
  return std::vector{std::move(out)};
}

Result<std::vector<HostTensor>> fold_mod(const NodeView& view) {
  TRY_STATUS(view.want_inputs(2));
  TRY_STATUS(refuse_uint64(view));
  TRY_STATUS(check_divisor(view));
  TRY(const int64_t fmod, view.node->integer("fmod", 0));
  TRY(HostTensor out, broadcast(
                          *view.constant(0), *view.constant(1), view.constant(0)->type,
                          [&](int64_t a, int64_t b) { return modulo(a, b, fmod != 0); },
                          [](double a, double b) { return std::fmod(a, b); }));
  return std::vector{std::move(out)};
}

struct Unary {
  std::string_view op;
  int64_t (*on_integer)(int64_t);
  double (*on_number)(double);
};
constexpr auto kSame = [](int64_t a) { return a; };
constexpr Unary kUnaries[] = {
    {"Abs", [](int64_t a) { return a < 0 ? wrap_negate(a) : a; },
     [](double a) { return std::abs(a); }},
    {"Ceil", kSame, [](double a) { return std::ceil(a); }},
    {"Exp", kSame, [](double a) { return std::exp(a); }},
    {"Floor", kSame, [](double a) { return std::floor(a); }},
    {"Log", kSame, [](double a) { return std::log(a); }},
    {"Neg", wrap_negate, [](double a) { return -a; }},
    {"Not", [](int64_t a) { return int64_t{a == 0}; }, [](double a) { return a == 0 ? 1.0 : 0.0; }},
    {"Reciprocal", kSame, [](double a) { return 1.0 / a; }},
    {"Relu", [](int64_t a) { return std::max<int64_t>(a, 0); },
     [](double a) { return std::max(a, 0.0); }},
    {"Round", kSame, [](double a) { return std::nearbyint(a); }},
    {"Sign", [](int64_t a) { return int64_t{(a > 0) - (a < 0)}; },
     [](double a) { return a > 0   ? 1.0
                           : a < 0 ? -1.0
                                   : 0.0; }},
    {"Sqrt", kSame, [](double a) { return std::sqrt(a); }},
};

Result<std::vector<HostTensor>> fold_unary(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  TRY_STATUS(refuse_uint64(view));
  const auto entry = std::ranges::find(kUnaries, view.node->op_type, &Unary::op);
  const HostTensor& in = *view.constant(0);
  TRY(HostTensor out, empty_like(in.shape, in.type));
  for (int64_t i = 0; i < in.elements(); ++i) {
    if (in.is_float()) {
      out.floats.data()[i] = static_cast<float>(entry->on_number(in.number(i)));
    } else {
      const auto at = static_cast<size_t>(i);
      out.integers[at] = wrapped(entry->on_integer(in.integers[at]), in.type);
    }
  }
  return std::vector{std::move(out)};
}

Result<HostTensor> cast(const HostTensor& in, DataType to) {
  if (!is_float_type(to) && !is_integer_type(to)) {
    return fail(ErrorCode::kUnsupported,
                std::format("it casts to {}, which ConvScope does not read", data_type_name(to)));
  }
  TRY(HostTensor out, empty_like(in.shape, to));
  for (int64_t i = 0; i < in.elements(); ++i) {
    const auto at = static_cast<size_t>(i);
    if (out.is_float()) {
      out.floats.data()[i] = static_cast<float>(in.number(i));
    } else if (in.is_float()) {
      const double value = in.number(i);
      out.integers[at] = to == DataType::kBool ? value != 0 : wrapped(integer_from(value), to);
    } else {
      out.integers[at] = wrapped(in.integers[at], to);
    }
  }
  return out;
}

Result<std::vector<HostTensor>> fold_cast(const NodeView& view) {
  TRY_STATUS(view.want_inputs(1));
  TRY(const int64_t to, view.node->integer("to", 0));
  TRY(HostTensor out, cast(*view.constant(0), static_cast<DataType>(static_cast<int32_t>(to))));
  return std::vector{std::move(out)};
}

Result<std::vector<HostTensor>> fold_cast_like(const NodeView& view) {
  TRY_STATUS(view.want_inputs(2));
  TRY(HostTensor out, cast(*view.constant(0), view.constant(1)->type));
  return std::vector{std::move(out)};
}

Result<std::vector<HostTensor>> fold_where(const NodeView& view) {
  TRY_STATUS(view.want_inputs(3));
  const HostTensor &condition = *view.constant(0), &a = *view.constant(1), &b = *view.constant(2);
  TRY(Shape shape, common_shape(condition.shape, a.shape));
  TRY(shape, common_shape(shape, b.shape));
  if (condition.is_float() || a.is_float() != b.is_float())
    return damaged("Where is given other types than a condition and two tensors of one type");
  TRY(HostTensor out, empty_like(shape, a.type));
  for (int64_t i = 0; i < shape.elements(); ++i) {
    const bool first =
        condition.integers[static_cast<size_t>(broadcast_source(condition.shape, shape, i))] != 0;
    const HostTensor& from = first ? a : b;
    const int64_t source = broadcast_source(from.shape, shape, i);
    if (out.is_float()) {
      out.floats.data()[i] = from.floats.data()[source];
    } else {
      out.integers[static_cast<size_t>(i)] = from.integers[static_cast<size_t>(source)];
    }
  }
  return std::vector{std::move(out)};
}

}  // namespace

FoldFunction elementwise_fold(std::string_view op) {
  if (std::ranges::find(kBinaries, op, &Binary::op) != std::end(kBinaries)) return fold_binary;
  if (std::ranges::find(kUnaries, op, &Unary::op) != std::end(kUnaries)) return fold_unary;
  if (op == "Mod") return fold_mod;
  if (op == "Cast") return fold_cast;
  if (op == "CastLike") return fold_cast_like;
  if (op == "Where") return fold_where;
  return nullptr;
}

}  // namespace convscope::onnx
