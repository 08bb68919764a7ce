// Reads NumPy's .npz archives (ZIP of .npy files, stored or deflated), for golden tests. Trusts its
// input.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "image/stb.h"

namespace convscope {

// Values of any dtype as float: exact for bytes, and for integers up to 2^24.
struct GoldenArray {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// A file of the golden set in $CONVSCOPE_SHARED/golden; nothing where it cannot be read: skip the
// test then.
class Npz {
 public:
  static std::optional<Npz> golden(const std::string& name) {
    const char* shared = std::getenv("CONVSCOPE_SHARED");
    return shared == nullptr ? std::nullopt : open(std::string(shared) + "/golden/" + name);
  }

  static std::optional<Npz> open(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    Npz npz;
    npz.bytes_.assign(std::istreambuf_iterator<char>(file), {});
    npz.read_directory();
    return npz;
  }

  bool has(const std::string& name) const { return entries_.contains(name); }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, entry] : entries_) out.push_back(name);
    return out;
  }

  // The array must exist. The header is copied, so that it ends in the NUL that the C functions
  // want.
  GoldenArray array(const std::string& name) const {
    CHECK(has(name));
    const std::vector<uint8_t> npy = unpack(entries_.at(name));
    const size_t header_start = npy[6] == 1 ? 10 : 12;
    const size_t header_bytes = npy[6] == 1 ? npy[8] + 256u * npy[9] : number(npy, 8, 4);
    const std::string header(reinterpret_cast<const char*>(npy.data()) + header_start,
                             header_bytes);
    CHECK(header.find("'fortran_order': False") != std::string_view::npos);
    GoldenArray out;
    size_t count = 1;
    for (const char* at = std::strchr(header.data() + header.find("'shape'"), '(') + 1;
         *at != ')';) {
      char* end = nullptr;
      out.shape.push_back(std::strtoll(at, &end, 10));
      count *= static_cast<size_t>(out.shape.back());
      at = end + std::strspn(end, ", ");
    }
    const size_t descr = header.find("'descr': '") + 10;
    read_values(header.substr(descr, 3), npy.data() + header_start + header_bytes, count,
                out.values);
    return out;
  }

 private:
  struct Entry {
    size_t offset, packed, size;
    bool deflated;
  };

  static size_t number(const std::vector<uint8_t>& bytes, size_t at, int count) {
    size_t out = 0;
    for (int i = count; i-- > 0;) out = out << 8 | bytes[at + static_cast<size_t>(i)];
    return out;
  }

  // The central directory (PKWARE APPNOTE 4.3.12), found through its end record.
  void read_directory() {
    size_t end = bytes_.size() - 22;
    while (number(bytes_, end, 4) != 0x06054b50) --end;
    size_t at = number(bytes_, end + 16, 4);
    for (size_t left = number(bytes_, end + 10, 2); left > 0; --left) {
      CHECK(number(bytes_, at, 4) == 0x02014b50);
      const size_t name_bytes = number(bytes_, at + 28, 2);
      std::string name(reinterpret_cast<const char*>(bytes_.data()) + at + 46, name_bytes);
      if (name.ends_with(".npy")) name.resize(name.size() - 4);
      entries_[name] = {number(bytes_, at + 42, 4), number(bytes_, at + 20, 4),
                        number(bytes_, at + 24, 4), number(bytes_, at + 10, 2) == 8};
      at += 46 + name_bytes + number(bytes_, at + 30, 2) + number(bytes_, at + 32, 2);
    }
  }

  std::vector<uint8_t> unpack(const Entry& entry) const {
    const size_t start = entry.offset + 30 + number(bytes_, entry.offset + 26, 2) +
                         number(bytes_, entry.offset + 28, 2);
    const uint8_t* packed = bytes_.data() + start;
    if (!entry.deflated) return {packed, packed + entry.size};
    std::vector<uint8_t> out(entry.size);
    CHECK(stb_inflate({packed, entry.packed}, out));
    return out;
  }

  template <typename T>
  static void copy_values(const uint8_t* from, size_t count, std::vector<float>& out) {
    out.resize(count);
    for (size_t i = 0; i < count; ++i) {
      T value;
      std::memcpy(&value, from + i * sizeof(T), sizeof(T));
      out[i] = static_cast<float>(value);
    }
  }
  static void read_values(std::string_view dtype, const uint8_t* from, size_t count,
                          std::vector<float>& out) {
    if (dtype == "<f4") return copy_values<float>(from, count, out);
    if (dtype == "<f8") return copy_values<double>(from, count, out);
    if (dtype == "<i4") return copy_values<int32_t>(from, count, out);
    if (dtype == "<i8") return copy_values<int64_t>(from, count, out);
    if (dtype == "|i1") return copy_values<int8_t>(from, count, out);
    CHECK(dtype == "|u1" || dtype == "|b1");
    copy_values<uint8_t>(from, count, out);
  }

  std::vector<uint8_t> bytes_;
  std::map<std::string, Entry> entries_;
};

}  // namespace convscope
