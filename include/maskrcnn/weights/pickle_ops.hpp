/// The operations of pickles that checkpoints are written with, protocols 2 to 5.
#pragma once

#include <cstdint>
#include <maskrcnn/core/compiled.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::pickle {

/// The operations, by the names of Python's pickletools.
enum class Op : std::uint8_t {
  mark = '(',
  pop = '0',
  pop_mark = '1',
  dup = '2',
  stop = '.',
  none = 'N',
  proto = 0x80,
  frame = 0x95,
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  long1 = 0x8A,
  long4 = 0x8B,
  binfloat = 'G',
  newtrue = 0x88,
  newfalse = 0x89,
  short_binstring = 'U',
  binstring = 'T',
  short_binunicode = 0x8C,
  binunicode = 'X',
  binunicode8 = 0x8D,
  short_binbytes = 'C',
  binbytes = 'B',
  binbytes8 = 0x8E,
  bytearray8 = 0x96,
  empty_tuple = ')',
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  tuple = 't',
  empty_list = ']',
  append = 'a',
  appends = 'e',
  empty_dict = '}',
  setitem = 's',
  setitems = 'u',
  empty_set = 0x8F,
  additems = 0x90,
  frozenset = 0x91,
  binput = 'q',
  long_binput = 'r',
  binget = 'h',
  long_binget = 'j',
  memoize = 0x94,
  global = 'c',
  stack_global = 0x93,
  reduce = 'R',
  newobj = 0x81,
  newobj_ex = 0x92,
  build = 'b',
  binpersid = 'Q',
};

}  // namespace maskrcnn::pickle
