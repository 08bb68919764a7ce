// Networks from ONNX files: what ONNX does not say of them (which value holds the logits, what the
// layers are called, how a picture becomes the input) is found or guessed here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/model.h"
#include "onnx/import.h"

namespace convscope {

// Opens a network with one picture as input: 1×3×H×W or 1×H×W×3, or with
// one channel, gray. Its outputs become
// class scores:
//   a vector of N numbers                 logits; behind a Softmax, LogSoftmax or Sigmoid, what
//                                         stands before it
//   maps (1×C×H×W), as in segmentation    the mean of each map
//   anything else                         all its numbers in a row
// Without `chosen` the input has the file's own size, or kDefaultSide where that is left open, and
// the preprocessing is a guess; whether it is gray the file alone says. Errors: those of
// onnx::import_onnx, and `unsupported` for other inputs or where the network cannot take the chosen
// size. Every node that cannot run is appended to `unsupported`, if given.
Result<Model> read_onnx(std::string_view id, std::span<const uint8_t> bytes,
                        const Preprocessing* chosen = nullptr,
                        std::vector<onnx::UnsupportedNode>* unsupported = nullptr);

// How a picture becomes the input. ONNX does not say it, so this is a guess, in this order:
//   0. the metadata of a file that ConvScope wrote (onnx_export.h)
//   1. Windows ML's metadata Image.BitmapPixelFormat (Bgr8) and Image.NominalPixelRange
//   2. where the graph starts by subtracting or scaling the picture itself: bytes 0…255 if its
//      numbers are made for those (it divides by 16 or more, or subtracts more than 2), else 0…1
//   3. RGB from 0 to 1, normalised by ImageNet's mean and standard deviation, as torchvision does;
//      gray from 0 to 1 as it is
// The shorter side is resized to 8/7 of the input, as in training on ImageNet; inputs of less than
// kSmallestCropped px show the whole picture, as MNIST's and CIFAR's do. A file that write_onnx
// made says it instead: `known`, if given, is set then.
inline constexpr int kSmallestCropped = 65;
Preprocessing guess_preprocessing(const onnx::ImportedGraph& imported, bool* known = nullptr);

}  // namespace convscope
