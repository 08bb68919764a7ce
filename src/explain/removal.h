// What measures of faithfulness are made of: the order in which a map takes pixels away, pictures
// with some of them replaced, areas under curves, and how alike two orders are. Pictures are dense
// H × W × C, maps and pixel indices H × W row by row; nothing here knows of networks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace convscope {

// Indices of a map's pixels, the largest value first, equal ones in reading order. No value may be
// NaN.
std::vector<int32_t> order_of(std::span<const float> map);

// `picture` with the colours of `other` at `pixels`, into `out`; all three of one size.
void replace_pixels(std::span<const float> picture, std::span<const float> other,
                    std::span<const int32_t> pixels, size_t channels, std::span<float> out);

// (x − min) / (max − min) of each value; 0 everywhere where all are equal.
std::vector<float> scaled_to_one(std::span<const float> map);
// Every colour times its pixel's value, into `out`.
void multiply_by_map(std::span<const float> picture, std::span<const float> map,
                     std::span<float> out);

// By the trapezoid rule, divided by the range of x: the curve's mean height. `xs` ascend; two
// points at least.
double area_under(std::span<const float> xs, std::span<const float> ys);

// Spearman's ρ: Pearson's correlation of the ranks, equal values sharing their mean rank; 0 where
// one of the two is constant. Both of one size; no value may be NaN.
double rank_correlation(std::span<const float> a, std::span<const float> b);

}  // namespace convscope
