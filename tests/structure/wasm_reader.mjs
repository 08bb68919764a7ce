// Reads the code of a WebAssembly module, instruction by instruction (core specification, chapter 5: binary format),
// as far as counting its SIMD instructions needs.

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  byte() {
    if (this.at >= this.bytes.length) throw new Error('the module is cut short');
    return this.bytes[this.at++];
  }
  leb() {  // unsigned; good for skipping signed ones too
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  skip(count) {
    this.at += count;
  }
  times(run) {
    for (let n = this.leb(); n > 0; --n) run();
  }
  memory_argument() {
    if (this.leb() & 0x40) this.leb();  // bit 6: a memory's index follows
    this.leb();
  }
}

// Immediates of the instructions without a prefix; those not named have none.
const kIndex = new Set([0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x14, 0x18, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0x41, 0x42, 0xd0, 0xd2]);
function skip_plain(reader, opcode) {
  if (opcode >= 0x28 && opcode <= 0x3e) reader.memory_argument();
  else if (opcode === 0x0e) {
    reader.times(() => reader.leb());
    reader.leb();
  } else if (opcode === 0x11 || opcode === 0x13) {
    reader.leb();
    reader.leb();
  } else if (opcode === 0x1c) reader.times(() => reader.leb());
  else if (opcode === 0x43) reader.skip(4);
  else if (opcode === 0x44) reader.skip(8);
  else if (kIndex.has(opcode)) reader.leb();
}

function skip_0xfc(reader, opcode) {  // saturating conversions, bulk memory, tables
  if (opcode <= 7) return;
  reader.leb();
  if (opcode === 8 || opcode === 10 || opcode === 12 || opcode === 14) reader.leb();
}

function skip_simd(reader, opcode) {
  if (opcode <= 11 || opcode === 92 || opcode === 93) reader.memory_argument();
  else if (opcode === 12 || opcode === 13) reader.skip(16);  // v128.const, shuffle
  else if (opcode >= 21 && opcode <= 34) reader.skip(1);  // lanes
  else if (opcode >= 84 && opcode <= 91) {
    reader.memory_argument();
    reader.skip(1);
  }
}

function skip_atomic(reader, opcode) {
  if (opcode === 3) reader.skip(1);  // fence
  else reader.memory_argument();
}

function count_code(reader, end, counts) {
  reader.times(() => {
    reader.leb();
    reader.leb();
  });  // locals
  while (reader.at < end) {
    const opcode = reader.byte();
    ++counts.instructions;
    if (opcode === 0xfc) skip_0xfc(reader, reader.leb());
    else if (opcode === 0xfe) skip_atomic(reader, reader.leb());
    else if (opcode === 0xfd) {
      const simd = reader.leb();
      if (simd >= 0x100) ++counts.relaxed;
      else ++counts.simd;
      skip_simd(reader, simd);
    } else skip_plain(reader, opcode);
  }
  if (reader.at !== end) throw new Error('an instruction reaches over the end of its function');
}

// A limits byte's second bit says shared.
function reads_shared(reader) {
  const flags = reader.byte();
  reader.leb();
  if (flags & 1) reader.leb();
  return (flags & 2) !== 0;
}

function import_is_shared_memory(reader) {
  for (let i = 0; i < 2; ++i) reader.skip(reader.leb());
  const kind = reader.byte();
  if (kind === 2) return reads_shared(reader);
  if (kind === 0) reader.leb();
  else if (kind === 1) {
    reader.skip(1);
    reads_shared(reader);
  } else if (kind === 3) reader.skip(2);
  else {
    reader.skip(1);
    reader.leb();
  }
  return false;
}

// { instructions, simd, relaxed, shared_memory }
export function module_of(bytes) {
  const counts = { instructions: 0, simd: 0, relaxed: 0, shared_memory: false };
  const reader = new Reader(bytes);
  if (bytes.readUInt32LE(0) !== 0x6d736100) throw new Error('this is no WebAssembly module');
  reader.skip(8);
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const end = reader.leb() + reader.at;
    if (section === 2) reader.times(() => (counts.shared_memory = import_is_shared_memory(reader) || counts.shared_memory));
    else if (section === 5) reader.times(() => (counts.shared_memory = reads_shared(reader) || counts.shared_memory));
    else if (section === 10) {
      reader.times(() => {
        const size = reader.leb();
        count_code(reader, reader.at + size, counts);
      });
    }
    reader.at = end;
  }
  return counts;
}
