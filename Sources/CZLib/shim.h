#pragma once
#include <zlib.h>

// A macro. Gzip alone, with its header and its trailer: 16 beside the largest window.
static inline int rigaud_inflate_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
