/* One Philox block in every 64-bit lane of a vector: the body of each level in philox.c, which defines
 *   NAME, TARGET      the function and its target attribute,
 *   V, LANES          a vector type and its number of lanes,
 *   LANE_BLOCKS       the block of each lane, such that interleaving gives the order of memory,
 *   SET1, ADD, SHR32, XOR3, and MUL, 32 x 32 -> 64 bits of the low halves,
 *   JOIN(low, high)   the low halves of both in one lane,
 *   STORE_INTERLEAVED(p, a, b)   a and b of block 0, a and b of block 1, ....
 * A 32-bit word lives in the low half of its lane; the high half may hold anything: MUL does not read it.
 * No include guard: it is included once for each level, and undefines what it was given. */

TARGET static size_t NAME(const uint32_t key[2], uint64_t first, const uint32_t high[2], uint64_t *words,
                          size_t blocks) {
  V key0[ROUNDS], key1[ROUNDS];
  for (uint32_t r = 0; r < ROUNDS; r++) {
    key0[r] = SET1(key[0] + r * WEYL0);
    key1[r] = SET1(key[1] + r * WEYL1);
  }
  const V multiplier0 = SET1(MULTIPLIER0), multiplier1 = SET1(MULTIPLIER1), lane_blocks = LANE_BLOCKS;
  size_t b = 0;
  for (; b + LANES <= blocks; b += LANES) {
    V c0 = ADD(SET1(first + b), lane_blocks), c1 = SHR32(c0), c2 = SET1(high[0]), c3 = SET1(high[1]);
    for (int r = 0; r < ROUNDS; r++) {
      const V p0 = MUL(multiplier0, c0), p1 = MUL(multiplier1, c2);
      c0 = XOR3(SHR32(p1), c1, key0[r]);
      c1 = p1;
      c2 = XOR3(SHR32(p0), c3, key1[r]);
      c3 = p0;
    }
    const V even = JOIN(c0, c1), odd = JOIN(c2, c3);
    STORE_INTERLEAVED(words + 2 * b, even, odd);
  }
  return b;
}

#undef NAME
#undef TARGET
#undef V
#undef LANES
#undef LANE_BLOCKS
#undef SET1
#undef ADD
#undef MUL
#undef SHR32
#undef XOR3
#undef JOIN
#undef STORE_INTERLEAVED
