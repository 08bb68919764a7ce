#include <string>

#include "image/decode.h"

namespace convscope {
namespace {

std::string size_text(const ImageError& error) {
  return std::to_string(error.width) + " × " + std::to_string(error.height);
}
std::string limit_text() { return std::to_string(kMaxImagePixels / 1'000'000); }
// "JPEG " in front of a noun, or nothing.
std::string format_prefix(const ImageError& error) {
  return error.format.empty() ? "" : error.format + " ";
}

}  // namespace

ErrorCode ImageError::code() const {
  switch (problem) {
    case ImageProblem::kEmpty:
    case ImageProblem::kTruncated:
    case ImageProblem::kDamaged:
      return ErrorCode::kMalformed;
    case ImageProblem::kTooLarge:
      return ErrorCode::kTooLarge;
    case ImageProblem::kOutOfMemory:
      return ErrorCode::kOutOfMemory;
    case ImageProblem::kText:
    case ImageProblem::kOtherFormat:
    case ImageProblem::kAnimation:
    case ImageProblem::kUnknown:
    case ImageProblem::kUncommonEncoding:
      return ErrorCode::kUnsupported;
  }
  return ErrorCode::kInternal;
}

std::string ImageError::english() const {
  switch (problem) {
    case ImageProblem::kEmpty:
      return "The file is empty (0 bytes); save it again or choose another picture.";
    case ImageProblem::kText:
      return "This is a text file, not a picture, whatever its name says; choose a JPEG or PNG "
             "picture.";
    case ImageProblem::kOtherFormat:
      return "This is a file of type " + format +
             ", which ConvScope does not read; save it as JPEG or PNG and open that.";
    case ImageProblem::kAnimation:
      return "This is an animated " + format +
             ", and ConvScope reads single pictures; save the frame you want as PNG and open that.";
    case ImageProblem::kUnknown:
      return "This file is not a picture that ConvScope knows; choose a JPEG or PNG picture.";
    case ImageProblem::kTruncated:
      return "The " + format_prefix(*this) + "picture is cut short: the file ends after " +
             std::to_string(bytes) + " bytes, before the picture does; download or copy it again.";
    case ImageProblem::kDamaged:
      return "The " + format_prefix(*this) +
             "file is damaged and cannot be decoded; download or save it again.";
    case ImageProblem::kUncommonEncoding:
      return "This picture is a " + format +
             ", a rare kind that ConvScope does not read; save it as an ordinary JPEG or PNG.";
    case ImageProblem::kTooLarge:
      return "The picture has " + size_text(*this) + " pixels, and ConvScope reads at most " +
             limit_text() + " megapixels and " + std::to_string(kMaxImageSide) +
             " pixels a side; make it smaller and open it again.";
    case ImageProblem::kOutOfMemory:
      return "There is not enough memory to decode a picture of " + size_text(*this) +
             " pixels; make it smaller or close other tabs, and open it again.";
  }
  return "";
}

std::string ImageError::chinese() const {
  switch (problem) {
    case ImageProblem::kEmpty:
      return "文件是空的（0 字节）；请重新保存，或选择另一张图片。";
    case ImageProblem::kText:
      return "这是文本文件，不是图片（与文件名无关）；请选择 JPEG 或 PNG 图片。";
    case ImageProblem::kOtherFormat:
      return "这是 " + format + " 类型的文件，ConvScope 无法读取；请另存为 JPEG 或 PNG 后再打开。";
    case ImageProblem::kAnimation:
      return "这是动态 " + format +
             "，而 ConvScope 只读取单张图片；请把需要的那一帧另存为 PNG 后再打开。";
    case ImageProblem::kUnknown:
      return "ConvScope 不认识这种文件；请选择 JPEG 或 PNG 图片。";
    case ImageProblem::kTruncated:
      return format_prefix(*this) + "图片不完整：文件在第 " + std::to_string(bytes) +
             " 字节处就结束了；请重新下载或复制。";
    case ImageProblem::kDamaged:
      return format_prefix(*this) + "文件已损坏，无法解码；请重新下载或保存。";
    case ImageProblem::kUncommonEncoding:
      return "这张图片采用少见的编码（" + format +
             "），ConvScope 无法读取；请另存为普通的 JPEG 或 PNG。";
    case ImageProblem::kTooLarge:
      return "图片有 " + size_text(*this) + " 像素，超出上限（" + limit_text() +
             " 百万像素、每边 " + std::to_string(kMaxImageSide) + " 像素）；请缩小后再打开。";
    case ImageProblem::kOutOfMemory:
      return "内存不足，无法解码 " + size_text(*this) +
             " 像素的图片；请缩小图片或关闭其他标签页后再打开。";
  }
  return "";
}

}  // namespace convscope
