// What follows from a room's `Vector` and its arithmetic. Included by rooms.

/// The larger of two numbers in each lane; not a number where either is none.
MASKRCNN_INLINE Vector largest(Vector a, Vector b) { return where_nan(a, where_nan(b, larger(a, b))); }
