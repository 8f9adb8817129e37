#pragma once
#include <zlib.h>

// zlib's macros as calls. No logic here.

static inline int up_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}
